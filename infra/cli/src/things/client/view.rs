//! A client as the JSON interface shows it to those who may see everything.

use domain::UnixTime;
use domain::claims::ClaimProvider;
use domain::client::{Author, Client, CodeProtection, SecurityLevel};
use domain::id::Number;
use ipnet::IpNet;
use oauth::words::GrantType;
use serde::Serialize;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::refer::{CustomerRef, Named, level};
use crate::things::{Thing, joined};
use crate::times::{exact, milliseconds};

/// A client. Secrets are not in it, nor anything made from one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    id: String,
    short_name: String,
    name: String,
    description: String,
    #[serde(rename = "mainURI")]
    main_uri: Option<String>,
    customer: Option<CustomerRef>,
    domain: Named,
    required_function: Option<Named>,
    authentication_method: &'static str,
    max_security_level: SecurityLevel,
    flags: Vec<&'static str>,
    #[serde(serialize_with = "milliseconds")]
    created_timestamp: UnixTime,
    #[serde(serialize_with = "milliseconds")]
    last_updated_timestamp: UnixTime,
    created_by_user: Option<UserRef>,
    last_updated_by_user: Option<UserRef>,
    #[serde(rename = "clientIPRange")]
    addresses: Vec<String>,
    permission_scope: Option<Named>,
    permitted_scopes: Vec<String>,
    #[serde(rename = "redirectURIs")]
    redirect_uris: Vec<String>,
    #[serde(rename = "redirectURI")]
    redirect_uri: Option<String>,
    #[serde(rename = "openIDCustomClaims")]
    custom_claims: Vec<ClaimProvider>,
    allow_implicit: bool,
    #[serde(rename = "requirePKCE")]
    require_pkce: bool,
    #[serde(rename = "requireSameClientIP")]
    require_same_address: bool,
}

/// Who defined or changed a client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRef {
    id: Number,
    short_name: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl From<&Author> for UserRef {
    fn from(author: &Author) -> Self {
        let name = author.username.to_string();
        Self { id: author.id.number(), short_name: name.clone(), name, kind: "user" }
    }
}

impl View {
    pub(super) fn of(client: &Client, directory: &Directory) -> Self {
        let bounds = client.bounds.as_ref();
        let redirect_uris: Vec<_> = client.redirect_uris.iter().map(ToString::to_string).collect();
        Self {
            id: client.id.to_string(),
            short_name: super::called(client),
            name: client.about.name.clone(),
            description: client.about.description.clone().unwrap_or_default(),
            main_uri: client.about.main_uri.clone(),
            customer: client.customer().map(|customer| directory.named_customer(customer)),
            domain: directory.named_domain(&client.domain),
            required_function: bounds.map(|bounds| directory.named_function(&bounds.required_function)),
            authentication_method: if client.is_public() { "none" } else { "password" },
            max_security_level: bounds.map(|bounds| bounds.max_security_level).unwrap_or_default(),
            flags: flags(client),
            created_timestamp: client.created_at,
            last_updated_timestamp: client.updated_at,
            created_by_user: client.created_by.as_ref().map(UserRef::from),
            last_updated_by_user: client.updated_by.as_ref().map(UserRef::from),
            addresses: client.addresses.iter().map(range).collect(),
            permission_scope: bounds.map(|bounds| directory.named_function(&bounds.permission_scope)),
            permitted_scopes: client.scope.iter().map(str::to_owned).collect(),
            redirect_uri: redirect_uris.first().cloned(),
            redirect_uris,
            custom_claims: client.custom_claims.clone(),
            allow_implicit: client.grant_types.contains(&GrantType::Implicit),
            require_pkce: client.code_protection == CodeProtection::Pkce,
            require_same_address: client.same_address,
        }
    }

    /// What is out of the ordinary.
    fn notes(&self) -> Vec<&'static str> {
        let has = |flag| self.flags.contains(&flag);
        let notes = [
            (has("deleted"), "removed"),
            (has("hidden"), "hidden"),
            (self.required_function.is_none(), "registered itself"),
            (self.authentication_method == "none", "public"),
            (self.allow_implicit, "implicit flow"),
            (!self.require_pkce, "without PKCE"),
            (!self.require_same_address, "any user address"),
        ];
        notes.into_iter().filter_map(|(is, note)| is.then_some(note)).collect()
    }
}

/// Argus's flags.
fn flags(client: &Client) -> Vec<&'static str> {
    let flags = [
        (client.deleted, "deleted"),
        (client.hidden, "hidden"),
        (client.same_address, "requireSameClientIP"),
    ];
    flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect()
}

/// A range of one address is that address.
fn range(range: &IpNet) -> String {
    if range.prefix_len() == range.max_prefix_len() { range.addr().to_string() } else { range.to_string() }
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("client", "clients");
    const COLUMNS: &'static [Column] = &[
        Column::whole("short name"),
        Column::cut("name"),
        Column::cut("customer"),
        Column::cut("required function"),
        Column::cut("notes"),
        Column::whole("id"),
    ];

    fn name(&self) -> String {
        self.short_name.clone()
    }

    fn row(&self) -> Vec<String> {
        let named =
            |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
        vec![
            self.short_name.clone(),
            self.name.clone(),
            self.customer.as_ref().map(|customer| customer.short_name.clone()).unwrap_or_default(),
            named(&self.required_function),
            joined(&self.notes()),
            self.id.clone(),
        ]
    }

    fn sheet(&self) -> Sheet {
        let named = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone());
        let by = |moment, user: &Option<UserRef>| match user {
            Some(user) => format!("{} by {}", exact(moment), user.name),
            None => exact(moment),
        };
        let claims = self.custom_claims.iter().filter_map(|claim| serde_json::to_string(claim).ok());
        Sheet::default()
            .with("client_id", self.id.clone())
            .with("name", self.name.clone())
            .with("description", self.description.clone())
            .with("main URI", self.main_uri.clone())
            .with_all("redirect URIs", &self.redirect_uris)
            .with("customer", self.customer.as_ref().map(|customer| customer.short_name.clone()))
            .with("domain", self.domain.name.clone())
            .with("required function", named(&self.required_function))
            .with("permission scope", named(&self.permission_scope))
            .with("permitted scopes", joined(&self.permitted_scopes))
            .with("client IP range", joined(&self.addresses))
            .with("most trusted as", level(self.max_security_level).to_owned())
            .with_all("custom claims", claims)
            .with("notes", joined(&self.notes()))
            .with("defined", by(self.created_timestamp, &self.created_by_user))
            .with("changed", by(self.last_updated_timestamp, &self.last_updated_by_user))
    }
}

/// A client, and its secret where that was just generated.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secretive {
    #[serde(flatten)]
    client: View,
    #[serde(rename = "clientSecret", skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Secretive {
    pub(super) fn of(client: &Client, directory: &Directory, secret: Option<String>) -> Self {
        Self { client: View::of(client, directory), secret }
    }
}

impl Thing for Secretive {
    const NOUNS: (&'static str, &'static str) = View::NOUNS;
    const COLUMNS: &'static [Column] = View::COLUMNS;

    fn name(&self) -> String {
        self.client.name()
    }

    fn row(&self) -> Vec<String> {
        self.client.row()
    }

    fn sheet(&self) -> Sheet {
        self.client.sheet()
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        self.secret.as_ref().map(|secret| ("secret", secret.as_str()))
    }
}
