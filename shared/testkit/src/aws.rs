//! AWS as functions find it on this machine: DynamoDB and KMS on one address, for whoever says which function it is, and as far as
//! `template.yaml` lets that function.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jose::KeyWrapping;
use serde_json::{Value, json};

use crate::Gate;
use crate::gate::{Denial, NAMED_IN, function_of};
use crate::http::Http;
use crate::kms::{Kms, purpose};

/// The largest request that DynamoDB takes, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// What stands behind the address.
#[derive(Clone)]
pub struct Aws {
    gate: Gate,
    dynamodb: Uri,
    http: Http,
    kms: Kms,
}

impl Aws {
    /// The DynamoDB at an address, and KMS over the key that the stack wraps with.
    #[must_use]
    pub fn new(gate: Gate, dynamodb: Uri, key: Arc<dyn KeyWrapping>) -> Self {
        Self { gate, dynamodb, http: Http::default(), kms: Kms::new(key) }
    }

    /// Everything is posted to one path.
    pub fn router(self) -> Router {
        Router::new().fallback(answer).with_state(self)
    }

    async fn dynamodb(&self, operation: &str, mut parts: Parts, body: Bytes) -> Response {
        let asked = serde_json::from_slice(&body).unwrap_or_default();
        if let Err(denial) = self.gate.dynamodb(&caller(&parts.headers), operation, &asked) {
            return denied(&denial);
        }
        parts.uri = self.dynamodb.clone();
        parts.headers.remove(HOST);
        match self.http.send(Request::from_parts(parts, Body::from(body))).await {
            Ok(response) => response,
            Err(cause) => {
                tracing::warn!(%cause, "the embedded DynamoDB is out of reach");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }

    async fn kms(&self, operation: &str, parts: Parts, body: Bytes) -> Response {
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Err(denial) = self.gate.kms(&caller(&parts.headers), operation, purpose(&asked)) {
            return denied(&denial);
        }
        let answer = self.kms.call(operation, &asked).await;
        let (status, answer) =
            answer.map_or_else(|refusal| refusal.answer(), |answer| (StatusCode::OK, answer));
        json(status, "application/x-amz-json-1.1", &answer)
    }
}

async fn answer(State(aws): State<Aws>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // `DynamoDB_20120810.GetItem`
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).map(str::to_owned);
    match target.as_deref().and_then(|target| target.split_once('.')) {
        Some(("DynamoDB_20120810", operation)) => aws.dynamodb(operation, parts, body).await,
        Some(("TrentService", operation)) => aws.kms(operation, parts, body).await,
        _ => {
            let unknown =
                json!({"__type": "UnknownOperationException", "message": "DynamoDB and KMS are here"});
            json(StatusCode::BAD_REQUEST, "application/x-amz-json-1.0", &unknown)
        }
    }
}

/// Who calls, as far as it says. Whoever says nothing is no function, and has no rights.
fn caller(headers: &HeaderMap) -> String {
    let values = NAMED_IN.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    function_of(values).unwrap_or("a client without the app name gatelet-FUNCTION").to_owned()
}

fn denied(denial: &Denial) -> Response {
    json(StatusCode::BAD_REQUEST, "application/x-amz-json-1.0", &denial.answer())
}

fn json(status: StatusCode, kind: &'static str, value: &Value) -> Response {
    let mut response = (status, value.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
