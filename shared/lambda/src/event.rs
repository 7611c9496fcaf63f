//! From API Gateway's event to a request and back.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{self, Poll};

use axum::Router;
use axum::body::Body;
use domain::id::RequestId;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::http::Response;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Request, RequestExt as _, Service};
use server::Context;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use crate::log;

/// An endpoint's router as a service of Lambda events.
#[derive(Clone)]
pub struct Function {
    adapter: Adapter<'static, Response<Body>, Routed>,
}

impl Function {
    /// A function that answers by `router`.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self { adapter: Adapter::from(Routed(router)) }
    }
}

impl Service<LambdaEvent<LambdaRequest>> for Function {
    type Response =
        <Adapter<'static, Response<Body>, Routed> as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = Infallible;
    type Future = <Adapter<'static, Response<Body>, Routed> as Service<LambdaEvent<LambdaRequest>>>::Future;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<LambdaEvent<LambdaRequest>>::poll_ready(&mut self.adapter, context)
    }

    fn call(&mut self, mut event: LambdaEvent<LambdaRequest>) -> Self::Future {
        if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
            defuse(request);
        }
        self.adapter.call(event)
    }
}

/// The router as the adapter sees it.
#[derive(Clone)]
pub struct Routed(Router);

impl Service<Request> for Routed {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let invocation = request.lambda_context();
        let (request, id) = known(request);
        let span = log::call(&invocation, Some(id.as_str()));
        Box::pin(self.0.clone().oneshot(request).instrument(span))
    }
}

/// Takes out of an event what the conversion into a request would trip over or believe: the adapter builds an address from `Host` and
/// `X-Forwarded-Proto`, and gives up on characters that a query can't have.
fn defuse(request: &mut ApiGatewayV2httpRequest) {
    request.headers.remove("host");
    request.request_context.domain_name = None;
    if !request.raw_path.as_deref().is_some_and(|path| path.starts_with('/')) {
        request.raw_path = Some("/".to_owned());
    }
    if let Some(query) = &mut request.raw_query_string {
        *query = query.bytes().map(in_query).collect();
    }
}

/// A byte as it may stand in a query (RFC 3986 section 3.4).
fn in_query(byte: u8) -> String {
    match byte {
        b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=b' ' | 0x7f.. => {
            format!("%{byte:02X}")
        }
        _ => char::from(byte).to_string(),
    }
}

/// Adds what only the gateway can know: the caller's address and the request's name.
fn known(mut request: Request) -> (Request, RequestId) {
    let (id, address) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            let address = context.http.source_ip.as_deref().and_then(|text| text.parse::<IpAddr>().ok());
            (context.request_id.clone(), address)
        }
        _ => (None, None),
    };
    let id = id.unwrap_or_else(|| request.lambda_context().request_id);
    let id = RequestId::new(id);
    request.extensions_mut().insert(Context { request_id: id.clone(), address });
    (request, id)
}
