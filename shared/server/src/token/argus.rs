//! The token endpoint at Argus's path: the RFC's, and what Argus does otherwise.
//!
//! - A user's script asks for a token by the user's own credentials: [`user_credentials`].
//! - What client credentials are answered with has five members, whoever asked.
//! - A refresh token may come as `code`.
//! - A form with a `token` and no `grant_type` asks what the token is good for (RFC 7662).

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use domain::time::Seconds;
use oauth::words::GrantType;
use serde::Serialize;

use super::{Denied, Dialect, Token, TokenResponse, grant_type, user_credentials};
use crate::body::Form;
use crate::context::Context;
use crate::error::JsonError;

/// The JSON of client credentials: these five, null where there is none.
#[derive(Serialize)]
pub(super) struct Five {
    pub access_token: String,
    pub id_token: Option<String>,
    pub refresh_token: Option<String>,
    pub token_type: &'static str,
    pub expires_in: Seconds,
}

impl From<TokenResponse> for Five {
    fn from(tokens: TokenResponse) -> Self {
        let TokenResponse { access_token, token_type, expires_in, refresh_token, id_token, scope: _ } =
            tokens;
        Self { access_token, id_token, refresh_token, token_type, expires_in }
    }
}

pub(super) async fn answer(
    State(endpoint): State<Token>,
    Extension(context): Extension<Context>,
    form: Form,
) -> Result<Response, Denied> {
    if form.parameters.get("grant_type").is_none() && form.parameters.get("token").is_some() {
        return Ok(introspect(&endpoint, &context, &form).await.into_response());
    }
    let grant = grant_type(&form.parameters)?;
    if grant == GrantType::ClientCredentials && user_credentials::are_meant(&form) {
        let five = user_credentials::issue(&endpoint, &form, &context).await.map_err(Denied::OfUser)?;
        return Ok(Json(five).into_response());
    }
    let tokens = endpoint.answer(grant, &form, &context, Dialect::Argus).await?;
    Ok(match grant {
        GrantType::ClientCredentials => Json(Five::from(tokens)).into_response(),
        _ => Json(tokens).into_response(),
    })
}

/// A refusal is nothing to put on record here: nobody asked for a token.
async fn introspect(endpoint: &Token, context: &Context, form: &Form) -> Result<Response, JsonError> {
    let caller = endpoint.callers.authenticate(&form.headers, &form.parameters).await?;
    Ok(endpoint.introspection.answer(&caller, form, context).await?)
}
