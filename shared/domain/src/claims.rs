//! What a client is told about a user: under which scope, and by which claim providers of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use oauth::Scope;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::customer::{Customer, Domain};
use crate::name::{CustomerName, DomainName, FunctionName};
use crate::user::User;

/// The claims that are not a client's to define: those of the protocol (OpenID Connect Core section 2, RFC 7519 section 4.1, RFC 8693
/// section 4), and those that vouch for another claim.
const RESERVED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "events",
    "act",
    "may_act",
    "cnf",
    "scope",
    "client_id",
    "email_verified",
    "phone_number_verified",
];

/// Whether a claim is not a client's to define.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// A claim that a client is told beside those of its scopes (Argus's `openIDCustomClaims`), as it is written on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClaimProvider {
    /// Something that is known of the user, under another name.
    CustomClaim {
        /// What.
        claim: ClaimSource,
        /// Under which name.
        claim_name: String,
    },
    /// `groups`: those of the user's that are allowed.
    UserGroups {
        /// The allowed ones.
        allowed_groups: BTreeSet<String>,
        /// One text, separated by commas, instead of an array.
        #[serde(default)]
        stringified: bool,
    },
    /// `groups`: all of the user's.
    AllUserGroups {
        /// One text, separated by commas, instead of an array.
        #[serde(default)]
        stringified: bool,
    },
    /// The roles of those functions that the user holds, in an array.
    FunctionRoleMapping {
        /// Under which name.
        claim_name: String,
        /// The role of each function.
        role_mapping: BTreeMap<FunctionName, String>,
    },
}

/// What a [`ClaimProvider::CustomClaim`] may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimSource {
    /// The name to sign in with.
    #[serde(rename = "username")]
    Username,
    /// Full name.
    #[serde(rename = "name")]
    Name,
    /// URL of a picture.
    #[serde(rename = "picture")]
    Picture,
    /// E-mail address.
    #[serde(rename = "email")]
    Email,
    /// The address that the session is bound to.
    #[serde(rename = "clientIP")]
    ClientIp,
    /// The number of the user's customer.
    #[serde(rename = "customerID")]
    CustomerId,
    /// The short name of the user's customer.
    #[serde(rename = "customerShortName")]
    CustomerShortName,
    /// The name of the user's customer.
    #[serde(rename = "customerName")]
    CustomerName,
    /// The number of the user's domain.
    #[serde(rename = "domainID")]
    DomainId,
    /// Telephone number.
    #[serde(rename = "phone")]
    Phone,
}

/// Whom a client is told about, and what it may be told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The user.
    pub user: &'a User,
    /// Who is told, by its own claim providers as well.
    pub client: &'a Client,
    /// What was granted.
    pub scope: &'a Scope,
    /// The functions that the session draws on, where those are fewer than the user's.
    pub limit: Option<&'a BTreeSet<FunctionName>>,
    /// The user agent's address that the session is bound to.
    pub address: Option<IpAddr>,
}

/// What the directory knows of the user's customer and domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// The customer that the user works for.
    pub customer: Option<Customer>,
    /// The domain that the user is in.
    pub domain: Option<Domain>,
}

impl<'a> Told<'a> {
    /// What has to be looked up in the directory before the claims can be told.
    #[must_use]
    pub fn lacks(&self) -> (Option<&'a CustomerName>, Option<&'a DomainName>) {
        let asked = self.scope.contains("customer");
        let of = |sources: &[ClaimSource]| {
            let mut providers = self.client.custom_claims.iter();
            asked
                || providers.any(|provider| {
                    matches!(provider, ClaimProvider::CustomClaim { claim, .. } if sources.contains(claim))
                })
        };
        let customer = of(&[ClaimSource::CustomerId, ClaimSource::CustomerName]);
        let domain = of(&[ClaimSource::DomainId]);
        (self.user.customer.as_ref().filter(|_| customer), domain.then_some(&self.user.domain))
    }

    /// The claims beside `sub`: those of the scopes, and those that the client defines, which go before them.
    #[must_use]
    pub fn claims(&self, belonging: &Belonging) -> Map<String, Value> {
        let mut claims = self.of_scopes(belonging);
        claims.extend(self.of_providers(belonging));
        // It was the address that was verified, and not what a client has under its name.
        if claims.get("email").and_then(Value::as_str) != self.user.profile.email.as_deref() {
            claims.remove("email_verified");
        }
        claims
    }

    /// The claims of the granted scopes (OpenID Connect Core section 5.4, and Argus's own).
    fn of_scopes(&self, belonging: &Belonging) -> Map<String, Value> {
        let profile = &self.user.profile;
        let mut claims = Claims { granted: self.scope, claims: Map::new() };
        claims.tell("profile", "preferred_username", Some(self.user.username.as_str()));
        claims.tell("profile", "username", Some(self.user.username.as_str()));
        claims.tell("profile", "name", profile.name.as_deref());
        claims.tell("profile", "picture", profile.picture.as_deref());
        claims.tell("profile", "updated_at", Some(self.user.updated_at));
        claims.tell("email", "email", profile.email.as_deref());
        claims.tell("email", "email_verified", profile.email.is_some().then_some(profile.email_verified));
        claims.tell("phone", "phone", profile.phone_number.as_deref());
        claims.tell("phone", "phone_number", profile.phone_number.as_deref());
        // Whoever asks for both gets the array.
        claims.tell("groupstring", "groups", Some(json!(profile.groups).to_string()));
        claims.tell("groups", "groups", Some(&profile.groups));
        let customer = belonging.customer.as_ref();
        claims.tell("customer", "customer_id", customer.map(|customer| customer.id));
        claims.tell("customer", "customer_shortname", customer.map(|customer| &customer.short_name));
        claims.tell("customer", "customer_name", customer.map(|customer| &customer.name));
        claims.tell("customer", "domain_id", belonging.domain.as_ref().map(|domain| domain.id));
        claims.tell("clientip", "client_ip", self.address.map(|address| address.to_canonical()));
        claims.claims
    }

    /// The claims that the client defines. None takes the place of one that is not a client's to define; of two under one name, the
    /// first counts.
    fn of_providers(&self, belonging: &Belonging) -> Map<String, Value> {
        let mut claims = Map::new();
        for provider in &self.client.custom_claims {
            let (name, value) = match provider {
                ClaimProvider::CustomClaim { claim, claim_name } => {
                    (claim_name.as_str(), self.source(*claim, belonging))
                }
                ClaimProvider::UserGroups { allowed_groups, stringified } => {
                    let allowed = |group: &&String| allowed_groups.contains(*group);
                    let groups: Vec<_> = self.user.profile.groups.iter().filter(allowed).collect();
                    ("groups", Some(list(&groups, *stringified)))
                }
                ClaimProvider::AllUserGroups { stringified } => {
                    let groups: Vec<_> = self.user.profile.groups.iter().collect();
                    ("groups", Some(list(&groups, *stringified)))
                }
                ClaimProvider::FunctionRoleMapping { claim_name, role_mapping } => {
                    (claim_name.as_str(), Some(json!(self.roles(role_mapping))))
                }
            };
            if let Some(value) = value.filter(|_| !is_reserved(name)) {
                claims.entry(name).or_insert(value);
            }
        }
        claims
    }

    fn source(&self, source: ClaimSource, belonging: &Belonging) -> Option<Value> {
        let (user, profile) = (self.user, &self.user.profile);
        let customer = belonging.customer.as_ref();
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        match source {
            ClaimSource::Username => Some(json!(user.username)),
            ClaimSource::Name => text(&profile.name),
            ClaimSource::Picture => text(&profile.picture),
            ClaimSource::Email => text(&profile.email),
            ClaimSource::Phone => text(&profile.phone_number),
            ClaimSource::ClientIp => self.address.map(|address| json!(address.to_canonical())),
            ClaimSource::CustomerId => customer.map(|customer| json!(customer.id)),
            ClaimSource::CustomerShortName => user.customer.as_ref().map(|name| json!(name)),
            ClaimSource::CustomerName => customer.map(|customer| json!(customer.name)),
            ClaimSource::DomainId => belonging.domain.as_ref().map(|domain| json!(domain.id)),
        }
    }

    /// The roles of those functions that the session draws on: for the customer that it is confined to, or for any.
    fn roles(&self, mapping: &'a BTreeMap<FunctionName, String>) -> BTreeSet<&'a str> {
        let held = |function: &FunctionName| {
            self.limit.is_none_or(|limit| limit.contains(function))
                && self.user.functions.holds(function, self.client.customer())
        };
        mapping.iter().filter(|(function, _)| held(function)).map(|(_, role)| role.as_str()).collect()
    }
}

/// Claims as they are told, each under the scope that asks for it.
struct Claims<'a> {
    granted: &'a Scope,
    claims: Map<String, Value>,
}

impl Claims<'_> {
    fn tell<T: Serialize>(&mut self, scope: &str, name: &str, value: Option<T>) {
        if let (true, Some(Ok(value))) = (self.granted.contains(scope), value.map(serde_json::to_value)) {
            self.claims.insert(name.to_owned(), value);
        }
    }
}

/// An array, or its words in one text.
fn list(words: &[&String], stringified: bool) -> Value {
    match stringified {
        true => json!(words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(",")),
        false => json!(words),
    }
}

#[cfg(test)]
mod tests;
