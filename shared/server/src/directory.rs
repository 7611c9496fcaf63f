//! The directory, for administrators: domains, customers, functions and users.

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::argus::{Rejection, paths};
use crate::context::Context;
use crate::platform::{Endpoint, Platform, StartupError};
use crate::principal::Principals;

/// The directory, for administrators: domains, customers, functions and users.
#[derive(Clone)]
pub struct Directory {
    principals: Principals,
}

impl Endpoint for Directory {
    const NAME: &'static str = "directory";
    const PATHS: &'static [&'static str] = &[
        paths::DOMAINS,
        paths::DOMAIN,
        paths::CUSTOMERS,
        paths::CUSTOMER,
        paths::FUNCTIONS,
        paths::FUNCTION,
        paths::USERS,
        paths::USER,
        paths::USER_PASSWORD,
        paths::USER_API_KEYS,
        paths::USER_API_KEY,
        paths::USER_KEYS,
        paths::USER_KEY,
        paths::USER_SESSIONS,
        paths::USER_SESSION,
    ];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { principals: Principals::new(platform) })
    }

    fn routes(self) -> Router {
        let routes = Self::PATHS.iter().fold(Router::new(), |routes, path| routes.route(path, get(answer)));
        routes.with_state(self)
    }
}

async fn answer(
    State(endpoint): State<Directory>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    endpoint.principals.authenticate(&headers, &context).await?;
    Ok(Rejection::NotFound("not built yet").into_response())
}
