//! A user's own API keys.

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::argus::{Rejection, paths};
use crate::context::Context;
use crate::platform::{Endpoint, Platform, StartupError};
use crate::principal::Principals;

/// A user's own API keys.
#[derive(Clone)]
pub struct ApiKeys {
    principals: Principals,
}

impl Endpoint for ApiKeys {
    const NAME: &'static str = "apikeys";
    const PATHS: &'static [&'static str] = &[paths::API_KEYS, paths::API_KEY];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { principals: Principals::new(platform) })
    }

    fn routes(self) -> Router {
        let routes = Self::PATHS.iter().fold(Router::new(), |routes, path| routes.route(path, get(answer)));
        routes.with_state(self)
    }
}

async fn answer(
    State(endpoint): State<ApiKeys>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    endpoint.principals.authenticate(&headers, &context).await?;
    Ok(Rejection::NotFound("not built yet").into_response())
}
