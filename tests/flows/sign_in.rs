//! Signing in to an application, from the first redirect to the last token.

use domain::time::Seconds;
use serde_json::json;
use testkit::actors::Gatelet;
use testkit::clock::START;

#[tokio::test]
async fn a_person_signs_in_to_a_web_application() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    let asked = notes.authorization_url().scope("openid profile notes:read");
    let page = browser.authorize(&asked).await.page();
    assert!(page.says("to continue to Notes"), "{}", page.text);
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("Allow Notes to use your account?"), "{}", page.text);
    let callback = browser.allow().await.callback();
    assert_eq!(callback.place(), notes.redirect_uri);
    assert_eq!(callback.get("state"), asked.get("state"));

    let answer = notes.redeem(&asked, callback.code()).await;
    insta::assert_json_snapshot!(answer.redacted(), @r#"
    {
      "access_token": "alice/[gtla]",
      "expires_in": 300,
      "id_token": "[signed]",
      "refresh_token": "[gtlr]",
      "scope": "notes:read openid profile",
      "token_type": "Bearer"
    }
    "#);
    let tokens = answer.tokens();
    let claims = notes.verify(tokens.id()).await;
    assert_eq!(claims["sub"], json!(alice.id));
    assert_eq!(claims["nonce"].as_str(), asked.get("nonce"));
    assert_eq!((claims["auth_time"].as_u64(), claims["iat"].as_u64()), (Some(START.0), Some(START.0)));

    insta::assert_json_snapshot!(notes.introspect(&tokens.access).await.redacted(), @r#"
    {
      "active": true,
      "aud": "[id]",
      "client_id": "[id]",
      "exp": 1800000300,
      "iss": "https://id.example",
      "scope": "notes:read openid profile",
      "sub": "[id]",
      "token_type": "Bearer",
      "username": "alice"
    }
    "#);
    insta::assert_json_snapshot!(gatelet.userinfo(&tokens.access).await.redacted(), @r#"
    {
      "name": "alice of Example",
      "picture": "https://example.com/alice.png",
      "preferred_username": "alice",
      "sub": "[id]",
      "updated_at": 1800000000,
      "username": "alice"
    }
    "#);
}

#[tokio::test]
async fn a_person_signs_in_to_an_application_on_their_own_device() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let desk = gatelet.public().await;
    assert_eq!(desk.secret, None);
    let mut browser = gatelet.browser();

    // It listens wherever there is a port free.
    let asked = desk.authorization_url().with("redirect_uri", "http://127.0.0.1:51004/callback");
    let callback = browser.grant(&asked.clone().scope("openid offline_access"), &alice).await;
    assert_eq!(callback.place(), "http://127.0.0.1:51004/callback");
    let tokens = desk.redeem(&asked, callback.code()).await.tokens();
    assert_eq!(desk.verify(tokens.id()).await["sub"], json!(alice.id));

    let renewed = desk.refresh(tokens.refresh()).await.tokens();
    assert_ne!((&renewed.access, renewed.refresh()), (&tokens.access, tokens.refresh()));
    let known = gatelet.userinfo(&renewed.access).await.json();
    assert_eq!(known["sub"], json!(alice.id));
    assert_eq!(desk.revoke(renewed.refresh()).await.status(), 200);
    gatelet.userinfo(&renewed.access).await.is_refused(401, "invalid_token", "token unknown or revoked");
}

#[tokio::test]
async fn an_application_has_its_id_tokens_signed_as_it_registered() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    for algorithm in ["RS256", "ES256"] {
        let app = gatelet.confidential_but(json!({"id_token_signed_response_alg": algorithm})).await;
        let tokens = app.tokens(&mut browser, &alice, "openid").await;
        let claims = app.verify(tokens.id()).await;
        assert_eq!((claims["sub"].clone(), claims["aud"].as_str()), (json!(alice.id), Some(app.id.as_str())));
        assert_eq!(app.algorithm(tokens.id()), algorithm);
    }
}

#[tokio::test]
async fn an_abandoned_sign_in_writes_nothing() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let before = gatelet.table.items();
    let mut browser = gatelet.browser();

    browser.authorize(&notes.authorization_url()).await.page();
    browser.open("/login").await.page();
    browser.sign_in_as("alice", "a guess").await.page();
    browser.sign_in_as("nobody", &alice.password).await.page();

    assert_eq!(gatelet.writes(), [""; 0]);
    assert_eq!(gatelet.table.items(), before);
}

#[tokio::test]
async fn a_person_may_sign_in_before_any_application_asks() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    browser.open("/login").await.page();
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("You are signed in\nas alice"), "{}", page.text);
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert!(page.says("Signed in as alice"), "{}", page.text);
}

#[tokio::test]
async fn a_sign_in_that_takes_too_long_is_over() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    browser.authorize(&notes.authorization_url()).await.page();
    gatelet.table.clock.advance(gatelet.settings().lifetimes.sign_in);
    let page = browser.sign_in(&alice).await.page();
    assert_eq!(page.answer.status(), 400);
    assert_eq!(page.answer.reason(), Some("pending request is stale or not ours"));

    // Just in time at the form, and too late at the question.
    browser.authorize(&notes.authorization_url()).await.page();
    gatelet.table.clock.advance(Seconds(gatelet.settings().lifetimes.sign_in.0 - 1));
    browser.sign_in(&alice).await.page();
    gatelet.table.clock.advance(Seconds(1));
    let page = browser.allow().await.page();
    assert_eq!(page.answer.reason(), Some("pending request is stale or not ours"));
}
