//! Grants: a code, the tokens redeemed from it and every refresh of them, as one value (RFC 6749 sections 1.3, 4.1 and 6).
//!
//! The decisions here say in Rust what the store's conditions say in DynamoDB's language. The store decides; these explain.

use std::collections::BTreeSet;
use std::net::IpAddr;

use aws_lc_rs::digest;
use oauth::pkce::CodeChallenge;
use oauth::scope::OFFLINE_ACCESS;
use oauth::{ErrorCode, Refusal, Scope};

use crate::id::{ClientId, RequestId};
use crate::name::FunctionName;
use crate::secret::{AccessToken, Code, Digest, RefreshToken};
use crate::time::{Seconds, UnixTime};
use crate::token::{GrantKeys, Token};
use crate::user::Username;

/// What a user has granted a client, or a client holds for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose it is, which session it depends on, and its id.
    pub keys: GrantKeys,
    /// The client it was given to.
    pub client: ClientId,
    /// The name of the user who gave it; none where a client holds it for itself.
    pub username: Option<Username>,
    /// What was granted. Never grows.
    pub scope: Scope,
    /// When the user proved who they are.
    pub auth_time: Option<UnixTime>,
    /// The `nonce` of the authorization request, for ID tokens.
    pub nonce: Option<String>,
    /// The user agent's address, as the gateway saw it.
    pub address: Option<IpAddr>,
    /// The functions that it draws on, where those are fewer than the user's: those of the API key it was made with.
    pub limit: Option<BTreeSet<FunctionName>>,
    /// When it ends, however often it is refreshed.
    pub ends_at: UnixTime,
    /// How far it has come.
    pub state: State,
}

/// How far a grant has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one grant is handled at a time")]
pub enum State {
    /// A code has been handed out.
    Issued {
        /// What must be presented with the code.
        binding: CodeBinding,
        /// When the code ends.
        code_expires_at: UnixTime,
    },
    /// Tokens have been handed out.
    Active(Active),
}

/// What a code is bound to (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeBinding {
    /// The code.
    pub code: Digest<Code>,
    /// The redirect URI that it was sent to.
    pub redirect_uri: RedirectUriDigest,
    /// The PKCE challenge; none for a client registered to send a `nonce` instead.
    pub challenge: Option<CodeChallenge>,
}

/// SHA-256 of a redirect URI: compared as exactly as the URI itself, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectUriDigest([u8; 32]);

impl RedirectUriDigest {
    /// The digest of `uri`.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, uri.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The digest that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest itself, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A grant whose tokens are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// The code it was redeemed from, and by which request; none where no code was involved.
    pub redeemed: Option<(CodeBinding, RequestId)>,
    /// The access token handed out last.
    pub access: Access,
    /// The access token before it, good until its own end.
    pub previous_access: Option<Access>,
    /// The refresh token, if the client gets one.
    pub refresh: Option<Refresh>,
}

/// What an access token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Proves the token.
    pub token: Digest<AccessToken>,
    /// When it was made, and a refresh token with it, where there is one.
    pub issued_at: UnixTime,
    /// When it ends.
    pub expires_at: UnixTime,
    /// What was asked for at its refresh, where that was less than the grant's scope.
    pub narrowed: Option<Scope>,
}

/// The refresh token in use, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// Proves the token.
    pub token: Digest<RefreshToken>,
    /// When it ends unless it is used.
    pub expires_at: UnixTime,
    /// The rotation that led to it; none for the first.
    pub rotation: Option<Rotation>,
}

/// One rotation: from which token, when, and with which salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The token that was presented.
    pub previous: Digest<RefreshToken>,
    /// What its successors were derived with.
    pub salt: [u8; 16],
    /// When.
    pub at: UnixTime,
}

/// A code presented at the token endpoint, with everything it is bound to.
#[derive(Debug)]
pub struct Redemption<'a> {
    /// The code.
    pub code: &'a Token<Code>,
    /// The client that authenticated.
    pub client: ClientId,
    /// The `redirect_uri` parameter.
    pub redirect_uri: Option<RedirectUriDigest>,
    /// The challenge that the `code_verifier` parameter answers.
    pub challenge: Option<CodeChallenge>,
    /// The request that presents it.
    pub request: &'a RequestId,
}

/// Why a code is not redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedemptionRefusal {
    /// No such grant, or another code.
    Unknown,
    /// The code was issued to another client.
    OtherClient,
    /// The redirect URI is not the one the code was sent to, or is missing where it must be sent.
    OtherRedirectUri,
    /// The verifier is missing, unasked for, or answers another challenge.
    WrongVerifier,
    /// Too late.
    Expired,
    /// Everything fits, for the second time: the code leaked.
    Redeemed,
}

impl From<RedemptionRefusal> for Refusal {
    fn from(refusal: RedemptionRefusal) -> Self {
        let reason = match refusal {
            RedemptionRefusal::Unknown => "code unknown",
            RedemptionRefusal::OtherClient => "code of another client",
            RedemptionRefusal::OtherRedirectUri => "code for another redirect_uri",
            RedemptionRefusal::WrongVerifier => "code_verifier does not answer the challenge",
            RedemptionRefusal::Expired => "code expired",
            RedemptionRefusal::Redeemed => "code redeemed twice",
        };
        Self::new(ErrorCode::InvalidGrant, reason)
    }
}

impl Redemption<'_> {
    /// Whether `grant` may be redeemed so.
    ///
    /// A grant that this very request has redeemed already is approved: the first answer was lost on the way.
    ///
    /// # Errors
    /// See [`RedemptionRefusal`].
    pub fn approve(&self, grant: Option<&Grant>, now: UnixTime) -> Result<(), RedemptionRefusal> {
        let grant = grant.ok_or(RedemptionRefusal::Unknown)?;
        let (binding, redeemed_by) = match &grant.state {
            State::Issued { binding, .. } => (binding, None),
            State::Active(Active { redeemed: Some((binding, by)), .. }) => (binding, Some(by)),
            State::Active(_) => return Err(RedemptionRefusal::Unknown),
        };
        if binding.code != self.code.digest() {
            return Err(RedemptionRefusal::Unknown);
        }
        if grant.client != self.client {
            return Err(RedemptionRefusal::OtherClient);
        }
        // OAuth 2.1 lets a client leave `redirect_uri` out of the token request; PKCE then does its work.
        let redirect_uri_fits = match self.redirect_uri {
            Some(uri) => uri == binding.redirect_uri,
            None => binding.challenge.is_some(),
        };
        if !redirect_uri_fits {
            return Err(RedemptionRefusal::OtherRedirectUri);
        }
        if binding.challenge != self.challenge {
            return Err(RedemptionRefusal::WrongVerifier);
        }
        match (&grant.state, redeemed_by) {
            (_, Some(by)) if by == self.request => Ok(()),
            (_, Some(_)) => Err(RedemptionRefusal::Redeemed),
            (State::Issued { code_expires_at, .. }, None) if code_expires_at.is_past(now) => {
                Err(RedemptionRefusal::Expired)
            }
            _ => Ok(()),
        }
    }
}

/// A refresh token presented at the token endpoint.
#[derive(Debug)]
pub struct RefreshAttempt<'a> {
    /// The token.
    pub token: &'a Token<RefreshToken>,
    /// The client that authenticated.
    pub client: ClientId,
    /// The `scope` parameter: less than was granted.
    pub narrowed: Option<&'a Scope>,
}

/// What a refresh token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshApproval {
    /// It is the current one: rotate.
    Rotate,
    /// It was rotated just now, and its successor is unused: derive the same successor again.
    Repeat {
        /// What its successors were derived with.
        salt: [u8; 16],
    },
}

/// Why a refresh token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// No such grant, or one without refresh tokens.
    Unknown,
    /// The token was issued to another client.
    OtherClient,
    /// Too late.
    Expired,
    /// The scope grows.
    ScopeGrows,
    /// It was used before: somebody else has it too.
    Replayed,
}

impl From<RefreshRefusal> for Refusal {
    fn from(refusal: RefreshRefusal) -> Self {
        let (code, reason) = match refusal {
            RefreshRefusal::Unknown => (ErrorCode::InvalidGrant, "refresh token unknown"),
            RefreshRefusal::OtherClient => (ErrorCode::InvalidGrant, "refresh token of another client"),
            RefreshRefusal::Expired => (ErrorCode::InvalidGrant, "refresh token expired"),
            RefreshRefusal::ScopeGrows => (ErrorCode::InvalidScope, "scope exceeds the grant"),
            RefreshRefusal::Replayed => (ErrorCode::InvalidGrant, "refresh token replayed"),
        };
        Self::new(code, reason)
    }
}

impl RefreshAttempt<'_> {
    /// What `grant` allows this token. `window` is how long the token before the current one still gets the same answer.
    ///
    /// A token that is neither of the two was current once. It can only have been made by whoever held a token of this grant, and
    /// who holds one may end the grant anyway (RFC 7009), so taking it for a replay gives nobody new power.
    ///
    /// # Errors
    /// See [`RefreshRefusal`].
    pub fn approve(
        &self,
        grant: Option<&Grant>,
        now: UnixTime,
        window: Seconds,
    ) -> Result<RefreshApproval, RefreshRefusal> {
        let grant = grant.ok_or(RefreshRefusal::Unknown)?;
        let State::Active(Active { refresh: Some(refresh), .. }) = &grant.state else {
            return Err(RefreshRefusal::Unknown);
        };
        if grant.client != self.client {
            return Err(RefreshRefusal::OtherClient);
        }
        let presented = self.token.digest();
        let current = refresh.token == presented;
        let rotation = refresh.rotation.filter(|rotation| rotation.previous == presented);
        if !current && rotation.is_none_or(|rotation| (rotation.at + window).is_past(now)) {
            return Err(RefreshRefusal::Replayed);
        }
        if refresh.expires_at.is_past(now) || grant.ends_at.is_past(now) {
            return Err(RefreshRefusal::Expired);
        }
        match rotation {
            Some(Rotation { salt, .. }) => Ok(RefreshApproval::Repeat { salt }),
            None if self.narrowed.is_some_and(|scope| !scope.is_within(&grant.scope)) => {
                Err(RefreshRefusal::ScopeGrows)
            }
            None => Ok(RefreshApproval::Rotate),
        }
    }
}

impl Grant {
    /// The tokens' part of the grant, where there is one.
    #[must_use]
    pub const fn active(&self) -> Option<&Active> {
        match &self.state {
            State::Issued { .. } => None,
            State::Active(active) => Some(active),
        }
    }

    /// What the access token is good for at `now`, if it is this grant's: its end and its scope.
    #[must_use]
    pub fn access(&self, token: &Digest<AccessToken>, now: UnixTime) -> Option<(&Access, &Scope)> {
        let access = self.access_tokens().find(|access| access.token == *token)?;
        if access.expires_at.is_past(now) || self.ends_at.is_past(now) {
            return None;
        }
        Some((access, access.narrowed.as_ref().unwrap_or(&self.scope)))
    }

    /// Whether the access token was made of this grant, also where it is good no longer.
    #[must_use]
    pub fn knows(&self, token: &Digest<AccessToken>) -> bool {
        self.access_tokens().any(|access| access.token == *token)
    }

    fn access_tokens(&self) -> impl Iterator<Item = &Access> {
        let active = self.active();
        let current = active.map(|active| &active.access);
        let previous = active.and_then(|active| active.previous_access.as_ref());
        [current, previous].into_iter().flatten()
    }

    /// Whether nothing of it is of use any more, neither its code nor a token.
    #[must_use]
    pub fn is_over(&self, now: UnixTime) -> bool {
        self.expires_at().is_past(now) || self.ends_at.is_past(now)
    }

    /// Whether its client holds tokens of it that are good for something.
    #[must_use]
    pub fn is_in_use(&self, now: UnixTime) -> bool {
        self.active().is_some() && !self.is_over(now)
    }

    /// Whether it may be refreshed: as long as the session lasts that it depends on, or because its user let it outlast any.
    #[must_use]
    pub fn may_be_refreshed(&self) -> bool {
        self.keys.session.is_some() || self.scope.contains(OFFLINE_ACCESS)
    }

    /// When nothing of it is of use any more, and TTL may take it.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        match &self.state {
            State::Issued { code_expires_at, .. } => *code_expires_at,
            State::Active(active) => {
                let refresh = active.refresh.as_ref().map_or(UnixTime(0), |refresh| refresh.expires_at);
                refresh.max(active.access.expires_at)
            }
        }
    }
}
