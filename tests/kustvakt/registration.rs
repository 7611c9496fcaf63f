//! Registration (`client/register`): who may, what is answered, and every text that says why not.

use axum::http::Method;
use domain::ClientId;
use domain::settings::Registration;
use oauth::metadata::paths;
use serde_json::{Value, json};

use crate::scene::{API, PREFIXES, Scene, as_person, coded, described, refused, with_password};

#[tokio::test]
async fn a_confidential_client_is_shown_its_secret_this_once() {
    let scene = Scene::new().await;
    for prefix in PREFIXES {
        let request = scene.gatelet.post(&format!("{prefix}/oauth2/client/register"));
        let answer = as_person(request, &scene.alice).json(&described(json!({}))).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["client_id", "client_secret"]);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let id = ClientId::parse(&answer.member("client_id").unwrap()).unwrap();
        let stored = scene.gatelet.table.store.clients.find(id).await.unwrap().unwrap();
        assert!(stored.is_owned_by(scene.alice.id));
        let secret = answer.member("client_secret").unwrap();
        assert!(!scene.gatelet.table.items().iter().any(|item| item.to_string().contains(&secret)));
    }
}

#[tokio::test]
async fn a_public_client_gets_no_secret() {
    let scene = Scene::new().await;
    let answer = scene.register(&scene.alice, &described(json!({"type": "PUBLIC"}))).await;
    assert_eq!(answer.status(), 200);
    let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["client_id"]);
}

/// The documentation wraps its examples, in the middle of a text too.
#[tokio::test]
async fn an_example_may_be_sent_as_it_is_wrapped() {
    let scene = Scene::new().await;
    let body = "{\"name\":\"MyOAuth2Client\",\"type\":\"CONFIDENTIAL\",\"description\":\"a \n        confidential web application\",\"url\":\"http://example.client.com\",\n        \"redirect_uri\":\"http://example.client.com/redirect\"}";
    let request = scene.gatelet.post(&format!("{API}/oauth2/client/register"));
    let answer = as_person(request, &scene.alice).body("application/json", body).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let id = ClientId::parse(&answer.member("client_id").unwrap()).unwrap();
    let stored = scene.gatelet.table.store.clients.find(id).await.unwrap().unwrap();
    assert_eq!(stored.about.description.as_deref(), Some("a confidential web application"));
}

#[tokio::test]
async fn every_text_of_a_bad_registration() {
    let scene = Scene::new().await;
    for (own, text) in [
        (json!({"name": "ab"}), "client_name must contain at least 3 characters"),
        (json!({"name": null}), "client_name is null"),
        (json!({"type": null}), "client_type is null"),
        (json!({"description": null}), "client_description is null"),
        (json!({"url": "not a url"}), "Invalid URL"),
        (json!({"url": null, "source": {"name": "My plugin"}}), "Invalid URL"),
        (json!({"redirect_uri": "https://example.client.com/#fragment"}), "Invalid redirect URI"),
        (json!({"redirect_uri": "ftp://example.client.com/"}), "Invalid redirect URI"),
        (json!({"type": "PUBLIC", "source": {"name": "x"}}), "Only confidential plugins are supported."),
        (
            json!({"refreshTokenExpiry": 31_536_001}),
            "Maximum refresh token expiry is 31536000 seconds (1 year)",
        ),
        (
            json!({"refresh_token_expiry": 31_536_001}),
            "Maximum refresh token expiry is 31536000 seconds (1 year)",
        ),
        (
            json!({"type": "PUBLIC", "refreshTokenExpiry": 60}),
            "Custom refresh token expiry is only applicable for confidential clients",
        ),
    ] {
        let answer = scene.register(&scene.alice, &described(own.clone())).await;
        refused(&answer, 400, "invalid_request", text);
    }
    assert_eq!(scene.gatelet.table.store.clients.list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_no_registration_is_told_in_the_same_form() {
    let scene = Scene::new().await;
    let send = |body: &str, content_type: &str| {
        let request = scene.gatelet.post(&format!("{API}/oauth2/client/register"));
        as_person(request, &scene.alice).body(content_type, body)
    };
    // The documentation's own example of a plugin is no JSON.
    let example = r#"{"name":"My plugin","type":"CONFIDENTIAL","source": {"name"}:"{My plugin}"}"#;
    for (body, content_type, reason) in [
        (example, "application/json", "body is not strict JSON"),
        ("", "application/json", "body is not strict JSON"),
        ("[]", "application/json", "body is not a JSON object"),
        (r#"{"name":"one","name":"two"}"#, "application/json", "body is not strict JSON"),
        ("name=x", "application/x-www-form-urlencoded", "body is not JSON"),
    ] {
        let answer = send(body, content_type).await;
        assert_eq!((answer.status(), answer.member("error").as_deref()), (400, Some("invalid_request")));
        assert_eq!(answer.reason(), Some(reason), "{body}");
    }
}

#[tokio::test]
async fn nobody_registers_without_being_somebody() {
    let scene = Scene::new().await;
    let register = || {
        let request = scene.gatelet.post(&format!("{API}/oauth2/client/register"));
        request.json(&described(json!({})))
    };
    let guest = register().await;
    assert_eq!((guest.status(), guest.header("www-authenticate")), (401, Some("Basic realm=\"Kustvakt\"")));
    assert_eq!(guest.json(), json!({"errors": [[2010, "unauthorized operation for user: guest", "guest"]]}));
    for (name, password, reason) in [
        ("alice", "wrong", "password wrong"),
        ("nobody", "wrong", "sign-in name unknown"),
        ("", "", "sign-in name unknown"),
    ] {
        let answer = with_password(register(), name, password).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.json(), json!({"errors": [[2010, "authorization failed", ""]]}));
        assert_eq!(answer.reason(), Some(reason));
    }
    for header in ["Basic", "Basic !!!", "Digest x", "x"] {
        let answer = register().header("authorization", header).await;
        assert_eq!(answer.status(), 401, "{header}");
    }
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    assert_eq!(as_person(register(), &scene.alice).await.reason(), Some("user may not act"));
}

#[tokio::test]
async fn s55_a_token_registers_if_that_is_what_it_is_for() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let register = |token: &str| {
        let request = scene.gatelet.post(&format!("{API}/oauth2/client/register")).bearer(token);
        request.json(&described(json!({})))
    };
    for scope in ["register_client", "register_client search", "all"] {
        let scope = scope.replace("search", "notes:read");
        let token = scene.token_of(&scene.alice, &front_end, &scope).await;
        let answer = register(&token).await;
        assert_eq!(answer.status(), 200, "{scope}: {answer:?}");
        let id = ClientId::parse(&answer.member("client_id").unwrap()).unwrap();
        let stored = scene.gatelet.table.store.clients.find(id).await.unwrap().unwrap();
        assert!(stored.is_owned_by(scene.alice.id));
    }
    // Scopes are whole tokens: none of these is a part of another.
    for scope in ["client_info", "deregister_client", "notes:read"] {
        let token = scene.token_of(&scene.alice, &front_end, scope).await;
        let answer = register(&token).await;
        refused(&answer, 403, "insufficient_scope", "The access token's scope does not allow this.");
        assert_eq!(answer.reason(), Some("token without register_client"));
    }
}

#[tokio::test]
async fn a_token_that_is_no_good_is_told_in_both_shapes() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let token = scene.token_of(&scene.alice, &front_end, "all").await;
    scene.gatelet.table.clock.advance(scene.gatelet.settings().lifetimes.owned_access_token);
    let register = |token: &str| {
        let request = scene.gatelet.post(&format!("{API}/oauth2/client/register")).bearer(token);
        request.json(&described(json!({})))
    };
    let invalid = "The access token is invalid, expired or revoked.";
    for (token, number, message) in
        [(token.as_str(), 2003, "expired"), ("alice/gtla_x", 2011, "invalid access token")]
    {
        let answer = register(token).await;
        assert_eq!(answer.status(), 401);
        let expected = json!({
            "error": "invalid_token", "error_description": invalid, "errors": [[number, message, ""]],
        });
        assert_eq!(answer.json(), expected);
    }
}

/// What a client holds for itself names no user, at any interface for users.
#[tokio::test]
async fn a_clients_own_token_is_nobodys() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let own = scene.token(&client, "client_credentials").await.tokens();
    assert_eq!((own.refresh, own.scope.as_str()), (None, "notes:read notes:write"));
    let request = scene.gatelet.post(&format!("{API}/oauth2/client/register"));
    let answer = request.bearer(&own.access).json(&described(json!({}))).await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("token of a client's own")));
    let answer = scene.gatelet.get("/authentication/v1/oauth/client").bearer(&own.access).await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("token of a client's own")));
}

#[tokio::test]
async fn an_operator_decides_whether_users_may_register() {
    for (registration, users, itself) in [
        (Registration::Open, 200, 201),
        (Registration::Users, 200, 403),
        (Registration::Closed, 400, 403),
        (Registration::Protected([0; 32]), 400, 401),
    ] {
        let told = registration.clone();
        let scene = Scene::with(|settings| settings.registration = told).await;
        let answer = scene.register(&scene.alice, &described(json!({}))).await;
        assert_eq!(answer.status(), users, "{registration:?}");
        if users == 400 {
            refused(&answer, 400, "access_denied", "Registration is closed here.");
        }
        let metadata = json!({"redirect_uris": ["https://app.example/callback"]});
        let answer = scene.gatelet.post(paths::REGISTER).json(&metadata).await;
        assert_eq!(answer.status(), itself, "{registration:?}");
        let document = scene.gatelet.get(paths::OPENID_CONFIGURATION).await.json();
        assert_eq!(document["registration_endpoint"].is_string(), itself != 403, "{registration:?}");
    }
}

#[tokio::test]
async fn a_credential_is_good_sixty_times_a_minute() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let token = scene.token_of(&scene.alice, &front_end, "client_info").await;
    let clock = &scene.gatelet.table.clock;
    // A window of its own, a second after it has begun.
    clock.set(domain::UnixTime(1_800_000_061));
    let by_token = || {
        let request = scene.gatelet.post(&format!("{API}/oauth2/client/register")).bearer(&token);
        request.json(&described(json!({})))
    };
    for call in 0..60 {
        assert_eq!(by_token().await.status(), 403, "call {call}");
    }
    let answer = by_token().await;
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("59")), "{answer:?}");
    assert_eq!(answer.member("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(answer.reason(), Some("credential used too often"));
    // Another sandbox knows it too; another credential is not concerned.
    let elsewhere = scene.gatelet.sandbox().await;
    let request = elsewhere.post(&format!("{API}/oauth2/client/register")).bearer(&token);
    assert_eq!(request.json(&described(json!({}))).await.status(), 429);
    assert_eq!(scene.register(&scene.alice, &described(json!({}))).await.status(), 200);
    clock.advance(domain::time::Seconds(59));
    assert_eq!(by_token().await.status(), 403);
}

/// A password is counted before it is compared: guessing is slow, whether the name is anybody's or not.
#[tokio::test]
async fn s31_passwords_are_guessed_sixty_times_a_minute_at_most() {
    let scene = Scene::new().await;
    let guess = |name: &str| {
        let request = scene.gatelet.call(Method::DELETE, &format!("{API}/oauth2/client/deregister/x"));
        with_password(request, name, "guess")
    };
    for name in ["alice", "nobody"] {
        let (store, now) = (&scene.gatelet.table.store.rates, domain::Clock::now(&scene.gatelet.table.clock));
        let rate = store::rates::Rate { calls: 60, window: domain::time::Seconds(60) };
        for _ in 0..60 {
            store.count(&format!("login#{name}"), rate, now).await.unwrap();
        }
        let answer = guess(name).await;
        assert_eq!((answer.status(), answer.reason()), (429, Some("credential used too often")), "{name}");
    }
    assert_eq!(coded(&guess("bob").await).0, 2010);
}

#[tokio::test]
async fn what_registration_costs() {
    let scene = Scene::new().await;
    drop(scene.gatelet.table.recorder.take());
    scene.register(&scene.alice, &described(json!({}))).await;
    let warm = scene.register(&scene.alice, &described(json!({}))).await;
    assert_eq!(warm.status(), 200);
    drop(scene.gatelet.table.recorder.take());
    let answer = scene.register(&scene.alice, &described(json!({}))).await;
    assert_eq!(answer.status(), 200);
    // Counting, login, user; then client, directory and owner's entry in one transaction at twice the price.
    assert_eq!(scene.gatelet.spent(), (4, 2.0, 1.0 + 2.0 * 3.0));
    let refused: Value = scene.register(&scene.alice, &json!({})).await.json();
    assert_eq!(refused["error_description"], "client_name is null");
    assert_eq!(scene.gatelet.writes(), ["UpdateItem"]);
}
