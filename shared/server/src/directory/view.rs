//! What the directory holds, as it is shown.

use std::collections::{BTreeMap, BTreeSet};

use domain::client::SecurityLevel;
use domain::customer::{Customer, CustomerName, Domain, DomainName};
use domain::directory::Known;
use domain::function::{Function, FunctionName, Permission};
use domain::id::Number;
use domain::session::Session;
use domain::user::{User, Username};
use domain::{SessionId, UnixTime, UserId};
use serde::Serialize;

/// A domain, or a function that is held. It has no number where it was removed, and its bare name was left.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    id: Option<Number>,
    name: String,
}

/// A customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerView {
    id: Number,
    short_name: CustomerName,
    name: String,
    domain: Named,
}

/// The customer that a user works for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Employer {
    id: Option<Number>,
    short_name: CustomerName,
    name: Option<String>,
}

/// A function.
#[derive(Debug, Serialize)]
pub(super) struct FunctionView {
    id: Number,
    name: FunctionName,
    description: Option<String>,
    permissions: BTreeSet<Permission>,
}

/// A user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView {
    id: Number,
    sub: UserId,
    username: Username,
    name: Option<String>,
    email: Option<String>,
    email_verified: bool,
    phone: Option<String>,
    picture: Option<String>,
    groups: Vec<String>,
    customer: Option<Employer>,
    domain: Named,
    enabled: bool,
    blocked: bool,
    security_level: SecurityLevel,
    functions: Vec<Named>,
    customer_functions: BTreeMap<CustomerName, Vec<Named>>,
    last_updated_timestamp: u64,
}

/// A session: its id proves nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    id: SessionId,
    address: Option<std::net::IpAddr>,
    authenticated_timestamp: u64,
    expires_timestamp: u64,
}

const fn milliseconds(time: UnixTime) -> u64 {
    time.0.saturating_mul(1000)
}

pub(super) fn domain(name: &DomainName, known: &Known<'_>) -> Named {
    Named { id: known.domain(name.as_str()).map(|domain| domain.id), name: name.to_string() }
}

impl From<&Domain> for Named {
    fn from(domain: &Domain) -> Self {
        Self { id: Some(domain.id), name: domain.name.to_string() }
    }
}

impl CustomerView {
    pub(super) fn new(customer: &Customer, known: &Known<'_>) -> Self {
        Self {
            id: customer.id,
            short_name: customer.short_name.clone(),
            name: customer.name.clone(),
            domain: domain(&customer.domain, known),
        }
    }
}

impl From<&Function> for FunctionView {
    fn from(function: &Function) -> Self {
        Self {
            id: function.id,
            name: function.name.clone(),
            description: function.description.clone(),
            permissions: function.permissions.clone(),
        }
    }
}

impl UserView {
    pub(super) fn new(user: &User, known: &Known<'_>) -> Self {
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
            customer: user.customer.as_ref().map(|name| employer(name, known)),
            domain: domain(&user.domain, known),
            enabled: user.enabled,
            blocked: user.blocked,
            security_level: user.security_level,
            functions: held(&user.functions.globally, known),
            customer_functions: by_customer
                .map(|(customer, functions)| (customer.clone(), held(functions, known)))
                .collect(),
            last_updated_timestamp: milliseconds(user.updated_at),
        }
    }
}

impl From<&Session> for SessionView {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            address: session.address,
            authenticated_timestamp: milliseconds(session.auth_time),
            expires_timestamp: milliseconds(session.expires_at),
        }
    }
}

fn employer(name: &CustomerName, known: &Known<'_>) -> Employer {
    let customer = known.customer(name.as_str());
    Employer {
        id: customer.map(|customer| customer.id),
        short_name: name.clone(),
        name: customer.map(|customer| customer.name.clone()),
    }
}

fn held(functions: &BTreeSet<FunctionName>, known: &Known<'_>) -> Vec<Named> {
    let named = |name: &FunctionName| Named {
        id: known.function(name.as_str()).map(|function| function.id),
        name: name.to_string(),
    };
    functions.iter().map(named).collect()
}
