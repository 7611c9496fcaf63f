//! The authorization endpoint: what it answers, to whom, and by which kind of redirect.

use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::{Answer, Browser, Client, Gatelet, Person};

use crate::log;

/// A `state` with everything that could be lost, doubled or read as something else on the way.
const STATE: &str = "a b+c%20d&e=f?g#h/i;\"'<script>\\\u{e9}\u{1f6aa}\u{a0}%00 ";

struct Scene {
    gatelet: Gatelet,
    alice: Person,
    notes: Client,
    /// Alice's, signed in at Notes, which she has allowed.
    browser: Browser,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let alice = gatelet.person("alice").await;
        let notes = gatelet.confidential().await;
        let mut browser = gatelet.browser();
        notes.tokens(&mut browser, &alice, "openid").await;
        drop((gatelet.answers(), gatelet.writes()));
        Self { gatelet, alice, notes, browser }
    }
}

#[tokio::test]
async fn s07_after_a_form_with_credentials_comes_see_other() {
    let Scene { gatelet, alice, notes, .. } = Scene::new().await;
    let mut browser = gatelet.browser();
    browser.authorize(&notes.authorization_url().with("prompt", "consent")).await.page();
    let redirect = |gatelet: &Gatelet| {
        let answers = gatelet.answers();
        let first = answers.first().map(|first| (first.status(), first.location().map(str::to_owned)));
        first.unwrap_or_default()
    };
    drop(gatelet.answers());
    browser.sign_in(&alice).await.page();
    let (status, location) = redirect(&gatelet);
    assert_eq!(status, 303);
    assert!(location.is_some_and(|to| to.starts_with("/oauth2/authorize?resume=")));
    browser.allow().await.callback();
    let (status, location) = redirect(&gatelet);
    assert_eq!(status, 303);
    assert!(location.is_some_and(|to| to.starts_with("/oauth2/authorize?resume=")));
    browser.open("/logout").await.page();
    drop(gatelet.answers());
    browser.confirm_sign_out().await.page();

    // Nowhere, of all the answers there are, is a 307 or a 308, or a 302 that a browser might read as either.
    browser.open("/login").await.page();
    browser.sign_in(&alice).await.page();
    browser.post_from_elsewhere(paths::AUTHORIZE, notes.authorization_url().parameters()).await.callback();
    browser.post_from_elsewhere("/logout", Vec::new()).await.page();
    for answer in gatelet.answers() {
        assert!(!(300..400).contains(&answer.status()) || answer.status() == 303, "{answer:?}");
    }
}

#[tokio::test]
async fn s08_no_script_of_another_origin_reads_where_people_are_known() {
    let Scene { gatelet, notes, browser, .. } = Scene::new().await;
    let session = browser.cookies.get("__Host-gatelet-session").unwrap();
    let cookie = format!("__Host-gatelet-session={session}");
    let target = notes.authorization_url().to_string();
    let has_cors =
        |answer: &Answer| answer.header_names().iter().any(|name| name.starts_with("access-control-"));
    for path in [target.as_str(), paths::AUTHORIZE, paths::LOGIN, paths::CONSENT, paths::LOGOUT] {
        let asked = gatelet.get(path).header("origin", "https://evil.example").header("cookie", &cookie);
        let posted = gatelet.post(path).header("origin", "https://evil.example").header("cookie", &cookie);
        let preflight = gatelet
            .call(axum::http::Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "GET");
        for answer in [asked.await, posted.await, preflight.await] {
            assert!(!has_cors(&answer), "{path}: {answer:?}");
        }
    }
    // Where scripts may call, the same question is answered.
    let token = gatelet.post(paths::TOKEN).header("origin", "https://evil.example").await;
    assert_eq!(token.header("access-control-allow-origin"), Some("*"));
    assert_eq!(token.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn s11_a_mistake_that_meets_nobody_signed_in_is_no_redirect() {
    let Scene { gatelet, alice, mut browser, .. } = Scene::new().await;
    // Registered by whoever wants a link of this service to lead to them.
    let evil = gatelet.confidential_but(json!({"redirect_uris": ["https://evil.example/"]})).await;
    let url = || evil.authorization_url();
    for (asked, error, reason) in [
        (url().scope("root"), "invalid_scope", "scope not registered for the client"),
        (url().scope("\u{e9}"), "invalid_scope", "scope malformed"),
        (url().with("response_type", "code token"), "unsupported_response_type", "response_type not served"),
        (
            url().with("response_type", "token"),
            "unauthorized_client",
            "grant type is not registered for the client",
        ),
        (url().without("response_type"), "invalid_request", "response_type missing"),
        (url().without_pkce(), "invalid_request", "code_challenge missing"),
        (url().with("prompt", "maybe"), "invalid_request", "prompt not served"),
        (url().with("max_age", "-1"), "invalid_request", "max_age malformed"),
        (url().with("request", "e30."), "request_not_supported", "unsupported parameter"),
        (url().with("response_mode", "web_message"), "invalid_request", "response_mode not served"),
    ] {
        for mode in ["query", "form_post"] {
            let asked = if asked.get("response_mode").is_some() {
                asked.clone()
            } else {
                asked.clone().with("response_mode", mode)
            };
            let page = gatelet.browser().authorize(&asked).await.page();
            assert_eq!((page.answer.reason(), page.answer.location()), (Some(reason), None), "{asked}");
            assert!((400..500).contains(&page.answer.status()) && page.forms.is_empty(), "{asked}");
            // Whoever is signed in came on purpose, and the application learns what it did wrong.
            browser.authorize(&asked).await.callback().is_refused(error, reason);
        }
    }
    // A right request asks for the password before anything else; only the silent one may answer at once.
    let page = gatelet.browser().authorize(&url()).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    let silent = gatelet.browser().authorize(&url().with("prompt", "none")).await.callback();
    silent.is_refused("login_required", "prompt=none and no fresh session");
    gatelet.browser().grant(&url(), &alice).await.code();
}

#[tokio::test]
async fn s12_state_comes_back_as_it_went() {
    let Scene { gatelet, alice, notes, mut browser } = Scene::new().await;
    for mode in ["query", "fragment", "form_post"] {
        let url = || notes.authorization_url().with("response_mode", mode).with("state", STATE);
        let came_back = |callback: testkit::actors::Callback| {
            assert_eq!(callback.get("state"), Some(STATE), "{}", callback.address);
        };
        came_back(browser.authorize(&url()).await.callback());
        came_back(browser.authorize(&url().scope("root")).await.callback());
        came_back(gatelet.browser().authorize(&url().with("prompt", "none")).await.callback());
        // All the way through the browser, too.
        let mut fresh = gatelet.browser();
        came_back(fresh.grant(&url().scope("openid profile"), &alice).await);
        fresh.authorize(&url().with("prompt", "consent")).await.page();
        came_back(fresh.deny().await.callback());
    }
    // None is none, and an empty one is none.
    for asked in [notes.authorization_url().without("state"), notes.authorization_url().with("state", "")] {
        assert_eq!(browser.authorize(&asked).await.callback().get("state"), None);
    }
}

#[tokio::test]
async fn s12_state_of_two_kilobytes_is_carried_and_more_is_refused() {
    let Scene { gatelet, alice, notes, mut browser } = Scene::new().await;
    let longest = "s".repeat(2048);
    let asked = notes.authorization_url().with("state", &longest);
    let callback = gatelet.browser().grant(&asked.clone().scope("openid email"), &alice).await;
    assert_eq!(callback.get("state"), Some(longest.as_str()));
    let more = asked.with("state", &"s".repeat(2049));
    browser.authorize(&more).await.callback().is_refused("invalid_request", "state too long");
}

/// What the browser has to carry is a parameter again, and no longer than any other.
#[tokio::test]
async fn s12_a_request_too_long_to_be_carried_is_refused_before_anybody_signs_in() {
    let Scene { gatelet, alice, notes, mut browser } = Scene::new().await;
    // Written as JSON, each of these is six times as long.
    let carried = |controls: usize| notes.authorization_url().with("state", &"\u{1}".repeat(controls));
    for controls in [1200, 2048] {
        let page = gatelet.browser().authorize(&carried(controls)).await.page();
        assert_eq!((page.answer.status(), page.answer.location()), (400, None));
        assert_eq!(page.answer.reason(), Some("authorization request too long to be carried"));
        browser.authorize(&carried(controls)).await.callback().code();
    }
    // Whatever is let in comes out again: the longest that is, too.
    let mut longest = 0;
    for controls in (500..1200).step_by(10) {
        let asked = carried(controls).with("prompt", "consent");
        let landing = gatelet.browser().authorize(&asked).await.page();
        if landing.title.starts_with("Sign in") {
            longest = controls;
        }
    }
    assert!(longest > 510, "{longest}");
    for controls in [longest - 10, longest] {
        let callback = gatelet.browser().grant(&carried(controls).with("prompt", "consent"), &alice).await;
        assert_eq!(callback.get("state").map(str::len), Some(controls));
    }
}

#[tokio::test]
async fn s12_state_is_never_logged() {
    log::listen();
    let Scene { gatelet, alice, notes, mut browser } = Scene::new().await;
    let url = || notes.authorization_url().with("state", "confidential-state");
    browser.authorize(&url()).await.callback();
    browser.authorize(&url().scope("root")).await.callback();
    gatelet.browser().authorize(&url().scope("root")).await.page();
    gatelet.browser().grant(&url().scope("openid email"), &alice).await;
    let logout = [
        ("client_id".to_owned(), notes.id.clone()),
        ("post_logout_redirect_uri".to_owned(), "https://notes.example/goodbye".to_owned()),
        ("state".to_owned(), "confidential-state".to_owned()),
    ];
    browser.post_from_elsewhere("/logout", logout.to_vec()).await.page();
    browser.confirm_sign_out().await.callback();

    let heard = log::heard();
    for logged in
        [notes.id.as_str(), "scope not registered for the client", "sign_in.succeeded", "session.ended"]
    {
        assert!(heard.contains(logged), "{logged} is not logged: {heard}");
    }
    assert!(!heard.contains("confidential-state"), "{heard}");
}

#[tokio::test]
async fn s13_every_answer_says_who_it_is_from() {
    let Scene { gatelet, notes, mut browser, .. } = Scene::new().await;
    let issuer = gatelet.settings().issuer.to_string();
    for mode in ["query", "fragment", "form_post"] {
        let url = || notes.authorization_url().with("response_mode", mode);
        let silent = || url().with("prompt", "none");
        let answers = [
            browser.authorize(&url()).await.callback(),
            browser.authorize(&url().scope("root")).await.callback(),
            browser.authorize(&url().with("response_type", "token")).await.callback(),
            gatelet.browser().authorize(&silent()).await.callback(),
            browser.authorize(&silent().scope("openid profile")).await.callback(),
        ];
        for callback in answers {
            assert_eq!(callback.get("iss"), Some(issuer.as_str()), "{}", callback.address);
        }
        browser.authorize(&url().with("prompt", "consent")).await.page();
        assert_eq!(browser.deny().await.callback().get("iss"), Some(issuer.as_str()));
    }
    for path in [paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER] {
        let document = gatelet.get(path).await.json();
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(document["issuer"], json!(issuer));
    }
}

#[tokio::test]
async fn s13_an_answer_that_storage_refuses_says_so_too() {
    let Scene { gatelet, notes, mut browser, .. } = Scene::new().await;
    gatelet.table.faults.always("PutItem", testkit::Fault::Throttled);
    let asked = notes.authorization_url();
    let callback = browser.authorize(&asked).await.callback();
    assert_eq!(callback.get("error"), Some("temporarily_unavailable"));
    assert_eq!(
        (callback.get("iss"), callback.get("state")),
        (Some("https://id.example"), asked.get("state"))
    );
}

#[tokio::test]
async fn s14_what_is_not_known_is_ignored_and_what_is_empty_is_absent() {
    let Scene { notes, mut browser, gatelet, .. } = Scene::new().await;
    let asked = notes
        .authorization_url()
        .with("audience", "https://api.example")
        .with("ui_locales", "nb")
        .with("unheard", "of")
        .with("prompt", "")
        .with("max_age", "")
        .with("response_mode", "")
        .with("login_hint", "")
        .with("request", "")
        .with("request_uri", "")
        .with("nonce", "");
    let callback = browser.authorize(&asked).await.callback();
    let redeem = notes.redeem(&asked, callback.code()).with("unheard", "of").with("scope", "");
    let tokens = redeem.await.tokens();
    assert_eq!(notes.verify(tokens.id()).await.get("nonce"), None);
    let refresh = notes.refresh(tokens.refresh()).with("scope", "").with("unheard", "of");
    refresh.await.tokens();

    // What is required and empty is missing.
    for (name, error, reason) in [
        ("response_type", "invalid_request", "response_type missing"),
        ("code_challenge", "invalid_request", "code_challenge_method without code_challenge"),
        ("code_challenge_method", "invalid_request", "code_challenge_method is not S256"),
    ] {
        let callback = browser.authorize(&notes.authorization_url().with(name, "")).await.callback();
        callback.is_refused(error, reason);
    }
    let page = browser.authorize(&notes.authorization_url().with("client_id", "")).await.page();
    assert_eq!(page.answer.reason(), Some("client_id missing"));
    let empty = gatelet.post(paths::TOKEN).with("grant_type", "").await;
    empty.is_refused(400, "invalid_request", "grant_type missing");
}

#[tokio::test]
async fn s14_a_parameter_that_comes_twice_is_refused() {
    let Scene { gatelet, notes, browser, .. } = Scene::new().await;
    for (name, value) in notes.authorization_url().parameters() {
        for again in [value.as_str(), "another", ""] {
            let asked = notes.authorization_url().and(&name, again);
            let page = browser.clone().authorize(&asked).await.page();
            assert_eq!(
                (page.answer.status(), page.answer.reason()),
                (400, Some("parameter repeated")),
                "{asked}"
            );
        }
    }
    // One that nobody knows, and one that is empty both times.
    let url = || notes.authorization_url();
    for asked in [url().and("x", "1").and("x", "1"), url().and("prompt", "").and("prompt", "")] {
        let page = browser.clone().authorize(&asked).await.page();
        assert_eq!(page.answer.reason(), Some("parameter repeated"), "{asked}");
    }
    let mut posted = browser.clone();
    let page = posted.post_from_elsewhere(paths::AUTHORIZE, url().and("state", "").parameters()).await.page();
    assert_eq!(page.answer.reason(), Some("parameter repeated"));
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s15_codes_are_all_that_a_client_gets_that_registered_itself() {
    let Scene { gatelet, notes, mut browser, .. } = Scene::new().await;
    let unauthorized = ("unauthorized_client", "grant type is not registered for the client");
    let unsupported = ("unsupported_response_type", "response_type not served");
    for (kind, (error, reason)) in [
        ("token", unauthorized),
        ("id_token", unauthorized),
        ("id_token token", unauthorized),
        ("code token", unsupported),
        ("code id_token", unsupported),
        ("code id_token token", unsupported),
        ("none", unsupported),
        ("Code", unsupported),
    ] {
        for mode in [None, Some("form_post"), Some("query"), Some("fragment")] {
            let asked = notes.authorization_url().with("response_type", kind);
            let asked = mode.map_or(asked.clone(), |mode| asked.with("response_mode", mode));
            let callback = browser.authorize(&asked).await.callback();
            callback.is_refused(error, reason);
            for name in ["access_token", "id_token", "refresh_token"] {
                assert_eq!(callback.get(name), None, "{kind}");
            }
        }
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    for kind in ["token", "id_token", "code token"] {
        let asked = json!({"redirect_uris": ["https://notes.example/"], "response_types": ["code", kind]});
        let refused = gatelet.post(paths::REGISTER).json(&asked).await;
        refused.is_refused(400, "invalid_client_metadata", "response_types do not fit grant_types");
    }
    let asked = json!({"redirect_uris": ["https://notes.example/"], "grant_types": ["implicit"]});
    let refused = gatelet.post(paths::REGISTER).json(&asked).await;
    refused.is_refused(400, "invalid_client_metadata", "grant_types not served");
}

#[tokio::test]
async fn s57_an_application_that_anyone_can_pose_as_is_asked_about_every_time() {
    let Scene { gatelet, alice, mut browser, .. } = Scene::new().await;
    let uris = ["com.example.notes:/callback", "http://127.0.0.1/callback"];
    let desk = gatelet.public_but(json!({"redirect_uris": uris})).await;
    let [private, loopback] = uris.map(|uri| desk.authorization_url().with("redirect_uri", uri));
    browser.grant(&private, &alice).await.code();
    browser.authorize(&loopback).await.callback().code();
    let page = browser.authorize(&private).await.page();
    assert!(page.says("an app on this device (com.example.notes)"), "{}", page.text);
    let silent = browser.authorize(&private.with("prompt", "none")).await.callback();
    silent.is_refused("consent_required", "prompt=none and consent is missing");
}
