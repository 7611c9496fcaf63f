//! A client as Argus shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::UnixTime;
use domain::claims::ClaimProvider;
use domain::client::{Author, Client, CodeProtection, SecurityLevel};
use domain::customer::{Customer, Domain};
use domain::function::{Functions, permission};
use domain::id::Number;
use domain::name::{CustomerName, DomainName, FunctionName};
use domain::permissions::Permissions;
use ipnet::IpNet;
use oauth::words::GrantType;
use serde::Serialize;

use crate::principal::Principal;

/// Shows clients to somebody, by the names and numbers that the directory has for what they refer to.
#[derive(Debug)]
pub(super) struct Views {
    permissions: Permissions,
    functions: Arc<Functions>,
    customers: BTreeMap<CustomerName, Customer>,
    domains: BTreeMap<DomainName, Domain>,
}

/// A client. Secrets are not in it, nor anything made from one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    id: String,
    short_name: String,
    name: String,
    description: String,
    #[serde(rename = "mainURI")]
    main_uri: Option<String>,
    customer: Option<CustomerView>,
    domain: NamedView,
    required_function: Option<NamedView>,
    authentication_method: &'static str,
    max_security_level: SecurityLevel,
    flags: Vec<&'static str>,
    created_timestamp: u64,
    last_updated_timestamp: u64,
    created_by_user: Option<UserView>,
    last_updated_by_user: Option<UserView>,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What is for those with the permission to see details.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(rename = "clientIPRange")]
    addresses: Vec<String>,
    permission_scope: Option<NamedView>,
    permitted_scopes: Vec<String>,
    #[serde(rename = "redirectURIs")]
    redirect_uris: Vec<String>,
    /// The first of them: Argus's form from before there could be several.
    #[serde(rename = "redirectURI")]
    redirect_uri: Option<String>,
    #[serde(rename = "openIDCustomClaims")]
    custom_claims: Vec<ClaimProvider>,
    // What follows is our own.
    allow_implicit: bool,
    #[serde(rename = "requirePKCE")]
    require_pkce: bool,
    #[serde(rename = "requireSameClientIP")]
    require_same_address: bool,
}

/// A function or a domain. It has no number any more if it was removed.
#[derive(Debug, Serialize)]
struct NamedView {
    id: Option<Number>,
    name: String,
}

/// A customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerView {
    id: Option<Number>,
    short_name: String,
    name: String,
    domain: NamedView,
}

/// A user, by what is remembered of who defined or changed something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserView {
    id: Number,
    short_name: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Views {
    /// For `principal`, with what the directory knows. Customers and domains that clients refer to and that are not among these are
    /// shown by their bare names; the default domain is always known.
    pub(super) fn new(
        principal: &Principal,
        functions: Arc<Functions>,
        customers: impl IntoIterator<Item = Customer>,
        domains: impl IntoIterator<Item = Domain>,
    ) -> Self {
        let domains = [Domain::default_one()].into_iter().chain(domains);
        Self {
            permissions: principal.permissions.clone(),
            functions,
            customers: customers
                .into_iter()
                .map(|customer| (customer.short_name.clone(), customer))
                .collect(),
            domains: domains.map(|domain| (domain.name.clone(), domain)).collect(),
        }
    }

    /// The client.
    pub(super) fn of(&self, client: &Client) -> View {
        let bounds = client.bounds.as_ref();
        let sees_details = self.permissions.has_for(permission::VIEW_CLIENT_DETAILS, client.customer());
        View {
            id: client.id.to_string(),
            short_name: client.short_name.as_ref().map_or_else(|| client.id.to_string(), ToString::to_string),
            name: client.about.name.clone(),
            description: client.about.description.clone().unwrap_or_default(),
            main_uri: client.about.main_uri.clone(),
            customer: client.customer().map(|customer| self.customer(customer)),
            domain: self.domain(&client.domain),
            required_function: bounds.map(|bounds| self.function(&bounds.required_function)),
            authentication_method: if client.is_public() { "none" } else { "password" },
            max_security_level: bounds
                .map_or_else(SecurityLevel::default, |bounds| bounds.max_security_level),
            flags: flags(client),
            created_timestamp: milliseconds(client.created_at),
            last_updated_timestamp: milliseconds(client.updated_at),
            created_by_user: client.created_by.as_ref().map(UserView::from),
            last_updated_by_user: client.updated_by.as_ref().map(UserView::from),
            details: sees_details.then(|| self.details(client)),
        }
    }

    fn details(&self, client: &Client) -> Details {
        let redirect_uris: Vec<_> = client.redirect_uris.iter().map(ToString::to_string).collect();
        Details {
            addresses: client.addresses.iter().map(range).collect(),
            permission_scope: client.bounds.as_ref().map(|bounds| self.function(&bounds.permission_scope)),
            permitted_scopes: client.scope.iter().map(str::to_owned).collect(),
            redirect_uri: redirect_uris.first().cloned(),
            redirect_uris,
            custom_claims: client.custom_claims.clone(),
            allow_implicit: client.grant_types.contains(&GrantType::Implicit),
            require_pkce: client.code_protection == CodeProtection::Pkce,
            require_same_address: client.same_address,
        }
    }

    fn customer(&self, name: &CustomerName) -> CustomerView {
        let found = self.customers.get(name);
        let domain = found.map(|customer| customer.domain.clone()).unwrap_or_default();
        CustomerView {
            id: found.map(|customer| customer.id),
            short_name: name.to_string(),
            name: found.map_or_else(|| name.to_string(), |customer| customer.name.clone()),
            domain: self.domain(&domain),
        }
    }

    fn domain(&self, name: &DomainName) -> NamedView {
        NamedView { id: self.domains.get(name).map(|domain| domain.id), name: name.to_string() }
    }

    fn function(&self, name: &FunctionName) -> NamedView {
        NamedView { id: self.functions.get(name).map(|function| function.id), name: name.to_string() }
    }
}

impl From<&Author> for UserView {
    fn from(author: &Author) -> Self {
        let name = author.username.to_string();
        Self { id: author.id.number(), short_name: name.clone(), name, kind: "user" }
    }
}

/// Argus's flags. `enableStandardOpenIDClaims` and `enableStringGroupClaim` are never set: scopes and claim providers say that here.
fn flags(client: &Client) -> Vec<&'static str> {
    let flags = [
        (client.deleted, "deleted"),
        (client.hidden, "hidden"),
        (client.same_address, "requireSameClientIP"),
    ];
    flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect()
}

/// A range of one address is that address, as it was most likely sent.
fn range(range: &IpNet) -> String {
    if range.prefix_len() == range.max_prefix_len() { range.addr().to_string() } else { range.to_string() }
}

const fn milliseconds(time: UnixTime) -> u64 {
    time.0.saturating_mul(1000)
}
