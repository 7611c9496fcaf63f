//! ID tokens (OpenID Connect Core section 2), as the token endpoint and the authorization endpoint hand them out.

use domain::client::Client;
use domain::grant::Grant;
use domain::{Owner, UnixTime};
use jose::{IdToken, at_hash};
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::keyring::Signer;
use crate::platform::{Ambient, Platform, StartupError};

/// Makes ID tokens.
#[derive(Clone)]
pub(crate) struct IdTokens {
    ambient: Ambient,
    signer: Signer,
}

/// What an ID token is to say.
pub(crate) struct Statement<'a> {
    /// To whom.
    pub client: &'a Client,
    /// About whom.
    pub subject: Owner,
    /// When the user signed in.
    pub auth_time: Option<UnixTime>,
    /// The authorization request's `nonce`.
    pub nonce: Option<&'a str>,
    /// The access token that is handed out beside it.
    pub access_token: Option<&'a str>,
    /// The claims that it carries itself: the client's own, and those of the scopes where there is no access token to ask for them with
    /// (section 5.4).
    pub claims: Map<String, Value>,
}

impl<'a> Statement<'a> {
    /// About a grant, without any claims.
    pub(crate) fn of(grant: &'a Grant, client: &'a Client, access_token: &'a str) -> Self {
        Self {
            client,
            subject: grant.keys.owner,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            access_token: Some(access_token),
            claims: Map::new(),
        }
    }
}

impl IdTokens {
    /// Finds the signing keys, or makes those that are missing, and opens them.
    pub(crate) async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { ambient: platform.ambient.clone(), signer: Signer::connect(platform).await? })
    }

    /// Leaves finding and opening the signing keys until an ID token is asked for, and making them to others.
    pub(crate) fn later(platform: &Platform) -> Self {
        Self { ambient: platform.ambient.clone(), signer: Signer::later(platform) }
    }

    /// Makes an ID token.
    pub(crate) async fn mint(&self, statement: Statement<'_>) -> Result<String, Failure> {
        let (settings, now) = (&self.ambient.settings, self.ambient.now());
        let claims = IdToken {
            iss: settings.issuer.to_string(),
            sub: statement.subject.to_string(),
            aud: statement.client.id.to_string(),
            exp: now + settings.lifetimes.id_token,
            iat: now,
            auth_time: statement.auth_time,
            nonce: statement.nonce.map(str::to_owned),
            at_hash: statement.access_token.map(at_hash),
            // Due where the audience is not the client that asked, or not that client alone: never here.
            azp: None,
            claims: statement.claims,
        };
        let key = self.signer.key(statement.client.id_token_algorithm, now).await?;
        key.sign(None, &claims).map_err(|_| Failure::Broken("ID token can't be signed"))
    }
}
