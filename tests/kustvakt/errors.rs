//! Kustvakt's numbers, one by one: those of plugins and administration are told as such, and what the others stand for is told by OAuth's
//! services, in OAuth's words.

use domain::settings::Registration;
use serde_json::{Value, json};
use testkit::actors::Answer;

use crate::scene::{CHALLENGE, Registered, Scene, as_person, brought, described};

/// What an answer refuses, in OAuth's words: in its body, or on its way to the client.
fn told(answer: &Answer) -> (String, String) {
    let body = match answer.location() {
        Some(_) => brought(answer).into_iter().map(|(name, text)| (name, Value::from(text))).collect(),
        None => answer.json(),
    };
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer:?}")).to_owned();
    (text("error"), text("error_description"))
}

#[tokio::test]
async fn what_oauths_services_tell_in_place_of_a_number() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let nowhere = scene.registered(json!({"redirect_uri": null})).await;
    let closed = scene.gatelet.but(|settings| settings.registration = Registration::Closed).await;
    let closed = Scene { gatelet: closed, ..scene.clone() };
    let ask = |client: &Registered, own: &[(&str, &str)]| {
        let mut query = vec![
            ("client_id", client.id.as_str()),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        query.extend(own);
        as_person(scene.authorize_by(&query), &scene.alice)
    };
    let code = ("response_type", "code");
    let expiry = described(json!({"refreshTokenExpiry": 31_536_001}));
    let bad = "The code or token is invalid, expired, used, revoked or another client's.";
    for (number, answer, error, description) in [
        (
            1801,
            closed.register(&scene.alice, &described(json!({}))).await,
            "access_denied",
            "Registration is closed here.",
        ),
        (
            1803,
            scene
                .token(&Registered { secret: Some("x".into()), ..client.clone() }, "client_credentials")
                .await,
            "invalid_client",
            "Client authentication failed.",
        ),
        (
            1804,
            scene.through(&client, "/oauth2/client/list", &scene.alice).await,
            "unauthorized_client",
            "Only super client is allowed to use this service",
        ),
        (
            1806,
            ask(&client, &[code, ("scope", "notes:read"), ("redirect_uri", "https://evil.example/")]).await,
            "invalid_request",
            "The redirect_uri is not one that is registered for the application.",
        ),
        (
            1807,
            ask(&nowhere, &[code, ("scope", "notes:read")]).await,
            "invalid_request",
            "The application has no redirect URI registered.",
        ),
        (
            1808,
            ask(&client, &[code, ("scope", "nothing")]).await,
            "invalid_scope",
            "A scope is unknown, malformed or not granted.",
        ),
        (1808, ask(&client, &[code]).await, "invalid_scope", "scope is required"),
        (1809, scene.token(&client, "authorization_code").with("code", "x").await, "invalid_grant", bad),
        (1810, scene.token(&client, "refresh_token").with("refresh_token", "x").await, "invalid_grant", bad),
        (
            1811,
            scene.token(&client, "password").await,
            "unsupported_grant_type",
            "This grant type is not supported.",
        ),
        (
            1813,
            ask(&client, &[("response_type", "x"), ("scope", "notes:read")]).await,
            "unsupported_response_type",
            "This response type is not supported.",
        ),
        (
            1830,
            scene.register(&scene.alice, &expiry).await,
            "invalid_request",
            "Maximum refresh token expiry is 31536000 seconds (1 year)",
        ),
    ] {
        assert_eq!(told(&answer), (error.to_owned(), description.to_owned()), "{number}");
    }
}
