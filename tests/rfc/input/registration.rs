//! The JSON of registrations, and the addresses that they are managed at (RFC 7591, RFC 7592).

use axum::http::Method;
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::Gatelet;

use super::{FORM, JSON};

/// Bodies that are no acceptable JSON object, whatever they say.
fn hostile_json() -> Vec<(Vec<u8>, &'static str)> {
    let of = |text: &str, reason| (text.as_bytes().to_vec(), reason);
    let (strict, object) = ("body is not strict JSON", "body is not a JSON object");
    let long = "a".repeat(8 * 1024 + 1);
    vec![
        of("", strict),
        of("{", strict),
        of("{} {}", strict),
        of("{'a': 1}", strict),
        of("\u{feff}{}", strict),
        of(r#"{"a": 1, "a": 1}"#, strict),
        of(r#"{"a": {"b": 1, "b": 2}}"#, strict),
        of(r#"{"a": [{"b": 1, "\u0062": 2}]}"#, strict),
        of(r#"{"redirect_uris": ["https://a.example/"], "client_name": "a", "client_name": "b"}"#, strict),
        of(r#"{"a": "\u0000"}"#, strict),
        of(r#"{"\u0000": 1}"#, strict),
        of("{\"a\": \"\0\"}", strict),
        of(r#"{"a": "\ud800"}"#, strict),
        of(r#"{"a": 1e999}"#, strict),
        of(&format!(r#"{{"a": "{long}"}}"#), strict),
        of(&format!(r#"{{"{long}": 1}}"#), strict),
        of(&format!(r#"{{"a": {}1{}}}"#, "[".repeat(5000), "]".repeat(5000)), strict),
        of(&format!("{}1{}", r#"{"a":"#.repeat(5000), "}".repeat(5000)), strict),
        (b"{\"a\": \"\xff\"}".to_vec(), strict),
        of("[]", object),
        of("null", object),
        of("\"{}\"", object),
        of("1", object),
        of(&format!("{{{}}}", " ".repeat(64 * 1024)), "body too large or broken off"),
    ]
}

#[tokio::test]
async fn s58_no_registration_may_hold_it() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    for (bad, reason) in hostile_json() {
        for call in [gatelet.post(paths::REGISTER), client.manage(Method::PUT)] {
            let answer = call.body(JSON, bad.clone()).await;
            answer.is_refused(400, "invalid_client_metadata", reason);
        }
    }
    let good = json!({"redirect_uris": ["https://a.example/"], "client_id": client.id}).to_string();
    for content_type in ["", FORM, "text/plain", "text/json", "application/jsonx"] {
        for call in [gatelet.post(paths::REGISTER), client.manage(Method::PUT)] {
            let answer = call.body(content_type, good.clone()).await;
            answer.is_refused(400, "invalid_client_metadata", "body is not JSON");
        }
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    assert_eq!(client.manage(Method::PUT).body(JSON, good).await.status(), 200);
}

#[tokio::test]
async fn s58_no_path_of_a_registration_may_hold_it() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    for id in
        ["%FF", "%00", "%2e%2e%2f", "client%23x", "%20", &"a".repeat(8 * 1024 + 1), &client.id.to_uppercase()]
    {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let call = gatelet.call(method, &format!("{}/{id}", paths::REGISTER));
            let call = call.bearer(&client.registration.token).body(JSON, "{}");
            call.await.is_refused(401, "invalid_token", "registration token of another client");
        }
    }
    assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
}
