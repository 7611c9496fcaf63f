//! A request has one name: in its answer, on the page that tells of an error, and in every line of the log. It is never the caller's.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::id::RequestId;
use oauth::metadata::paths;
use server::apikeys::ApiKeys;
use server::authorize::Authorize;
use server::clients::Clients;
use server::directory::Directory;
use server::introspect::Introspect;
use server::login::Login;
use server::metadata::Metadata;
use server::register::Register;
use server::revoke::Revoke;
use server::token::Token;
use server::userinfo::Userinfo;
use server::{Context, Endpoint, router};
use testkit::Fault;
use testkit::actors::Gatelet;
use tower::ServiceExt as _;

use crate::log;
use crate::scene::Scene;

/// What a function answers to a request that the gateway calls `name`.
async fn named(function: &Router, method: Method, path: &str, name: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).header("origin", "https://elsewhere.example");
    let request =
        request.header("access-control-request-method", "POST").header("x-request-id", "the-callers-own");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Context { request_id: RequestId::new(name), address: None });
    let response = function.clone().oneshot(request).await.unwrap();
    let names: Vec<_> = response.headers().get_all("x-request-id").iter().collect();
    assert_eq!(names.len(), 1, "{response:?}");
    (response.status(), names[0].to_str().unwrap().to_owned())
}

/// A path with something in place of each of its parameters.
fn filled(path: &str) -> String {
    let id = |segment: &str| segment.starts_with('{').then_some("5b2c1a90-7d3e-4f6a-8b1c-0e9d8c7b6a51");
    path.split('/').map(|segment| id(segment).unwrap_or(segment)).collect::<Vec<_>>().join("/")
}

async fn every_answer_is_named<E: Endpoint>(gatelet: &Gatelet) {
    let function = router::<E>(&gatelet.function(E::NAME)).await.unwrap();
    let mut cases = vec![(Method::GET, "/nowhere", Some(StatusCode::NOT_FOUND))];
    for path in E::PATHS {
        cases.push((Method::TRACE, path, Some(StatusCode::METHOD_NOT_ALLOWED)));
        cases.extend([(Method::GET, *path, None), (Method::POST, *path, None)]);
        let preflight = if E::CORS.is_empty() { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::OK };
        cases.push((Method::OPTIONS, path, Some(preflight)));
    }
    for (index, (method, path, expected)) in cases.into_iter().enumerate() {
        let name = format!("{}-{index}", E::NAME);
        let path = filled(path);
        let (status, found) = named(&function, method.clone(), &path, &name).await;
        assert_eq!(found, name, "{method} {path}");
        assert!(expected.is_none_or(|expected| expected == status), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn every_answer_of_every_function_has_the_gateways_name_and_only_that() {
    log::listen();
    let gatelet = Gatelet::start().await;
    every_answer_is_named::<ApiKeys>(&gatelet).await;
    every_answer_is_named::<Authorize>(&gatelet).await;
    every_answer_is_named::<Clients>(&gatelet).await;
    every_answer_is_named::<Directory>(&gatelet).await;
    every_answer_is_named::<Introspect>(&gatelet).await;
    every_answer_is_named::<Login>(&gatelet).await;
    every_answer_is_named::<Metadata>(&gatelet).await;
    every_answer_is_named::<Register>(&gatelet).await;
    every_answer_is_named::<Revoke>(&gatelet).await;
    every_answer_is_named::<Token>(&gatelet).await;
    every_answer_is_named::<Userinfo>(&gatelet).await;
    assert!(log::heard().contains("token-0"));
    assert!(!log::lines().concat().contains("the-callers-own"));
}

#[tokio::test]
async fn without_a_gateway_a_request_is_named_by_us() {
    let gatelet = Gatelet::start().await;
    let function = router::<Metadata>(&gatelet.function(Metadata::NAME)).await.unwrap();
    let request =
        Request::get(paths::JWKS).header("x-request-id", "the-callers-own").body(Body::empty()).unwrap();
    let response = function.oneshot(request).await.unwrap();
    let name = response.headers()["x-request-id"].to_str().unwrap();
    assert_eq!((name.len(), name.split('-').count()), (36, 5), "{name}");
}

#[tokio::test]
async fn a_page_of_an_error_shows_the_name_that_the_log_has() {
    log::listen();
    let mut scene = Scene::new().await;
    let refused = scene.browser.open(&format!("{}?client_id=nobody", paths::AUTHORIZE)).await.page().answer;
    scene.gatelet.table.faults.always("BatchGetItem", Fault::Throttled);
    let failed = scene.browser.authorize(&scene.notes.authorization_url()).await.page().answer;
    scene.gatelet.table.faults.clear();
    for (answer, status) in [(refused, 400), (failed, 503)] {
        assert_eq!(answer.status(), status);
        let name = answer.header("x-request-id").unwrap();
        assert!(answer.text().contains(name), "{answer:?}");
        assert!(log::lines().iter().any(|line| line.contains(&format!(r#""request.id":"{name}""#))));
    }
}
