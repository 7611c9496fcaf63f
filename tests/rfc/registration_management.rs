//! Reading, changing and deleting a registration: with its own token, and felt at once (RFC 7592).

use axum::http::Method;
use serde_json::{Value, json};
use store::clients::CACHE;
use testkit::actors::{Client, Gatelet, Request};
use tokio::task::JoinSet;

/// What a client reads of itself, which is what it must send to change something (RFC 7592 section 2.2).
async fn read(client: &Client) -> Value {
    let answer = client.manage(Method::GET).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()
}

fn replace(client: &Client, metadata: &Value) -> Request {
    client.manage(Method::PUT).json(metadata)
}

#[tokio::test]
async fn a_registration_is_read_with_its_token_and_the_secret_is_not_shown_again() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    let mut expected = client.information.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read(&client).await, expected);
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn a_registration_is_managed_with_its_own_token_only() {
    let gatelet = Gatelet::start().await;
    let (one, other) = (gatelet.confidential().await, gatelet.confidential().await);
    let before = gatelet.table.items();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let call = || gatelet.call(method.clone(), &one.registration.uri).body("application/json", "{}");
        let answer = call().await;
        assert_eq!((answer.status(), answer.reason()), (401, Some("no bearer token")));
        let secret = one.secret.as_deref().unwrap();
        for (token, reason) in [
            (other.registration.token.as_str(), "registration token of another client"),
            (secret, "registration token malformed"),
            ("x", "registration token malformed"),
        ] {
            call().bearer(token).await.is_refused(401, "invalid_token", reason);
        }
    }
    assert_eq!(gatelet.table.items(), before);
}

#[tokio::test]
async fn an_update_replaces_and_does_not_add() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    let least = json!({
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uris": ["https://notes.example/new"],
    });
    let answer = replace(&client, &least).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let now = read(&client).await;
    assert_eq!(now["redirect_uris"], json!(["https://notes.example/new"]));
    assert_eq!(now["client_name"], "An unnamed application");
    assert_eq!(now["grant_types"], json!(["authorization_code"]));
    assert_eq!(now.get("client_description"), None);
    assert_eq!(now["client_id_issued_at"], client.information["client_id_issued_at"]);
    // It holds at once.
    let answer = client.client_credentials().await;
    answer.is_refused(400, "unauthorized_client", "grant type is not registered for the client");
}

#[tokio::test]
async fn an_update_must_be_of_the_same_client() {
    let gatelet = Gatelet::start().await;
    let (client, other) = (gatelet.confidential().await, gatelet.confidential().await);
    let current = read(&client).await;
    let before = gatelet.table.items();
    let id = "client_id is not the registration's";
    let secret = "client_secret is not the registration's";
    for (name, value, reason) in [
        ("client_id", Value::Null, id),
        ("client_id", json!(other.id), id),
        ("client_id", json!(client.id.to_uppercase()), id),
        ("client_secret", json!(other.secret), secret),
        ("client_secret", json!("chosen"), secret),
    ] {
        let mut changed = current.clone();
        changed[name] = value;
        replace(&client, &changed).await.is_refused(400, "invalid_request", reason);
    }
    let mut changed = current.clone();
    changed["redirect_uris"] = json!(["http://evil.example/"]);
    let answer = replace(&client, &changed).await;
    answer.is_refused(400, "invalid_redirect_uri", "redirect URI is http but not loopback");
    assert_eq!(gatelet.table.items(), before);
}

#[tokio::test]
async fn of_two_updates_at_once_the_slower_is_told() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    let current = read(&client).await;
    let mut updates = JoinSet::new();
    for n in 0..8 {
        let mut changed = current.clone();
        changed["client_name"] = json!(format!("Version {n}"));
        let answer = replace(&client, &changed).into_future();
        updates.spawn(async move { (changed["client_name"].clone(), answer.await) });
    }
    let outcomes = updates.join_all().await;
    let (made, outdated): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|(_, answer)| answer.status() == 200);
    assert!(!made.is_empty());
    for (_, answer) in &outdated {
        answer.is_refused(400, "invalid_request", "registration changed in the meantime");
    }
    let now = read(&client).await;
    assert!(made.iter().any(|(name, _)| *name == now["client_name"]), "{now}");
}

#[tokio::test]
async fn a_client_that_becomes_public_loses_its_secret_and_gets_a_new_one_on_its_way_back() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    let change = async |method: &str, grants: &[&str]| {
        let mut metadata = read(&client).await;
        metadata["token_endpoint_auth_method"] = json!(method);
        metadata["grant_types"] = json!(grants);
        let answer = replace(&client, &metadata).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()
    };
    assert_eq!(change("none", &["authorization_code"]).await.get("client_secret"), None);
    gatelet.table.clock.advance(CACHE);
    let answer = client.client_credentials().await;
    answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
    let back = change("client_secret_basic", &["authorization_code", "client_credentials"]).await;
    let mut renewed = client.clone();
    renewed.secret = back["client_secret"].as_str().map(str::to_owned);
    assert!(renewed.secret.is_some() && renewed.secret != client.secret);
    gatelet.table.clock.advance(CACHE);
    client.client_credentials().await.is_refused(401, "invalid_client", "client secret is wrong");
    renewed.client_credentials().await.tokens();
}

#[tokio::test]
async fn a_deleted_client_is_gone_shortly_everywhere() {
    let gatelet = Gatelet::start().await;
    let client = gatelet.confidential().await;
    client.client_credentials().await.tokens();
    let answer = client.manage(Method::DELETE).await;
    assert_eq!((answer.status(), answer.text()), (204, ""));
    gatelet.table.clock.advance(CACHE);
    client.client_credentials().await.is_refused(401, "invalid_client", "client unknown");
    // "the server MUST respond with HTTP 401 Unauthorized" for a client that is gone (RFC 7592 section 2.1).
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let call = client.manage(method).body("application/json", "{}");
        call.await.is_refused(401, "invalid_token", "client unknown");
    }
    let answer = gatelet.browser().authorize(&client.authorization_url()).await.page().answer;
    assert_eq!((answer.status(), answer.location(), answer.reason()), (400, None, Some("client unknown")));
}
