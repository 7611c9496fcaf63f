//! Clients: what an application is registered as, and what it may therefore ask.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use oauth::client_authentication::{PresentedSecret, UnverifiedClient};
use oauth::redirect::RedirectUri;
use oauth::scope::kustvakt;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType, SigningAlgorithm};
use oauth::{ErrorCode, Refusal, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::is_inside;
use crate::claims::ClaimProvider;
use crate::id::{ClientId, UserId};
use crate::name::{ClientName, CustomerName, DomainName, FunctionName};
use crate::password::PasswordHash;
use crate::secret::{ClientSecret, Digest, RegistrationToken};
use crate::settings::{Lifetimes, Settings};
use crate::time::{Seconds, UnixTime};
use crate::token::Token;
use crate::user::Username;

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
    /// What keeps its codes from being used by somebody else.
    pub code_protection: CodeProtection,
    /// Its short name, as good as its id; only operators name.
    pub short_name: Option<ClientName>,
    /// The domain it is in.
    pub domain: DomainName,
    /// Whom it lets in, and what it is handed of what they may do; none for a client that registered itself.
    pub bounds: Option<Bounds>,
    /// Where it calls from when it asks for tokens (Argus's `clientIPRange`); anywhere if there is none.
    pub addresses: Vec<IpNet>,
    /// Whether its tokens are good only for the user agent's address that they were made for (Argus's `requireSameClientIP`).
    pub same_address: bool,
    /// What it is told of users beside the claims of its scopes.
    pub custom_claims: Vec<ClaimProvider>,
    /// Whether lists leave it out unless they are asked for it.
    pub hidden: bool,
    /// Whether it was deleted: it is still found by who administers, and is nobody's client any more.
    pub deleted: bool,
    /// What it is beside, if a user registered it (Kustvakt).
    pub owned: Option<Owned>,
    /// Whether it is trusted to manage its users' clients, grants and plugins for them (Kustvakt's *super client*).
    pub privileged: bool,
    /// Proves who may change the registration; none where only operators or its owner may.
    pub registration: Option<Digest<RegistrationToken>>,
    /// Counts changes, so that two at once can't undo each other.
    pub version: u64,
    /// When it was registered.
    pub created_at: UnixTime,
    /// Who defined it; none for a client that registered itself.
    pub created_by: Option<Author>,
    /// When it was last changed.
    pub updated_at: UnixTime,
    /// Who changed it last.
    pub updated_by: Option<Author>,
}

/// Whom a client lets in, and what it is handed of what they may do (Argus).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The customer it is bound to: the function must be held for it, and sessions are confined to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The function a user must hold to be let in.
    pub required_function: FunctionName,
    /// The function whose permissions are the most that a session has.
    pub permission_scope: FunctionName,
    /// The most that a session is trusted with.
    pub max_security_level: SecurityLevel,
}

/// What a client is beside that a user registered (Kustvakt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Who registered it, and may manage it.
    pub by: UserId,
    /// How long its refresh tokens last; none where it gets none.
    pub refresh_token: Option<Seconds>,
    /// What makes it a plugin.
    pub plugin: Option<Plugin>,
}

/// A client that its users install in another one (Kustvakt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// What it consists of, which only whoever shows it understands.
    pub source: Value,
    /// Whether an administrator has permitted it.
    pub permitted: bool,
}

/// What keeps a code from being used by somebody else than the client that asked for it (RFC 9700 section 2.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeProtection {
    /// PKCE.
    #[default]
    Pkce,
    /// PKCE, or OpenID Connect's `nonce`.
    PkceOrNonce,
    /// The client's secret alone: for clients from before PKCE, where the operator allows that.
    ClientSecret,
}

/// How much a session is trusted with, least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecurityLevel {
    /// What may be handed to others.
    #[default]
    External,
    /// What people do every day.
    Standard,
    /// Administering the service.
    Administrative,
}

/// Who did something, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Who.
    pub id: UserId,
    /// Their name to sign in with, which never changes.
    pub username: Username,
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
        /// In which place it presents the secret; either, where it has registered none (Kustvakt).
        method: Option<AuthenticationMethod>,
        /// The secret.
        digest: Digest<ClientSecret>,
    },
    /// A confidential client with a secret that somebody chose (Argus's `password`), presented in either place.
    Chosen {
        /// The secret's hash.
        secret: PasswordHash,
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

/// What is still to be done before a presented secret is known to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'a> {
    /// Nothing.
    Given,
    /// It has to be compared with this hash, which takes tens of milliseconds.
    Compare(&'a PasswordHash),
}

impl Authentication {
    /// The registered method; where it may be either, the one that is recommended.
    #[must_use]
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::Public => AuthenticationMethod::None,
            Self::Secret { method: Some(method), .. } => *method,
            Self::Secret { method: None, .. } | Self::Chosen { .. } => {
                AuthenticationMethod::ClientSecretBasic
            }
        }
    }

    /// Whether `presented` is this client's own proof, as far as that can be said at once.
    ///
    /// # Errors
    /// See [`AuthenticationRefusal`].
    pub fn verify(&self, presented: &UnverifiedClient) -> Result<Proof<'_>, AuthenticationRefusal> {
        let registered = match self {
            Self::Secret { method: None, .. } | Self::Chosen { .. } => {
                AuthenticationMethod::WITH_SECRET.contains(&presented.method)
            }
            _ => presented.method == self.method(),
        };
        if !registered {
            return Err(AuthenticationRefusal::OtherMethod);
        }
        match (self, &presented.secret) {
            (Self::Public, None) => Ok(Proof::Given),
            (Self::Secret { digest, .. }, Some(secret)) if matches(secret, digest) => Ok(Proof::Given),
            (Self::Chosen { secret }, Some(_)) => Ok(Proof::Compare(secret)),
            _ => Err(AuthenticationRefusal::WrongSecret),
        }
    }
}

fn matches(presented: &PresentedSecret, digest: &Digest<ClientSecret>) -> bool {
    presented.readings().filter_map(Token::<ClientSecret>::parse).any(|token| token.digest() == *digest)
}

impl Client {
    /// A client that is nothing yet: without redirect URIs, grant types or scope, public, and administered by nobody.
    #[must_use]
    pub fn new(id: ClientId, now: UnixTime) -> Self {
        Self {
            id,
            about: About::default(),
            authentication: Authentication::Public,
            application_type: ApplicationType::Web,
            grant_types: BTreeSet::new(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scope: Scope::default(),
            id_token_algorithm: SigningAlgorithm::Rs256,
            code_protection: CodeProtection::Pkce,
            short_name: None,
            domain: DomainName::default(),
            bounds: None,
            addresses: Vec::new(),
            same_address: false,
            custom_claims: Vec::new(),
            hidden: false,
            deleted: false,
            owned: None,
            privileged: false,
            registration: None,
            version: 1,
            created_at: now,
            created_by: None,
            updated_at: now,
            updated_by: None,
        }
    }

    /// Whether it can't keep a secret.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::Public)
    }

    /// The registered redirect URI that `presented` names, or the only one where the request names none.
    ///
    /// # Errors
    /// `invalid_request`: without a redirect URI to trust, this can only become a page.
    pub fn redirect_uri<'a>(
        &'a self,
        presented: Option<&'a str>,
        settings: &Settings,
    ) -> Result<&'a str, Refusal> {
        let refuse = |reason| Refusal::new(ErrorCode::InvalidRequest, reason);
        let native = self.application_type == ApplicationType::Native;
        let (known, uri) = match (presented, self.redirect_uris.as_slice()) {
            (Some(uri), registered) => {
                let known = registered.iter().find(|known| known.accepts(uri, native));
                let unknown = refuse("redirect_uri is not registered")
                    .saying("The redirect_uri is not one that is registered for the application.");
                (known.ok_or(unknown)?, uri)
            }
            (None, [only]) => (only, only.as_str()),
            (None, []) => {
                return Err(refuse("client has no redirect_uri")
                    .saying("The application has no redirect URI registered."));
            }
            (None, _) => {
                return Err(refuse("redirect_uri missing among several")
                    .saying("redirect_uri is required: the application has several."));
            }
        };
        if known.is_plain_http() && !settings.http_redirect_uris {
            return Err(refuse("redirect_uri is http but not loopback").saying(
                "The redirect_uri of the application is http, and nothing is sent there unencrypted.",
            ));
        }
        Ok(uri)
    }

    /// Whether it may use `grant`.
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub fn may_use(&self, grant: GrantType) -> Result<(), Refusal> {
        let refuse = |reason| Refusal::new(ErrorCode::UnauthorizedClient, reason);
        if !self.is_permitted() {
            return Err(
                refuse("plugin is not permitted").saying("An administrator has to permit this plugin first.")
            );
        }
        let refusal = refuse("grant type is not registered for the client");
        self.grant_types.contains(&grant).then_some(()).ok_or(refusal)
    }

    /// Whether it must stay one that keeps a secret, whoever changes it: a super client and a plugin can't be told from others without.
    #[must_use]
    pub fn must_keep_a_secret(&self) -> bool {
        self.privileged || self.plugin().is_some()
    }

    /// Whether it may be used at all: a plugin may once an administrator has permitted it (Kustvakt).
    #[must_use]
    pub fn is_permitted(&self) -> bool {
        self.plugin().is_none_or(|plugin| plugin.permitted)
    }

    /// What makes it a plugin, if it is one.
    #[must_use]
    pub fn plugin(&self) -> Option<&Plugin> {
        self.owned.as_ref().and_then(|owned| owned.plugin.as_ref())
    }

    /// The same plugin, permitted or not; nothing where it is no plugin.
    #[must_use]
    pub fn permitted(&self, permitted: bool) -> Option<Self> {
        let owned = self.owned.as_ref()?;
        let plugin = Plugin { permitted, ..owned.plugin.clone()? };
        Some(Self { owned: Some(Owned { plugin: Some(plugin), ..owned.clone() }), ..self.clone() })
    }

    /// Whether `user` registered it.
    #[must_use]
    pub fn is_owned_by(&self, user: UserId) -> bool {
        self.owned.as_ref().is_some_and(|owned| owned.by == user)
    }

    /// What it may ask for. One that a user registered may ask for whatever is served (Kustvakt), others for what they are registered
    /// for, and none but a super client for the scopes that only super clients have.
    #[must_use]
    pub fn permitted_scope(&self, settings: &Settings) -> Scope {
        let (served, privileged) = (settings.served_scope(), settings.privileged_scope());
        let own = if self.owned.is_some() { served } else { self.scope.intersection(&served) };
        if self.privileged { own.union(&privileged) } else { own.without(&privileged) }
    }

    /// Whether a token of this scope, which it holds, is for `wanted`, one of Kustvakt's scopes: by its name, or by `all`. What only super
    /// clients have counts for as long as it is one.
    #[must_use]
    pub fn covers(&self, granted: &Scope, wanted: &str) -> bool {
        let own = self.privileged || !kustvakt::PRIVILEGED.contains(&wanted);
        (own && granted.contains(wanted)) || (self.privileged && granted.contains(kustvakt::ALL))
    }

    /// How long things last for it. A client that a user registered has tokens that last a day, and grants that outlast sessions, for
    /// as long as its refresh tokens were registered to (Kustvakt).
    #[must_use]
    pub fn lifetimes(&self, usual: &Lifetimes) -> Lifetimes {
        match &self.owned {
            None => *usual,
            Some(owned) => Lifetimes {
                access_token: usual.owned_access_token,
                refresh_idle: owned.refresh_token.unwrap_or(usual.owned_access_token),
                grant: usual.owned_grant,
                ..*usual
            },
        }
    }

    /// Whether it keeps what it is granted while nobody is signed in, whatever the scope: by a refresh token.
    #[must_use]
    pub fn keeps_access(&self) -> bool {
        self.owned.as_ref().is_some_and(|owned| owned.refresh_token.is_some())
    }

    /// Whether its grants outlast the sessions in which they were given, whatever their scope.
    #[must_use]
    pub const fn outlasts_sessions(&self) -> bool {
        self.owned.is_some()
    }

    /// Whether it may ask for tokens from `address` (Argus's `clientIPRange`): the caller's own, which no header decides.
    ///
    /// # Errors
    /// `invalid_client`.
    pub fn may_call_from(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let inside = |address| is_inside(address, &self.addresses);
        let refusal = Refusal::new(ErrorCode::InvalidClient, "client calls from outside its addresses");
        (self.addresses.is_empty() || address.is_some_and(inside)).then_some(()).ok_or(refusal)
    }

    /// Whether silently repeating a consent would trust a client that anyone on the device can pose as (RFC 9700 section 4.14,
    /// RFC 8252 section 8.6): a public client behind a private-use scheme.
    #[must_use]
    pub fn must_always_ask(&self, redirect_uri: &str) -> bool {
        self.is_public() && RedirectUri::parse(redirect_uri).is_ok_and(|uri| uri.is_private_use())
    }
}
