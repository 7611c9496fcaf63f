//! Request bodies: bounded, of the right type, and read by OAuth's rules instead of a framework's.

use axum::body::Body;
use axum::extract::{Extension, FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use http_body_util::{BodyExt as _, Limited};
use oauth::{ErrorCode, Parameters, Refusal};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::JsonError;

/// The largest body accepted, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The form of a POST to an endpoint that clients call (RFC 6749 section 3.2).
pub(crate) struct Form {
    pub parameters: Parameters,
    pub headers: HeaderMap,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = JsonError;

    async fn from_request(request: Request, _: &S) -> Result<Self, JsonError> {
        let (parts, body) = request.into_parts();
        // "Parameters […] MUST NOT be included in the request URI" (RFC 6749 section 2.3.1, of client credentials)
        if parts.uri.query().is_some_and(|query| !query.is_empty()) {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "parameters in the query");
            return Err(refusal.saying("Parameters belong into the body, not into the query.").into());
        }
        let parameters = form(&parts.headers, body).await?;
        Ok(Self { parameters, headers: parts.headers })
    }
}

/// What a browser asks of an endpoint that answers people: by query, or by form (RFC 6749 section 3.1).
///
/// Reading it never fails by itself, since whatever is wrong with it becomes a page.
pub(crate) struct Asked {
    parameters: Result<Parameters, Refusal>,
    /// As it came, undecoded.
    pub query: String,
    pub headers: HeaderMap,
    pub context: Context,
}

impl Asked {
    pub(crate) fn parameters(&self) -> Result<&Parameters, Refusal> {
        self.parameters.as_ref().map_err(|refusal| *refusal)
    }
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = <Extension<Context> as FromRequestParts<S>>::Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let Extension(context) = Extension::from_request_parts(&mut parts, state).await?;
        let parameters = match parts.method {
            Method::POST => form(&parts.headers, body).await,
            _ => Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        };
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { parameters, query, headers: parts.headers, context })
    }
}

/// Reads a form: parameters "using the "application/x-www-form-urlencoded" format" (RFC 6749 section 4.1.3).
async fn form(headers: &HeaderMap, body: Body) -> Result<Parameters, Refusal> {
    if !has_type(headers, "application/x-www-form-urlencoded") {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "body is not a form");
        return Err(refusal.saying("Content-Type must be application/x-www-form-urlencoded."));
    }
    Parameters::parse(&bytes(body, ErrorCode::InvalidRequest).await?)
}

/// Reads a JSON body, whose faults are named by `code`.
pub(crate) async fn json(headers: &HeaderMap, body: Body, code: ErrorCode) -> Result<Vec<u8>, Refusal> {
    if !has_type(headers, "application/json") {
        let refusal = Refusal::new(code, "body is not JSON");
        return Err(refusal.saying("Content-Type must be application/json."));
    }
    bytes(body, code).await
}

/// Reads the JSON object that a user's script sends. Argus's examples name no content type, and curl then says that it is a form: no
/// page of another site can add the credentials that these requests are judged by.
pub(crate) async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Refusal> {
    let code = ErrorCode::InvalidRequest;
    let body = if has_type(headers, "application/x-www-form-urlencoded") {
        bytes(body, code).await?
    } else {
        json(headers, body, code).await?
    };
    oauth::json::parse(&body, code)
}

async fn bytes(body: Body, code: ErrorCode) -> Result<Vec<u8>, Refusal> {
    let refusal = Refusal::new(code, "body too large or broken off")
        .saying("The body is larger than 64 KiB or broken off.");
    let collected = Limited::new(body, LARGEST).collect().await.map_err(|_| refusal)?;
    Ok(collected.to_bytes().to_vec())
}

fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let essence = only.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}
