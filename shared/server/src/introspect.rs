//! Token introspection (RFC 7662).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::UnixTime;
use oauth::metadata::paths;
use oauth::{ErrorCode, Refusal, Scope};
use serde::Serialize;
use store::standing::Standing;

use crate::argus::paths as argus;
use crate::body::Form;
use crate::caller::{Caller, Callers};
use crate::error::{Failure, JsonError, Reason};
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::presented::{Dead, Live, Presented};

/// The introspection endpoint. It holds no key and writes nothing.
#[derive(Clone)]
pub struct Introspect {
    ambient: Ambient,
    callers: Callers,
    standing: Standing,
}

impl Endpoint for Introspect {
    const NAME: &'static str = "introspect";
    const PATHS: &'static [&'static str] = &[paths::INTROSPECT, argus::INTROSPECT];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            callers: Callers::new(platform),
            standing: platform.store.standing.clone(),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::INTROSPECT, post(answer))
            .route(argus::INTROSPECT, post(answer))
            .with_state(self)
    }
}

/// The JSON of section 2.2.
#[derive(Serialize)]
struct Introspection {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    about: Option<About>,
}

#[derive(Serialize)]
struct About {
    scope: Scope,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    exp: UnixTime,
    sub: String,
    aud: String,
    iss: String,
}

async fn answer(State(endpoint): State<Introspect>, form: Form) -> Result<Response, JsonError> {
    let now = endpoint.ambient.now();
    let caller = endpoint.callers.authenticate(&form.headers, &form.parameters).await?;
    // "the endpoint MUST also require some form of authorization to access this endpoint" (section 2.1)
    if caller.is_public() {
        return Err(Refusal::new(ErrorCode::InvalidClient, "public client introspects").into());
    }
    let token = form.parameters.require("token", "token missing", "token is required.")?;
    match endpoint.look_up(token, &caller, now).await? {
        Ok(live) => {
            let about = endpoint.describe(token, live);
            Ok(Json(Introspection { active: true, about: Some(about) }).into_response())
        }
        // "If the token is not active, does not exist on this server, or the protected resource is not allowed to introspect this
        // particular token, then the authorization server MUST return an introspection response with the "active" field set to
        // "false" […] SHOULD NOT include any additional information".
        Err(reason) => {
            let mut response = Json(Introspection { active: false, about: None }).into_response();
            response.extensions_mut().insert(Reason(reason.into()));
            Ok(response)
        }
    }
}

impl Introspect {
    async fn look_up(
        &self,
        token: &str,
        caller: &Caller,
        now: UnixTime,
    ) -> Result<Result<Live, &'static str>, Failure> {
        let Some(presented) = Presented::parse(token) else {
            return Ok(Err(Refusal::from(Dead::Malformed).reason));
        };
        let holding = self.standing.holding(presented.keys()).await?;
        let live = presented.judge(holding, now).map_err(|dead| Refusal::from(dead).reason);
        Ok(live.and_then(|live| match live.grant.client == caller.id {
            true => Ok(live),
            false => Err("token of another client"),
        }))
    }

    fn describe(&self, token: &str, live: Live) -> About {
        About {
            scope: live.scope,
            client_id: live.grant.client.to_string(),
            username: live.user.map(|user| user.username.to_string()),
            token_type: matches!(Presented::parse(token), Some(Presented::Access(_))).then_some("Bearer"),
            exp: live.expires_at,
            sub: live.grant.keys.owner.to_string(),
            aud: live.grant.client.to_string(),
            iss: self.ambient.settings.issuer.to_string(),
        }
    }
}
