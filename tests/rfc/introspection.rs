//! Introspection: for those who prove who they are, about tokens of theirs, and not a word about any other (RFC 7662).

use domain::time::Seconds;
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::Answer;

use crate::scene::Scene;

#[tokio::test]
async fn s47_introspection_requires_authentication() {
    let mut scene = Scene::new().await;
    let public = scene.gatelet.public().await;
    let tokens = scene.tokens("openid").await;
    let call = || scene.gatelet.post(paths::INTROSPECT).with("token", &tokens.access);
    for (request, reason) in [
        (call(), "no client named"),
        (call().basic(&scene.notes.id, "wrong"), "client secret is wrong"),
        // RFC 7662 has resource servers come with a token of theirs, too; here they come as clients.
        (call().bearer(&tokens.access), "Authorization header is not readable Basic"),
        (call().with("client_id", &public.id), "public client introspects"),
    ] {
        let answer = request.await;
        answer.is_refused(401, "invalid_client", reason);
        assert!(answer.header("www-authenticate").is_some());
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

/// Whatever is the matter with a token, the answer is the same one, to the byte.
#[tokio::test]
async fn s47_whatever_is_not_for_the_caller_is_inactive_and_nothing_more() {
    let mut scene = Scene::new().await;
    let other = scene.other().await;
    let revoked = scene.tokens("openid").await;
    scene.notes.revoke(revoked.refresh()).await;
    let replaced = scene.tokens("openid").await;
    scene.notes.refresh(replaced.refresh()).await.tokens();
    let good = scene.tokens("openid").await;
    let expired = scene.tokens("openid").await;
    scene.advance(scene.gatelet.settings().lifetimes.access_token);
    let unredeemed = scene.code("openid").await.1;
    let known = "token unknown or revoked";
    let mut answers = Vec::new();
    for (request, reason) in [
        (other.introspect(good.refresh()), "token of another client"),
        (scene.notes.introspect(&expired.access), "token expired"),
        (scene.notes.introspect(&revoked.access), known),
        (scene.notes.introspect(revoked.refresh()), known),
        (scene.notes.introspect(replaced.refresh()), known),
        (scene.notes.introspect("garbage"), "token malformed"),
        (scene.notes.introspect(&good.access[1..]), "token malformed"),
        (scene.notes.introspect(&unredeemed), "token malformed"),
        (scene.notes.introspect(good.id()), "token malformed"),
        (scene.notes.introspect(scene.notes.secret.as_deref().unwrap()), "token malformed"),
    ] {
        let answer = request.await;
        assert_eq!((answer.status(), answer.text()), (200, r#"{"active":false}"#), "{answer:?}");
        assert_eq!(answer.reason(), Some(reason));
        answers.push(headers(&answer));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

/// The headers without the one that names the request.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let names = answer.header_names().into_iter().filter(|name| *name != "x-request-id");
    names.map(|name| (name.to_owned(), answer.headers(name).join(", "))).collect()
}

#[tokio::test]
async fn s47_a_token_of_a_user_who_is_shut_out_or_gone_is_inactive() {
    let mut scene = Scene::new().await;
    let (bound, lasting) = (scene.tokens("openid").await, scene.tokens("openid offline_access").await);
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    for token in [&bound.access, bound.refresh(), &lasting.access, lasting.refresh()] {
        let answer = scene.notes.introspect(token).await;
        assert_eq!(
            (answer.text(), answer.reason()),
            (r#"{"active":false}"#, Some("token's user may not act"))
        );
    }
    scene.gatelet.change(&scene.alice, |user| user.blocked = false).await;
    scene.browser.sign_out().await.page();
    for token in [&bound.access, bound.refresh()] {
        let answer = scene.notes.introspect(token).await;
        assert_eq!(
            (answer.text(), answer.reason()),
            (r#"{"active":false}"#, Some("token's session is over"))
        );
    }
    scene.goes_on(&lasting).await;
}

#[tokio::test]
async fn s47_an_active_token_is_described_to_its_client() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid notes:read").await;
    let now = testkit::clock::START;
    let lifetimes = scene.gatelet.settings().lifetimes;
    let expected = |exp: u64| {
        json!({
            "active": true,
            "scope": "notes:read openid",
            "client_id": scene.notes.id,
            "username": "alice",
            "exp": exp,
            "sub": scene.alice.id,
            "aud": scene.notes.id,
            "iss": scene.gatelet.settings().issuer.as_str(),
        })
    };
    let mut access = expected((now + lifetimes.access_token).0);
    access["token_type"] = json!("Bearer");
    assert_eq!(scene.notes.introspect(&tokens.access).await.json(), access);
    let refresh = scene.notes.introspect(tokens.refresh()).await.json();
    assert_eq!(refresh, expected((now + lifetimes.refresh_idle).0));
    scene.advance(Seconds(1));
    assert_eq!(scene.notes.introspect(&tokens.access).await.json(), access);
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s47_a_hint_is_only_a_hint() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    for hint in ["access_token", "refresh_token", "id_token", "nonsense"] {
        for token in [&tokens.access, tokens.refresh()] {
            let answer = scene.notes.introspect(token).with("token_type_hint", hint).await;
            assert_eq!(answer.json()["active"], true, "{hint}");
        }
    }
    let answer = scene.notes.post(paths::INTROSPECT).await;
    answer.is_refused(400, "invalid_request", "token missing");
}
