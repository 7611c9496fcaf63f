//! Users, as administrators write them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::{FIXED, Known, NO_CUSTOMER, NO_DOMAIN, SHOWN, found_all, referred, removable, shown};
use crate::client::SecurityLevel;
use crate::fields::{Fields, REQUIRED};
use crate::function::{CustomerName, FunctionName, Granted};
use crate::id::UserId;
use crate::name::DomainName;
use crate::password::{Weakness, judge};
use crate::time::UnixTime;
use crate::user::{Profile, User, Username};

/// The most groups that a user is in.
const MOST_GROUPS: usize = 100;
/// The longest e-mail address, in bytes (RFC 5321 section 4.5.3.1.3, without the brackets).
const LONGEST_EMAIL: usize = 254;
/// The most characters of a telephone number.
const LONGEST_PHONE: usize = 32;
/// The most bytes of a picture's address.
const LONGEST_PICTURE: usize = 2048;

const USERNAME: &str = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ ~ + -, and no user's id";
const EMAIL: &str = "must be an address such as alice@example.com";
const PHONE: &str = "must be a telephone number of at most 32 characters, such as +47 12 34 56 78";
const PICTURE: &str = "must be an https address";
const GROUPS: &str = "must be an array of at most 100 names of 1 to 200 characters, without commas";
const LEVEL: &str = "must be external, standard or administrative";
const NO_FUNCTIONS: &str = "must be an array of names or numbers of functions";
const NO_GRANTS: &str = "must be an object of arrays of functions, by customers";

/// What is said to administrators who would shut themselves out: of several, one is always left this way.
pub const OWN: &str = "can't be done by the administrator whom it shuts out";

/// A new user, beside the password: `username`, and what [`change`] reads.
pub fn create(fields: &mut Fields<'_>, id: UserId, now: UnixTime, known: &Known<'_>) -> Option<User> {
    fields.require("username");
    let username = fields.parsed("username", USERNAME, username);
    let members = Members::read(fields, known);
    let new = User { domain: known.home.clone(), ..User::new(id, username?, now) };
    let user = members.apply(&new, fields, known);
    fields.is_fine().then_some(user)
}

/// A user as it is to be: all members are optional. It is `before` itself where nothing changes, and its next version otherwise.
///
/// `by` is the administrator who changes it, if one does: nobody shuts out themselves.
pub fn change(
    fields: &mut Fields<'_>,
    before: &User,
    by: Option<UserId>,
    now: UnixTime,
    known: &Known<'_>,
) -> Option<User> {
    if fields.parsed("username", USERNAME, username).is_some_and(|username| username != before.username) {
        fields.refuse("username", FIXED);
    }
    if fields.has("password") {
        fields.refuse("password", "is set by itself");
    }
    let members = Members::read(fields, known);
    let mut after = members.apply(before, fields, known);
    if by == Some(before.id) {
        protect(before, &after, fields);
    }
    if after != *before {
        after.version += 1;
        after.updated_at = now;
    }
    fields.is_fine().then_some(after)
}

/// A password that is about to be set: `password`.
pub fn password(fields: &mut Fields<'_>) -> Option<Zeroizing<String>> {
    let Some(password) = fields.text("password") else {
        if !fields.has("password") {
            fields.refuse("password", REQUIRED);
        }
        return None;
    };
    if let Err(weakness) = judge(password) {
        fields.refuse("password", said_of(weakness));
        return None;
    }
    Some(Zeroizing::new(password.to_owned()))
}

/// A weakness in the fixed words that a field's error has.
const fn said_of(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::TooShort(_) => "must have at least 15 characters",
        Weakness::TooLong(_) => "must have at most 1024 bytes",
        Weakness::Untypable => "must not have control characters, which nobody can type when signing in",
        Weakness::Repetitive => "must not be one part over and over",
    }
}

/// A name to sign in with. What reads as a user's id is none, so that either names one user.
fn username(text: &str) -> Option<Username> {
    let username = Username::parse(text).ok()?;
    UserId::parse(username.as_str()).is_none().then_some(username)
}

/// The members as they were sent, each read by itself.
struct Members {
    name: Option<Option<String>>,
    email: Option<Option<String>>,
    email_verified: Option<bool>,
    phone: Option<Option<String>>,
    picture: Option<Option<String>>,
    groups: Option<BTreeSet<String>>,
    /// With the customer's domain.
    customer: Option<Option<(CustomerName, DomainName)>>,
    domain: Option<DomainName>,
    enabled: Option<bool>,
    blocked: Option<bool>,
    level: Option<SecurityLevel>,
    functions: Option<BTreeSet<FunctionName>>,
    by_customer: Option<BTreeMap<CustomerName, BTreeSet<FunctionName>>>,
}

impl Members {
    fn read(fields: &mut Fields<'_>, known: &Known<'_>) -> Self {
        Self {
            name: removable(fields, "name", SHOWN, shown),
            email: removable(fields, "email", EMAIL, email),
            email_verified: fields.flag("emailVerified"),
            phone: removable(fields, "phone", PHONE, phone),
            picture: removable(fields, "picture", PICTURE, picture),
            groups: groups(fields),
            customer: customer(fields, known),
            domain: referred(fields, "domain", NO_DOMAIN, |reference| {
                known.domain(reference).map(|domain| domain.name.clone())
            }),
            enabled: fields.flag("enabled"),
            blocked: fields.flag("blocked"),
            level: fields.parsed("securityLevel", LEVEL, |text| serde_json::from_value(text.into()).ok()),
            functions: functions(fields, known),
            by_customer: by_customer(fields, known),
        }
    }

    /// Puts the members into a user, and holds the result against the rules that are about several of them.
    fn apply(&self, before: &User, fields: &mut Fields<'_>, known: &Known<'_>) -> User {
        let (customer, domain) = self.place(before, fields, known);
        let user = User {
            id: before.id,
            username: before.username.clone(),
            enabled: self.enabled.unwrap_or(before.enabled),
            blocked: self.blocked.unwrap_or(before.blocked),
            security_level: self.level.unwrap_or(before.security_level),
            functions: Granted {
                globally: self.functions.clone().unwrap_or_else(|| before.functions.globally.clone()),
                by_customer: self.by_customer.clone().unwrap_or_else(|| before.functions.by_customer.clone()),
            },
            domain,
            customer,
            version: before.version,
            updated_at: before.updated_at,
            profile: self.profile(&before.profile, fields),
        };
        let administers = user.functions.globally.iter().any(FunctionName::is_administrator);
        if administers && user.security_level != SecurityLevel::Administrative {
            let (field, message) = match self.functions {
                Some(_) => ("functions", "can't hold administrator below the securityLevel administrative"),
                None => {
                    ("securityLevel", "must be administrative for whoever holds the function administrator")
                }
            };
            fields.refuse(field, message);
        }
        user
    }

    /// A user is in the domain of the customer it works for.
    fn place(
        &self,
        before: &User,
        fields: &mut Fields<'_>,
        known: &Known<'_>,
    ) -> (Option<CustomerName>, DomainName) {
        let theirs = match &self.customer {
            Some(named) => named.as_ref().map(|(_, domain)| domain),
            None => {
                let customer = before.customer.as_ref().and_then(|name| known.customer(name.as_str()));
                customer.map(|customer| &customer.domain)
            }
        };
        if let (Some(theirs), Some(own)) = (theirs, &self.domain)
            && theirs != own
        {
            fields.refuse("domain", "must be the customer's");
        }
        let customer = match &self.customer {
            Some(named) => named.as_ref().map(|(name, _)| name.clone()),
            None => before.customer.clone(),
        };
        let domain = self.domain.as_ref().or(theirs).unwrap_or(&before.domain);
        (customer, domain.clone())
    }

    /// Another address has been proved by nobody yet, unless it is said so.
    fn profile(&self, before: &Profile, fields: &mut Fields<'_>) -> Profile {
        fn or<T: Clone>(new: &Option<T>, before: &T) -> T {
            new.as_ref().unwrap_or(before).clone()
        }
        let email = or(&self.email, &before.email);
        if email.is_none() && self.email_verified == Some(true) {
            fields.refuse("emailVerified", "needs an email");
        }
        let still = email.is_some() && email == before.email && before.email_verified;
        Profile {
            name: or(&self.name, &before.name),
            email_verified: self.email_verified.unwrap_or(still),
            email,
            phone_number: or(&self.phone, &before.phone_number),
            picture: or(&self.picture, &before.picture),
            groups: self
                .groups
                .as_ref()
                .map_or_else(|| before.groups.clone(), |groups| groups.iter().cloned().collect()),
        }
    }
}

/// What would shut out the administrator who does it.
fn protect(before: &User, after: &User, fields: &mut Fields<'_>) {
    if before.enabled && !after.enabled {
        fields.refuse("enabled", OWN);
    }
    if after.blocked && !before.blocked {
        fields.refuse("blocked", OWN);
    }
    if before.is_administrator() && !after.is_administrator() {
        let kept = after.functions.globally.iter().any(FunctionName::is_administrator);
        fields.refuse(if kept { "securityLevel" } else { "functions" }, OWN);
    }
}

/// Something before an @ and something after it; whether it arrives is for a message to show.
fn email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let spaced = text.chars().any(|c| c.is_whitespace() || c.is_control());
    let fine = !local.is_empty() && !domain.is_empty() && !spaced && text.len() <= LONGEST_EMAIL;
    fine.then(|| text.to_owned())
}

fn phone(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_digit() || b"+-.() ".contains(&b);
    let fine = text.len() <= LONGEST_PHONE && text.bytes().all(allowed);
    (fine && text.bytes().any(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

fn picture(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host())?;
    (text.len() <= LONGEST_PICTURE && url.username().is_empty()).then(|| text.to_owned())
}

/// Applications may be told groups as one text with commas in between, where a comma in a name would make another group of its rest.
fn groups(fields: &mut Fields<'_>) -> Option<BTreeSet<String>> {
    let groups =
        fields.parsed_all("groups", GROUPS, |text| shown(text).filter(|name| !name.contains(',')))?;
    if groups.len() > MOST_GROUPS {
        fields.refuse("groups", GROUPS);
    }
    Some(groups)
}

fn customer(fields: &mut Fields<'_>, known: &Known<'_>) -> Option<Option<(CustomerName, DomainName)>> {
    referred(fields, "customer", NO_CUSTOMER, |reference| match reference {
        "" => Some(None),
        _ => known
            .customer(reference)
            .map(|customer| Some((customer.short_name.clone(), customer.domain.clone()))),
    })
}

fn functions(fields: &mut Fields<'_>, known: &Known<'_>) -> Option<BTreeSet<FunctionName>> {
    let functions = fields.value("functions").map(|value| named(value, known))?;
    if functions.is_none() {
        fields.refuse("functions", NO_FUNCTIONS);
    }
    functions
}

fn named(value: &Value, known: &Known<'_>) -> Option<BTreeSet<FunctionName>> {
    found_all(value, |reference| known.function(reference).map(|function| function.name.clone()))
}

/// The service isn't administered for one customer.
fn by_customer(
    fields: &mut Fields<'_>,
    known: &Known<'_>,
) -> Option<BTreeMap<CustomerName, BTreeSet<FunctionName>>> {
    const FIELD: &str = "customerFunctions";
    let Some(grants) = grants(fields.value(FIELD)?, known) else {
        fields.refuse(FIELD, NO_GRANTS);
        return None;
    };
    if grants.values().flatten().any(FunctionName::is_administrator) {
        fields.refuse(FIELD, "can't hold administrator: the service isn't administered for one customer");
    }
    Some(grants)
}

fn grants(value: &Value, known: &Known<'_>) -> Option<BTreeMap<CustomerName, BTreeSet<FunctionName>>> {
    let mut grants = BTreeMap::<_, BTreeSet<_>>::new();
    for (reference, functions) in value.as_object()? {
        let customer = known.customer(reference)?;
        grants.entry(customer.short_name.clone()).or_default().extend(named(functions, known)?);
    }
    grants.retain(|_, functions| !functions.is_empty());
    Some(grants)
}

#[cfg(test)]
mod tests;
