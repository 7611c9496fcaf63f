//! Headers, and what is not read at all.

use axum::http::Method;
use oauth::metadata::paths;

use super::{FORM, hostile_bodies, hostile_parameters};
use crate::scene::Scene;

#[tokio::test]
async fn s58_no_header_may_hold_it() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let gatelet = &scene.gatelet;
    let long = "a".repeat(64 * 1024);
    let values = [
        "",
        " ",
        "Basic",
        "Bearer",
        "Basic ====",
        &format!("Basic {long}"),
        &format!("Bearer {long}"),
        &long,
    ];
    let mut values: Vec<Vec<u8>> = values.map(|value| value.as_bytes().to_vec()).to_vec();
    values.extend([
        b"Bearer \xff\xfe".to_vec(),
        b"Basic \xff".to_vec(),
        b"\xff \xff".to_vec(),
        b"Basic /w==".to_vec(),
    ]);
    for value in values {
        for call in [
            gatelet.post(paths::TOKEN).with("grant_type", "client_credentials"),
            gatelet.post(paths::INTROSPECT).with("token", &tokens.access),
            gatelet.post(paths::REVOKE).with("token", &tokens.access),
            gatelet.get(paths::USERINFO),
            gatelet.get(&scene.notes.registration.uri),
            gatelet.call(Method::DELETE, &scene.notes.registration.uri),
        ] {
            let answer = call.header("authorization", &value).await;
            assert!(matches!(answer.status(), 400 | 401), "{answer:?}");
            assert!(answer.reason().is_some() && answer.header("www-authenticate").is_some(), "{answer:?}");
        }
    }
    for cookie in [
        &b"\xff"[..],
        b"__Host-gatelet-session=\xff",
        b"__Host-gatelet-session=gtlk_",
        b";;;=;=",
        long.as_bytes(),
    ] {
        for path in [paths::LOGIN, paths::LOGOUT] {
            assert_eq!(gatelet.get(path).header("cookie", cookie).await.status(), 200);
        }
    }
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s58_what_is_not_read_can_not_hurt() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    for (bad, _) in hostile_bodies() {
        let call = scene.gatelet.post(paths::USERINFO).bearer(&tokens.access).body(FORM, bad);
        assert_eq!(call.await.status(), 200);
    }
    for (bad, _) in hostile_parameters() {
        let query = String::from_utf8(bad).unwrap();
        for path in [paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER, paths::JWKS] {
            assert_eq!(scene.gatelet.get(&format!("{path}?{query}")).await.status(), 200);
        }
        let call = scene.gatelet.get(&format!("{}?{query}", paths::USERINFO)).bearer(&tokens.access);
        assert_eq!(call.await.status(), 200);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}
