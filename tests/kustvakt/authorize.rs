//! Kustvakt's authorization endpoint, where whoever calls says who they are in a header.

use serde_json::json;
use testkit::actors::Browser;

use crate::scene::{API, CHALLENGE, PREFIXES, Registered, Scene, VERIFIER, as_person, brought, code};

/// What is brought, by name.
fn named<'a>(brought: &'a [(String, String)], name: &str) -> Option<&'a str> {
    brought.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_user_gets_a_code_sent_to_the_client() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    for prefix in PREFIXES {
        let query = format!(
            "response_type=code&client_id={}&redirect_uri=https%3A%2F%2Fexample.client.com%2Fredirect&scope=notes%3Aread&state=a+state&code_challenge={CHALLENGE}&code_challenge_method=S256",
            client.id
        );
        let request = scene.gatelet.get(&format!("{prefix}/oauth2/authorize?{query}"));
        let answer = as_person(request, &scene.alice).await;
        let brought = brought(&answer);
        assert!(answer.location().unwrap().starts_with("https://example.client.com/redirect?code="));
        assert_eq!(named(&brought, "state"), Some("a state"));
        assert_eq!(named(&brought, "iss"), Some("https://id.example"));
        let redeemed = scene
            .token(&client, "authorization_code")
            .with("code", named(&brought, "code").unwrap())
            .with("redirect_uri", "https://example.client.com/redirect")
            .with("code_verifier", VERIFIER);
        assert_eq!(redeemed.await.tokens().scope, "notes:read");
    }
}

#[tokio::test]
async fn a_front_end_that_has_asked_its_user_gets_it_with_the_users_token() {
    let scene = Scene::new().await;
    let (front_end, client) = (scene.front_end().await, scene.registered(json!({})).await);
    let ask = |token: &str| scene.authorize(&scene.bob, &client, "notes:read").bearer(token);
    for scope in ["authorize", "all"] {
        let token = scene.token_of(&scene.alice, &front_end, scope).await;
        let code = code(&ask(&token).await);
        let redeemed = scene.token(&client, "authorization_code").with("code", &code);
        let tokens = redeemed.with("code_verifier", VERIFIER).await.tokens();
        assert!(tokens.access.starts_with("alice/"), "{}", tokens.access);
    }
    let token = scene.token_of(&scene.alice, &front_end, "client_info").await;
    let answer = ask(&token).await;
    assert_eq!((answer.status(), answer.reason()), (403, Some("token without authorize")));
    // Once it is no front end any more, its tokens are not good for that either.
    let token = scene.token_of(&scene.alice, &front_end, "all").await;
    scene.decide("privilege", &front_end, "super", false).await;
    assert_eq!(ask(&token).await.reason(), Some("token without authorize"));
}

#[tokio::test]
async fn no_other_client_can_let_itself_in() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    for scope in ["authorize", "all", "admin", "notes:read all"] {
        let brought = brought(&scene.authorize(&scene.alice, &client, scope).await);
        assert_eq!(named(&brought, "error"), Some("invalid_scope"), "{scope}");
        assert_eq!(named(&brought, "code"), None);
    }
}

#[tokio::test]
async fn mistakes_go_to_whoever_asks_until_it_is_known_where_to() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let ask = |query: &[(&str, &str)]| as_person(scene.authorize_by(query), &scene.alice);
    let unknown = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
    for (query, status, error, description) in [
        (vec![("scope", "x")], 400, "invalid_request", "Missing parameter: client_id"),
        (vec![("client_id", "x")], 401, "invalid_client", "Unknown client: "),
        (
            vec![("client_id", unknown)],
            401,
            "invalid_client",
            "Unknown client: 7d444840-9dc0-41d1-b245-5ffdce74fad2",
        ),
        (
            vec![("client_id", &client.id), ("redirect_uri", "https://evil.example/")],
            400,
            "invalid_request",
            "The redirect_uri is not one that is registered for the application.",
        ),
    ] {
        let mut query = query;
        query.push(("state", "a state"));
        let answer = ask(&query).await;
        assert_eq!(answer.status(), status, "{answer:?}");
        assert_eq!(
            answer.json(),
            json!({"error": error, "error_description": description, "state": "a state"})
        );
        assert_eq!(answer.location(), None);
    }
    let asked = |query: &[(&str, &str)]| {
        let mut all = vec![("client_id", client.id.as_str()), ("state", "a state")];
        all.extend(query);
        ask(&all)
    };
    let implicit = asked(&[("response_type", "token"), ("scope", "notes:read")]).await;
    assert!(implicit.location().unwrap().contains("redirect#error=unauthorized_client"), "{implicit:?}");
    for (query, error) in [
        (vec![("scope", "notes:read")], "invalid_request"),
        (vec![("response_type", "x"), ("scope", "notes:read")], "unsupported_response_type"),
        (vec![("response_type", "code")], "invalid_scope"),
        (
            vec![
                ("response_type", "code"),
                ("scope", "nothing"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
            "invalid_scope",
        ),
        (vec![("response_type", "code"), ("scope", "notes:read")], "invalid_request"),
    ] {
        let brought = brought(&asked(&query).await);
        assert_eq!((named(&brought, "error"), named(&brought, "state")), (Some(error), Some("a state")));
    }
}

/// A client that registered no redirect URI is one that nothing can be sent to.
#[tokio::test]
async fn s01_no_redirect_uri_is_good_for_a_client_that_registered_none() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({"redirect_uri": null})).await;
    for uri in ["https://evil.example/", "https://example.client.com/redirect", ""] {
        let query = [
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("scope", "notes:read"),
            ("redirect_uri", uri),
        ];
        let answer = as_person(scene.authorize_by(&query), &scene.alice).await;
        assert_eq!((answer.status(), answer.location()), (400, None), "{uri}: {answer:?}");
    }
}

#[tokio::test]
async fn s04_nothing_is_sent_to_plain_http_unless_an_operator_allows_it() {
    let own = json!({"redirect_uri": "http://example.client.com/redirect"});
    let scene = Scene::new().await;
    let client = scene.registered(own).await;
    let answer = scene.authorize(&scene.alice, &client, "notes:read").await;
    let description = "The redirect_uri of the application is http, and nothing is sent there unencrypted.";
    assert_eq!((answer.status(), answer.location()), (400, None));
    assert_eq!(answer.member("error_description").as_deref(), Some(description));
    let allowing = Scene {
        gatelet: scene.gatelet.but(|settings| settings.http_redirect_uris = true).await,
        ..scene.clone()
    };
    let answer = allowing.authorize(&scene.alice, &client, "notes:read").await;
    assert!(answer.location().unwrap().starts_with("http://example.client.com/redirect?code="));
}

#[tokio::test]
async fn a_browser_is_sent_where_people_sign_in() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let query = format!(
        "response_type=code&client_id={}&scope=notes%3Aread&state=a%20state&code_challenge={CHALLENGE}&code_challenge_method=S256",
        client.id
    );
    let answer = scene.gatelet.get(&format!("{API}/oauth2/authorize?{query}")).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.location(), Some(format!("/oauth2/authorize?{query}").as_str()));
    let mut browser: Browser = scene.gatelet.browser();
    browser.open(&format!("{API}/oauth2/authorize?{query}")).await.page();
    let page = browser.sign_in(&scene.alice).await.page();
    assert!(page.text.contains("Read your notes"), "{}", page.text);
    assert!(page.text.contains("Keep its access while you are not signed in"), "{}", page.text);
    let callback = browser.allow().await.callback();
    let redeemed = scene.token(&client, "authorization_code").with("code", callback.code());
    let tokens = redeemed.with("code_verifier", VERIFIER).await.tokens();
    // Nothing of it depends on the session.
    browser.sign_out().await.page();
    assert_eq!(scene.refresh(&client, &tokens).await.status(), 200);

    let without = format!("response_type=code&client_id={}&state=x", client.id);
    let answer = scene.gatelet.get(&format!("{API}/oauth2/authorize?{without}")).await;
    let expected = json!({"error": "invalid_scope", "error_description": "scope is required", "state": "x"});
    assert_eq!((answer.status(), answer.json()), (400, expected));
    let in_browser = scene.gatelet.get(&format!("{API}/oauth2/authorize?{without}"));
    let page = in_browser.header("sec-fetch-site", "none").await;
    assert!(page.text().contains("scope is required"), "{page:?}");
    assert_eq!((page.status(), page.header("content-type")), (400, Some("text/html; charset=utf-8")));
    let posted = scene.gatelet.post(&format!("{API}/oauth2/authorize")).with("client_id", &client.id).await;
    assert_eq!((posted.status(), posted.reason()), (405, Some("method not allowed")));
}

/// A browser that knows a password for the header adds it to whatever any page sends it to.
#[tokio::test]
async fn a_password_in_a_browsers_header_is_nobodys_word() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let asked = || scene.authorize(&scene.alice, &client, "notes:read");
    assert!(asked().await.location().unwrap().starts_with("https://example.client.com/redirect?code="));
    let answer = asked().header("sec-fetch-site", "cross-site").await;
    assert!(answer.location().unwrap().starts_with("/oauth2/authorize?"), "{answer:?}");
    for (name, value) in [("sec-fetch-site", "none"), ("origin", "https://evil.example")] {
        let privilege = scene.post("/admin/oauth2/client/privilege", &scene.root);
        let privilege = privilege.with("client_id", &client.id).with("super", "true").header(name, value);
        let answer = privilege.await;
        assert_eq!((answer.status(), answer.reason()), (401, Some("password in a browser's header")));
    }
}

#[tokio::test]
async fn a_client_that_was_defined_lets_in_whom_it_lets_in() {
    let scene = Scene::with(|settings| settings.codes_without_pkce = true).await;
    scene.gatelet.function_of("reader", &[]).await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "reader").await;
    let portal = Registered { id: portal.id, secret: portal.secret };
    let brought_to = |answer: &_| brought(answer);
    let answer = scene.authorize(&scene.alice, &portal, "notes:read").await;
    assert_eq!(named(&brought_to(&answer), "error"), Some("access_denied"));
    scene.gatelet.grant(&scene.alice, "reader", None).await;
    let tokens = scene.tokens(&scene.alice, &portal, "notes:read").await;
    // It is no client of a user's: without a session and without offline_access nothing is refreshed.
    assert_eq!(tokens.refresh, None);
}

#[tokio::test]
async fn what_a_code_costs() {
    let scene = Scene::new().await;
    let (front_end, client) = (scene.front_end().await, scene.registered(json!({})).await);
    let token = scene.token_of(&scene.alice, &front_end, "authorize").await;
    let ask = || scene.authorize(&scene.bob, &client, "notes:read").bearer(&token);
    code(&ask().await);
    drop(scene.gatelet.table.recorder.take());
    code(&ask().await);
    // The token with its user; its client; counting; the client that asks; the grant.
    assert_eq!(scene.gatelet.spent(), (5, 4.0, 2.0));
    let answer = ask().header("authorization", "Bearer alice/gtla_garbage").await;
    assert_eq!((answer.status(), scene.gatelet.spent()), (401, (0, 0.0, 0.0)));
}
