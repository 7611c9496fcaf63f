//! Clients: what an application is registered as, and what it may therefore ask.

use std::collections::BTreeSet;

use oauth::client_authentication::{PresentedSecret, UnverifiedClient};
use oauth::redirect::RedirectUri;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType, SigningAlgorithm};
use oauth::{ErrorCode, Refusal, Scope};
use serde::{Deserialize, Serialize};

use crate::id::ClientId;
use crate::secret::{ClientSecret, Digest, RegistrationToken};
use crate::time::UnixTime;
use crate::token::Token;

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// What people are shown.
    pub about: About,
    /// How it authenticates.
    pub authentication: Authentication,
    /// What kind of program it is.
    pub application_type: ApplicationType,
    /// The grant types it may use.
    pub grant_types: BTreeSet<GrantType>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may be sent after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask for.
    pub scope: Scope,
    /// What its ID tokens are signed with.
    pub id_token_algorithm: SigningAlgorithm,
    /// Whether its authorization requests need PKCE; without, they need a `nonce`.
    pub require_pkce: bool,
    /// Proves who may change the registration; none where only operators may.
    pub registration: Option<Digest<RegistrationToken>>,
    /// Counts changes, so that two at once can't undo each other.
    pub version: u64,
    /// When it was registered.
    pub created_at: UnixTime,
}

/// What people are shown of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its home page (Argus's `mainURI`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_uri: Option<String>,
    /// The customer it is bound to; never the client's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// How people responsible for it are reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
}

/// How a client authenticates: exactly one way, the one it registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// A public client: it can't keep a secret (RFC 6749 section 2.1).
    Public,
    /// A confidential client with a generated secret.
    Secret {
        /// In which place it presents the secret.
        method: AuthenticationMethod,
        /// The secret.
        digest: Digest<ClientSecret>,
    },
}

/// Why a client is not who it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationRefusal {
    /// Another method than the registered one, secret or not.
    OtherMethod,
    /// Another secret.
    WrongSecret,
}

impl From<AuthenticationRefusal> for Refusal {
    fn from(refusal: AuthenticationRefusal) -> Self {
        let reason = match refusal {
            AuthenticationRefusal::OtherMethod => "client authentication method is not the registered one",
            AuthenticationRefusal::WrongSecret => "client secret is wrong",
        };
        Self::new(ErrorCode::InvalidClient, reason)
    }
}

impl Authentication {
    /// The registered method.
    #[must_use]
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::Public => AuthenticationMethod::None,
            Self::Secret { method, .. } => *method,
        }
    }

    /// Whether `presented` is this client's own proof.
    ///
    /// # Errors
    /// See [`AuthenticationRefusal`].
    pub fn verify(&self, presented: &UnverifiedClient) -> Result<(), AuthenticationRefusal> {
        if presented.method != self.method() {
            return Err(AuthenticationRefusal::OtherMethod);
        }
        match (self, &presented.secret) {
            (Self::Public, None) => Ok(()),
            (Self::Secret { digest, .. }, Some(secret)) if matches(secret, digest) => Ok(()),
            _ => Err(AuthenticationRefusal::WrongSecret),
        }
    }
}

fn matches(presented: &PresentedSecret, digest: &Digest<ClientSecret>) -> bool {
    presented.readings().filter_map(Token::<ClientSecret>::parse).any(|token| token.digest() == *digest)
}

impl Client {
    /// Whether it can't keep a secret.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::Public)
    }

    /// The registered redirect URI that `presented` names, or the only one where the request names none.
    ///
    /// # Errors
    /// `invalid_request`: without a redirect URI to trust, this can only become a page.
    pub fn redirect_uri<'a>(&'a self, presented: Option<&'a str>) -> Result<&'a str, Refusal> {
        let refuse = |reason| Refusal::new(ErrorCode::InvalidRequest, reason);
        let native = self.application_type == ApplicationType::Native;
        match (presented, self.redirect_uris.as_slice()) {
            (Some(uri), registered) if registered.iter().any(|known| known.accepts(uri, native)) => Ok(uri),
            (Some(_), _) => Err(refuse("redirect_uri is not registered")
                .saying("The redirect_uri is not one that is registered for the application.")),
            (None, [only]) => Ok(only.as_str()),
            (None, []) => Err(refuse("client has no redirect_uri")
                .saying("The application has no redirect URI registered.")),
            (None, _) => Err(refuse("redirect_uri missing among several")
                .saying("redirect_uri is required: the application has several.")),
        }
    }

    /// Whether it may use `grant`.
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub fn may_use(&self, grant: GrantType) -> Result<(), Refusal> {
        let refusal =
            Refusal::new(ErrorCode::UnauthorizedClient, "grant type is not registered for the client");
        self.grant_types.contains(&grant).then_some(()).ok_or(refusal)
    }

    /// Whether silently repeating a consent would trust a client that anyone on the device can pose as (RFC 9700 section 4.14,
    /// RFC 8252 section 8.6): a public client behind a private-use scheme.
    #[must_use]
    pub fn must_always_ask(&self, redirect_uri: &str) -> bool {
        self.is_public() && RedirectUri::parse(redirect_uri).is_ok_and(|uri| uri.is_private_use())
    }
}
