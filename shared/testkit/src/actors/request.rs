//! One request to the service, put together piece by piece.

use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::gatelet::ADDRESS;
use super::{Answer, Gatelet};

/// A request that is sent when it is awaited.
#[must_use = "it is sent when it is awaited"]
#[derive(Clone)]
pub struct Request {
    gatelet: Gatelet,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Payload,
    address: IpAddr,
}

#[derive(Clone)]
enum Payload {
    Form(Vec<(String, String)>),
    Bytes(Vec<u8>),
}

impl Request {
    pub(super) fn new(gatelet: Gatelet, method: Method, target: &str) -> Self {
        let issuer = gatelet.settings().issuer.as_str().to_owned();
        let target = target.strip_prefix(&issuer).unwrap_or(target).to_owned();
        let host = issuer.split_once("://").map_or(issuer.as_str(), |(_, host)| host);
        let headers = [(HOST, HeaderValue::from_str(host).expect("a host"))].into_iter().collect();
        Self { gatelet, method, target, headers, body: Payload::Form(Vec::new()), address: ADDRESS }
    }

    /// With this parameter in the form, in the place of what it was before.
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With this parameter in the form, whether or not it is there already.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.form().push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this parameter.
    pub fn without(mut self, name: &str) -> Self {
        self.form().retain(|(known, _)| known != name);
        self
    }

    /// With this header, in the place of what it was before.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.headers.insert(name, value);
        self
    }

    /// With this header, whether or not it is there already.
    pub fn and_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.headers.append(name, value);
        self
    }

    /// Without this header.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With a client's secret in the `Authorization` header, encoded as RFC 6749 section 2.3.1 has it.
    pub fn basic(self, id: &str, secret: &str) -> Self {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let credentials = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        self.header(AUTHORIZATION.as_str(), format!("Basic {credentials}"))
    }

    /// With a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// With a JSON body in the place of the form.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With any body in the place of the form.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Payload::Bytes(body.into());
        self.header(CONTENT_TYPE.as_str(), content_type)
    }

    /// From this address, as the gateway sees it.
    pub const fn from_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    fn form(&mut self) -> &mut Vec<(String, String)> {
        match &mut self.body {
            Payload::Form(fields) => fields,
            Payload::Bytes(_) => panic!("this request has a body that is no form"),
        }
    }

    fn request(self) -> HttpRequest<Body> {
        let mut headers = self.headers;
        let body = match self.body {
            Payload::Form(fields) if self.method == Method::POST => {
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.entry(CONTENT_TYPE).or_insert(form);
                Body::from(Serializer::new(String::new()).extend_pairs(fields).finish())
            }
            Payload::Form(fields) => {
                assert!(fields.is_empty(), "{} has no form", self.method);
                Body::empty()
            }
            Payload::Bytes(bytes) => Body::from(bytes),
        };
        let request = HttpRequest::builder().method(self.method).uri(self.target);
        let mut request = request.body(body).expect("a target that can be asked for");
        *request.headers_mut() = headers;
        request
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let (gatelet, address) = (self.gatelet.clone(), self.address);
        let request = self.request();
        Box::pin(async move { gatelet.send(request, address).await })
    }
}

fn header(name: &str, value: &[u8]) -> (HeaderName, HeaderValue) {
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
    (name, HeaderValue::from_bytes(value).expect("a header's value"))
}
