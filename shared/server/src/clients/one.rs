//! One client: to see it, to change it, to delete it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::client::Client;
use domain::definition::{Referred, Update};
use oauth::{ErrorCode, Refusal};
use serde_json::{Map, Value};
use store::clients::Change;

use super::viewer::Viewer;
use super::{Clients, Found, Named, hashed, name_taken};
use crate::argus::{Envelope, Rejection};
use crate::audit::Event;
use crate::body;
use crate::context::Context;
use crate::principal::Principal;

/// How often a change is tried that another one comes before.
const ATTEMPTS: usize = 8;

/// Argus's status of a change that changes nothing.
const NOT_UPDATED: u16 = 220;

/// Shows a client to whoever may know of it.
pub(super) async fn fetch(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    let principal = endpoint.principals.authenticate(&headers, &context).await?;
    let viewer = Viewer::new(&principal)?;
    let client = endpoint.named(named).await?.filter(|client| viewer.sees(client));
    let client = client.ok_or(Rejection::NotFound("client unknown, or not for this user"))?;
    let view = endpoint.view(&principal, &client).await?;
    Ok(Envelope::one(StatusCode::OK, view).into_response())
}

/// Changes a client. What is not said stays as it is, also where somebody else changes it at the same time.
pub(super) async fn update(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    named: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Rejection> {
    let principal = endpoint.administrator(&headers, &context).await?;
    let object = body::object(&headers, body).await?;
    let mut before = endpoint.named(named).await?;
    let found = endpoint.look_up(Referred::of(&object)).await?;
    for _ in 0..ATTEMPTS {
        let current = before.filter(|client| !client.deleted);
        let current = current.ok_or(Rejection::NotFound("client unknown or deleted"))?;
        let Some(client) = endpoint.next(&object, (&principal, &found), &current).await? else {
            let status = StatusCode::from_u16(NOT_UPDATED).unwrap_or(StatusCode::OK);
            let view = endpoint.view(&principal, &current).await?;
            return Ok(Envelope::one(status, view).into_response());
        };
        match endpoint.clients.change(&current, &client).await? {
            Change::Made => {
                Event::ClientChanged { client: client.id, user: Some(principal.user.id) }.record();
                let view = endpoint.view(&principal, &client).await?;
                return Ok(Envelope::one(StatusCode::OK, view).into_response());
            }
            Change::NameTaken => return Err(name_taken()),
            Change::Outdated => before = endpoint.clients.find(current.id).await?,
        }
    }
    Err(contended())
}

/// Deletes a client: it is kept, and nobody's client any more. To delete it again changes nothing.
pub(super) async fn delete(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    let principal = endpoint.administrator(&headers, &context).await?;
    let mut before = endpoint.named(named).await?;
    for _ in 0..ATTEMPTS {
        let current = before.ok_or(Rejection::NotFound("client unknown"))?;
        let Some(client) = current.delete(endpoint.act(&principal)) else {
            let view = endpoint.view(&principal, &current).await?;
            return Ok(Envelope::one(StatusCode::OK, view).into_response());
        };
        if endpoint.clients.change(&current, &client).await? == Change::Made {
            Event::ClientDeleted { client: client.id, user: Some(principal.user.id) }.record();
            let view = endpoint.view(&principal, &client).await?;
            return Ok(Envelope::one(StatusCode::OK, view).into_response());
        }
        before = endpoint.clients.find(current.id).await?;
    }
    Err(contended())
}

impl Clients {
    /// What `object` makes of `client`; nothing, where it changes nothing.
    async fn next(
        &self,
        object: &Map<String, Value>,
        (principal, found): (&Principal, &Found),
        client: &Client,
    ) -> Result<Option<Client>, Rejection> {
        let update = Update::check(object, &found.directory(principal), &self.ambient.settings, client)?;
        let (hashing, entropy) = (update.clone(), Arc::clone(&self.ambient.entropy));
        let current = client.authentication.clone();
        let authentication = hashed(move || hashing.authentication(&current, entropy.as_ref())).await?;
        Ok(update.apply(client, authentication, self.act(principal)))
    }
}

fn contended() -> Rejection {
    Refusal::new(ErrorCode::TemporarilyUnavailable, "client is changed by too many at once").into()
}
