//! The sign-in form: good in one browser, for one sign-in, for a while.

use domain::time::Seconds;
use testkit::actors::Gatelet;

#[tokio::test]
async fn a_form_sent_twice_signs_in_once() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url()).await.page();
    let form = browser.page().form().fill("username", "alice").fill("password", &alice.password);

    browser.submit(form.press("Sign in")).await.page();
    let before = gatelet.table.items();
    let mut back = browser.clone();
    let page = back.submit(form.press("Sign in")).await.page();
    assert!(page.says("This form has been used already. Please sign in again."), "{}", page.text);
    assert_eq!((page.answer.status(), page.answer.reason()), (400, Some("sign-in form used before")));
    assert_eq!(gatelet.table.items(), before);

    // Neither in the same browser without the session, nor once TTL has taken what remembers it.
    browser.cookies.forget("__Host-gatelet-session");
    let page = browser.submit(form.press("Sign in")).await.page();
    assert_eq!(page.answer.reason(), Some("sign-in form used before"));
    gatelet.table.clock.advance(gatelet.settings().lifetimes.sign_in);
    gatelet.table.sweep().unwrap();
    let page = browser.submit(form.press("Sign in")).await.page();
    assert_eq!(page.answer.reason(), Some("pending request is stale or not ours"));

    // The form that was shown instead is a good one.
    back.authorize(&notes.authorization_url().with("prompt", "login")).await.page();
    back.sign_in(&alice).await.page();
}

#[tokio::test]
async fn a_form_from_another_browser_is_refused() {
    let gatelet = Gatelet::start().await;
    let mallory = gatelet.person("mallory").await;
    let notes = gatelet.confidential().await;
    let mut mallorys = gatelet.browser();
    mallorys.authorize(&notes.authorization_url()).await.page();
    let form = mallorys.page().form().fill("username", "mallory").fill("password", &mallory.password);

    let mut fresh = gatelet.browser();
    let mut known = gatelet.browser();
    known.open("/login").await.page();
    for victim in [&mut fresh, &mut known] {
        let page = victim.submit(form.press("Sign in")).await.page();
        assert_eq!(page.answer.status(), 400);
        assert_eq!(page.answer.reason(), Some("sign-in form is stale or from another browser"));
        assert_eq!(victim.cookies.get("__Host-gatelet-session"), None);
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    // From a page of another site it comes without even that browser's own cookie.
    let page = mallorys.post_from_elsewhere("/login", form.press("Sign in").fields).await.page();
    assert_eq!(page.answer.reason(), Some("sign-in form is stale or from another browser"));
    mallorys.submit(form.press("Sign in")).await.page();
}

#[tokio::test]
async fn a_form_is_good_for_a_while() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    let lasts = gatelet.settings().lifetimes.sign_in;

    browser.open("/login").await.page();
    gatelet.table.clock.advance(lasts);
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("This page has been open too long. Please sign in again."), "{}", page.text);
    assert_eq!(page.answer.reason(), Some("sign-in form is stale or from another browser"));
    gatelet.table.clock.advance(Seconds(lasts.0 - 1));
    let page = browser.sign_in(&alice).await.page();
    assert!(page.says("You are signed in"), "{}", page.text);
}

#[tokio::test]
async fn a_form_that_was_tampered_with_is_refused() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url()).await.page();
    let form = browser.page().form().fill("username", "alice").fill("password", &alice.password);
    let (request, csrf) = (form.value("request").unwrap().to_owned(), form.value("csrf").unwrap().to_owned());

    for (name, value, reason) in [
        ("csrf", "garbage", "sign-in form is stale or from another browser"),
        ("csrf", &request, "sign-in form is stale or from another browser"),
        ("csrf", "", "sign-in form is stale or from another browser"),
        ("request", "garbage", "pending request is stale or not ours"),
        ("request", &csrf, "pending request is stale or not ours"),
    ] {
        let page = browser.submit(form.clone().forge(name, value).press("Sign in")).await.page();
        assert_eq!((page.answer.status(), page.answer.reason()), (400, Some(reason)), "{name}={value}");
    }
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn what_was_typed_is_shown_again_and_the_password_is_not() {
    let gatelet = Gatelet::start().await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    let page = browser.sign_in_as("Al\"ice", "a secret guess").await.page();
    assert!(page.says("The username or password is not right."), "{}", page.text);
    assert_eq!((page.answer.status(), page.answer.reason()), (401, Some("sign-in name unknown")));
    assert_eq!(page.form().value("username"), Some("Al\"ice"));
    assert_eq!(page.form().value("password"), Some(""));
    assert!(!page.answer.text().contains("a secret guess"));
}
