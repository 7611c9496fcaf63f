//! The refresh token grant, with rotation (RFC 6749 section 6, RFC 9700 section 4.14).

use domain::client::Client;
use domain::grant::{RefreshAttempt, RefreshRefusal};
use domain::secret::RefreshToken;
use domain::token::{GrantKeys, Token as OpaqueToken};
use domain::{Owner, UnixTime};
use oauth::{ErrorCode, Parameters, Refusal, Scope};
use store::grants::RotationTimes;
use store::standing::Holding;

use super::{Denied, Dialect, Token, TokenResponse};
use crate::audit::Event;
use crate::caller::Caller;
use crate::presented::{Dead, may_still_act};

/// A refresh token to be rotated.
pub(super) struct Request {
    token: OpaqueToken<RefreshToken>,
    narrowed: Option<Scope>,
}

impl Request {
    /// Reads the form. A token that can't ever have been issued is refused here, without a read: one of a client's own grant, too.
    ///
    /// Argus's description has the refresh token in `code`, and a redirect URI beside it that means nothing here.
    pub(super) fn parse(form: &Parameters, dialect: Dialect) -> Result<Self, Refusal> {
        let spelled = |name| form.require(name, "refresh_token missing", "refresh_token is required.");
        let token = match dialect {
            Dialect::Argus if form.get("refresh_token").is_none() => spelled("code")?,
            _ => spelled("refresh_token")?,
        };
        let malformed = Refusal::new(ErrorCode::InvalidGrant, "refresh token malformed");
        let token = OpaqueToken::<RefreshToken>::parse(token)
            .filter(|token| matches!(token.keys.owner, Owner::User(_)))
            .ok_or(malformed)?;
        let narrowed = form.get("scope").map(Scope::parse).transpose()?;
        Ok(Self { token, narrowed: narrowed.filter(|scope| !scope.is_empty()) })
    }

    /// Looks at session and user, then rotates in one write. A refusal writes nothing: who gets the function back goes on with the same
    /// refresh token.
    ///
    /// Of the functions that the grant is limited to nothing is known here, since it isn't read before the write. They bound each use of
    /// the tokens, as everything does that the user has lost.
    pub(super) async fn refresh(self, endpoint: &Token, caller: &Caller) -> Result<TokenResponse, Denied> {
        let (now, settings) = (endpoint.ambient.now(), &endpoint.ambient.settings);
        let served = settings.served_scope();
        if self.narrowed.as_ref().is_some_and(|scope| !scope.is_within(&served)) {
            return Err(Refusal::new(ErrorCode::InvalidScope, "scope not served").into());
        }
        let keys = self.token.keys;
        let around = endpoint.standing.before_refresh(keys).await?;
        may_go_on(keys, around, caller, now)
            .map_err(|dead| Refusal { code: ErrorCode::InvalidGrant, ..Refusal::from(dead) })
            .map_err(|refusal| refusal.saying(ErrorCode::InvalidGrant.description()))?;
        let attempt =
            RefreshAttempt { token: &self.token, client: caller.id, narrowed: self.narrowed.as_ref() };
        let lifetimes = caller.lifetimes(&settings.lifetimes);
        let times = RotationTimes {
            now,
            access_token: lifetimes.access_token,
            refresh_idle: lifetimes.refresh_idle,
            window: lifetimes.refresh_window,
        };
        let salt = endpoint.ambient.entropy.bytes();
        let rotated = endpoint.grants.rotate(&attempt, salt, times).await?;
        // A token proves its keys when it is rotated, and as a replay it has led to the grant that it ends.
        if matches!(rotated, Ok(_) | Err(RefreshRefusal::Replayed)) {
            tracing::Span::current().record("user.id", tracing::field::display(keys.owner));
        }
        let successor = rotated.map_err(|refusal| match refusal {
            RefreshRefusal::Replayed => Denied::Replayed(keys, refusal.into()),
            _ => Refusal::from(refusal).into(),
        })?;
        // Somebody else's salt is that of the write which came first.
        Event::TokenRefreshed { grant: &successor.grant, repeated: successor.salt != salt }.record();
        let (access, refresh) = self.token.successors(&successor.salt);
        Ok(endpoint.respond(caller, &successor.grant, &access, Some(&refresh)).await?)
    }
}

/// Whether session and user are as they must be, and the client still lets the user in.
fn may_go_on(keys: GrantKeys, around: Holding, client: &Client, now: UnixTime) -> Result<(), Dead> {
    let user = may_still_act(keys, around.session.as_ref(), around.user, now)?;
    let let_in = user.is_some_and(|user| client.admits(&user, None));
    let_in.then_some(()).ok_or(Dead::NotLetIn)
}
