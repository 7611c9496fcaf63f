//! What is handed out can't be guessed, whatever else is known of it (RFC 6749 section 10.10).

use std::collections::HashSet;

use axum::http::Method;
use domain::Entropy;
use domain::entropy::SystemEntropy;
use domain::secret::{AccessToken, RegistrationToken, SessionToken};
use domain::token::Token;
use oauth::metadata::paths;
use serde_json::json;

use crate::scene::Scene;
use crate::story::secret;

/// 256 bits each, from the one source that is passed in; that source is the system's where it isn't a test's.
#[tokio::test]
async fn s43_what_is_handed_out_can_not_be_guessed() {
    let mut scene = Scene::new().await;
    let mut seen = HashSet::new();
    let mut texts = vec![scene.notes.secret.clone().unwrap(), scene.notes.registration.token.clone()];
    for _ in 0..4 {
        let (asked, code) = scene.code("openid").await;
        let tokens = scene.notes.redeem(&asked, &code).await.tokens();
        texts.extend([code, tokens.refresh().to_owned(), tokens.access]);
        texts.push(scene.notes.client_credentials().await.tokens().access);
    }
    texts.push(scene.browser.cookies.get("__Host-gatelet-session").unwrap().to_owned());
    let count = texts.len();
    for text in texts {
        let secret = secret(&text);
        assert_eq!(secret.len() * 8, 256, "{text}");
        assert!(seen.insert(secret), "{text} was handed out before");
    }
    assert_eq!(seen.len(), count);
    let system: &dyn Entropy = &SystemEntropy;
    let drawn: HashSet<[u8; 32]> = (0..1000).map(|_| system.bytes()).collect();
    assert_eq!(drawn.len(), 1000);
}

#[tokio::test]
async fn s43_another_secret_under_the_same_keys_is_no_token() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let known = Token::<AccessToken>::parse(&tokens.access).unwrap();
    let guess = Token::<AccessToken>::generate(known.keys, &scene.gatelet.table.entropy).to_text("alice");
    let answer = scene.gatelet.userinfo(&guess).await;
    answer.is_refused(401, "invalid_token", "token unknown or revoked");
    assert_eq!(scene.notes.introspect(&guess).await.json(), json!({"active": false}));
}

#[tokio::test]
async fn s43_nor_is_it_a_registration_token_or_a_session() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let entropy = &scene.gatelet.table.entropy;
    let known = Token::<RegistrationToken>::parse(&scene.notes.registration.token).unwrap();
    let guess = Token::<RegistrationToken>::generate(known.keys, entropy).to_text();
    let before = scene.gatelet.table.items();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = scene.notes.manage(method).body("application/json", "{}").bearer(&guess).await;
        answer.is_refused(401, "invalid_token", "registration token wrong");
    }
    let mut cookies = scene.browser.cookies.all().iter().filter(|cookie| cookie.value.starts_with("gtlk_"));
    let cookie = cookies.next().unwrap();
    let known = Token::<SessionToken>::parse(&cookie.value).unwrap();
    let guess = Token::<SessionToken>::generate(known.keys, entropy).to_text();
    for (value, title) in [(&cookie.value, "<title>Signed in"), (&guess, "<title>Sign in")] {
        let call = scene.gatelet.get(paths::LOGIN).header("cookie", format!("{}={value}", cookie.name));
        let answer = call.await;
        assert!(answer.text().contains(title), "{answer:?}");
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&tokens).await;
}
