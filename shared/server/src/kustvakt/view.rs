//! What Kustvakt's services show of clients, plugins and tokens. Members that there is nothing to say for are left out.

use std::collections::BTreeSet;

use domain::UnixTime;
use domain::client::Client;
use domain::grant::Grant;
use domain::kustvakt::Installation;
use domain::time::Seconds;
use serde::Serialize;
use serde_json::Value;

/// A client, in as much detail as whoever looks may see.
#[derive(Serialize)]
pub(super) struct ClientInfo<'a> {
    #[serde(rename = "super")]
    privileged: bool,
    client_id: String,
    client_name: &'a str,
    client_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a str>,
    #[serde(flatten)]
    details: Option<Details<'a>>,
    permitted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a Value>,
}

/// What its owner and administrators see beside.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_redirect_uri: Option<&'a str>,
    registration_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expiry: Option<Seconds>,
}

impl<'a> ClientInfo<'a> {
    pub(super) fn of(client: &'a Client, detailed: bool) -> Self {
        let details = Details {
            client_redirect_uri: client.redirect_uris.first().map(|uri| uri.as_str()),
            registration_date: client.created_at.to_rfc3339(),
            refresh_token_expiry: client.owned.as_ref().and_then(|owned| owned.refresh_token),
        };
        Self {
            privileged: client.privileged,
            client_id: client.id.to_string(),
            client_name: &client.about.name,
            client_type: if client.is_public() { "PUBLIC" } else { "CONFIDENTIAL" },
            client_description: client.about.description.as_deref(),
            client_url: client.about.main_uri.as_deref(),
            details: detailed.then_some(details),
            permitted: client.is_permitted(),
            source: client.plugin().map(|plugin| &plugin.source),
        }
    }
}

/// A plugin that a user has installed.
#[derive(Serialize)]
pub(super) struct InstalledPlugin<'a> {
    client_id: String,
    super_client_id: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    installed_date: String,
}

impl<'a> InstalledPlugin<'a> {
    pub(super) fn of(installation: &Installation, plugin: &'a Client) -> Self {
        Self {
            client_id: plugin.id.to_string(),
            super_client_id: installation.super_client.to_string(),
            name: &plugin.about.name,
            description: plugin.about.description.as_deref(),
            url: plugin.about.main_uri.as_deref(),
            installed_date: installation.installed_at.to_rfc3339(),
        }
    }
}

/// A token, by a handle that ends it and is good for nothing else.
#[derive(Serialize)]
pub(super) struct ListedToken<'a> {
    token: String,
    created_date: String,
    expires_in: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_authentication_time: Option<String>,
    scope: BTreeSet<&'a str>,
    client_id: String,
    client_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a str>,
}

/// Which of a grant's tokens are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenType {
    Access,
    Refresh,
}

impl<'a> ListedToken<'a> {
    /// The grant's token of this type, if it has one that is good.
    pub(super) fn of(kind: TokenType, grant: &'a Grant, client: &'a Client, now: UnixTime) -> Option<Self> {
        let active = grant.active()?;
        let (ends, scope) = match kind {
            TokenType::Access => {
                let narrowed = active.access.narrowed.as_ref();
                (active.access.expires_at, narrowed.unwrap_or(&grant.scope))
            }
            TokenType::Refresh => (active.refresh.as_ref()?.expires_at, &grant.scope),
        };
        let ends = ends.min(grant.ends_at);
        (!ends.is_past(now)).then(|| Self {
            token: grant.keys.grant.to_string(),
            created_date: active.access.issued_at.to_rfc3339(),
            expires_in: ends.until(now),
            user_authentication_time: grant.auth_time.map(UnixTime::to_rfc3339),
            scope: scope.iter().collect(),
            client_id: client.id.to_string(),
            client_name: &client.about.name,
            client_description: client.about.description.as_deref(),
            client_url: client.about.main_uri.as_deref(),
        })
    }
}
