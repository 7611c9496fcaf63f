//! Token introspection (RFC 7662).

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::post;
use oauth::metadata::paths;
use store::clients::Clients;

use crate::argus::paths as argus;
use crate::body::Form;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::JsonError;
use crate::introspection::Introspection;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// The introspection endpoint. It holds no key and writes nothing.
#[derive(Clone)]
pub struct Introspect {
    ambient: Ambient,
    clients: Clients,
    introspection: Introspection,
}

impl Endpoint for Introspect {
    const NAME: &'static str = "introspect";
    const PATHS: &'static [&'static str] = &[paths::INTROSPECT, argus::INTROSPECT];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            clients: platform.store.clients.clone(),
            introspection: Introspection::new(platform),
        })
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
    let now = endpoint.ambient.now();
    let caller = Caller::authenticate(&form.headers, &form.parameters, &endpoint.clients, now).await?;
    Ok(endpoint.introspection.answer(&caller, &form, &context).await?)
}
