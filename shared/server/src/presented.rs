//! Tokens as they are presented to be looked up: which they are, and whether they are still good.

use domain::grant::{Grant, State};
use domain::secret::{AccessToken, RefreshToken};
use domain::session::Session;
use domain::token::{GrantKeys, Token};
use domain::user::User;
use domain::{Owner, UnixTime};
use oauth::{ErrorCode, Refusal, Scope};
use store::standing::Holding;

/// A token of a grant. `token_type_hint` is not needed: the prefix tells.
pub(crate) enum Presented {
    Access(Token<AccessToken>),
    Refresh(Token<RefreshToken>),
}

/// A token that is good.
pub(crate) struct Live {
    pub grant: Grant,
    /// The user who gave the grant; none for a client's own.
    pub user: Option<User>,
    pub scope: Scope,
    pub expires_at: UnixTime,
}

/// Why a token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dead {
    Malformed,
    Unknown,
    SessionOver,
    UserShut,
}

impl From<Dead> for Refusal {
    fn from(dead: Dead) -> Self {
        let reason = match dead {
            Dead::Malformed => "token malformed",
            Dead::Unknown => "token unknown, expired or revoked",
            Dead::SessionOver => "token's session is over",
            Dead::UserShut => "token's user may not act",
        };
        Self::new(ErrorCode::InvalidToken, reason)
    }
}

impl Presented {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let refresh = || Token::<RefreshToken>::parse(text).map(Self::Refresh);
        Token::<AccessToken>::parse(text).map(Self::Access).or_else(refresh)
    }

    pub(crate) const fn keys(&self) -> GrantKeys {
        match self {
            Self::Access(token) => token.keys,
            Self::Refresh(token) => token.keys,
        }
    }

    /// Judges the token by what was found around it.
    pub(crate) fn judge(&self, holding: Holding, now: UnixTime) -> Result<Live, Dead> {
        let user = may_still_act(self.keys(), holding.session.as_ref(), holding.user, now)?;
        let grant = holding.grant.ok_or(Dead::Unknown)?;
        let (scope, expires_at) = match self {
            Self::Access(token) => {
                let (access, scope) = grant.access(&token.digest(), now).ok_or(Dead::Unknown)?;
                (scope.clone(), access.expires_at)
            }
            Self::Refresh(token) => {
                let State::Active(active) = &grant.state else { return Err(Dead::Unknown) };
                let refresh = active.refresh.as_ref().filter(|refresh| refresh.token == token.digest());
                let ends = refresh.map(|refresh| refresh.expires_at.min(grant.ends_at));
                (grant.scope.clone(), ends.filter(|ends| !ends.is_past(now)).ok_or(Dead::Unknown)?)
            }
        };
        Ok(Live { grant, user, scope, expires_at })
    }
}

/// Whether a grant's session and user are as they must be for anything to be done in the user's name.
pub(crate) fn may_still_act(
    keys: GrantKeys,
    session: Option<&Session>,
    user: Option<User>,
    now: UnixTime,
) -> Result<Option<User>, Dead> {
    if keys.session.is_some() && !session.is_some_and(|session| session.is_live(now)) {
        return Err(Dead::SessionOver);
    }
    match (keys.owner, user) {
        (Owner::Client(_), _) => Ok(None),
        (Owner::User(_), Some(user)) if user.may_act() => Ok(Some(user)),
        (Owner::User(_), _) => Err(Dead::UserShut),
    }
}
