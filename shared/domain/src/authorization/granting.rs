//! What answers a request: a grant, and the code or the access token that leads to it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use oauth::scope::OFFLINE_ACCESS;

use super::{AuthorizationRequest, SignedIn};
use crate::client::Client;
use crate::entropy::Entropy;
use crate::grant::{Access, Active, CodeBinding, Grant, RedirectUriDigest, State};
use crate::id::{GrantId, Owner, SessionId};
use crate::name::FunctionName;
use crate::secret::{AccessToken, Code};
use crate::settings::Lifetimes;
use crate::time::UnixTime;
use crate::token::{GrantKeys, Token};
use crate::user::User;

/// Who grants what is asked for, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Granting<'a> {
    /// The user.
    pub user: &'a User,
    /// The session that it happens in, where it is one.
    pub session: Option<SessionId>,
    /// When the user proved who they are, where that is known.
    pub auth_time: Option<UnixTime>,
    /// The functions that the grant may draw on, where those are fewer than the user's: an API key's.
    pub limit: Option<&'a BTreeSet<FunctionName>>,
    /// The user agent's address, now and not when the session began.
    pub address: Option<IpAddr>,
}

impl<'a> Granting<'a> {
    /// Somebody at a browser.
    #[must_use]
    pub const fn at_browser(visitor: SignedIn<'a>, address: Option<IpAddr>) -> Self {
        Self {
            user: visitor.user,
            session: Some(visitor.session.id),
            auth_time: Some(visitor.session.auth_time),
            limit: None,
            address,
        }
    }

    /// The same, granted to `client`: to one whose grants outlast sessions, in none.
    #[must_use]
    pub fn to(self, client: &Client) -> Self {
        Self { session: self.session.filter(|_| !client.outlasts_sessions()), ..self }
    }
}

impl AuthorizationRequest {
    /// The grant that answers it, and the code that leads to the grant.
    #[must_use]
    pub fn issue(
        &self,
        granting: Granting<'_>,
        lifetimes: &Lifetimes,
        now: UnixTime,
        entropy: &dyn Entropy,
    ) -> (Grant, Token<Code>) {
        let keys = self.keys(granting, entropy);
        let code = Token::generate(keys, entropy);
        let binding = CodeBinding {
            code: code.digest(),
            redirect_uri: RedirectUriDigest::of(&self.redirect_uri),
            challenge: self.challenge,
        };
        let state = State::Issued { binding, code_expires_at: now + lifetimes.code };
        (self.grant(granting, keys, now + lifetimes.grant, state), code)
    }

    /// The grant that answers it at once, and its access token. It has no refresh token, and ends with the access token: "The implicit
    /// grant type […] does not support the issuance of refresh tokens." (RFC 6749 section 4.2)
    #[must_use]
    pub fn issue_token(
        &self,
        granting: Granting<'_>,
        lifetimes: &Lifetimes,
        now: UnixTime,
        entropy: &dyn Entropy,
    ) -> (Grant, Token<AccessToken>) {
        let keys = self.keys(granting, entropy);
        let token = Token::generate(keys, entropy);
        let expires_at = now + lifetimes.access_token;
        let access = Access { token: token.digest(), issued_at: now, expires_at, narrowed: None };
        let state = State::Active(Active { redeemed: None, access, previous_access: None, refresh: None });
        (self.grant(granting, keys, expires_at, state), token)
    }

    fn keys(&self, granting: Granting<'_>, entropy: &dyn Entropy) -> GrantKeys {
        // A grant with `offline_access` outlives the session; every other ends with it.
        let session = granting.session.filter(|_| !self.scope.contains(OFFLINE_ACCESS));
        GrantKeys { owner: Owner::User(granting.user.id), session, grant: GrantId::generate(entropy) }
    }

    fn grant(&self, granting: Granting<'_>, keys: GrantKeys, ends_at: UnixTime, state: State) -> Grant {
        Grant {
            keys,
            client: self.client,
            username: Some(granting.user.username.clone()),
            scope: self.scope.clone(),
            auth_time: granting.auth_time,
            nonce: self.nonce.clone(),
            address: granting.address,
            limit: granting.limit.cloned(),
            ends_at,
            state,
        }
    }
}
