//! Defining a client.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use domain::ClientId;
use domain::definition::{Definition, Referred};
use store::clients::Creation;

use super::{Clients, hashed, name_taken};
use crate::argus::{Envelope, Rejection};
use crate::audit::Event;
use crate::body;
use crate::context::Context;

/// Defines a client that is new.
pub(super) async fn define(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Rejection> {
    let principal = endpoint.administrator(&headers, &context).await?;
    let object = body::object(&headers, body).await?;
    let found = endpoint.look_up(Referred::of(&object)).await?;
    let ambient = &endpoint.ambient;
    let definition = Definition::check(&object, &found.directory(&principal), &ambient.settings)?;
    let (hashing, entropy) = (definition.clone(), Arc::clone(&ambient.entropy));
    let authentication = hashed(move || hashing.authentication(entropy.as_ref())).await?;
    let id = ClientId::generate(ambient.entropy.as_ref());
    let client = definition.into_client(id, authentication, endpoint.act(&principal));
    if endpoint.clients.register(&client).await? == Creation::NameTaken {
        return Err(name_taken());
    }
    Event::ClientRegistered { client: id, user: Some(principal.user.id) }.record();
    let view = endpoint.view(&principal, &client).await?;
    Ok(Envelope::one(StatusCode::CREATED, view).into_response())
}
