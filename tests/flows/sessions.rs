//! What lasts as long as a session, what lasts longer, and what ends both.

use domain::time::Seconds;
use testkit::actors::Gatelet;

const SESSION: &str = "__Host-gatelet-session";

#[tokio::test]
async fn offline_access_outlives_the_session_and_nothing_else_does() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let online = notes.tokens(&mut browser, &alice, "openid").await;
    let offline = notes.tokens(&mut browser, &alice, "openid offline_access").await;

    let page = browser.sign_out().await.page();
    assert!(page.says("You are signed out"), "{}", page.text);
    assert_eq!(browser.cookies.get(SESSION), None);

    for token in [&online.access, online.refresh()] {
        let answer = notes.introspect(token).await;
        assert_eq!(answer.text(), r#"{"active":false}"#);
        assert_eq!(answer.reason(), Some("token's session is over"));
    }
    gatelet.userinfo(&online.access).await.is_refused(401, "invalid_token", "token's session is over");
    notes.refresh(online.refresh()).await.is_refused(400, "invalid_grant", "token's session is over");

    assert!(notes.is_active(&offline.access).await);
    notes.refresh(offline.refresh()).await.tokens();
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let tokens = notes.tokens(&mut browser, &alice, "openid").await;

    let lasts = gatelet.settings().lifetimes.session;
    gatelet.table.clock.advance(Seconds(lasts.0 - 1));
    let tokens = notes.refresh(tokens.refresh()).await.tokens();
    browser.authorize(&notes.authorization_url()).await.callback().code();
    // The item is still in the table: TTL deletes late.
    gatelet.table.clock.advance(Seconds(1));
    notes.refresh(tokens.refresh()).await.is_refused(400, "invalid_grant", "token's session is over");
    assert!(!notes.is_active(&tokens.access).await);
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
}

#[tokio::test]
async fn signing_in_again_renews_the_session_under_a_new_cookie() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let tokens = notes.tokens(&mut browser, &alice, "openid").await;
    let mut thief = browser.clone();

    browser.authorize(&notes.authorization_url().with("prompt", "login")).await.page();
    browser.sign_in(&alice).await.callback().code();
    assert_ne!(browser.cookies.get(SESSION), thief.cookies.get(SESSION));
    assert!(notes.is_active(&tokens.access).await, "what depends on the session goes on");

    let page = thief.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Sign in"), "the old cookie is worth nothing: {}", page.title);
    let gone = thief.open("/logout").await.page();
    assert!(gone.says("You are signed out"), "{}", gone.text);
    assert!(notes.is_active(&tokens.access).await, "and ends nothing");
}

#[tokio::test]
async fn one_tab_signs_out_while_another_signs_in_again() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let before = notes.tokens(&mut browser, &alice, "openid").await;
    let mut other = browser.clone();

    browser.authorize(&notes.authorization_url().with("prompt", "login")).await.page();
    // Between the look at the session and the write that would renew it.
    let mut held = gatelet.table.faults.hold("TransactWriteItems");
    let (landing, ()) = tokio::join!(browser.sign_in(&alice), async {
        held.reached().await;
        let page = other.sign_out().await.page();
        assert!(page.says("You are signed out"), "{}", page.text);
        held.release();
    });
    landing.callback().code();
    assert!(!notes.is_active(&before.access).await, "signing out ended what depended on the session");
    let page = browser.open("/login").await.page();
    assert!(page.says("You are signed in"), "{}", page.text);
}

#[tokio::test]
async fn a_session_that_was_planted_is_never_signed_in() {
    let gatelet = Gatelet::start().await;
    let (alice, mallory) = (gatelet.person("alice").await, gatelet.person("mallory").await);
    let notes = gatelet.confidential().await;
    let mut mallorys = gatelet.browser();
    mallorys.open("/login").await.page();
    mallorys.sign_in(&mallory).await.page();

    let mut browser = gatelet.browser();
    browser.cookies = mallorys.cookies.clone();
    browser.authorize(&notes.authorization_url().with("prompt", "login")).await.page();
    browser.sign_in(&alice).await.page();
    assert_ne!(browser.cookies.get(SESSION), mallorys.cookies.get(SESSION));
    let page = mallorys.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
}

#[tokio::test]
async fn another_account_ends_what_the_former_had_granted() {
    let gatelet = Gatelet::start().await;
    let (alice, bob) = (gatelet.person("alice").await, gatelet.person("bob").await);
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let online = notes.tokens(&mut browser, &alice, "openid").await;
    let offline = notes.tokens(&mut browser, &alice, "openid offline_access").await;

    let asked = notes.authorization_url().scope("openid profile");
    let page = browser.authorize(&asked).await.page();
    assert!(page.says("Signed in as alice"), "{}", page.text);
    browser.follow("Use another account").await.page();
    let page = browser.sign_in(&bob).await.page();
    assert!(page.says("Signed in as bob"), "{}", page.text);
    let callback = browser.allow().await.callback();
    let tokens = notes.redeem(&asked, callback.code()).await.tokens();
    assert!(tokens.access.starts_with("bob/"));

    let ended = notes.introspect(&online.access).await;
    assert_eq!((ended.text(), ended.reason()), (r#"{"active":false}"#, Some("token's session is over")));
    assert!(notes.is_active(&offline.access).await);
}

#[tokio::test]
async fn who_is_blocked_is_out_at_once_and_in_again_when_unblocked() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let tokens = notes.tokens(&mut browser, &alice, "openid offline_access").await;
    let asked = notes.authorization_url();
    let code = browser.authorize(&asked).await.callback().code().to_owned();
    gatelet.change(&alice, |user| user.blocked = true).await;

    let answer = notes.introspect(&tokens.access).await;
    assert_eq!((answer.text(), answer.reason()), (r#"{"active":false}"#, Some("token's user may not act")));
    gatelet.userinfo(&tokens.access).await.is_refused(401, "invalid_token", "token's user may not act");
    notes.refresh(tokens.refresh()).await.is_refused(400, "invalid_grant", "token's user may not act");
    let late = notes.redeem(&asked, &code).await.tokens();
    assert!(!notes.is_active(&late.access).await, "a code from before brings tokens that are no good");

    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    drop(gatelet.writes());
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("The username or password is not right."), "no more is said: {}", page.text);
    assert_eq!((page.answer.status(), page.answer.reason()), (401, Some("user may not act")));
    assert_eq!(gatelet.writes(), [""; 0]);

    gatelet.change(&alice, |user| user.blocked = false).await;
    assert!(notes.is_active(&tokens.access).await);
    browser.sign_in(&alice).await.callback().code();
}

#[tokio::test]
async fn an_account_that_is_not_in_use_can_not_sign_in() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    gatelet.change(&alice, |user| user.enabled = false).await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    let page = browser.sign_in(&alice).await.page();
    assert_eq!((page.answer.status(), page.answer.reason()), (401, Some("user may not act")));
    assert_eq!(browser.cookies.get(SESSION), None);
}

#[tokio::test]
async fn two_cookies_of_one_name_are_nobodys() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    browser.sign_in(&alice).await.page();
    let cookie = browser.cookies.get(SESSION).unwrap();
    let with = |cookies: String| gatelet.get("/login").header("cookie", cookies);
    assert!(with(format!("{SESSION}={cookie}")).await.text().contains("You are signed in"));
    let doubled = with(format!("{SESSION}={cookie}; {SESSION}={cookie}")).await;
    assert!(!doubled.text().contains("You are signed in"), "{doubled:?}");
}
