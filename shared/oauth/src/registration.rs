//! Client metadata as it travels (RFC 7591 section 2, RFC 7592, OpenID Connect Dynamic Client Registration section 2).

use serde::{Deserialize, Serialize};

/// What a client says of itself. Members that are not understood are ignored, as section 2 asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// Where answers may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// Where the browser may be sent after signing out (OpenID Connect RP-Initiated Logout section 3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// How the client authenticates; `client_secret_basic` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// The grant types the client will use; `authorization_code` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// The response types the client will use; `code` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// `web` or `native`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// The name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// A sentence shown to people. An extension, as Argus and Kustvakt have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// The client's home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// The scopes the client may ask for, space-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How people responsible for the client are reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<String>>,
    /// `RS256` or `ES256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// Whether authorization requests need PKCE; `false` only for a confidential client that always sends a `nonce`. An extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// In an update, the client's own identifier (RFC 7592 section 2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// In an update, the client's current secret (RFC 7592 section 2.2).
    #[serde(skip_serializing)]
    pub client_secret: Option<String>,
}

/// What registration answers (RFC 7591 section 3.2.1, RFC 7592 section 3).
#[derive(Debug, Serialize)]
pub struct ClientInformation {
    /// The client's identifier.
    pub client_id: String,
    /// The client's secret, shown when it is made and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When the identifier was issued, in unix seconds.
    pub client_id_issued_at: u64,
    /// When the secret expires: 0, never. "REQUIRED if `client_secret` is issued."
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<u64>,
    /// The token for reading, changing and deleting this registration, shown when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_access_token: Option<String>,
    /// Where that token is good.
    pub registration_client_uri: String,
    /// The metadata as registered.
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}
