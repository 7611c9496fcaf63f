//! A client as Argus shows it. Secrets are not in it, nor anything made from one.

use ipnet::IpNet;
use oauth::words::GrantType;
use serde::Serialize;

use super::{Customer, Named, milliseconds};
use crate::claims::ClaimProvider;
use crate::client::{self, Author, CodeProtection, SecurityLevel};
use crate::directory::Known;
use crate::id::Number;
use crate::time::UnixTime;

/// A client.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its short name; its id, where it has none.
    pub short_name: String,
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// Its home page.
    #[serde(rename = "mainURI")]
    pub main_uri: Option<String>,
    /// The customer it is bound to.
    pub customer: Option<Customer>,
    /// The domain it is in.
    pub domain: Named,
    /// The function it requires.
    pub required_function: Option<Named>,
    /// `none` or `password`.
    pub authentication_method: &'static str,
    /// The most that its sessions are trusted with.
    pub max_security_level: SecurityLevel,
    /// Argus's flags.
    pub flags: Vec<&'static str>,
    /// When it was defined.
    #[serde(serialize_with = "milliseconds")]
    pub created_timestamp: UnixTime,
    /// When it was last changed.
    #[serde(serialize_with = "milliseconds")]
    pub last_updated_timestamp: UnixTime,
    /// Who defined it.
    pub created_by_user: Option<UserInfo>,
    /// Who changed it last.
    pub last_updated_by_user: Option<UserInfo>,
    /// What not everybody sees.
    #[serde(flatten)]
    pub details: Option<Details>,
}

/// What is for those with the permission to see details.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// Where it calls from.
    #[serde(rename = "clientIPRange")]
    pub addresses: Vec<String>,
    /// The function whose permissions are the most that it is handed.
    pub permission_scope: Option<Named>,
    /// What it may ask for.
    pub permitted_scopes: Vec<String>,
    /// Where answers may be sent.
    #[serde(rename = "redirectURIs")]
    pub redirect_uris: Vec<String>,
    /// The first of them: Argus's form from before there could be several.
    #[serde(rename = "redirectURI")]
    pub redirect_uri: Option<String>,
    /// What it is told beside the claims of its scopes.
    #[serde(rename = "openIDCustomClaims")]
    pub custom_claims: Vec<ClaimProvider>,
    /// Whether it gets tokens straight from the authorization endpoint; a member of our own, as those that follow.
    pub allow_implicit: bool,
    /// Whether it must use PKCE.
    #[serde(rename = "requirePKCE")]
    pub require_pkce: bool,
    /// Whether its tokens are bound to the user agent's address.
    #[serde(rename = "requireSameClientIP")]
    pub require_same_address: bool,
}

/// A user, by what is remembered of who defined or changed something (Argus's `UserInfo`).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// The user's number.
    pub id: Number,
    /// The name to sign in with.
    pub short_name: String,
    /// The same: no other is remembered.
    pub name: String,
    /// `user`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

impl Client {
    /// A client, with its details if whoever looks may see them.
    #[must_use]
    pub fn of(client: &client::Client, known: &Known<'_>, detailed: bool) -> Self {
        let bounds = client.bounds.as_ref();
        Self {
            id: client.id.to_string(),
            short_name: client.short_name.as_ref().map_or_else(|| client.id.to_string(), ToString::to_string),
            name: client.about.name.clone(),
            description: client.about.description.clone().unwrap_or_default(),
            main_uri: client.about.main_uri.clone(),
            customer: client.customer().map(|customer| known.named_customer(customer)),
            domain: known.named_domain(&client.domain),
            required_function: bounds.map(|bounds| known.named_function(&bounds.required_function)),
            authentication_method: if client.is_public() { "none" } else { "password" },
            max_security_level: bounds.map(|bounds| bounds.max_security_level).unwrap_or_default(),
            flags: flags(client),
            created_timestamp: client.created_at,
            last_updated_timestamp: client.updated_at,
            created_by_user: client.created_by.as_ref().map(UserInfo::from),
            last_updated_by_user: client.updated_by.as_ref().map(UserInfo::from),
            details: detailed.then(|| Details::of(client, known)),
        }
    }
}

impl Details {
    fn of(client: &client::Client, known: &Known<'_>) -> Self {
        let redirect_uris: Vec<_> = client.redirect_uris.iter().map(ToString::to_string).collect();
        Self {
            addresses: client.addresses.iter().map(range).collect(),
            permission_scope: client
                .bounds
                .as_ref()
                .map(|bounds| known.named_function(&bounds.permission_scope)),
            permitted_scopes: client.scope.iter().map(str::to_owned).collect(),
            redirect_uri: redirect_uris.first().cloned(),
            redirect_uris,
            custom_claims: client.custom_claims.clone(),
            allow_implicit: client.grant_types.contains(&GrantType::Implicit),
            require_pkce: client.code_protection == CodeProtection::Pkce,
            require_same_address: client.same_address,
        }
    }
}

impl From<&Author> for UserInfo {
    fn from(author: &Author) -> Self {
        let name = author.username.to_string();
        Self { id: author.id.number(), short_name: name.clone(), name, kind: "user" }
    }
}

/// `enableStandardOpenIDClaims` and `enableStringGroupClaim` are never set: scopes and claim providers say that here.
fn flags(client: &client::Client) -> Vec<&'static str> {
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
