//! The pages of the local stack: what there is, and a demo application to sign in to. Server-rendered, without script.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::{Issuer, UnixTime};
use jose::WrappedKey;
use oauth::Parameters;
use oauth::metadata::paths;
use server::Platform;
use server::platform::Ambient;
use store::StoreError;
use store::keys::Keys;

use super::application::{Application, Step, Tokens};
use super::attempt::{ALWAYS, Attempt, ticked_as};
use super::callback::{callback, lost, refresh, revoke};
use super::credentials::{Client, Credentials, User};
use super::data;
use super::flows::{self, Flow};
use crate::serving::Endpoints;

/// Where the demo begins.
pub(crate) const START: &str = "/demo";
/// Where Gatelet sends people back to.
pub(crate) const CALLBACK: &str = "/demo/callback";

/// The pages' own look, after that of the pages that people sign in on.
const STYLE: &str = concat!(
    include_str!("../../../../shared/pages/templates/style.css"),
    include_str!("../../templates/style.css")
);

/// What the pages know.
#[derive(Clone)]
pub(crate) struct Demo {
    ambient: Ambient,
    home: Issuer,
    keys: Keys,
    credentials: Arc<Credentials>,
    endpoints: Endpoints,
}

impl Demo {
    /// The demo of a platform, whose `endpoints` the applications call. Its pages are at `home`.
    pub(crate) fn new(
        platform: &Platform,
        home: Issuer,
        credentials: Credentials,
        endpoints: Endpoints,
    ) -> Self {
        let (ambient, keys) = (platform.ambient.clone(), platform.store.keys.clone());
        Self { ambient, home, keys, credentials: Arc::new(credentials), endpoints }
    }

    /// The origin of these pages: the issuer, unless it is elsewhere.
    pub(crate) const fn home(&self) -> &Issuer {
        &self.home
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.ambient.settings.issuer
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.ambient.clock.now()
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub(crate) async fn signing_keys(&self) -> Result<Vec<WrappedKey>, StoreError> {
        self.keys.signing().await
    }

    fn flows(&self) -> Vec<Flow> {
        flows::all(&self.credentials, &self.ambient.settings)
    }
}

/// The pages, and an answer to whatever nobody serves.
pub(crate) fn routes(demo: Demo) -> Router {
    Router::new()
        .route("/", get(index))
        .route(START, get(start))
        .route("/demo/start", get(begin))
        .route(CALLBACK, get(callback).post(callback))
        .route("/demo/refresh", post(refresh))
        .route("/demo/revoke", post(revoke))
        .route("/demo/flows.sh", get(script))
        .route("/demo/style.css", get(style))
        .fallback(nothing)
        .layer(from_fn_with_state(demo.clone(), frame))
        .with_state(demo)
}

#[derive(Template)]
#[template(path = "index.html", whitespace = "minimize")]
struct Index<'a> {
    issuer: &'a str,
    home: &'a str,
    places: &'a [(&'a str, &'a str)],
    flows: &'a [Flow],
}

#[derive(Template)]
#[template(path = "start.html", whitespace = "minimize")]
struct Start<'a> {
    home: &'a str,
    users: &'a [User],
    clients: &'a [Client],
    scopes: &'a [(String, &'a str, &'a str)],
}

/// What came of it, step by step.
#[derive(Template)]
#[template(path = "steps.html", whitespace = "minimize")]
pub(crate) struct Shown<'a> {
    issuer: &'a str,
    home: &'a str,
    heading: &'a str,
    steps: Vec<Step>,
    /// The application and its tokens, if it has some to go on with.
    tokens: Option<(&'a Client, &'a Tokens)>,
}

impl<'a> Shown<'a> {
    /// Steps that leave nothing to go on with.
    pub(crate) fn over(heading: &'a str, demo: &'a Demo, steps: Vec<Step>) -> Self {
        let (issuer, home) = (demo.issuer().as_str(), demo.home().as_str());
        Self { issuer, home, heading, steps, tokens: None }
    }

    /// Steps that leave an application with tokens.
    pub(crate) fn going_on(
        heading: &'a str,
        application: &Application<'a>,
        steps: Vec<Step>,
        tokens: &'a Tokens,
    ) -> Self {
        let shown = Self::over(heading, application.demo, steps);
        Self { tokens: Some((application.client, tokens)), ..shown }
    }
}

/// What went wrong, in words.
#[derive(Template)]
#[template(path = "problem.html", whitespace = "minimize")]
pub(crate) struct Problem<'a> {
    home: &'a str,
    heading: &'a str,
    words: &'a str,
    answer: &'a str,
}

impl<'a> Problem<'a> {
    /// A heading and a sentence.
    pub(crate) fn new(demo: &'a Demo, heading: &'a str, words: &'a str) -> Self {
        Self { home: demo.home().as_str(), heading, words, answer: "" }
    }

    /// The same with the answer that it is about, as it came.
    pub(crate) fn about(self, answer: &'a str) -> Self {
        Self { answer, ..self }
    }
}

/// A document for a person.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response {
    let html = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    match page.render() {
        Ok(document) => (status, html, document).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn index(State(demo): State<Demo>) -> Response {
    let places = [
        (paths::OPENID_CONFIGURATION, "OpenID configuration: where everything is"),
        (paths::AUTHORIZATION_SERVER, "the same for OAuth 2.0"),
        (paths::JWKS, "public keys"),
        (paths::LOGIN, "sign in, without an application"),
        (paths::LOGOUT, "sign out"),
    ];
    let (issuer, home) = (demo.issuer().as_str(), demo.home().as_str());
    html(StatusCode::OK, &Index { issuer, home, places: &places, flows: &demo.flows() })
}

async fn start(State(demo): State<Demo>) -> Response {
    let Credentials { users, clients, .. } = demo.credentials();
    let settings = &demo.ambient.settings;
    let registered = data::scope(settings);
    let offered =
        settings.scopes().filter(|(token, _)| registered.contains(token) && !ALWAYS.contains(token));
    let scopes: Vec<_> = offered.map(|(token, words)| (ticked_as(token), token, words)).collect();
    html(StatusCode::OK, &Start { home: demo.home().as_str(), users, clients, scopes: &scopes })
}

/// Sends the person to Gatelet, and has the browser remember what for.
async fn begin(State(demo): State<Demo>, request: Request) -> Response {
    let chosen = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let public = match chosen.get("client") {
        Some("public") => true,
        Some("confidential") => false,
        _ => return lost(&demo),
    };
    let Some(client) = demo.credentials().client(public) else { return lost(&demo) };
    let attempt = Attempt::begin(public, demo.ambient.entropy.as_ref());
    let location = attempt.authorize(client, &chosen, &demo.ambient.settings);
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    if let Some(cookie) = attempt.cookie(demo.home()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

async fn script(State(demo): State<Demo>) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], flows::script(&demo.flows())).into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// What nobody serves: a page for a person, JSON for a program.
async fn nothing(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        let (heading, words) = ("There is nothing here", "The address is none of Gatelet\u{2019}s.");
        return html(StatusCode::NOT_FOUND, &Problem::new(&demo, heading, words));
    }
    let body = r#"{"error":"not_found","error_description":"There is nothing at this path."}"#;
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The headers that all these pages share, and their line in the log.
///
/// Forms lead to the issuer and to these pages' own origin, by whichever name of this machine the page was opened: only there does the
/// browser keep its cookies.
async fn frame(State(demo): State<Demo>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let mut origins = demo.issuer().to_string();
    if demo.home() != demo.issuer() {
        origins = format!("{origins} {}", demo.home());
    }
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {origins}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    for (name, value) in
        [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer"), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    tracing::info!(http.status = response.status().as_u16(), http.method = %method, http.path = path, "answered");
    response
}
