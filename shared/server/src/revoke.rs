//! Token revocation (RFC 7009).

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use oauth::metadata::paths;
use store::grants::{Grants, Proof};

use crate::audit::Event;
use crate::body::Form;
use crate::caller::Callers;
use crate::error::JsonError;
use crate::platform::{Endpoint, Platform, StartupError};
use crate::presented::Presented;

/// The revocation endpoint.
#[derive(Clone)]
pub struct Revoke {
    callers: Callers,
    grants: Grants,
}

impl Endpoint for Revoke {
    const NAME: &'static str = "revoke";
    const PATHS: &'static [&'static str] = &[paths::REVOKE];
    const CORS: &'static [Method] = &[Method::POST];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { callers: Callers::new(platform), grants: platform.store.grants.clone() })
    }

    fn routes(self) -> Router {
        Router::new().route(paths::REVOKE, post(answer)).with_state(self)
    }
}

/// Ends the whole grant, whichever of its tokens is presented: "If the particular token is a refresh token and the authorization
/// server supports the revocation of access tokens, then the authorization server SHOULD also invalidate all access tokens based on
/// the same authorization grant." (section 2.1)
async fn answer(State(endpoint): State<Revoke>, form: Form) -> Result<Response, JsonError> {
    let caller = endpoint.callers.authenticate(&form.headers, &form.parameters).await?;
    let token = form.parameters.require("token", "token missing", "token is required.")?;
    if let Some(presented) = Presented::parse(token) {
        let proof = match &presented {
            Presented::Access(token) => Proof::Access(token.digest()),
            Presented::Refresh(token) => Proof::Refresh(token.digest()),
        };
        let keys = presented.keys();
        if endpoint.grants.revoke(keys, caller.id, proof).await? {
            Event::TokenRevoked { keys, client: caller.id }.record();
        }
    }
    // "The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client
    // submitted an invalid token." (section 2.2)
    Ok(StatusCode::OK.into_response())
}
