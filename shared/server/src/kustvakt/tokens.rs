//! What a user has granted, as they see it in a front end: their tokens, listed by a handle, and ended one by one or all of a client's.
//!
//! Tokens themselves can't be listed, since nobody has them but the clients. A handle is the grant's id: with the user's own word it
//! ends the grant, with all its tokens, and is good for nothing else.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::client::Client;
use domain::{ClientId, GrantId, Owner};
use store::clients::Clients;

use super::answers::{OAuthFault, success};
use super::fault::Fault;
use super::front_end::{Asked, FrontEnds};
use super::granted::Granted;
use super::paths::{self, serve};
use super::sent::Sent;
use super::view::{ListedToken, TokenType};
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::presented::Presented;

/// Kustvakt's services for a user's tokens.
#[derive(Clone)]
pub struct KustvaktTokens {
    ambient: Ambient,
    front_ends: FrontEnds,
    clients: Clients,
    granted: Granted,
}

impl Endpoint for KustvaktTokens {
    const NAME: &'static str = "kustvakt-tokens";
    const PATHS: &'static [&'static str] = paths::TOKENS;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            front_ends: FrontEnds::new(platform),
            clients: platform.store.clients.clone(),
            granted: Granted::new(platform),
        })
    }

    fn routes(self) -> Router {
        let router = serve(Router::new(), &paths::TOKEN_LIST, &post(list));
        let router = serve(router, &paths::REVOKE_SUPER, &post(revoke));
        serve(router, &paths::REVOKE_SUPER_ALL, &post(revoke_all)).with_state(self)
    }
}

async fn list(State(endpoint): State<KustvaktTokens>, sent: Sent) -> Result<Response, OAuthFault> {
    let Asked { user, form, .. } = endpoint.front_ends.asked(sent).await?;
    let kind = match form.get("token_type") {
        Some("access_token") => TokenType::Access,
        Some("refresh_token") => TokenType::Refresh,
        Some(_) => return Err(Fault::Invalid("token_type").into()),
        None => return Err(Fault::Missing("token_type").into()),
    };
    let (id, now) = (user.principal.user.id, endpoint.ambient.now());
    let wanted = form.get("client_id");
    let mut grants = endpoint.granted.in_use(id, now).await?;
    grants.retain(|grant| wanted.is_none_or(|wanted| wanted == grant.client.to_string()));
    let clients = endpoint.clients_of(grants.iter().map(|grant| grant.client)).await?;
    let tokens = grants.iter().filter_map(|grant| {
        let client = clients.get(&grant.client)?;
        let given = kind == TokenType::Access || client.outlasts_sessions() || grant.may_be_refreshed();
        ListedToken::of(kind, grant, client, now).filter(|_| given)
    });
    Ok(Json(tokens.collect::<Vec<_>>()).into_response())
}

/// Ends the grant that a handle or a token of the user's leads to. One that is nobody's, or somebody else's, ends nothing, and nobody
/// is told: "The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client
/// submitted an invalid token." (RFC 7009 section 2.2)
async fn revoke(State(endpoint): State<KustvaktTokens>, sent: Sent) -> Result<Response, OAuthFault> {
    let asked = endpoint.front_ends.asked(sent).await?;
    let text = asked.parameter("token")?;
    let user = asked.user.principal.user.id;
    let of_token = Presented::parse(text).map(|token| token.keys());
    let of_token = of_token.filter(|keys| keys.owner == Owner::User(user)).map(|keys| keys.grant);
    if let Some(grant) = GrantId::parse(text).or(of_token) {
        endpoint.granted.withdraw(user, grant).await?;
    }
    Ok(success())
}

async fn revoke_all(State(endpoint): State<KustvaktTokens>, sent: Sent) -> Result<Response, OAuthFault> {
    let asked = endpoint.front_ends.asked(sent).await?;
    if let Some(client) = ClientId::parse(asked.parameter("client_id")?) {
        endpoint.granted.withdraw_all(asked.user.principal.user.id, client).await?;
    }
    Ok(success())
}

impl KustvaktTokens {
    /// Those of the clients that are there, and are not front ends.
    async fn clients_of(
        &self,
        ids: impl Iterator<Item = ClientId>,
    ) -> Result<HashMap<ClientId, Client>, Fault> {
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let clients = self.clients.find_all(&ids).await?.into_iter();
        let clients = clients.filter(|client| !client.privileged && !client.deleted);
        Ok(clients.map(|client| (client.id, client)).collect())
    }
}
