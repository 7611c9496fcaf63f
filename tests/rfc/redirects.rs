//! Redirect URIs: which may be registered, which may be asked for, and that nothing else is ever led to.

use axum::http::Method;
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::{AuthorizationUrl, Browser, Client, Gatelet};

/// Alice, signed in at Notes, which she has allowed: any request of Notes' that is good is answered at once.
async fn signed_in(gatelet: &Gatelet, notes: &Client) -> Browser {
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    notes.tokens(&mut browser, &alice, "openid").await;
    drop(gatelet.writes());
    browser
}

/// Holds the request to end on a page and nowhere else, for somebody who is signed in and for somebody who is not.
async fn leads_nowhere(browser: &Browser, gatelet: &Gatelet, asked: &AuthorizationUrl, reason: &str) {
    for mut browser in [browser.clone(), gatelet.browser()] {
        drop(gatelet.answers());
        let page = browser.authorize(asked).await.page();
        assert_eq!((page.answer.status(), page.answer.reason()), (400, Some(reason)), "{asked}");
        assert_eq!(gatelet.answers().len(), 1, "{asked}");
        assert_eq!((page.answer.location(), page.answer.header("refresh")), (None, None), "{asked}");
        assert!(page.forms.is_empty() && !page.scripted, "{asked}");
        assert!(!page.answer.text().contains("evil"), "the page gives it no voice either: {asked}");
    }
}

#[tokio::test]
async fn s01_a_redirect_uri_is_compared_letter_by_letter() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let browser = signed_in(&gatelet, &notes).await;
    assert_eq!(notes.redirect_uri, "https://notes.example/callback");
    for uri in [
        "https://notes.example/Callback",
        "https://NOTES.example/callback",
        "HTTPS://notes.example/callback",
        "https://notes.example/callback/",
        "https://notes.example/callback?",
        "https://notes.example/callback?x=1",
        "https://notes.example/callback/evil",
        "https://notes.example/callback/../evil",
        "https://notes.example/./callback",
        "https://notes.example/%2e/callback",
        "https://notes.example/callback%2e",
        "https://notes.example/%63allback",
        "https://notes.example//callback",
        "https://notes.example:443/callback",
        "https://notes.example/callback;evil",
        "https://notes.example/callback evil",
        "https://notes.example/callback\\evil",
        "https://notes.example.evil.example/callback",
        "https://notes.example@evil.example/callback",
        "https://evil.example@notes.example/callback",
        "https://evil.example/https://notes.example/callback",
        "https://evil.example/callback",
        "https:evil.com",
        "https:/notes.example/callback",
        "//notes.example/callback",
        "/callback",
        "notes.example/callback",
        "http://notes.example/callback",
        "javascript:alert('evil')",
        "data:text/html,evil",
        " https://notes.example/callback",
        "https://notes.example/callback\r\nLocation: https://evil.example",
    ] {
        let asked = notes.authorization_url().with("redirect_uri", uri);
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    browser.clone().authorize(&notes.authorization_url()).await.callback().code();
}

#[tokio::test]
async fn s01_of_several_any_one_is_good_and_no_mixture() {
    let gatelet = Gatelet::start().await;
    let uris = ["https://notes.example/a?x=1", "https://notes.example/b"];
    let notes = gatelet.confidential_but(json!({"redirect_uris": uris})).await;
    let mut browser = signed_in(&gatelet, &notes).await;
    for uri in uris {
        let callback =
            browser.authorize(&notes.authorization_url().with("redirect_uri", uri)).await.callback();
        assert!(callback.address.starts_with(uri), "{}", callback.address);
    }
    for uri in ["https://notes.example/a", "https://notes.example/b?x=1"] {
        let asked = notes.authorization_url().with("redirect_uri", uri);
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
    }
}

#[tokio::test]
async fn s02_a_native_application_listens_on_any_port_of_loopback() {
    let gatelet = Gatelet::start().await;
    let uris = ["http://127.0.0.1/callback", "http://[::1]:8000/callback", "http://localhost:3000/callback"];
    let desk = gatelet.public_but(json!({"redirect_uris": uris})).await;
    let mut browser = signed_in(&gatelet, &desk).await;
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://[::1]/callback",
        "http://[::1]:51004/callback",
        "http://localhost:3000/callback",
    ] {
        let asked = desk.authorization_url().with("redirect_uri", uri);
        let callback = browser.authorize(&asked).await.callback();
        assert_eq!(callback.place(), uri);
        // What it is redeemed with is the one it was sent to, port and all.
        let elsewhere =
            desk.redeem(&asked, callback.code()).with("redirect_uri", "http://127.0.0.1:2/callback");
        elsewhere.await.is_refused(400, "invalid_grant", "code for another redirect_uri");
        desk.redeem(&asked, callback.code()).await.tokens();
    }
    for uri in [
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/evil",
        "http://127.0.0.1:1/callback?evil",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:1evil/callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.2/callback",
        "https://127.0.0.1:1/callback",
        // "localhost" may resolve to another interface.
        "http://localhost:3001/callback",
    ] {
        let asked = desk.authorization_url().with("redirect_uri", uri);
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
    }
}

#[tokio::test]
async fn s02_nobody_else_has_a_port_to_choose() {
    let gatelet = Gatelet::start().await;
    let web = gatelet.confidential_but(json!({"redirect_uris": ["http://127.0.0.1:3000/callback"]})).await;
    assert_eq!(web.information["application_type"], "web");
    let browser = signed_in(&gatelet, &web).await;
    let asked = web.authorization_url().with("redirect_uri", "http://127.0.0.1:3001/callback");
    leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;

    let native = gatelet.public_but(json!({"redirect_uris": ["https://desk.example:3000/callback"]})).await;
    let asked = native.authorization_url().with("redirect_uri", "https://desk.example:3001/callback");
    leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
}

/// Holds each of these to be refused at registration, as the first redirect URI and as a later one.
async fn can_not_be_registered(cases: &[(&str, &str)]) {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    for (uri, reason) in cases {
        for uris in [json!([uri]), json!(["https://notes.example/", uri])] {
            let answer = gatelet.post(paths::REGISTER).json(&json!({"redirect_uris": uris})).await;
            answer.is_refused(400, "invalid_redirect_uri", reason);
        }
        let logout = json!({"redirect_uris": ["https://notes.example/"], "post_logout_redirect_uris": [uri]});
        let answer = gatelet.post(paths::REGISTER).json(&logout).await;
        answer.is_refused(400, "invalid_redirect_uri", reason);
        let change = json!({"client_id": notes.id, "redirect_uris": [uri]});
        let answer = notes.manage(Method::PUT).json(&change).await;
        answer.is_refused(400, "invalid_redirect_uri", reason);
    }
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s03_what_is_not_absolute_or_has_a_fragment_can_not_be_registered() {
    let (relative, fragment) = ("redirect URI is not an absolute URI", "redirect URI has a fragment");
    let (scheme, user) =
        ("redirect URI has a scheme that is not allowed", "redirect URI has user information");
    can_not_be_registered(&[
        ("", relative),
        ("/callback", relative),
        ("//notes.example/callback", relative),
        ("notes.example/callback", relative),
        ("?x", relative),
        ("https://", relative),
        ("https://notes.example/a b", relative),
        ("https://notes.example/\u{e9}", relative),
        ("https://notes.example/\"><script>", relative),
        ("https://notes.example/callback#", fragment),
        ("https://notes.example/callback#x", fragment),
        ("http://127.0.0.1/#x", fragment),
        ("com.example.app:/callback#x", fragment),
        ("https://user@notes.example/", user),
        ("https://user:password@notes.example/", user),
        ("https:notes.example", scheme),
        ("https:/notes.example", scheme),
        ("javascript:alert(1)", scheme),
        ("data:text/html,x", scheme),
        ("myapp:/callback", scheme),
    ])
    .await;
}

#[tokio::test]
async fn s03_what_is_not_absolute_or_has_a_fragment_can_not_be_asked_for() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let browser = signed_in(&gatelet, &notes).await;
    for uri in [
        "https://notes.example/callback#",
        "https://notes.example/callback#evil",
        "https://notes.example/callback%23evil",
        "/callback#evil",
        "#evil",
        "callback",
    ] {
        let asked = notes.authorization_url().with("redirect_uri", uri);
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
    }
}

#[tokio::test]
async fn s04_plain_http_is_for_loopback_alone() {
    let plain = "redirect URI is http but not loopback";
    can_not_be_registered(&[
        ("http://notes.example/callback", plain),
        ("HTTP://notes.example/callback", plain),
        ("http://10.0.0.1/callback", plain),
        ("http://192.168.0.1/callback", plain),
        ("http://localhost.evil.example/callback", plain),
        ("http://127.0.0.1.evil.example/callback", plain),
        ("http://[::2]/callback", plain),
        ("http://0.0.0.0/callback", plain),
    ])
    .await;
    let gatelet = Gatelet::start().await;
    for uri in ["http://127.0.0.1/callback", "http://[::1]:8000/callback", "http://localhost:3000/callback"] {
        gatelet.public_but(json!({"redirect_uris": [uri]})).await;
    }
}

#[tokio::test]
async fn s05_an_unknown_client_leads_to_a_page_and_nowhere_else() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let browser = signed_in(&gatelet, &notes).await;
    let evil = || notes.authorization_url().with("redirect_uri", "https://evil.example/");
    let unknown = "f0f9a9ce-7d5e-4f6b-8b7e-4d6d3a1f2b3c";
    for mode in [None, Some("query"), Some("form_post"), Some("fragment")] {
        for prompt in [None, Some("none"), Some("login")] {
            let shaped = |mut asked: AuthorizationUrl| {
                for (name, value) in [("response_mode", mode), ("prompt", prompt)] {
                    asked = value.map_or(asked.clone(), |value| asked.with(name, value));
                }
                asked
            };
            for id in [unknown, "nobody", &notes.id.to_uppercase()] {
                let asked = shaped(evil().with("client_id", id));
                leads_nowhere(&browser, &gatelet, &asked, "client unknown").await;
            }
            leads_nowhere(&browser, &gatelet, &shaped(evil().without("client_id")), "client_id missing")
                .await;
            leads_nowhere(&browser, &gatelet, &shaped(evil()), "redirect_uri is not registered").await;
        }
    }
    let mut posting = browser.clone();
    let page = posting.post_from_elsewhere(paths::AUTHORIZE, evil().parameters()).await.page();
    assert_eq!((page.answer.status(), page.answer.location()), (400, None));
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s05_whatever_else_is_wrong_is_no_way_out() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let browser = signed_in(&gatelet, &notes).await;
    let evil = || notes.authorization_url().with("redirect_uri", "https://evil.example/");
    for asked in [
        evil().with("response_type", "token"),
        evil().with("scope", "root"),
        evil().with("prompt", "none login"),
        evil().with("request", "e30."),
        evil().without_pkce(),
    ] {
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri is not registered").await;
    }
    // Two of them, and one of them even registered.
    let twice = notes.authorization_url().and("redirect_uri", "https://evil.example/");
    leads_nowhere(&browser, &gatelet, &twice, "parameter repeated").await;
}

#[tokio::test]
async fn s05_a_redirect_uri_that_is_taken_back_is_led_to_no_more() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url()).await.page();
    let change = json!({"client_id": notes.id, "redirect_uris": ["https://notes.example/new"]});
    assert_eq!(notes.manage(Method::PUT).json(&change).await.status(), 200);

    browser.sign_in(&alice).await.page();
    let page = browser.page().clone();
    assert_eq!((page.answer.status(), page.answer.location()), (400, None), "{}", page.text);
    assert_eq!(page.answer.reason(), Some("redirect_uri is not registered"));
}

#[tokio::test]
async fn s06_among_several_the_request_must_name_one() {
    let gatelet = Gatelet::start().await;
    let two = json!({"redirect_uris": ["https://notes.example/a", "https://notes.example/b"]});
    let two = gatelet.confidential_but(two).await;
    let browser = signed_in(&gatelet, &two).await;
    for asked in
        [two.authorization_url().without("redirect_uri"), two.authorization_url().with("redirect_uri", "")]
    {
        leads_nowhere(&browser, &gatelet, &asked, "redirect_uri missing among several").await;
    }

    let alice = gatelet.person("another.alice").await;
    let one = gatelet.confidential().await;
    let asked = one.authorization_url().without("redirect_uri");
    let callback = gatelet.browser().grant(&asked, &alice).await;
    assert_eq!(callback.place(), one.redirect_uri);
    one.redeem(&asked, callback.code()).await.tokens();

    let none = gatelet.register(&json!({"grant_types": ["client_credentials"], "scope": "notes:read"})).await;
    let asked = none.authorization_url().without("redirect_uri");
    leads_nowhere(&browser, &gatelet, &asked, "client has no redirect_uri").await;
}
