//! Authorization as a JSON interface (Argus): a user's own program asks for a code or tokens on the user's behalf.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::authorization::{Granting, Wanted, not_let_in};
use domain::client::Client;
use oauth::{ErrorCode, Refusal};
use serde::Serialize;

use super::Authorize;
use crate::argus::{Envelope, Rejection};
use crate::body;
use crate::context::Context;
use crate::principal::Principal;

/// What is answered. What was not asked for is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    authorization_code: Option<String>,
    access_token: Option<String>,
    id_token: Option<String>,
    #[serde(rename = "redirectURI")]
    redirect_uri: String,
    state: Option<String>,
}

/// Nobody is asked anything: whoever has the user's credentials says by this very request that the user wants it.
pub(super) async fn authorize(
    State(endpoint): State<Authorize>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Rejection> {
    let principal = endpoint.principals.authenticate(&headers, &context).await?;
    let principal = in_person(principal)?;
    let wanted = Wanted::read(&body::object(&headers, body).await?)?;
    tracing::Span::current().record("client.id", tracing::field::display(wanted.client));
    let (now, settings) = (endpoint.ambient.now(), &endpoint.ambient.settings);
    let client = endpoint.clients.recall(wanted.client, now).await?.ok_or_else(Wanted::no_client)?;
    let admitted = admitted(&client, &principal)?;
    let request = wanted.check(&client, settings, now)?;
    let granting = Granting { address: context.address, ..admitted };
    let handed_out = endpoint.hand_out(&request, &client, granting).await?;
    let authorization = Authorization {
        authorization_code: handed_out.code,
        access_token: handed_out.access.map(|access| access.text),
        id_token: handed_out.id_token,
        redirect_uri: request.redirect_uri,
        state: request.state,
    };
    Ok(Envelope::one(StatusCode::CREATED, authorization).into_response())
}

/// What one client was handed is not for handing on to another.
fn in_person(principal: Principal) -> Result<Principal, Refusal> {
    let delegated = Refusal::new(ErrorCode::AccessDenied, "an access token authorizes no client");
    if principal.is_in_person() { Ok(principal) } else { Err(delegated) }
}

/// What the client's rules say of the user comes first: whoever is not let in learns nothing else of the client.
fn admitted<'a>(client: &Client, principal: &'a Principal) -> Result<Granting<'a>, Refusal> {
    if !client.admits(&principal.user, principal.limit.as_ref()) {
        return Err(not_let_in());
    }
    Ok(Granting {
        user: &principal.user,
        session: principal.session,
        auth_time: None,
        limit: principal.limit.as_ref(),
        address: None,
    })
}
