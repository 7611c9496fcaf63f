//! What the server says of itself: its metadata (RFC 8414, OpenID Connect Discovery) and its public keys (RFC 7517).

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::settings::Registration;
use oauth::metadata::{Metadata as Document, paths};

use crate::error::JsonError;
use crate::keyring::{CACHE, Verifier};
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// The metadata endpoints.
#[derive(Clone)]
pub struct Metadata {
    ambient: Ambient,
    verifier: Verifier,
}

impl Endpoint for Metadata {
    const NAME: &'static str = "metadata";
    const PATHS: &'static [&'static str] =
        &[paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER, paths::JWKS];
    const CORS: &'static [Method] = &[Method::GET];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        let verifier = Verifier::new(platform.store.keys.clone());
        Ok(Self { ambient: platform.ambient.clone(), verifier })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::OPENID_CONFIGURATION, get(document))
            .route(paths::AUTHORIZATION_SERVER, get(document))
            .route(paths::JWKS, get(jwks))
            .with_state(self)
    }
}

async fn document(State(endpoint): State<Metadata>) -> Response {
    let settings = &endpoint.ambient.settings;
    // Those of super clients alone are nothing that a client could find here and ask for.
    let open = settings.registrable_scope();
    let scopes = settings.scopes().map(|(token, _)| token.to_owned()).filter(|token| open.contains(token));
    let scopes = scopes.collect();
    let registration = !matches!(settings.registration, Registration::Closed | Registration::Users);
    cached(Json(Document::new(settings.issuer.as_str(), scopes, registration)))
}

async fn jwks(State(endpoint): State<Metadata>) -> Result<Response, JsonError> {
    let keys = endpoint.verifier.keys(endpoint.ambient.now()).await?;
    Ok(cached(Json(keys)))
}

/// Public, and the same for everyone: caches may keep it for as long as a new key is published before it is used.
fn cached(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={}", CACHE.0)) {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}
