//! What each operation costs, in round trips and capacity units, with a client that the sandbox remembers: the table of the
//! architecture, held exactly.

use testkit::actors::{Browser, Client, Gatelet, Person, Tokens};

/// Alice, signed in at Notes, which she has allowed everything it asks for; nothing spent yet.
struct Scene {
    gatelet: Gatelet,
    notes: Client,
    browser: Browser,
    tokens: Tokens,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let alice: Person = gatelet.person("alice").await;
        let notes = gatelet.confidential().await;
        let mut browser = gatelet.browser();
        let tokens = notes.tokens(&mut browser, &alice, "openid profile").await;
        // Functions share no memory: each has to see the client once.
        assert!(!notes.is_active("garbage").await);
        assert_eq!(notes.revoke("garbage").await.status(), 200);
        assert_eq!(gatelet.userinfo(&tokens.access).await.status(), 200);
        let _ = gatelet.spent();
        Self { gatelet, notes, browser, tokens }
    }
}

#[tokio::test]
async fn authorizing_who_is_signed_in_already() {
    let mut scene = Scene::new().await;
    scene.browser.authorize(&scene.notes.authorization_url()).await.callback().code();
    assert_eq!(scene.gatelet.spent(), (2, 4.0, 1.0));
}

#[tokio::test]
async fn redeeming_a_code() {
    let mut scene = Scene::new().await;
    let asked = scene.notes.authorization_url();
    let callback = scene.browser.authorize(&asked).await.callback();
    let _ = scene.gatelet.spent();
    let tokens = scene.notes.redeem(&asked, callback.code()).await.tokens();
    assert!(tokens.id.is_some() && tokens.refresh.is_some());
    assert_eq!(scene.gatelet.spent(), (1, 0.0, 1.0));
}

#[tokio::test]
async fn refreshing_with_session_and_user_looked_at_again() {
    let scene = Scene::new().await;
    let mut refresh = scene.tokens.refresh().to_owned();
    for _ in 0..3 {
        refresh = scene.notes.refresh(&refresh).await.tokens().refresh().to_owned();
        assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
    }
}

#[tokio::test]
async fn looking_a_token_up() {
    let scene = Scene::new().await;
    for token in [&scene.tokens.access, scene.tokens.refresh()] {
        assert!(scene.notes.is_active(token).await);
        assert_eq!(scene.gatelet.spent(), (1, 3.0, 0.0));
    }
    assert_eq!(scene.gatelet.userinfo(&scene.tokens.access).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (1, 3.0, 0.0));
}

#[tokio::test]
async fn looking_a_clients_own_token_up() {
    let scene = Scene::new().await;
    let own = scene.notes.client_credentials().await.tokens();
    assert_eq!(scene.gatelet.spent(), (1, 0.0, 1.0));
    assert!(scene.notes.is_active(&own.access).await);
    assert_eq!(scene.gatelet.spent(), (1, 1.0, 0.0));
}

#[tokio::test]
async fn revoking() {
    let scene = Scene::new().await;
    assert_eq!(scene.notes.revoke(&scene.tokens.access).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (1, 0.0, 1.0));
}

#[tokio::test]
async fn garbage_costs_nothing() {
    let mut scene = Scene::new().await;
    let asked = scene.notes.authorization_url();
    let code = scene.browser.authorize(&asked).await.callback().code().to_owned();
    let _ = scene.gatelet.spent();
    // One letter is another: the checksum tells without a read.
    let forged = |token: &str| token.chars().rev().collect::<String>();
    for token in
        [forged(&scene.tokens.access), forged(scene.tokens.refresh()), "x".repeat(8000), "x".to_owned()]
    {
        assert!(!scene.notes.is_active(&token).await);
        assert_eq!(scene.notes.revoke(&token).await.status(), 200);
        assert_eq!(scene.gatelet.userinfo(&token).await.reason(), Some("token malformed"));
        scene.notes.refresh(&token).await.is_refused(400, "invalid_grant", "refresh token malformed");
        scene.notes.redeem(&asked, &token).await.is_refused(400, "invalid_grant", "code malformed");
    }
    let swapped = [code.replacen("gtlc_", "gtlr_", 1), scene.tokens.refresh().replacen("gtlr_", "gtlc_", 1)];
    for token in swapped {
        assert!(!scene.notes.is_active(&token).await);
        scene.notes.refresh(&token).await.is_refused(400, "invalid_grant", "refresh token malformed");
        scene.notes.redeem(&asked, &token).await.is_refused(400, "invalid_grant", "code malformed");
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn a_cookie_that_nobody_was_given_costs_no_read_of_a_session() {
    let scene = Scene::new().await;
    let cookie = "__Host-gatelet-session=gtlk_garbage";
    scene.gatelet.get("/login").header("cookie", cookie).await;
    scene.gatelet.get("/logout").header("cookie", cookie).await;
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn signing_in_and_allowing() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    browser.authorize(&notes.authorization_url()).await.page();
    // The client, for the request and for the form's words.
    assert_eq!(gatelet.spent(), (2, 2.0, 0.0));
    browser.sign_in(&alice).await.page();
    // Login, user; session and guard in one transaction; the four of the request; the two of the question.
    assert_eq!(gatelet.spent(), (5, 8.0, 4.0));
    browser.allow().await.callback().code();
    // The two of the question, the consent; the four of the request, the grant.
    assert_eq!(gatelet.spent(), (4, 6.0, 2.0));
}
