//! The server's own description (RFC 8414, OpenID Connect Discovery section 3), made from the same words that the endpoints obey.

use serde::Serialize;

use crate::pkce;
use crate::words::{AuthenticationMethod, GrantType, Prompt, ResponseMode, ResponseType, SigningAlgorithm};

/// The paths of the endpoints, under the issuer.
pub mod paths {
    /// RFC 6749 section 3.1.
    pub const AUTHORIZE: &str = "/oauth2/authorize";
    /// RFC 6749 section 3.2.
    pub const TOKEN: &str = "/oauth2/token";
    /// RFC 7662.
    pub const INTROSPECT: &str = "/oauth2/introspect";
    /// RFC 7009.
    pub const REVOKE: &str = "/oauth2/revoke";
    /// OpenID Connect Core section 5.3.
    pub const USERINFO: &str = "/oauth2/userinfo";
    /// RFC 7591.
    pub const REGISTER: &str = "/oauth2/register";
    /// RFC 7592, one registered client.
    pub const REGISTERED: &str = "/oauth2/register/{client_id}";
    /// RFC 7517.
    pub const JWKS: &str = "/oauth2/jwks";
    /// Where a person signs in.
    pub const LOGIN: &str = "/login";
    /// Where a person consents.
    pub const CONSENT: &str = "/consent";
    /// Where a person signs out (OpenID Connect RP-Initiated Logout).
    pub const LOGOUT: &str = "/logout";
    /// OpenID Connect Discovery section 4.
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    /// RFC 8414 section 3.
    pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
}

/// The claims that an ID token or userinfo may hold.
pub const CLAIMS: &[&str] = &[
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "name",
    "preferred_username",
    "username",
    "picture",
    "updated_at",
    "email",
    "email_verified",
    "phone",
    "phone_number",
    "groups",
    "customer_id",
    "customer_shortname",
    "customer_name",
    "domain_id",
    "client_ip",
];

/// The metadata document.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the members are RFC 8414's and OpenID Connect Discovery's, by their own names"
)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub userinfo_endpoint: String,
    pub end_session_endpoint: String,
    pub jwks_uri: String,
    /// Left out where registration is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: &'static [ResponseType],
    pub response_modes_supported: &'static [ResponseMode],
    pub grant_types_supported: &'static [GrantType],
    pub subject_types_supported: &'static [&'static str],
    pub id_token_signing_alg_values_supported: &'static [SigningAlgorithm],
    pub token_endpoint_auth_methods_supported: &'static [AuthenticationMethod],
    pub introspection_endpoint_auth_methods_supported: &'static [AuthenticationMethod],
    pub revocation_endpoint_auth_methods_supported: &'static [AuthenticationMethod],
    pub code_challenge_methods_supported: &'static [&'static str],
    pub prompt_values_supported: &'static [Prompt],
    pub claim_types_supported: &'static [&'static str],
    pub claims_supported: &'static [&'static str],
    pub authorization_response_iss_parameter_supported: bool,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
}

impl Metadata {
    /// Describes the server at `issuer`, which serves `scopes` and, where `registration` says so, registers clients.
    #[must_use]
    pub fn new(issuer: &str, scopes: Vec<String>, registration: bool) -> Self {
        let at = |path: &str| format!("{issuer}{path}");
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: at(paths::AUTHORIZE),
            token_endpoint: at(paths::TOKEN),
            introspection_endpoint: at(paths::INTROSPECT),
            revocation_endpoint: at(paths::REVOKE),
            userinfo_endpoint: at(paths::USERINFO),
            end_session_endpoint: at(paths::LOGOUT),
            jwks_uri: at(paths::JWKS),
            registration_endpoint: registration.then(|| at(paths::REGISTER)),
            scopes_supported: scopes,
            response_types_supported: ResponseType::ALL,
            response_modes_supported: ResponseMode::ALL,
            grant_types_supported: GrantType::ALL,
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: SigningAlgorithm::ALL,
            token_endpoint_auth_methods_supported: AuthenticationMethod::ALL,
            introspection_endpoint_auth_methods_supported: AuthenticationMethod::WITH_SECRET,
            revocation_endpoint_auth_methods_supported: AuthenticationMethod::ALL,
            code_challenge_methods_supported: &pkce::METHODS,
            prompt_values_supported: Prompt::ALL,
            claim_types_supported: &["normal"],
            claims_supported: CLAIMS,
            authorization_response_iss_parameter_supported: true,
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
        }
    }
}
