//! What is shown of things in JSON, by the interfaces over HTTP and by the operator's program alike. The members are Argus's where it has
//! them; moments are milliseconds since 1970.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::customer::{self, CustomerName, DomainName};
use crate::directory::Known;
use crate::function::{self, FunctionName, Permission};
use crate::id::{Number, SessionId};
use crate::session;
use crate::time::UnixTime;
use crate::user_key::{self, KeyId, PublicKey};

mod api_key;
mod client;
mod user;

pub use api_key::{ApiKey, Constraints, Network, Source, StaticOptions};
pub use client::{Client, Details, UserInfo};
pub use user::{Employer, User};

/// A function or a domain that something refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its number; none where it was removed, and its bare name was left.
    pub id: Option<Number>,
    /// Its name.
    pub name: String,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Its number; none where it was removed, and its short name was left.
    pub id: Option<Number>,
    /// Its short name.
    pub short_name: String,
    /// Its name.
    pub name: String,
    /// The domain it is in.
    pub domain: Named,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Its number.
    pub id: Number,
    /// Its name.
    pub name: FunctionName,
    /// What it is for.
    pub description: Option<String>,
    /// What it lets do.
    pub permissions: BTreeSet<Permission>,
}

/// A session. Its id proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// The address it was begun from.
    pub address: Option<IpAddr>,
    /// When the user last proved who they are.
    #[serde(serialize_with = "milliseconds")]
    pub authenticated_timestamp: UnixTime,
    /// When it ends by itself.
    #[serde(serialize_with = "milliseconds")]
    pub expires_timestamp: UnixTime,
}

/// A key that signs a user's JWTs: all of it, since it is public.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserKey {
    /// The `kid` in the header of what it signs.
    pub id: KeyId,
    /// What it signs with.
    pub algorithm: &'static str,
    /// The JSON Web Key.
    pub public_key: PublicKey,
    /// What it is for.
    pub description: Option<String>,
    /// When it was registered.
    #[serde(serialize_with = "milliseconds")]
    pub created_timestamp: UnixTime,
}

/// A moment as Argus has it.
fn milliseconds<S: Serializer>(moment: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(moment.0.saturating_mul(1000))
}

impl Known<'_> {
    /// A function that something refers to.
    #[must_use]
    pub fn named_function(&self, name: &FunctionName) -> Named {
        Named { id: self.functions.get(name).map(|function| function.id), name: name.to_string() }
    }

    /// Functions that something refers to.
    #[must_use]
    pub fn named_functions(&self, names: &BTreeSet<FunctionName>) -> Vec<Named> {
        names.iter().map(|name| self.named_function(name)).collect()
    }

    /// A domain that something refers to.
    #[must_use]
    pub fn named_domain(&self, name: &DomainName) -> Named {
        Named { id: self.domain(name.as_str()).map(|domain| domain.id), name: name.to_string() }
    }

    /// A customer that something refers to.
    #[must_use]
    pub fn named_customer(&self, name: &CustomerName) -> Customer {
        match self.customer(name.as_str()) {
            Some(customer) => Customer::of(customer, self),
            None => Customer {
                id: None,
                short_name: name.to_string(),
                name: name.to_string(),
                domain: self.named_domain(&DomainName::default()),
            },
        }
    }
}

impl Customer {
    /// A customer, in its domain.
    #[must_use]
    pub fn of(customer: &customer::Customer, known: &Known<'_>) -> Self {
        Self {
            id: Some(customer.id),
            short_name: customer.short_name.to_string(),
            name: customer.name.clone(),
            domain: known.named_domain(&customer.domain),
        }
    }
}

impl From<&customer::Domain> for Named {
    fn from(domain: &customer::Domain) -> Self {
        Self { id: Some(domain.id), name: domain.name.to_string() }
    }
}

impl From<&function::Function> for Function {
    fn from(function: &function::Function) -> Self {
        Self {
            id: function.id,
            name: function.name.clone(),
            description: function.description.clone(),
            permissions: function.permissions.clone(),
        }
    }
}

impl From<&session::Session> for Session {
    fn from(session: &session::Session) -> Self {
        Self {
            id: session.id,
            address: session.address,
            authenticated_timestamp: session.auth_time,
            expires_timestamp: session.expires_at,
        }
    }
}

impl From<&user_key::UserKey> for UserKey {
    fn from(key: &user_key::UserKey) -> Self {
        Self {
            id: key.id.clone(),
            algorithm: key.public.algorithm().as_str(),
            public_key: key.public.clone(),
            description: key.description.clone(),
            created_timestamp: key.created_at,
        }
    }
}
