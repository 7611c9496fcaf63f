//! Userinfo (OpenID Connect Core section 5.3): what a token's scopes let a client know about its user.

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::user::User;
use domain::{Owner, UnixTime};
use oauth::metadata::paths;
use oauth::scope::OPENID;
use oauth::{ErrorCode, Refusal, Scope};
use serde::Serialize;
use store::clients::Clients;
use store::standing::Standing;

use crate::argus::paths as argus;
use crate::bearer;
use crate::error::BearerError;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::presented::{Dead, Presented};

/// The userinfo endpoint. It holds no key and writes nothing.
#[derive(Clone)]
pub struct Userinfo {
    ambient: Ambient,
    clients: Clients,
    standing: Standing,
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

/// The claims of section 5.1, each under the scope of section 5.4 that asks for it.
#[derive(Serialize)]
#[serde(untagged)]
enum Claim {
    Text(String),
    Flag(bool),
    Time(UnixTime),
    List(Vec<String>),
}

async fn answer(State(endpoint): State<Userinfo>, headers: HeaderMap) -> Result<Response, BearerError> {
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
    if endpoint.clients.recall(live.grant.client, now).await?.is_none() {
        return Err(Refusal::new(ErrorCode::InvalidToken, "token's client is gone").into());
    }
    let (Owner::User(_), Some(user), true) = (live.grant.keys.owner, live.user, live.scope.contains(OPENID))
    else {
        return Err(Refusal::new(ErrorCode::InsufficientScope, "token without openid").into());
    };
    let claims: serde_json::Map<_, _> = claims(user, &live.scope)
        .into_iter()
        .filter_map(|(name, claim)| Some((name.to_owned(), serde_json::to_value(claim).ok()?)))
        .collect();
    Ok(Json(claims).into_response())
}

fn claims(user: User, scope: &Scope) -> Vec<(&'static str, Claim)> {
    // "The sub (subject) Claim MUST always be returned in the UserInfo Response." (section 5.3.2)
    let mut claims = vec![("sub", Claim::Text(user.id.to_string()))];
    let profile = user.profile;
    if scope.contains("profile") {
        claims.extend(profile.name.map(|name| ("name", Claim::Text(name))));
        claims.push(("preferred_username", Claim::Text(user.username.to_string())));
        claims.extend(profile.picture.map(|picture| ("picture", Claim::Text(picture))));
        claims.push(("updated_at", Claim::Time(user.updated_at)));
    }
    if let (true, Some(email)) = (scope.contains("email"), profile.email) {
        claims.push(("email", Claim::Text(email)));
        claims.push(("email_verified", Claim::Flag(profile.email_verified)));
    }
    if let (true, Some(number)) = (scope.contains("phone"), profile.phone_number) {
        claims.push(("phone_number", Claim::Text(number)));
    }
    if scope.contains("groups") {
        claims.push(("groups", Claim::List(profile.groups)));
    }
    claims
}
