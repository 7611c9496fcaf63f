//! The addresses and forms that people come with.

use oauth::metadata::paths;
use testkit::actors::Answer;

use super::{FORM, JSON, hostile_bodies, hostile_parameters};
use crate::scene::Scene;

/// Holds an answer to be a page that refuses: 4xx, leading nowhere, setting nothing.
fn is_a_refusing_page(answer: &Answer, reason: &str) {
    assert_eq!((answer.status(), answer.reason()), (400, Some(reason)), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!((answer.location(), answer.headers("set-cookie").len()), (None, 0));
}

#[tokio::test]
async fn s58_no_page_may_be_asked_for_with_it() {
    let scene = Scene::new().await;
    let good = scene.notes.authorization_url().to_string();
    let (_, good) = good.split_once('?').unwrap();
    for path in [paths::AUTHORIZE, paths::LOGIN, paths::CONSENT, paths::LOGOUT] {
        for (bad, reason) in hostile_parameters() {
            let bad = String::from_utf8(bad).unwrap();
            for query in [bad.clone(), format!("{good}&{bad}")] {
                is_a_refusing_page(&scene.gatelet.get(&format!("{path}?{query}")).await, reason);
            }
        }
        for (bad, reason) in hostile_bodies() {
            let body = [good.as_bytes(), b"&", &bad].concat();
            is_a_refusing_page(&scene.gatelet.post(path).body(FORM, body).await, reason);
        }
        for content_type in ["", JSON, "text/plain", "multipart/form-data; boundary=x"] {
            let call = scene.gatelet.post(path).body(FORM, good).header("content-type", content_type);
            is_a_refusing_page(&call.await, "body is not a form");
        }
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s58_no_parameter_of_an_authorization_request_may_be_overlong_or_odd() {
    let mut scene = Scene::new().await;
    let url = scene.notes.authorization_url();
    scene.browser.grant(&url, &scene.alice).await;
    drop(scene.gatelet.table.recorder.take());
    let long = |length: usize| "a".repeat(length);
    for (name, value, error, reason) in [
        ("state", long(2049), "invalid_request", "state too long"),
        ("nonce", long(513), "invalid_request", "nonce or login_hint too long"),
        ("login_hint", long(257), "invalid_request", "nonce or login_hint too long"),
        ("scope", long(1025), "invalid_scope", "scope too long"),
        ("scope", "openid\tprofile".to_owned(), "invalid_scope", "scope malformed"),
        ("scope", "\u{e9}".to_owned(), "invalid_scope", "scope malformed"),
        ("max_age", "-1".to_owned(), "invalid_request", "max_age malformed"),
        ("max_age", "1.5".to_owned(), "invalid_request", "max_age malformed"),
        ("max_age", "99999999999999999999".to_owned(), "invalid_request", "max_age malformed"),
        ("code_challenge", long(42), "invalid_request", "code_challenge malformed"),
        ("code_challenge", long(8192), "invalid_request", "code_challenge malformed"),
    ] {
        let callback = scene.browser.authorize(&url.clone().with(name, &value)).await.callback();
        callback.is_refused(error, reason);
    }
    for (name, value, reason) in [
        ("client_id", long(8192), "client unknown"),
        ("client_id", "client#x".to_owned(), "client unknown"),
        ("redirect_uri", long(8192), "redirect_uri is not registered"),
        ("redirect_uri", "\r\nSet-Cookie: x=y".to_owned(), "redirect_uri is not registered"),
        ("resume", long(8192), "resumed request is stale or not ours"),
    ] {
        let page = scene.browser.authorize(&url.clone().with(name, &value)).await.page();
        is_a_refusing_page(&page.answer, reason);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    let most = url.with("max_age", "18446744073709551615").with("state", &long(2048));
    scene.browser.authorize(&most).await.callback().code();
}

#[tokio::test]
async fn s58_no_name_or_password_breaks_signing_in() {
    let mut scene = Scene::new().await;
    let page = scene.browser.authorize(&scene.notes.authorization_url()).await.page();
    let long = "a".repeat(8 * 1024);
    let before = scene.gatelet.table.items();
    for (name, password, reason) in [
        ("", "", "sign-in name unknown"),
        (&long, &long, "sign-in name unknown"),
        ("login#alice", "x", "sign-in name unknown"),
        ("al\u{131}ce", "x", "sign-in name unknown"),
        ("alice\u{202e}", "x", "sign-in name unknown"),
        ("' OR '1'='1", "' OR '1'='1", "sign-in name unknown"),
        ("alice", "", "password wrong"),
        ("alice", &long, "password wrong"),
        ("alice", "\u{1f6aa}\r\n\t", "password wrong"),
    ] {
        let form = page.form().fill("username", name).fill("password", password).press("Sign in");
        let page = scene.browser.submit(form).await.page();
        assert_eq!((page.answer.status(), page.answer.reason()), (401, Some(reason)), "{name:?}");
    }
    for (name, password, reason) in [
        ("ali\0ce", "x", "parameter holds NUL"),
        ("alice", "x\0", "parameter holds NUL"),
        ("alice", &format!("{long}a"), "parameter too long"),
    ] {
        let form = page.form().fill("username", name).fill("password", password).press("Sign in");
        is_a_refusing_page(&scene.browser.submit(form).await.page().answer, reason);
    }
    assert_eq!(scene.gatelet.table.items(), before);
    let form =
        page.form().fill("username", " Alice ").fill("password", &scene.alice.password).press("Sign in");
    assert!(scene.browser.submit(form).await.page().title.starts_with("Allow access"));
}
