//! What an API key is bounded by: where it is good, for what, until when, and who may make it.

use std::net::IpAddr;

use axum::http::Method;
use serde_json::{Value, json};

use crate::apikeys_scene::{Made, Scene};

#[tokio::test]
async fn a_client_in_a_users_name_can_not_manage_keys() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "readData", "readData").await;
    let tokens = portal.tokens(&mut scene.gatelet.browser(), &scene.alice, "openid").await;
    let made = scene.made(json!({})).await;
    for call in [
        scene.call(Method::GET, ""),
        scene.ask(json!({})),
        scene.call(Method::PUT, &made.prefix).json(&json!({})),
        scene.call(Method::DELETE, &made.prefix),
    ] {
        let answer = call.without_header("Argus-API-Key").bearer(&tokens.access).await;
        assert_eq!((answer.status(), answer.reason()), (403, Some("a client can't manage API keys")));
        assert_eq!(answer.json()["messages"][0]["message"], "Access denied.");
    }
    assert_eq!(scene.list().await.len(), 2);
}

#[tokio::test]
async fn a_key_is_good_where_it_was_made_for() {
    let scene = Scene::new().await;
    let sources = json!({"disableSourceRestriction": false, "validSources": ["198.51.100.0/24", "::ffff:192.0.2.7", "2001:db8::/32"]});
    let made = scene.made(sources).await;
    let from = |address: &str| scene.use_it(&made.key).from_address(address.parse::<IpAddr>().unwrap());
    for address in ["198.51.100.1", "::ffff:198.51.100.1", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8:1::1"] {
        assert_eq!(from(address).await.status(), 200, "{address}");
    }
    for address in ["198.51.101.1", "192.0.2.8", "::ffff:192.0.2.8", "2001:db9::1", "::192.0.2.7"] {
        // What somebody writes into a header changes nothing.
        let answer = from(address).header("X-Forwarded-For", "198.51.100.1").await;
        assert_eq!(
            (answer.status(), answer.reason()),
            (401, Some("API key used from another address")),
            "{address}"
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let scene = Scene::new().await;
    let answer = scene
        .call(Method::POST, "")
        .json(&json!({
            "source": {"provider": "aws"},
            "sessionConstraints": {"customerID": [1], "readOnly": true, "function": ["otherData"]},
            "expirationDays": 91,
        }))
        .await;
    assert_eq!(answer.status(), 412);
    let messages = answer.json()["messages"].clone();
    let said: Vec<_> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            assert_eq!(
                (&message["type"], &message["messageTemplate"], &message["parameter"]),
                (&json!("FIELD_ERROR"), &message["message"], &Value::Null)
            );
            (message["field"].as_str().unwrap(), message["message"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        said,
        [
            ("description", "must be given"),
            ("source.provider", "is not supported"),
            ("sessionConstraints.customerID", "is not supported"),
            ("sessionConstraints.readOnly", "is not supported"),
            (
                "sessionConstraints.function",
                "must be functions that the user holds and this credential draws on"
            ),
            ("expirationDays", "is longer than a key may be good"),
        ]
    );
    for (body, status) in
        [("{", 400), ("[]", 400), ("", 400), (r#"{"description": "a", "description": "b"}"#, 400)]
    {
        for call in [scene.call(Method::POST, ""), scene.call(Method::PUT, "a/b")] {
            let answer = call.body("application/json", body).await;
            assert_eq!((answer.status(), &answer.json()["responseCode"]), (status, &json!(status)), "{body}");
        }
    }
    for forever in [json!({"expirationDays": 0}), json!({"disableExpiration": true})] {
        assert_eq!(scene.ask(forever.clone()).await.status(), 412, "{forever}");
        let prefix = scene.list().await[0]["prefix"].as_str().unwrap().to_owned();
        assert_eq!(scene.call(Method::PUT, &prefix).json(&forever).await.status(), 412, "{forever}");
    }
    let bound = scene.call(Method::POST, "").json(&json!({"description": "Backup"})).await;
    assert_eq!((bound.status(), &bound.json()["messages"][0]["field"]), (412, &json!("validSources")));
    assert_eq!(scene.list().await.len(), 1);
}

#[tokio::test]
async fn s55_a_key_made_with_a_key_draws_on_no_more_than_that_one() {
    let scene = Scene::new().await;
    let limited = Scene {
        key: scene.gatelet.api_key_for(&scene.alice, &["readData"]).await,
        alice: scene.alice.clone(),
        gatelet: scene.gatelet.clone(),
    };
    let names = |made: &Made| {
        let functions = made.descriptor["constraints"]["functions"].as_array().unwrap().clone();
        functions.iter().map(|function| function["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&limited.made(json!({})).await), ["readData"]);
    assert_eq!(
        names(&limited.made(json!({"sessionConstraints": {"function": ["readData"]}})).await),
        ["readData"]
    );
    for beyond in
        [json!(["writeData"]), json!(["readData", "writeData"]), json!(["administrator"]), json!(["none"])]
    {
        let answer = limited.ask(json!({"sessionConstraints": {"function": beyond}})).await;
        assert_eq!(
            (answer.status(), &answer.json()["messages"][0]["field"]),
            (412, &json!("sessionConstraints.function")),
            "{beyond}"
        );
    }
    let both = json!({"sessionConstraints": {"function": ["readData", "writeData"]}});
    assert_eq!(names(&scene.made(both).await), ["readData", "writeData"]);
    // By a token made with it, the portal may do what the key draws on and no more.
    let portal = scene.gatelet.bounded_client("portal", "readData", "writeData").await;
    let narrow = limited.made(json!({})).await;
    let token = scene.gatelet.post("/authentication/v1/oauth/token").header("Argus-API-Key", &narrow.key);
    let token = token.with("grant_type", "client_credentials").with("client_id", &portal.id).await;
    let told = portal.introspect(&token.member("access_token").unwrap()).await;
    assert_eq!((&told.json()["active"], &told.json()["permissions"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn a_user_has_fifty_keys_at_most() {
    let scene = Scene::new().await;
    for _ in 1..50 {
        scene.made(json!({})).await;
    }
    let answer = scene.ask(json!({})).await;
    assert_eq!(answer.status(), 412);
    assert_eq!(answer.json()["messages"][0]["message"], "must be 50 at most: revoke one that is not needed");
    let prefix = scene.list().await.into_iter().find(|key| key["description"] == "Backup").unwrap();
    let prefix = prefix["prefix"].as_str().unwrap();
    assert_eq!(scene.call(Method::DELETE, prefix).await.status(), 200);
    scene.made(json!({})).await;
}
