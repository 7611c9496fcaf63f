//! Changing and deleting clients: what is not said stays, nothing is lost, and what is deleted is nobody's client.

use std::future::IntoFuture as _;

use axum::http::Method;
use oauth::metadata::paths;
use serde_json::{Value, json};
use store::clients::CACHE;
use testkit::actors::Answer;

use crate::clients_given::{Given, SECRET, refused};

fn data(answer: &Answer) -> Value {
    answer.json()["data"].clone()
}

#[tokio::test]
async fn what_is_said_changes_and_nothing_else() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let before = data(&given.fetch(&id, &given.administrator).await);
    given.gatelet.table.clock.advance(domain::time::Seconds(60));
    for (member, value) in [
        ("shortName", json!("renamed")),
        ("name", json!("Another name")),
        ("description", json!("")),
        ("mainURI", json!("https://other.application/start")),
        ("redirectURIs", json!(["https://other.application/cb", "http://localhost:3000/cb"])),
        ("permittedScopes", json!(["openid", "profile"])),
        ("clientIPRange", json!(["198.51.100.0/24", "2001:db8::1"])),
        ("maxSecurityLevel", json!("standard")),
        ("openIDCustomClaims", json!([{"provider": "allUserGroups", "stringified": true}])),
        ("allowImplicit", json!(true)),
        ("requireSameClientIP", json!(false)),
    ] {
        let answer = given.update(&id, json!({ member: value })).await;
        assert_eq!((answer.status(), &data(&answer)[member]), (200, &value), "{answer:?}");
        let repeated = given.update(&id, json!({ member: value })).await;
        assert_eq!((repeated.status(), data(&repeated)), (220, data(&answer)), "{member}");
    }
    let answer = given
        .update(
            &id,
            json!({"requiredFunction": "CLIENT-VIEWER", "permissionScope": "CLIENT-VIEWER", "hidden": true}),
        )
        .await;
    let after = data(&answer);
    assert_eq!(after["requiredFunction"]["name"], "CLIENT-VIEWER");
    assert_eq!(after["permissionScope"]["name"], "CLIENT-VIEWER");
    assert_eq!(after["flags"], json!(["hidden"]));
    assert_eq!(after["redirectURI"], "https://other.application/cb");
    for same in [
        "id",
        "customer",
        "domain",
        "createdTimestamp",
        "createdByUser",
        "authenticationMethod",
        "requirePKCE",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let time = |client: &Value| client["lastUpdatedTimestamp"].as_u64().unwrap();
    assert_eq!(time(&after) - time(&before), 60_000);
    assert_eq!(data(&given.fetch("renamed", &given.administrator).await), after);
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_answered_so_and_writes_nothing() {
    let given = Given::new().await;
    given.defined(json!({})).await;
    drop(given.gatelet.writes());
    for nothing in [
        json!({}),
        json!({"name": null, "unheardOf": true}),
        json!({"name": "My OAuth Client", "clientIPRange": "203.0.113.7/32", "permittedScopes": []}),
        json!({"clientSecret": SECRET, "authenticationMethod": "password"}),
        json!({"domain": "DEFAULT"}),
    ] {
        let answer = given.update("myclient", nothing.clone()).await;
        assert_eq!((answer.status(), answer.json()["responseCode"].clone()), (220, json!(220)), "{nothing}");
        assert_eq!(data(&answer)["shortName"], "myclient");
    }
    assert_eq!(given.gatelet.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_client_stays_with_its_customer_and_in_its_domain() {
    let given = Given::new().await;
    given.gatelet.customer("other").await;
    given.defined(json!({"customer": "mycustomer"})).await;
    assert_eq!(given.update("myclient", json!({"customer": "mycustomer"})).await.status(), 220);
    for (member, value) in [("customer", "other"), ("customer", "nobody"), ("domain", "OTHER")] {
        let errors = refused(&given.update("myclient", json!({ member: value })).await);
        assert_eq!(errors[member], "can't be changed", "{value}");
    }
}

#[tokio::test]
async fn a_wrong_change_changes_nothing() {
    let given = Given::new().await;
    given.defined(json!({})).await;
    let before = data(&given.fetch("myclient", &given.administrator).await);
    let errors =
        refused(&given.update("myclient", json!({"name": "Good", "mainURI": "http://bad.example"})).await);
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["mainURI"]);
    let errors = refused(
        &given.update("myclient", json!({"authenticationMethod": "none", "clientSecret": SECRET})).await,
    );
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["clientSecret"]);
    assert_eq!(data(&given.fetch("myclient", &given.administrator).await), before);
    assert_eq!(given.update("nobody", json!({"name": "Good"})).await.status(), 404);
}

#[tokio::test]
async fn a_short_name_is_one_clients_also_when_it_changes() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    given.defined(json!({"shortName": "second"})).await;
    let taken = refused(&given.update("second", json!({"shortName": "myclient"})).await);
    assert_eq!(taken["shortName"], "must not be the short name of another client, deleted or not");
    assert_eq!(given.update("myclient", json!({"shortName": "first"})).await.status(), 200);
    assert_eq!(given.fetch("myclient", &given.administrator).await.status(), 404);
    assert_eq!(data(&given.fetch("first", &given.administrator).await)["id"], json!(id));
    assert_eq!(given.update("second", json!({"shortName": "myclient"})).await.status(), 200);
    // A deleted client keeps its name.
    assert_eq!(given.delete("myclient").await.status(), 200);
    assert!(refused(&given.define(json!({})).await).contains_key("shortName"));
}

/// Each of them says something else, in sandboxes of their own; all of it stands in the end.
#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let changes = [
        json!({"name": "Changed"}),
        json!({"description": "Changed"}),
        json!({"mainURI": "https://changed.example"}),
        json!({"hidden": true}),
        json!({"maxSecurityLevel": "standard"}),
        json!({"clientIPRange": ["198.51.100.1"]}),
    ];
    let mut calls = Vec::new();
    for change in &changes {
        let there = given.gatelet.sandbox().await;
        let path = crate::clients_given::one(&id);
        let call = there.call(Method::PUT, &path).header("argus-api-key", &given.administrator).json(change);
        calls.push(tokio::spawn(call.into_future()));
    }
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
    let after = data(&given.fetch(&id, &given.administrator).await);
    assert_eq!((&after["name"], &after["description"]), (&json!("Changed"), &json!("Changed")));
    assert_eq!(after["mainURI"], "https://changed.example");
    assert_eq!(after["flags"], json!(["hidden", "requireSameClientIP"]));
    assert_eq!(after["maxSecurityLevel"], "standard");
    assert_eq!(after["clientIPRange"], json!(["198.51.100.1"]));
}

#[tokio::test]
async fn a_new_secret_is_the_only_one() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let asked = || given.gatelet.post(paths::INTROSPECT).with("token", "none");
    assert_eq!(asked().basic(&id, SECRET).await.status(), 200);
    let answer = given.update(&id, json!({"clientSecret": "anotherSecretPassword"})).await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.text().contains("anotherSecretPassword") && !answer.text().contains("argon2"));
    given.gatelet.table.clock.advance(CACHE);
    asked().basic(&id, SECRET).await.is_refused(401, "invalid_client", "client secret is wrong");
    assert_eq!(asked().basic(&id, "anotherSecretPassword").await.status(), 200);
    let stored = format!("{:?}", given.gatelet.table.items());
    assert!(!stored.contains("anotherSecretPassword") && !stored.contains(SECRET));
    assert_eq!(given.update(&id, json!({"authenticationMethod": "none"})).await.status(), 200);
    let missing = refused(&given.update(&id, json!({"authenticationMethod": "password"})).await);
    assert_eq!(missing["clientSecret"], "must be given");
}

#[tokio::test]
async fn a_deleted_client_is_nobodys_client() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let asked =
        || given.gatelet.post(paths::TOKEN).with("grant_type", "client_credentials").basic(&id, SECRET);
    assert_eq!(asked().await.status(), 200);
    let answer = given.delete("myclient").await;
    assert_eq!((answer.status(), &data(&answer)["flags"]), (200, &json!(["deleted", "requireSameClientIP"])));
    let again = given.delete(&id).await;
    assert_eq!((again.status(), data(&again)), (200, data(&answer)));
    assert_eq!(given.update(&id, json!({"name": "Back"})).await.status(), 404);
    given.gatelet.table.clock.advance(CACHE);
    asked().await.is_refused(401, "invalid_client", "client unknown");
    let authorize = format!(
        "{}?client_id={id}&response_type=code&redirect_uri=https%3A%2F%2Fmy.application%2Foauth%2Fcallback&scope=openid",
        paths::AUTHORIZE
    );
    let page = given.gatelet.get(&authorize).await;
    assert_eq!((page.status(), page.location()), (400, None));
}
