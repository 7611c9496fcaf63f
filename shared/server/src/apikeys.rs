//! A user's own API keys.

pub(crate) mod keys;
pub(crate) mod view;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use domain::api_key::{ApiKeyPrefix, Holder, Limits};
use oauth::{ErrorCode, Refusal};

use crate::argus::{Envelope, Rejection, paths};
use crate::body;
use crate::context::Context;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::{Principal, Principals};

use keys::{Keys, Whose};
use view::{Created, KeyList, Renewed};

/// A user's own API keys.
#[derive(Clone)]
pub struct ApiKeys {
    ambient: Ambient,
    principals: Principals,
    keys: Keys,
}

impl Endpoint for ApiKeys {
    const NAME: &'static str = "apikeys";
    const PATHS: &'static [&'static str] = &[paths::API_KEYS, paths::API_KEY];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            principals: Principals::new(platform),
            keys: Keys::new(platform),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::API_KEYS, get(list).post(create))
            .route(paths::API_KEY, put(renew).delete(revoke))
            .with_state(self)
    }
}

/// The two halves of a prefix.
pub(crate) type Halves = Result<Path<(String, String)>, PathRejection>;

/// The prefix in a path. What can't be one is no key's.
pub(crate) fn prefix(halves: Halves) -> Result<ApiKeyPrefix, Rejection> {
    let prefix =
        halves.ok().and_then(|Path((first, second))| ApiKeyPrefix::parse(&format!("{first}/{second}")));
    prefix.ok_or(Rejection::NotFound("API key prefix malformed"))
}

async fn list(
    State(endpoint): State<ApiKeys>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Envelope<KeyList>, Rejection> {
    let user = endpoint.in_person(&headers, &context).await?;
    let functions = endpoint.principals.functions().await?;
    Ok(Envelope::one(StatusCode::OK, endpoint.keys.list(&user.whose(&functions)).await?))
}

async fn create(
    State(endpoint): State<ApiKeys>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<Created>, Rejection> {
    let user = endpoint.in_person(&headers, &context).await?;
    let functions = endpoint.principals.functions().await?;
    let wanted = body::object(&headers, body).await?;
    let created = endpoint.keys.create(&user.whose(&functions), &wanted, endpoint.limits()).await?;
    Ok(Envelope::one(StatusCode::CREATED, created))
}

async fn renew(
    State(endpoint): State<ApiKeys>,
    Extension(context): Extension<Context>,
    halves: Halves,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<Renewed>, Rejection> {
    let user = endpoint.in_person(&headers, &context).await?;
    let (prefix, functions) = (prefix(halves)?, endpoint.principals.functions().await?);
    let wanted = body::object(&headers, body).await?;
    let (whose, limits) = (user.whose(&functions), endpoint.limits());
    Ok(Envelope::one(StatusCode::OK, endpoint.keys.renew(&whose, &prefix, &wanted, limits).await?))
}

/// Answers with the keys that are left.
async fn revoke(
    State(endpoint): State<ApiKeys>,
    Extension(context): Extension<Context>,
    halves: Halves,
    headers: HeaderMap,
) -> Result<Envelope<KeyList>, Rejection> {
    let user = endpoint.in_person(&headers, &context).await?;
    let (prefix, functions) = (prefix(halves)?, endpoint.principals.functions().await?);
    let whose = user.whose(&functions);
    endpoint.keys.revoke(&whose, &prefix).await?;
    Ok(Envelope::one(StatusCode::OK, endpoint.keys.list(&whose).await?))
}

impl ApiKeys {
    /// The user who calls, and no client in the user's name: a key would outlive everything that the client was given.
    async fn in_person(&self, headers: &HeaderMap, context: &Context) -> Result<Principal, Rejection> {
        let principal = self.principals.authenticate(headers, context).await?;
        let delegated = Refusal::new(ErrorCode::AccessDenied, "a client can't manage API keys");
        if principal.is_in_person() { Ok(principal) } else { Err(delegated.into()) }
    }

    /// A user's own keys last as long as the operator says, or shorter.
    fn limits(&self) -> Limits {
        let ordinary = self.ambient.settings.lifetimes.api_key;
        Limits { ordinary, longest: Some(ordinary) }
    }
}

impl Principal {
    /// The keys of this user, who deals with them in person.
    fn whose<'a>(&'a self, functions: &'a domain::function::Functions) -> Whose<'a> {
        let holder = Holder { user: &self.user, limit: self.limit.as_ref(), functions };
        Whose { holder, by: self.user.id }
    }
}
