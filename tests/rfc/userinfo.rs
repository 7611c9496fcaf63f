//! Userinfo, the resource that tokens open here: bearer tokens from the header alone (RFC 6750), about their user alone (OpenID Connect
//! Core section 5.3).

use axum::http::Method;
use domain::time::Seconds;
use oauth::metadata::paths;
use serde_json::json;

use crate::scene::Scene;

const BARE: &str = "Bearer realm=\"gatelet\"";

#[tokio::test]
async fn s45_an_id_token_is_no_access_token() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid profile").await;
    assert!(!scene.notes.is_active("garbage").await);
    let _ = scene.gatelet.spent();
    for id_token in [tokens.id().to_owned(), format!("alice/{}", tokens.id())] {
        let answer = scene.gatelet.userinfo(&id_token).await;
        answer.is_refused(401, "invalid_token", "token malformed");
        assert_eq!(scene.notes.introspect(&id_token).await.json(), json!({"active": false}));
        let answer = scene.notes.refresh(&id_token).await;
        answer.is_refused(400, "invalid_grant", "refresh token malformed");
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn s45_only_an_access_token_opens_it() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    let unredeemed = scene.code("openid").await.1;
    let tokens = scene.notes.redeem(&asked, &code).await.tokens();
    let secret = scene.notes.secret.as_deref().unwrap();
    let cookie = scene.browser.cookies.get("__Host-gatelet-session").unwrap().to_owned();
    for other in [tokens.refresh(), &unredeemed, secret, &scene.notes.registration.token, &cookie] {
        let answer = scene.gatelet.userinfo(other).await;
        answer.is_refused(401, "invalid_token", "token malformed");
    }
    assert_eq!(scene.gatelet.userinfo(&tokens.access).await.status(), 200);
}

#[tokio::test]
async fn s45_what_is_told_is_what_the_scope_allows() {
    let mut scene = Scene::new().await;
    let everything = scene.tokens("openid profile email phone groups").await;
    assert_eq!(
        scene.gatelet.userinfo(&everything.access).await.json(),
        json!({
            "sub": scene.alice.id,
            "name": "alice of Example",
            "preferred_username": "alice",
            "username": "alice",
            "picture": "https://example.com/alice.png",
            "updated_at": testkit::clock::START.0,
            "email": "alice@example.com",
            "email_verified": true,
            "phone": "+4712345678",
            "phone_number": "+4712345678",
            "groups": ["readers", "writers"],
        })
    );
    let least = scene.tokens("openid").await;
    assert_eq!(scene.gatelet.userinfo(&least.access).await.json(), json!({"sub": scene.alice.id}));
    let email = scene.tokens("openid email").await;
    let told = scene.gatelet.userinfo(&email.access).await.json();
    assert_eq!(told, json!({"sub": scene.alice.id, "email": "alice@example.com", "email_verified": true}));
    let none = scene.tokens("profile notes:read").await;
    let answer = scene.gatelet.userinfo(&none.access).await;
    answer.is_refused(403, "insufficient_scope", "token without openid");
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"insufficient_scope\""));
}

#[tokio::test]
async fn s49_a_token_in_the_query_or_the_body_is_ignored() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let gatelet = &scene.gatelet;
    let query = format!("{}?access_token={}", paths::USERINFO, tokens.access);
    for request in [
        gatelet.get(&query),
        gatelet.post(&query),
        gatelet.post(paths::USERINFO).with("access_token", &tokens.access),
        gatelet.get(paths::USERINFO),
        gatelet.get(paths::USERINFO).basic(&scene.notes.id, scene.notes.secret.as_deref().unwrap()),
    ] {
        let answer = request.await;
        // "If the request lacks any authentication information […], the resource server SHOULD NOT include an error code".
        assert_eq!(
            (answer.status(), answer.header("www-authenticate"), answer.text()),
            (401, Some(BARE), "")
        );
        assert_eq!(answer.reason(), Some("no bearer token"));
    }
    assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
    let wrong = format!("{}?access_token=x", paths::USERINFO);
    assert_eq!(gatelet.get(&wrong).bearer(&tokens.access).await.status(), 200);
    assert_eq!(gatelet.post(paths::USERINFO).bearer(&tokens.access).await.status(), 200);
}

#[tokio::test]
async fn s49_a_refused_token_is_answered_with_a_challenge_that_says_so() {
    let mut scene = Scene::new().await;
    let revoked = scene.tokens("openid").await;
    scene.notes.revoke(&revoked.access).await;
    let expired = scene.tokens("openid").await;
    scene.advance(scene.gatelet.settings().lifetimes.access_token);
    let get = || scene.gatelet.get(paths::USERINFO);
    let unknown = "token unknown or revoked";
    for (request, status, error, reason) in [
        (get().bearer(&expired.access), 401, "invalid_token", "token expired"),
        (get().bearer(&revoked.access), 401, "invalid_token", unknown),
        (get().bearer("garbage"), 401, "invalid_token", "token malformed"),
        (get().header("authorization", "Bearer "), 400, "invalid_request", "Authorization header malformed"),
        (
            get().bearer(&expired.access).and_header("authorization", "Bearer x"),
            400,
            "invalid_request",
            "Authorization header malformed",
        ),
        (
            get().header("authorization", b"Bearer \xff"),
            400,
            "invalid_request",
            "Authorization header malformed",
        ),
    ] {
        let answer = request.await;
        answer.is_refused(status, error, reason);
        let challenge = answer.header("www-authenticate").unwrap().to_owned();
        assert!(challenge.starts_with(&format!("{BARE}, error=\"{error}\", ")), "{challenge}");
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s49_get_and_post_and_nothing_else() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = scene.gatelet.call(method, paths::USERINFO).bearer(&tokens.access).await;
        answer.is_refused(405, "invalid_request", "method not allowed");
    }
    let answer =
        scene.gatelet.get(paths::USERINFO).header("authorization", format!("bearer {}", tokens.access));
    assert_eq!(answer.await.status(), 200, "the scheme has no case");
}

#[tokio::test]
async fn s49_the_user_is_asked_after_each_time() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid profile").await;
    scene.advance(Seconds(7));
    scene.gatelet.change(&scene.alice, |user| user.profile.name = Some("Alice Liddell".to_owned())).await;
    let told = scene.gatelet.userinfo(&tokens.access).await.json();
    assert_eq!(
        (&told["name"], &told["updated_at"]),
        (&json!("Alice Liddell"), &json!(testkit::clock::START.0 + 7))
    );
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    let answer = scene.gatelet.userinfo(&tokens.access).await;
    answer.is_refused(401, "invalid_token", "token's user may not act");
    scene.gatelet.change(&scene.alice, |user| user.blocked = false).await;
    scene.browser.sign_out().await.page();
    let answer = scene.gatelet.userinfo(&tokens.access).await;
    answer.is_refused(401, "invalid_token", "token's session is over");
}
