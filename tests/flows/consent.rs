//! Allowing and denying: asked once for each application and scope, and again where something is new.

use serde_json::json;
use testkit::actors::Gatelet;

#[tokio::test]
async fn who_denies_is_asked_again_and_who_allows_is_not() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    let asked = notes.authorization_url().scope("openid notes:read");
    browser.authorize(&asked).await.page();
    browser.sign_in(&alice).await.page();
    drop(gatelet.writes());
    let denied = browser.deny().await.callback();
    denied.is_refused("access_denied", "user refused consent");
    assert_eq!(denied.get("state"), asked.get("state"));
    assert_eq!(gatelet.writes(), [""; 0], "a denial leaves no trace");

    let asked = notes.authorization_url().scope("openid notes:read");
    browser.authorize(&asked).await.page();
    let allowed = browser.allow().await.callback();
    let tokens = notes.redeem(&asked, allowed.code()).await.tokens();
    assert_eq!(tokens.scope, "notes:read openid");

    for scope in ["openid notes:read", "openid"] {
        let asked = notes.authorization_url().scope(scope);
        browser.authorize(&asked).await.callback().code();
    }
}

#[tokio::test]
async fn a_scope_that_is_new_is_asked_about() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid notes:read").await;

    let page = browser.authorize(&notes.authorization_url().scope("openid notes:write")).await.page();
    assert!(page.says("Change your notes"), "{}", page.text);
    browser.allow().await.callback().code();
    // What was allowed at different times is allowed together.
    let both = notes.authorization_url().scope("openid notes:read notes:write");
    browser.authorize(&both).await.callback().code();
}

#[tokio::test]
async fn every_application_and_every_person_is_asked_for_themselves() {
    let gatelet = Gatelet::start().await;
    let (alice, bob) = (gatelet.person("alice").await, gatelet.person("bob").await);
    let notes = gatelet.confidential().await;
    let other = gatelet.confidential_but(json!({"client_name": "Tasks"})).await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;

    let page = browser.authorize(&other.authorization_url()).await.page();
    assert!(page.says("Allow Tasks to use your account?"), "{}", page.text);
    let mut bobs = gatelet.browser();
    bobs.authorize(&notes.authorization_url()).await.page();
    let page = bobs.sign_in(&bob).await.page();
    assert!(page.says("Allow Notes to use your account?"), "{}", page.text);
}

#[tokio::test]
async fn the_question_says_who_asks_and_for_what() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser
        .authorize(&notes.authorization_url().scope("openid email offline_access notes:read"))
        .await
        .page();
    let page = browser.sign_in(&alice).await.page();
    insta::assert_snapshot!(page.text, @"
    Gatelet
    Allow Notes to use your account?
    Signed in as alice Use another account
    About this application
    Keeps your notes.
    Website
    https://notes.example (opens in a new tab)
    What it asks for
    Know who you are here openid
    See your e-mail address email
    Keep its access while you are not signed in offline_access
    Read your notes notes:read
    Allow this only if you know the application and came from it yourself. Either way, you go back to notes.example.
    Deny
    Allow
    ");
}

#[tokio::test]
async fn an_answer_is_worth_nothing_in_another_session() {
    let gatelet = Gatelet::start().await;
    let (alice, bob) = (gatelet.person("alice").await, gatelet.person("bob").await);
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url()).await.page();
    browser.sign_in(&alice).await.page();
    let allowed = browser.page().form().press("Allow");

    let mut bobs = gatelet.browser();
    bobs.open("/login").await.page();
    bobs.sign_in(&bob).await.page();
    drop(gatelet.writes());
    let page = bobs.submit(allowed.clone()).await.page();
    assert_eq!(page.answer.status(), 400);
    assert_eq!(page.answer.reason(), Some("consent form of another session"));
    assert_eq!(gatelet.writes(), [""; 0]);

    // Without any session, the way leads to the sign-in form.
    let page = gatelet.browser().submit(allowed).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
}

#[tokio::test]
async fn an_answer_is_good_for_its_request_alone() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url().scope("openid")).await.page();
    browser.sign_in(&alice).await.page();
    let little = browser.page().form();
    browser.authorize(&notes.authorization_url().scope("openid profile email")).await.page();
    let much = browser.page().form();

    let csrf = little.value("csrf").unwrap().to_owned();
    let page = browser.submit(much.forge("csrf", &csrf).press("Allow")).await.page();
    assert_eq!(page.answer.reason(), Some("consent form of another session"));
    let neither = browser.submit(little.submission(None)).await.page();
    assert_eq!(neither.answer.reason(), Some("consent neither given nor refused"));
}
