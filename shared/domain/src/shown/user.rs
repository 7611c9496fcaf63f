//! A user. The password is not in it, nor anything made from one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Named, milliseconds};
use crate::client::SecurityLevel;
use crate::customer::CustomerName;
use crate::directory::Known;
use crate::id::{Number, UserId};
use crate::time::UnixTime;
use crate::user::{self, Username};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The number that Argus's clients know the user under.
    pub id: Number,
    /// The subject of every token about the user.
    pub sub: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// Full name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the address was proved to be the user's.
    pub email_verified: bool,
    /// Telephone number.
    pub phone: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
    /// Names of the groups that the user is in.
    pub groups: Vec<String>,
    /// The customer that the user works for.
    pub customer: Option<Employer>,
    /// The domain the user is in.
    pub domain: Named,
    /// Whether the account is in use at all.
    pub enabled: bool,
    /// Whether the account is shut for now.
    pub blocked: bool,
    /// How much the user's sessions are trusted with.
    pub security_level: SecurityLevel,
    /// The functions held for every customer.
    pub functions: Vec<Named>,
    /// The functions held for single customers.
    pub customer_functions: BTreeMap<CustomerName, Vec<Named>>,
    /// When the user last changed.
    #[serde(serialize_with = "milliseconds")]
    pub last_updated_timestamp: UnixTime,
}

/// The customer that a user works for. It has neither number nor name any more if it was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Employer {
    /// Its number.
    pub id: Option<Number>,
    /// Its short name.
    pub short_name: CustomerName,
    /// Its name.
    pub name: Option<String>,
}

impl User {
    /// A user, by the names and numbers of what is known of the directory.
    #[must_use]
    pub fn of(user: &user::User, known: &Known<'_>) -> Self {
        let profile = &user.profile;
        let by_customer = user.functions.by_customer.iter();
        Self {
            id: user.id.number(),
            sub: user.id,
            username: user.username.clone(),
            name: profile.name.clone(),
            email: profile.email.clone(),
            email_verified: profile.email_verified,
            phone: profile.phone_number.clone(),
            picture: profile.picture.clone(),
            groups: profile.groups.clone(),
            customer: user.customer.as_ref().map(|name| Employer::of(name, known)),
            domain: known.named_domain(&user.domain),
            enabled: user.enabled,
            blocked: user.blocked,
            security_level: user.security_level,
            functions: known.named_functions(&user.functions.globally),
            customer_functions: by_customer
                .map(|(customer, functions)| (customer.clone(), known.named_functions(functions)))
                .collect(),
            last_updated_timestamp: user.updated_at,
        }
    }
}

impl Employer {
    fn of(name: &CustomerName, known: &Known<'_>) -> Self {
        let customer = known.customer(name.as_str());
        Self {
            id: customer.map(|customer| customer.id),
            short_name: name.clone(),
            name: customer.map(|customer| customer.name.clone()),
        }
    }
}
