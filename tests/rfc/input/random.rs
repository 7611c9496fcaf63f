//! Whatever else there may be.

use axum::http::Method;
use oauth::metadata::paths;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use server::argus::paths as argus;
use testkit::actors::Request;

use super::{FORM, JSON};
use crate::scene::Scene;

/// Every way into the service that takes a body, a query or a token, with `bytes` for it.
fn random_calls(scene: &Scene, api_key: &str, bytes: &[u8]) -> Vec<Request> {
    let gatelet = &scene.gatelet;
    let query: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let mut calls = Vec::new();
    for path in [paths::TOKEN, paths::INTROSPECT, paths::REVOKE] {
        calls.push(scene.notes.post(path).body(FORM, bytes));
        calls.push(gatelet.post(path).body(FORM, bytes));
    }
    for path in [paths::AUTHORIZE, paths::LOGIN, paths::CONSENT, paths::LOGOUT] {
        calls.push(gatelet.post(path).body(FORM, bytes));
        calls.push(gatelet.get(&format!("{path}?{query}={query}")));
        calls.push(gatelet.get(&format!("{path}?request={query}&client_id={query}&resume={query}")));
    }
    calls.push(gatelet.post(paths::REGISTER).body(JSON, bytes));
    calls.push(scene.notes.manage(Method::PUT).body(JSON, bytes));
    let value: Vec<u8> = bytes.iter().copied().filter(|&byte| byte >= 0x20 && byte != 0x7f).collect();
    for scheme in ["Basic ", "Bearer ", ""] {
        let header = [scheme.as_bytes(), &value].concat();
        calls.push(gatelet.post(paths::TOKEN).header("authorization", &header));
        calls.push(gatelet.get(paths::USERINFO).header("authorization", &header));
    }
    calls.push(gatelet.get(paths::LOGIN).header("cookie", &value));
    let keys = format!("{}/{query}/{query}", argus::API_KEYS);
    calls.push(gatelet.get(argus::API_KEYS).header("argus-api-key", &value));
    calls.push(gatelet.get(argus::API_KEYS).header("authorization", [b"Bearer ", &*value].concat()));
    calls.push(gatelet.post(argus::API_KEYS).header("argus-api-key", api_key).body(JSON, bytes));
    calls.push(gatelet.call(Method::PUT, &keys).header("argus-api-key", api_key).body(JSON, bytes));
    calls.push(gatelet.call(Method::DELETE, &keys).header("argus-api-key", api_key));
    calls
}

#[test]
fn s58_random_bytes_are_never_the_cause_of_a_5xx_and_never_written() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scene = runtime.block_on(Scene::new());
    let api_key = runtime.block_on(scene.gatelet.api_key(&scene.alice));
    let before = scene.gatelet.table.items();
    let words = prop::sample::select(vec![
        "grant_type=",
        "refresh_token",
        "&",
        "=",
        "%",
        "%00",
        "client_id=",
        "token=gtla_",
        "{",
        "}",
        "\"",
        "redirect_uris",
        ":",
        "[",
        ",",
    ]);
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        prop::collection::vec(words, 0..20).prop_map(|words| words.concat().into_bytes()),
    ];
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&bytes, |bytes| {
        for (index, call) in random_calls(&scene, &api_key, &bytes).into_iter().enumerate() {
            let answer = runtime.block_on(call.into_future());
            prop_assert!(answer.status() < 500, "call {index}: {answer:?}");
        }
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(scene.gatelet.table.items(), before);
}
