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
use crate::error::{Failure, JsonError};
use crate::kustvakt::{OAuthFault, paths as kustvakt, success};
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
    const PATHS: &'static [&'static str] =
        &[paths::REVOKE, kustvakt::REVOKE[0], kustvakt::REVOKE[1], kustvakt::REVOKE[2]];
    const CORS: &'static [Method] = &[Method::POST];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self { callers: Callers::new(platform), grants: platform.store.grants.clone() })
    }

    fn routes(self) -> Router {
        let router = Router::new().route(paths::REVOKE, post(answer));
        kustvakt::serve(router, &kustvakt::REVOKE, &post(answer_as_kustvakt)).with_state(self)
    }
}

/// "The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client submitted an
/// invalid token." (section 2.2)
async fn answer(State(endpoint): State<Revoke>, form: Form) -> Result<Response, JsonError> {
    endpoint.revoke(&form).await?;
    Ok(StatusCode::OK.into_response())
}

/// The same in Kustvakt's words.
async fn answer_as_kustvakt(
    State(endpoint): State<Revoke>,
    form: Result<Form, JsonError>,
) -> Result<Response, OAuthFault> {
    endpoint.revoke(&form?).await?;
    Ok(success())
}

impl Revoke {
    /// Ends the whole grant, whichever of its tokens is presented: "If the particular token is a refresh token and the authorization
    /// server supports the revocation of access tokens, then the authorization server SHOULD also invalidate all access tokens based on
    /// the same authorization grant." (section 2.1)
    async fn revoke(&self, form: &Form) -> Result<(), Failure> {
        let caller = self.callers.authenticate(&form.headers, &form.parameters).await?;
        let token = form.parameters.require("token", "token missing", "token is required.")?;
        let Some(presented) = Presented::parse(token) else { return Ok(()) };
        let proof = match &presented {
            Presented::Access(token) => Proof::Access(token.digest()),
            Presented::Refresh(token) => Proof::Refresh(token.digest()),
        };
        let keys = presented.keys();
        if self.grants.revoke(keys, caller.id, proof).await? {
            Event::TokenRevoked { keys, client: caller.id }.record();
        }
        Ok(())
    }
}
