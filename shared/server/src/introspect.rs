//! Token introspection (RFC 7662).

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::post;
use oauth::metadata::paths;

use crate::argus::paths as argus;
use crate::body::Form;
use crate::caller::Callers;
use crate::context::Context;
use crate::error::JsonError;
use crate::introspection::Introspection;
use crate::platform::{Endpoint, Platform, StartupError};

/// The introspection endpoint. It holds no key and writes nothing.
#[derive(Clone)]
pub struct Introspect {
    callers: Callers,
    introspection: Introspection,
}

impl Endpoint for Introspect {
    const NAME: &'static str = "introspect";
    const PATHS: &'static [&'static str] = &[paths::INTROSPECT, argus::INTROSPECT];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { callers: Callers::new(platform), introspection: Introspection::new(platform) })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::INTROSPECT, post(answer))
            .route(argus::INTROSPECT, post(answer))
            .with_state(self)
    }
}

async fn answer(
    State(endpoint): State<Introspect>,
    Extension(context): Extension<Context>,
    form: Form,
) -> Result<Response, JsonError> {
    let caller = endpoint.callers.authenticate(&form.headers, &form.parameters).await?;
    Ok(endpoint.introspection.answer(&caller, &form, &context).await?)
}
