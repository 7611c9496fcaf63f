//! Userinfo (OpenID Connect Core section 5.3): what a token's scopes let a client know about its user.

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::claims::Told;
use oauth::metadata::paths;
use oauth::scope::OPENID;
use oauth::{ErrorCode, Refusal};
use store::clients::Clients;
use store::standing::Standing;

use crate::argus::paths as argus;
use crate::bearer;
use crate::claims::Claims;
use crate::context::Context;
use crate::error::BearerError;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::presented::{Dead, Presented};

/// The userinfo endpoint. It holds no key and writes nothing.
#[derive(Clone)]
pub struct Userinfo {
    ambient: Ambient,
    clients: Clients,
    standing: Standing,
    claims: Claims,
}

impl Endpoint for Userinfo {
    const NAME: &'static str = "userinfo";
    const PATHS: &'static [&'static str] = &[paths::USERINFO, argus::USERINFO];
    const CORS: &'static [Method] = &[Method::GET, Method::POST];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            clients: platform.store.clients.clone(),
            standing: platform.store.standing.clone(),
            claims: Claims::new(platform),
        })
    }

    /// "The UserInfo Endpoint MUST support the use of the HTTP GET and HTTP POST methods" (section 5.3).
    fn routes(self) -> Router {
        Router::new()
            .route(paths::USERINFO, get(answer).post(answer))
            .route(argus::USERINFO, get(answer).post(answer))
            .with_state(self)
    }
}

async fn answer(
    State(endpoint): State<Userinfo>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, BearerError> {
    let now = endpoint.ambient.now();
    let presented = match Presented::parse(bearer::token(&headers)?) {
        Some(access @ Presented::Access(_)) => access,
        _ => return Err(Refusal::from(Dead::Malformed).into()),
    };
    let holding = endpoint.standing.holding(presented.keys()).await?;
    let live = presented.judge(holding, now).map_err(Refusal::from)?;
    tracing::Span::current().record("client.id", tracing::field::display(live.grant.client));
    // "the authorization server SHOULD immediately invalidate all existing authorization grants and currently active access tokens" of
    // a client that deletes itself (RFC 7592 section 2.3).
    let gone = Refusal::new(ErrorCode::InvalidToken, "token's client is gone");
    let client = endpoint.clients.recall(live.grant.client, now).await?.ok_or(gone)?;
    live.judge_for(&client, &headers, &context, &endpoint.ambient.settings).map_err(Refusal::from)?;
    let (Some(user), true) = (&live.user, live.scope.contains(OPENID)) else {
        return Err(Refusal::new(ErrorCode::InsufficientScope, "token without openid").into());
    };
    let told = Told {
        user,
        client: &client,
        scope: &live.scope,
        limit: live.grant.limit.as_ref(),
        address: live.grant.address,
    };
    let mut claims = endpoint.claims.tell(&told).await?;
    // "The sub (subject) Claim MUST always be returned in the UserInfo Response." (section 5.3.2)
    claims.insert("sub".to_owned(), user.id.to_string().into());
    Ok(Json(claims).into_response())
}
