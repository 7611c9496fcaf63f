//! The token endpoint at Kustvakt's paths: the RFC's, with refusals as Kustvakt tells them.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};

use super::{Denied, Dialect, Token, TokenResponse, grant_type};
use crate::body::Form;
use crate::context::Context;
use crate::error::JsonError;
use crate::kustvakt::OAuthFault;

pub(super) async fn answer(
    State(endpoint): State<Token>,
    Extension(context): Extension<Context>,
    form: Result<Form, JsonError>,
) -> Result<Response, OAuthFault> {
    let tokens = tokens(&endpoint, &context, form).await.map_err(Denied::recorded)?;
    Ok(Json(tokens).into_response())
}

async fn tokens(
    endpoint: &Token,
    context: &Context,
    form: Result<Form, JsonError>,
) -> Result<TokenResponse, Denied> {
    let form = form.map_err(|JsonError(failure)| failure)?;
    let grant = grant_type(&form.parameters)?;
    endpoint.answer(grant, &form, context, Dialect::Standard).await
}
