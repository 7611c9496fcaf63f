//! Clients as Argus lists, defines and changes them.

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::argus::{Rejection, paths};
use crate::context::Context;
use crate::platform::{Endpoint, Platform, StartupError};
use crate::principal::Principals;

mod view;
mod viewer;

/// Clients as Argus lists, defines and changes them.
#[derive(Clone)]
pub struct Clients {
    principals: Principals,
}

impl Endpoint for Clients {
    const NAME: &'static str = "clients";
    const PATHS: &'static [&'static str] = &[paths::CLIENTS, paths::CLIENT_SEARCH, paths::CLIENT];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { principals: Principals::new(platform) })
    }

    fn routes(self) -> Router {
        let routes = Self::PATHS.iter().fold(Router::new(), |routes, path| routes.route(path, get(answer)));
        routes.with_state(self)
    }
}

async fn answer(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    endpoint.principals.authenticate(&headers, &context).await?;
    Ok(Rejection::NotFound("not built yet").into_response())
}
