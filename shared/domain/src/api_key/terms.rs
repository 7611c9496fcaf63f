//! What is asked for in an API key: read from Argus's JSON, and held against what its user can hand on.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::{ApiKey, ApiKeyPrefix};
use crate::entropy::Entropy;
use crate::fields::{FieldError, Fields, is_prose, range};
use crate::function::{FunctionName, Functions};
use crate::secret::ApiKeySecret;
use crate::time::{Seconds, UnixTime};
use crate::token::Token;
use crate::user::User;

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 1000;
/// The most addresses and ranges that one key is bound to.
const MOST_ADDRESSES: usize = 100;
/// The most days that anybody can ask for: a century.
const MOST_DAYS: u64 = 36_525;

const UNSUPPORTED: &str = "is not supported";

/// How long keys may be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A key of which nothing is said.
    pub ordinary: Seconds,
    /// The most that may be asked for; if there is none, a key may also be good for ever.
    pub longest: Option<Seconds>,
}

/// Whose the key is to be, and what it may draw on at most.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The user.
    pub user: &'a User,
    /// The functions that the credential draws on that asks for it, where those are fewer than the user's.
    pub limit: Option<&'a BTreeSet<FunctionName>>,
    /// Every function there is.
    pub functions: &'a Functions,
}

/// What a key shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it is for.
    pub description: String,
    /// Where it may be used from; anywhere if there is none.
    pub addresses: Vec<IpNet>,
    /// The functions it may draw on, where those are fewer than the user's.
    pub functions: Option<BTreeSet<FunctionName>>,
    /// How long it is good; for ever, if there is none.
    pub lifetime: Option<Seconds>,
}

impl Terms {
    /// Reads `APIKeyUserInitializationRequest`, or what administrators send in its place.
    ///
    /// A key is bound to addresses unless the request says in so many words that it isn't. Its functions are of those that its user holds
    /// and the credential that asks draws on; so no key reaches further than the one it was made with.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(
        object: &Map<String, Value>,
        holder: &Holder<'_>,
        limits: Limits,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(object);
        fields.require("description");
        let description = fields.parsed(
            "description",
            "must be 1 to 1000 letters, digits, spaces and usual punctuation marks",
            |text| {
                let length = text.trim().chars().count();
                ((1..=LONGEST_DESCRIPTION).contains(&length) && is_prose(text))
                    .then(|| text.trim().to_owned())
            },
        );
        let source = source(&mut fields);
        let functions = match fields.has("sessionConstraints") {
            true => fields.object("sessionConstraints", |inside| constraints(inside, holder)),
            false => Some(holder.limit.cloned()),
        };
        let lifetime = read_lifetime(&mut fields, limits);
        let terms = description.zip(source).zip(functions).map(|((description, addresses), functions)| {
            Self { description, addresses, functions, lifetime }
        });
        fields.finish(terms)
    }

    /// The key, and what is shown of it once.
    #[must_use]
    pub fn key(self, user: &User, entropy: &dyn Entropy, now: UnixTime) -> (ApiKey, Token<ApiKeySecret>) {
        let secret = Token::<ApiKeySecret>::generate(user.id, entropy);
        let key = ApiKey {
            user: user.id,
            prefix: ApiKeyPrefix::generate(entropy),
            secret: secret.digest(),
            description: self.description,
            addresses: self.addresses,
            functions: self.functions,
            created_at: now,
            expires_at: self.lifetime.map(|lifetime| now + lifetime),
        };
        (key, secret)
    }
}

/// Reads for how long a key is to be renewed: `APIKeyUserRenewalRequest`. None is for ever.
///
/// # Errors
/// Everything that is wrong with it.
pub fn lifetime(object: &Map<String, Value>, limits: Limits) -> Result<Option<Seconds>, Vec<FieldError>> {
    let mut fields = Fields::new(object);
    let lifetime = read_lifetime(&mut fields, limits);
    fields.finish(Some(lifetime))
}

/// `expirationDays`, of which 0 is for ever, and `disableExpiration`.
fn read_lifetime(fields: &mut Fields<'_>, limits: Limits) -> Option<Seconds> {
    let days = fields.number("expirationDays");
    let forever = fields.flag("disableExpiration") == Some(true);
    if forever && days.is_some_and(|days| days > 0) {
        fields.refuse("disableExpiration", "contradicts expirationDays");
    }
    let (field, wanted) = match days {
        _ if forever => ("disableExpiration", None),
        Some(0) => ("expirationDays", None),
        Some(days) => ("expirationDays", Some(Seconds::days(days.min(MOST_DAYS + 1)))),
        None => return Some(limits.ordinary),
    };
    match (wanted, limits.longest) {
        (None, Some(_)) => fields.refuse(field, "a key without an end is not permitted"),
        (Some(wanted), longest) if wanted > longest.unwrap_or(Seconds::days(MOST_DAYS)) => {
            fields.refuse(field, "is longer than a key may be good");
        }
        _ => {}
    }
    wanted
}

/// Where the key is good: `validSources`, or `source`, or an express `disableSourceRestriction`. No addresses are anywhere.
fn source(fields: &mut Fields<'_>) -> Option<Vec<IpNet>> {
    let mut anywhere = fields.flag("disableSourceRestriction") == Some(true);
    let mut addresses = Vec::new();
    let mut given = fields.has("validSources");
    if given {
        addresses.extend(networks(fields, "validSources").unwrap_or_default());
    }
    if fields.has("source") {
        let named = fields.object("source", |source| {
            source.require("provider");
            match source.text("provider")? {
                "disabled" => anywhere = true,
                "staticIP" if source.has("staticOptions") => {
                    given = true;
                    let ranges = source.object("staticOptions", |options| {
                        options.require("ipAddresses");
                        networks(options, "ipAddresses")
                    });
                    addresses.extend(ranges.unwrap_or_default());
                }
                "staticIP" => {}
                "aws" | "azure" | "github" => source.refuse("provider", UNSUPPORTED),
                _ => source.refuse("provider", "must be staticIP or disabled"),
            }
            Some(())
        });
        named?;
    }
    match (anywhere, given) {
        (true, true) => fields.refuse("validSources", "contradicts what lifts the restriction"),
        (false, false) if fields.is_fine() => fields.require("validSources"),
        _ => {}
    }
    addresses.sort_unstable();
    addresses.dedup();
    Some(addresses)
}

/// Addresses and ranges: as texts, or as Argus answers them itself, `{"address", "maskBits"}`.
fn networks(fields: &mut Fields<'_>, field: &str) -> Option<Vec<IpNet>> {
    let read = |value: &Value| match value {
        Value::String(text) => range(text),
        Value::Object(network) => {
            let address = network.get("address")?.as_str()?;
            match network.get("maskBits").filter(|bits| !bits.is_null()) {
                Some(bits) => range(&format!("{address}/{}", bits.as_u64()?)),
                None => range(address),
            }
        }
        _ => None,
    };
    let networks = match fields.value(field)? {
        Value::Array(values) if values.is_empty() || values.len() > MOST_ADDRESSES => None,
        Value::Array(values) => values.iter().map(read).collect(),
        value => read(value).map(|network| vec![network]),
    };
    if networks.is_none() {
        fields.refuse(
            field,
            "must be 1 to 100 IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
        );
    }
    networks
}

/// `SessionConstraints`: the functions that the key draws on; none where it draws on all that there are for it.
fn constraints(fields: &mut Fields<'_>, holder: &Holder<'_>) -> Option<Option<BTreeSet<FunctionName>>> {
    if fields.has("customerID") {
        fields.refuse("customerID", UNSUPPORTED);
    }
    if fields.flag("readOnly") == Some(true) {
        fields.refuse("readOnly", UNSUPPORTED);
    }
    let mut functions = BTreeSet::new();
    let named = fields.texts("function").unwrap_or_default();
    let named = named.into_iter().map(str::to_owned).collect();
    let numbered = numbers(fields, "functionID").unwrap_or_default();
    for (field, references) in [("function", named), ("functionID", numbered)] {
        let held: Option<Vec<_>> = references.iter().map(|reference| holder.held(reference)).collect();
        match held {
            Some(held) if !held.is_empty() => functions.extend(held),
            Some(_) if !fields.has(field) || !fields.is_fine() => {}
            _ => fields.refuse(field, "must be functions that the user holds and this credential draws on"),
        }
    }
    let given = fields.has("function") || fields.has("functionID");
    Some(if given { Some(functions) } else { holder.limit.cloned() })
}

/// An array of numbers, or one.
fn numbers(fields: &mut Fields<'_>, field: &str) -> Option<Vec<String>> {
    let read = |value: &Value| value.as_u64().map(|number| number.to_string());
    let numbers = match fields.value(field)? {
        Value::Array(values) => values.iter().map(read).collect(),
        value => read(value).map(|number| vec![number]),
    };
    if numbers.is_none() {
        fields.refuse(field, "must be an array of numbers");
    }
    numbers
}

impl Holder<'_> {
    /// The function that `reference` names, where the key may draw on it. Of the others nobody is told whether they are.
    fn held(&self, reference: &str) -> Option<FunctionName> {
        let name = &self.functions.find(reference)?.name;
        let within = self.limit.is_none_or(|limit| limit.contains(name));
        (within && self.user.functions.holds(name, None)).then(|| name.clone())
    }
}

#[cfg(test)]
mod tests;
