//! The forms that clients send (RFC 6749 section 3.2).

use oauth::metadata::paths;

use super::{FORM, JSON, hostile_bodies};
use crate::scene::Scene;

/// Form endpoints that clients call: a call that is good but for what is put behind it.
fn form_calls(scene: &Scene, code: &str, verifier: &str, refresh: &str) -> Vec<(&'static str, String)> {
    assert_eq!(scene.notes.method, "client_secret_basic", "the form holds no credentials");
    vec![
        (paths::TOKEN, format!("grant_type=authorization_code&code={code}&code_verifier={verifier}")),
        (paths::TOKEN, format!("grant_type=refresh_token&refresh_token={refresh}")),
        (paths::TOKEN, "grant_type=client_credentials".to_owned()),
        (paths::INTROSPECT, format!("token={refresh}")),
        (paths::REVOKE, format!("token={refresh}")),
    ]
}

#[tokio::test]
async fn s58_no_form_that_clients_send_may_hold_it() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    let tokens = scene.tokens("openid").await;
    for (path, good) in form_calls(&scene, &code, asked.verifier(), tokens.refresh()) {
        for (bad, reason) in hostile_bodies() {
            let body = [good.as_bytes(), b"&", &bad].concat();
            scene.notes.post(path).body(FORM, body).await.is_refused(400, "invalid_request", reason);
        }
        let repeated = format!("{good}&{good}");
        let answer = scene.notes.post(path).body(FORM, repeated).await;
        answer.is_refused(400, "invalid_request", "parameter repeated");
        for content_type in ["", JSON, "text/plain", "multipart/form-data; boundary=x", "\u{1}"] {
            let call = scene.notes.post(path).body(FORM, good.clone());
            let call = if content_type == "\u{1}" {
                call.header("content-type", b"\xff")
            } else {
                call.header("content-type", content_type)
            };
            call.await.is_refused(400, "invalid_request", "body is not a form");
        }
        let empty = scene.notes.post(path).body(FORM, "").await;
        let missing = if path == paths::TOKEN { "grant_type missing" } else { "token missing" };
        empty.is_refused(400, "invalid_request", missing);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    // None of it has spent anything.
    scene.notes.redeem(&asked, &code).await.tokens();
    scene.goes_on(&tokens).await;
}
