//! The user that calls: by an API key, a session, an access token or a signed JWT of their own.

mod signed_jwt;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::api_key::ApiKeyRefusal;
use domain::client::Client;
use domain::function::{FunctionName, Functions as FunctionSet};
use domain::name::CustomerName;
use domain::permissions::{Delegation, Permissions, in_person};
use domain::secret::{ApiKeySecret, SessionToken};
use domain::token::Token;
use domain::user::User;
use domain::{SessionId, UnixTime};
use oauth::{ErrorCode, Refusal, Scope};
use store::clients::Clients;
use store::directory::Functions;
use store::guards::Guards;
use store::standing::Standing;
use store::users::Users;

use crate::context::Context;
use crate::error::Failure;
use crate::platform::{Ambient, Platform};
use crate::presented::{Dead, Presented};

/// The header of an API key.
pub(crate) const API_KEY: &str = "argus-api-key";

/// A user that has proved who they are.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub user: User,
    /// The session that what is done depends on, where it is one.
    pub session: Option<SessionId>,
    /// The functions that it draws on, where those are fewer than the user's.
    pub limit: Option<BTreeSet<FunctionName>>,
    /// The customer that it is confined to.
    pub customer: Option<CustomerName>,
    /// What it may do.
    pub permissions: Permissions,
    /// The client that the user has let act, where it isn't the user in person.
    pub delegate: Option<Delegate>,
    /// When the user last proved who they are, where that is known.
    pub auth_time: Option<UnixTime>,
    /// What was presented, by an identifier that proves nothing: how often it is used is counted under it.
    pub credential: String,
}

/// A client that acts in a user's name.
#[derive(Clone, Debug)]
pub(crate) struct Delegate {
    pub client: Arc<Client>,
    /// What the user has granted it.
    pub scope: Scope,
}

/// Why somebody is not known.
pub(crate) enum Unproved {
    /// The access token was good, and is too old now.
    Expired,
    /// Anything else.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Unproved {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl Unproved {
    /// For whom it makes no difference.
    fn failure(self) -> Failure {
        match self {
            Self::Expired => refuse(Refusal::from(Dead::Expired).reason).into(),
            Self::Failed(failure) => failure,
        }
    }
}

/// Knows users by what they present.
#[derive(Clone)]
pub(crate) struct Principals {
    ambient: Ambient,
    standing: Standing,
    functions: Functions,
    clients: Clients,
    users: Users,
    guards: Guards,
}

/// One answer for everything that is wrong with what a user presents; the log knows better.
const fn refuse(reason: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidToken, reason).saying("The API key, session or token is not valid here.")
}

impl Principals {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            ambient: platform.ambient.clone(),
            standing: platform.store.standing.clone(),
            functions: platform.store.functions.clone(),
            clients: platform.store.clients.clone(),
            users: platform.store.users.clone(),
            guards: platform.store.guards.clone(),
        }
    }

    /// Every function there is.
    pub(crate) async fn functions(&self) -> Result<Arc<FunctionSet>, Failure> {
        Ok(self.functions.recall(self.ambient.now()).await?)
    }

    /// Authenticates whoever sent the headers.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Principal, Failure> {
        self.prove(headers, context).await.map_err(Unproved::failure)
    }

    /// The same, and says whether somebody is only too late.
    pub(crate) async fn prove(&self, headers: &HeaderMap, context: &Context) -> Result<Principal, Unproved> {
        let principal = match (only(headers, API_KEY)?, only(headers, AUTHORIZATION.as_str())?) {
            (Some(key), _) => self.by_api_key(key, context).await?,
            (None, Some(header)) => {
                let bearer =
                    header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                let (_, token) = bearer.ok_or(refuse("neither API key nor bearer token"))?;
                self.by_bearer(token.trim(), headers, context).await?
            }
            (None, None) => return Err(refuse("neither API key nor bearer token").into()),
        };
        tracing::Span::current().record("user.id", tracing::field::display(principal.user.id));
        Ok(principal)
    }

    async fn by_api_key(&self, text: &str, context: &Context) -> Result<Principal, Failure> {
        let malformed = refuse("API key malformed");
        let (prefix, secret) = Token::<ApiKeySecret>::parse(text).ok_or(malformed)?;
        let (key, user) = self.standing.api_key(secret.keys, &prefix).await?;
        let key = key.ok_or(refuse("API key unknown"))?;
        key.approve(&secret.digest(), context.address, self.ambient.now()).map_err(|refusal| {
            refuse(match refusal {
                ApiKeyRefusal::Wrong => "API key wrong",
                ApiKeyRefusal::Expired => "API key expired",
                ApiKeyRefusal::Elsewhere => "API key used from another address",
            })
        })?;
        let credential = format!("apikey#{}#{prefix}", secret.keys);
        self.in_person(user, key.functions, credential).await
    }

    async fn by_bearer(
        &self,
        text: &str,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Principal, Unproved> {
        let now = self.ambient.now();
        if let Some(token) = Token::<SessionToken>::parse(text) {
            let (session, user) = self.standing.visitor(token.keys).await?;
            let proved = session.filter(|session| session.token == token.digest() && session.is_live(now));
            let session = proved.ok_or(refuse("session unknown or over"))?;
            let principal = self.in_person(user, None, format!("session#{}", session.id)).await?;
            let (id, auth_time) = (Some(session.id), Some(session.auth_time));
            return Ok(Principal { session: id, auth_time, ..principal });
        }
        match Presented::parse(text) {
            // What a client holds for itself names no user.
            Some(access) if access.keys().owner.user().is_none() => {
                Err(refuse("token of a client's own").into())
            }
            Some(access @ Presented::Access(_)) => {
                self.by_access_token(&access, (headers, context), now).await
            }
            // A user's name may have dots in it, so that an access token may look like a JWT; none of these has a slash.
            _ if text.split('.').count() == 3 => Ok(self.by_signed_jwt(text, now).await?),
            _ => Err(refuse("bearer token malformed").into()),
        }
    }

    /// "A valid Argus user session, with a short lifetime": what a client may do in the user's name.
    async fn by_access_token(
        &self,
        access: &Presented,
        (headers, context): (&HeaderMap, &Context),
        now: UnixTime,
    ) -> Result<Principal, Unproved> {
        let holding = self.standing.holding(access.keys()).await?;
        let live = access.judge(holding, now).map_err(|dead| match dead {
            Dead::Expired => Unproved::Expired,
            dead => refuse(Refusal::from(dead).reason).into(),
        })?;
        let client =
            self.clients.recall(live.grant.client, now).await?.ok_or(refuse("token's client is gone"))?;
        let settings = &self.ambient.settings;
        live.judge_for(&client, headers, context, settings)
            .map_err(|dead| refuse(Refusal::from(dead).reason))?;
        let user = live.user.ok_or(refuse(Refusal::from(Dead::UserShut).reason))?;
        let delegation = Delegation {
            user: &user,
            limit: live.grant.limit.as_ref(),
            client: &client,
            scope: &live.scope,
            api_scopes: &settings.api_scope(),
        };
        let permissions = delegation.permissions(&*self.functions().await?);
        Ok(Principal {
            session: live.grant.keys.session,
            limit: live.grant.limit,
            customer: client.customer().cloned(),
            permissions,
            delegate: Some(Delegate { client, scope: live.scope }),
            auth_time: live.grant.auth_time,
            credential: format!("grant#{}", live.grant.keys.grant),
            user,
        })
    }

    /// The user in person, who has presented `credential`.
    pub(crate) async fn in_person(
        &self,
        user: Option<User>,
        limit: Option<BTreeSet<FunctionName>>,
        credential: String,
    ) -> Result<Principal, Failure> {
        let user = user.filter(User::may_act).ok_or(refuse("user may not act"))?;
        let permissions = in_person(&user, limit.as_ref(), &*self.functions().await?);
        Ok(Principal {
            user,
            session: None,
            limit,
            customer: None,
            permissions,
            delegate: None,
            auth_time: None,
            credential,
        })
    }
}

impl Principal {
    /// Whether it is the user in person, and not a client that the user has let act.
    pub(crate) const fn is_in_person(&self) -> bool {
        self.delegate.is_none()
    }

    /// Whether it has a permission, for every customer or the one it is confined to.
    pub(crate) fn may(&self, permission: &'static str) -> Result<(), Refusal> {
        let denied = Refusal::new(ErrorCode::AccessDenied, "permission missing");
        self.permissions.has(permission).then_some(()).ok_or(denied)
    }
}

/// The value of a header that may be there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let readable =
        first.map(|value| value.to_str().map_err(|_| refuse("credentials are not text"))).transpose()?;
    if second.is_some() {
        return Err(refuse("credentials sent twice"));
    }
    Ok(readable)
}
