//! Tokens as they are presented to be looked up: which they are, and whether they are still good.

use axum::http::HeaderMap;
use domain::address::user_agent;
use domain::client::Client;
use domain::grant::{Grant, State};
use domain::secret::{AccessToken, RefreshToken};
use domain::session::Session;
use domain::token::{GrantKeys, Token};
use domain::user::User;
use domain::{Owner, Settings, UnixTime};
use oauth::{ErrorCode, Refusal, Scope};
use store::standing::Holding;

use crate::context::Context;

/// Where a client forwards the user agent's address.
const FORWARDED_FOR: &str = "x-forwarded-for";

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
    Expired,
    SessionOver,
    UserShut,
    NotLetIn,
    NotPermitted,
    OtherAddress,
}

impl From<Dead> for Refusal {
    fn from(dead: Dead) -> Self {
        let reason = match dead {
            Dead::Malformed => "token malformed",
            Dead::Unknown => "token unknown or revoked",
            Dead::Expired => "token expired",
            Dead::SessionOver => "token's session is over",
            Dead::UserShut => "token's user may not act",
            Dead::NotLetIn => "token's user has lost the function that the client requires",
            Dead::NotPermitted => "token of a plugin that is not permitted",
            Dead::OtherAddress => "token used for another address than it was made for",
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
                let digest = token.digest();
                let dead = if grant.knows(&digest) { Dead::Expired } else { Dead::Unknown };
                let (access, scope) = grant.access(&digest, now).ok_or(dead)?;
                (scope.clone(), access.expires_at)
            }
            Self::Refresh(token) => {
                let State::Active(active) = &grant.state else { return Err(Dead::Unknown) };
                let refresh = active.refresh.as_ref().filter(|refresh| refresh.token == token.digest());
                let ends = refresh.map(|refresh| refresh.expires_at.min(grant.ends_at));
                let ends = ends.ok_or(Dead::Unknown)?;
                (grant.scope.clone(), Some(ends).filter(|ends| !ends.is_past(now)).ok_or(Dead::Expired)?)
            }
        };
        Ok(Live { grant, user, scope, expires_at })
    }
}

impl Live {
    /// Judges the token by the client that it was given to: whether that still lets the user in, and for which address it is used.
    pub(crate) fn judge_for(
        &self,
        client: &Client,
        headers: &HeaderMap,
        context: &Context,
        settings: &Settings,
    ) -> Result<(), Dead> {
        if !client.is_permitted() {
            return Err(Dead::NotPermitted);
        }
        if self.user.as_ref().is_some_and(|user| !client.admits(user, self.grant.limit.as_ref())) {
            return Err(Dead::NotLetIn);
        }
        let bound_to = self.grant.address.filter(|_| client.same_address && self.user.is_some());
        let Some(bound_to) = bound_to else { return Ok(()) };
        let forwarded: Vec<_> =
            headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let agent = user_agent(context.address, &forwarded, &client.addresses);
        let same = agent.is_some_and(|agent| settings.address_prefix.same(agent, bound_to));
        same.then_some(()).ok_or(Dead::OtherAddress)
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
