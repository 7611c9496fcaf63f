//! How a request comes and how its answer goes: by query or by form, from here or from elsewhere.

use oauth::metadata::paths;
use testkit::actors::Gatelet;

#[tokio::test]
async fn an_answer_may_be_posted() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let asked = notes.authorization_url().with("response_mode", "form_post");
    let callback = browser.grant(&asked, &alice).await;

    assert_eq!((callback.method.as_str(), callback.address.as_str()), ("POST", notes.redirect_uri.as_str()));
    let names: Vec<_> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(callback.get("state"), asked.get("state"));
    assert_eq!(callback.answer.status(), 200);
    assert_eq!(callback.answer.location(), None);
    notes.redeem(&asked, callback.code()).await.tokens();

    let denied = notes.authorization_url().with("response_mode", "form_post").with("prompt", "consent");
    browser.authorize(&denied).await.page();
    let callback = browser.deny().await.callback();
    assert_eq!(callback.method.as_str(), "POST");
    callback.is_refused("access_denied", "user refused consent");
    assert_eq!(callback.get("state"), denied.get("state"));
}

#[tokio::test]
async fn an_answer_may_be_for_the_browser_alone() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let asked = notes.authorization_url().with("response_mode", "fragment");
    let callback = gatelet.browser().grant(&asked, &alice).await;
    assert!(callback.address.starts_with("https://notes.example/callback#code="), "{}", callback.address);
    assert_eq!(
        (callback.get("state"), callback.get("iss")),
        (asked.get("state"), Some("https://id.example"))
    );
    notes.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn a_mode_that_is_not_served_is_refused_in_the_ordinary_one() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;
    for mode in ["query.jwt", "web_message"] {
        let callback =
            browser.authorize(&notes.authorization_url().with("response_mode", mode)).await.callback();
        assert_eq!(callback.method.as_str(), "GET");
        callback.is_refused("invalid_request", "response_mode not served");
    }
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();

    // The form stands on the application's page, so the browser brings no cookie along, first nor last.
    let asked = notes.authorization_url();
    browser.post_from_elsewhere(paths::AUTHORIZE, asked.parameters()).await.page();
    browser.sign_in(&alice).await.page();
    let callback = browser.allow().await.callback();
    notes.redeem(&asked, callback.code()).await.tokens();

    let asked = notes.authorization_url();
    let callback = browser.post_from_elsewhere(paths::AUTHORIZE, asked.parameters()).await.callback();
    assert_eq!(callback.get("state"), asked.get("state"));
    notes.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn a_posted_request_with_the_cookie_is_answered_at_once() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;

    let asked = notes.authorization_url();
    let session =
        format!("__Host-gatelet-session={}", browser.cookies.get("__Host-gatelet-session").unwrap());
    let mut posted = gatelet.post(paths::AUTHORIZE).header("cookie", session);
    for (name, value) in asked.parameters() {
        posted = posted.with(&name, &value);
    }
    let answer = posted.await;
    assert_eq!(answer.status(), 303);
    assert!(answer.location().unwrap().starts_with(&format!("{}?code=", notes.redirect_uri)), "{answer:?}");
}

#[tokio::test]
async fn a_redirect_uri_keeps_the_query_that_it_was_registered_with() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let own = serde_json::json!({"redirect_uris": ["https://notes.example/callback?tenant=a%20b&x"]});
    let notes = gatelet.confidential_but(own).await;
    let callback = gatelet.browser().grant(&notes.authorization_url(), &alice).await;
    assert!(
        callback.address.starts_with("https://notes.example/callback?tenant=a%20b&x&code="),
        "{}",
        callback.address
    );
    assert_eq!(callback.get("tenant"), Some("a b"));
}
