//! Registering clients: who may, what is accepted, and what is told (RFC 7591).

use domain::Settings;
use domain::settings::Registration;
use oauth::metadata::paths;
use serde_json::{Value, json};
use testkit::actors::Gatelet;

const INITIAL: &str = "an initial access token";

fn metadata() -> Value {
    json!({"client_name": "Notes", "redirect_uris": ["https://notes.example/callback"]})
}

/// As an operator writes it: `printf '%s' "$TOKEN" | sha256sum`.
const PROTECTED: &str = "sha256:334ec58a6445027d8157796e369fe2862c01d949d0438f9679f724ebf776cb42";

fn protected(settings: &mut Settings) {
    settings.registration = Registration::parse(PROTECTED).unwrap();
}

#[tokio::test]
async fn open_registration_takes_anyone() {
    let gatelet = Gatelet::start().await;
    let answer = gatelet.post(paths::REGISTER).json(&metadata()).await;
    assert_eq!(answer.status(), 201, "{answer:?}");
    assert_eq!(gatelet.writes(), ["TransactWriteItems"]);
    // A token that nobody asked for is not looked at.
    assert_eq!(gatelet.post(paths::REGISTER).json(&metadata()).bearer("x").await.status(), 201);
}

#[tokio::test]
async fn closed_registration_takes_nobody() {
    let gatelet = Gatelet::with(|settings| settings.registration = Registration::Closed).await;
    for request in [
        gatelet.post(paths::REGISTER).json(&metadata()),
        gatelet.post(paths::REGISTER).json(&metadata()).bearer(INITIAL),
        gatelet.post(paths::REGISTER).json(&json!({})),
    ] {
        request.await.is_refused(403, "access_denied", "registration is closed");
    }
    assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
    for path in [paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER] {
        assert_eq!(gatelet.get(path).await.json().get("registration_endpoint"), None);
    }
}

#[tokio::test]
async fn protected_registration_takes_who_holds_the_initial_access_token() {
    let gatelet = Gatelet::with(protected).await;
    let call = || gatelet.post(paths::REGISTER).json(&metadata());
    let without = call().await;
    assert_eq!((without.status(), without.reason()), (401, Some("no bearer token")));
    assert_eq!(without.header("www-authenticate"), Some("Bearer realm=\"gatelet\""));
    for wrong in ["x", "an initial access toke", "an initial access token2", "AN INITIAL ACCESS TOKEN"] {
        let answer = call().bearer(wrong).await;
        answer.is_refused(401, "invalid_token", "initial access token wrong");
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    }
    assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
    let right = call().bearer(INITIAL).await;
    assert_eq!(right.status(), 201, "{right:?}");
    // It lets in and does nothing else.
    let registered = right.json();
    let answer = gatelet.get(registered["registration_client_uri"].as_str().unwrap()).bearer(INITIAL).await;
    answer.is_refused(401, "invalid_token", "registration token malformed");
}

#[tokio::test]
async fn a_client_learns_what_it_is_registered_as() {
    let gatelet = Gatelet::start().await;
    let answer = gatelet.post(paths::REGISTER).json(&metadata()).await;
    let mut told = answer.json();
    let id = told["client_id"].as_str().unwrap().to_owned();
    assert_eq!(
        told["registration_client_uri"],
        format!("{}/oauth2/register/{id}", gatelet.settings().issuer)
    );
    for secret in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"] {
        assert!(
            told.as_object_mut().unwrap().remove(secret).is_some_and(|value| value.is_string()),
            "{secret}"
        );
    }
    assert_eq!(
        told,
        json!({
            "client_id_issued_at": testkit::clock::START.0,
            "client_secret_expires_at": 0,
            "client_name": "Notes",
            "redirect_uris": ["https://notes.example/callback"],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "application_type": "web",
            "scope": "clientip customer email groups groupstring offline_access openid phone profile",
            "id_token_signed_response_alg": "RS256",
            "require_pkce": true,
        })
    );
    let public = gatelet.public().await;
    assert_eq!((public.secret, public.information.get("client_secret_expires_at")), (None, None));
}

#[tokio::test]
async fn metadata_that_is_not_acceptable_is_refused_and_nothing_is_written() {
    let gatelet = Gatelet::start().await;
    let with = |name: &str, value: Value| {
        let mut metadata = metadata();
        metadata[name] = value;
        metadata
    };
    for (metadata, error, reason) in [
        (json!({}), "invalid_redirect_uri", "redirect_uris missing"),
        (with("redirect_uris", json!([])), "invalid_redirect_uri", "redirect_uris missing"),
        (
            with("redirect_uris", json!(vec!["https://a.example/"; 21])),
            "invalid_redirect_uri",
            "too many redirect URIs",
        ),
        (
            with("redirect_uris", json!("https://a.example/")),
            "invalid_client_metadata",
            "JSON member has the wrong type",
        ),
        (with("redirect_uris", json!([1])), "invalid_client_metadata", "JSON member has the wrong type"),
        (
            with("client_name", json!({"en": "x"})),
            "invalid_client_metadata",
            "JSON member has the wrong type",
        ),
        (
            with("client_name", json!("x".repeat(201))),
            "invalid_client_metadata",
            "text too long or with control characters",
        ),
        (
            with("client_name", json!("a\nb")),
            "invalid_client_metadata",
            "text too long or with control characters",
        ),
        (
            with("client_uri", json!("javascript:alert(1)")),
            "invalid_client_metadata",
            "client_uri is not a web address",
        ),
        (with("contacts", json!(vec!["x"; 21])), "invalid_client_metadata", "too many contacts"),
        (with("scope", json!("openid root")), "invalid_client_metadata", "scope not served"),
        (with("scope", json!("open\"id")), "invalid_client_metadata", "scope malformed"),
        (with("application_type", json!("service")), "invalid_client_metadata", "application_type unknown"),
        (with("require_pkce", json!("no")), "invalid_client_metadata", "JSON member has the wrong type"),
        (
            with("grant_types", json!(["refresh_token"])),
            "invalid_client_metadata",
            "grant_types do not hold together",
        ),
        (
            with("post_logout_redirect_uris", json!(["http://notes.example/"])),
            "invalid_redirect_uri",
            "redirect URI is http but not loopback",
        ),
    ] {
        let answer = gatelet.post(paths::REGISTER).json(&metadata).await;
        answer.is_refused(400, error, reason);
    }
    assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn what_a_client_says_of_a_customer_or_of_itself_beyond_the_rules_counts_for_nothing() {
    let gatelet = Gatelet::start().await;
    let own = json!({"customer": "mycustomer", "client_id": "me", "client_secret": "chosen", "x": [{}]});
    let client = gatelet.confidential_but(own).await;
    assert_ne!((client.id.as_str(), client.secret.as_deref()), ("me", Some("chosen")));
    let stored = gatelet.table.items().iter().map(Value::to_string).collect::<String>();
    assert!(!stored.contains("mycustomer") && !stored.contains("chosen"));
}
