//! What is around every endpoint: a name for the request, one line in the log, the headers that all answers share.

use std::any::Any;
use std::net::IpAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::id::RequestId;
use ipnet::IpNet;
use oauth::{ErrorCode, Refusal};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::context::Context;
use crate::error::{Failure, JsonError, Reason};
use crate::metrics::Metric;
use crate::platform::Ambient;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the shared layers around an endpoint's routes.
pub(crate) fn around(routes: Router, cors: &[Method], ambient: &Ambient) -> Router {
    let routes = routes.method_not_allowed_fallback(method_not_allowed);
    let routes = if cors.is_empty() { routes } else { routes.layer(cross_origin(cors)) };
    routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(ambient.clone(), frame))
}

/// Lets scripts of any origin call, without cookies. An origin is never reflected.
fn cross_origin(methods: &[Method]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods(methods.to_vec())
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE, REQUEST_ID.clone()])
        .max_age(std::time::Duration::from_secs(600))
}

async fn method_not_allowed() -> Response {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "method not allowed")
        .saying("This method is not allowed here.");
    let mut response = JsonError::from(refusal).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// A panic costs one request. What it says goes to the log by the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    JsonError(Failure::Broken("panicked")).into_response()
}

async fn frame(State(ambient): State<Ambient>, mut request: Request, next: Next) -> Response {
    let context = request.extensions().get::<Context>().cloned();
    let context = context.unwrap_or_else(|| Context {
        request_id: RequestId::generate(ambient.entropy.as_ref()),
        address: None,
    });
    let id = context.request_id.as_str().to_owned();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = %request.method(),
        // Without the query: it may hold `state`, which is not ours to keep.
        http.path = request.uri().path(),
        caller.network = context.address.and_then(network).map(tracing::field::display),
        client.id = Empty,
        grant.type = Empty,
        user.id = Empty,
    );
    request.extensions_mut().insert(context);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| log(&response));
    head(response.headers_mut(), &ambient, &id);
    response
}

/// As much of an address as the log gets: enough to tell one caller's many requests from many callers' one, and to recognise a provider.
fn network(address: IpAddr) -> Option<IpNet> {
    let address = address.to_canonical();
    IpNet::new(address, if address.is_ipv4() { 24 } else { 48 }).map(|network| network.trunc()).ok()
}

fn log(response: &Response) {
    let status = response.status().as_u16();
    if status >= 500 {
        Metric::ServerErrors.record(1);
    }
    match response.extensions().get::<Reason>() {
        Some(Reason(reason)) if status >= 500 => {
            tracing::error!(http.status = status, reason = %reason, "failed");
        }
        Some(Reason(reason)) => tracing::warn!(http.status = status, reason = %reason, "refused"),
        None => tracing::info!(http.status = status, "answered"),
    }
}

fn head(headers: &mut HeaderMap, ambient: &Ambient, id: &str) {
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        // "The authorization server MUST include the HTTP "Cache-Control" response header field with a value of "no-store" in any
        // response containing tokens, credentials, or other sensitive information" (RFC 6749 section 5.1)
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if headers.get(CACHE_CONTROL).is_some_and(|value| value == "no-store") {
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
    if ambient.settings.issuer.is_https() {
        let value = HeaderValue::from_static("max-age=63072000");
        headers.insert(STRICT_TRANSPORT_SECURITY, value);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
}
