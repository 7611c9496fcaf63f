//! What an application may want a person to be asked: `prompt`, `max_age`, `login_hint` (OpenID Connect Core section 3.1.2.1).

use domain::time::Seconds;
use serde_json::json;
use testkit::actors::Gatelet;
use testkit::clock::START;

#[tokio::test]
async fn prompt_none_answers_at_once_whatever_is_missing() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let silently = || notes.authorization_url().with("prompt", "none");

    let refused = browser.authorize(&silently()).await.callback();
    refused.is_refused("login_required", "prompt=none and no fresh session");
    browser.open("/login").await.page();
    browser.sign_in(&alice).await.page();
    let refused = browser.authorize(&silently()).await.callback();
    refused.is_refused("consent_required", "prompt=none and consent is missing");
    notes.tokens(&mut browser, &alice, "openid").await;

    browser.authorize(&silently()).await.callback().code();
    let more = browser.authorize(&silently().scope("openid profile")).await.callback();
    more.is_refused("consent_required", "prompt=none and consent is missing");
    gatelet.table.clock.advance(Seconds(11));
    let old = browser.authorize(&silently().with("max_age", "10")).await.callback();
    old.is_refused("login_required", "prompt=none and no fresh session");
}

#[tokio::test]
async fn prompt_login_asks_who_is_signed_in_to_sign_in_again() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;
    gatelet.table.clock.advance(Seconds(60));

    let asked = notes.authorization_url().with("prompt", "login");
    let page = browser.authorize(&asked).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    let callback = browser.sign_in(&alice).await.callback();
    let tokens = notes.redeem(&asked, callback.code()).await.tokens();
    let claims = notes.verify(tokens.id()).await;
    assert_eq!(claims["auth_time"], json!(START.0 + 60), "the ID token tells of this very sign-in");
}

#[tokio::test]
async fn prompt_consent_asks_who_has_allowed_already() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;

    let page = browser.authorize(&notes.authorization_url().with("prompt", "consent")).await.page();
    assert!(page.says("Allow Notes to use your account?"), "{}", page.text);
    browser.allow().await.callback().code();

    browser.authorize(&notes.authorization_url().with("prompt", "login consent")).await.page();
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("Allow Notes to use your account?"), "{}", page.text);
    browser.deny().await.callback().is_refused("access_denied", "user refused consent");
    // A denial takes nothing back that was allowed before.
    browser.authorize(&notes.authorization_url()).await.callback().code();
}

#[tokio::test]
async fn a_sign_in_older_than_max_age_is_not_enough() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;
    let aged = || notes.authorization_url().with("max_age", "60");

    gatelet.table.clock.advance(Seconds(60));
    browser.authorize(&aged()).await.callback().code();
    gatelet.table.clock.advance(Seconds(1));
    let asked = aged();
    browser.authorize(&asked).await.page();
    let callback = browser.sign_in(&alice).await.callback();
    let tokens = notes.redeem(&asked, callback.code()).await.tokens();
    assert_eq!(notes.verify(tokens.id()).await["auth_time"], json!(START.0 + 61));
}

/// "Note that max_age=0 is equivalent to prompt=login."
#[tokio::test]
async fn max_age_zero_asks_even_who_signed_in_this_very_second() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;

    let page = browser.authorize(&notes.authorization_url().with("max_age", "0")).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    browser.sign_in(&alice).await.callback().code();
}

#[tokio::test]
async fn a_login_hint_is_what_the_form_begins_with() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let asked = notes.authorization_url().with("login_hint", "alice\"><script>");
    let page = browser.authorize(&asked).await.page();
    assert_eq!(page.form().value("username"), Some("alice\"><script>"));
    // It is a hint and nothing more.
    browser.sign_in(&alice).await.page();
    browser.allow().await.callback().code();
}
