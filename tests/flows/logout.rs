//! Signing out at an application's wish (OpenID Connect RP-Initiated Logout 1.0).

use domain::time::Seconds;
use testkit::actors::{Browser, Client, Gatelet};
use url::form_urlencoded::Serializer;

const GOODBYE: &str = "https://notes.example/goodbye";

/// Where an application sends a browser that is to sign out.
fn end_session(parameters: &[(&str, &str)]) -> String {
    format!("/logout?{}", Serializer::new(String::new()).extend_pairs(parameters).finish())
}

/// Alice, signed in at Notes, and the ID token that Notes has of her.
async fn signed_in(gatelet: &Gatelet) -> (Client, Browser, String) {
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let tokens = notes.tokens(&mut browser, &alice, "openid").await;
    let id_token = tokens.id().to_owned();
    (notes, browser, id_token)
}

#[tokio::test]
async fn an_application_has_a_person_signed_out_and_sent_back() {
    let gatelet = Gatelet::start().await;
    let (notes, mut browser, _) = signed_in(&gatelet).await;
    let asked =
        [("client_id", notes.id.as_str()), ("post_logout_redirect_uri", GOODBYE), ("state", "a b&c=\u{e9}")];
    drop(gatelet.writes());
    let page = browser.open(&end_session(&asked)).await.page();
    assert!(page.says("You are signed in as alice."), "{}", page.text);
    assert!(page.says("Afterwards you go back to notes.example."), "{}", page.text);
    assert_eq!(gatelet.writes(), [""; 0], "nobody is signed out unasked");

    let back = browser.confirm_sign_out().await.callback();
    assert_eq!((back.place(), back.get("state")), (GOODBYE, Some("a b&c=\u{e9}")));
    assert_eq!(back.parameters.len(), 1, "{:?}", back.parameters);
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    // Whoever is signed out already goes straight back.
    let back = browser.open(&end_session(&asked)).await.callback();
    assert_eq!(back.get("state"), Some("a b&c=\u{e9}"));
}

#[tokio::test]
async fn an_id_token_says_which_application_asks_even_when_it_has_expired() {
    let gatelet = Gatelet::start().await;
    let (_, mut browser, id_token) = signed_in(&gatelet).await;
    gatelet.table.clock.advance(Seconds::hours(1));
    let asked = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", GOODBYE)];
    browser.open(&end_session(&asked)).await.page();
    let back = browser.confirm_sign_out().await.callback();
    assert_eq!(back.address, GOODBYE, "and without a state there is nothing to add");
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_refused() {
    let gatelet = Gatelet::start().await;
    let (notes, mut browser, id_token) = signed_in(&gatelet).await;
    let other = gatelet.confidential().await;
    let (id, hint) = (notes.id.as_str(), id_token.as_str());
    drop(gatelet.writes());
    for (parameters, reason) in [
        (
            vec![("client_id", id), ("post_logout_redirect_uri", "https://evil.example/")],
            "post_logout_redirect_uri is not registered",
        ),
        (
            vec![("client_id", id), ("post_logout_redirect_uri", "https://notes.example/goodbye/")],
            "post_logout_redirect_uri is not registered",
        ),
        // An address to send answers to is none to send people to.
        (
            vec![("client_id", id), ("post_logout_redirect_uri", "https://notes.example/callback")],
            "post_logout_redirect_uri is not registered",
        ),
        (
            vec![("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example/")],
            "post_logout_redirect_uri is not registered",
        ),
        (vec![("post_logout_redirect_uri", GOODBYE)], "logout names no client"),
        (vec![("client_id", "nobody"), ("post_logout_redirect_uri", GOODBYE)], "logout names no client"),
        (
            vec![("client_id", &other.id), ("id_token_hint", hint), ("post_logout_redirect_uri", GOODBYE)],
            "id_token_hint is not ours",
        ),
        (
            vec![("id_token_hint", "eyJhbGciOiJub25lIn0.e30."), ("post_logout_redirect_uri", GOODBYE)],
            "id_token_hint is not ours",
        ),
    ] {
        let page = browser.open(&end_session(&parameters)).await.page();
        assert_eq!((page.answer.status(), page.answer.reason()), (400, Some(reason)), "{parameters:?}");
        assert_eq!(page.answer.location(), None);
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    browser.authorize(&notes.authorization_url()).await.callback().code();
}

#[tokio::test]
async fn an_application_may_post_its_wish_and_the_person_is_asked_all_the_same() {
    let gatelet = Gatelet::start().await;
    let (notes, mut browser, _) = signed_in(&gatelet).await;
    let asked = [("client_id", notes.id.as_str()), ("post_logout_redirect_uri", GOODBYE), ("state", "s")];
    let fields = || asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();

    // The form stands on the application's page, so the browser brings no cookie along.
    let page = browser.post_from_elsewhere("/logout", fields()).await.page();
    assert!(page.says("You are signed in as alice."), "{}", page.text);
    browser.authorize(&notes.authorization_url()).await.callback().code();

    browser.post_from_elsewhere("/logout", fields()).await.page();
    let back = browser.confirm_sign_out().await.callback();
    assert_eq!((back.place(), back.get("state")), (GOODBYE, Some("s")));
}

#[tokio::test]
async fn only_the_form_of_this_session_signs_out() {
    let gatelet = Gatelet::start().await;
    let (notes, mut browser, _) = signed_in(&gatelet).await;
    let bob = gatelet.person("bob").await;
    let mut bobs = gatelet.browser();
    bobs.open("/login").await.page();
    bobs.sign_in(&bob).await.page();
    bobs.open("/logout").await.page();
    let form = bobs.page().form().press("Sign out");
    drop(gatelet.writes());

    let page = browser.submit(form.clone()).await.page();
    assert!(page.says("You are signed in as alice."), "asked again: {}", page.text);
    assert_eq!(gatelet.writes(), [""; 0]);
    browser.authorize(&notes.authorization_url()).await.callback().code();
    let page = bobs.submit(form).await.page();
    assert!(page.says("You are signed out"), "{}", page.text);
}
