//! A user's own API keys: made, listed, renewed and revoked.

use axum::http::Method;
use domain::Clock as _;
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::{Fault, clock::START};

use crate::apikeys_scene::{Made, Scene, unknown};
use crate::log;

#[tokio::test]
async fn a_key_is_shown_once_and_listed_from_then_on() {
    let scene = Scene::new().await;
    let answer = scene
        .call(Method::POST, "")
        .json(&json!({
            "description": "Nightly backup",
            "validSources": ["203.0.113.0/24", "2001:db8::7"],
            "expirationDays": 30,
            "sessionConstraints": {"function": ["readData"]},
        }))
        .await;
    let made = Made::read(&answer);
    assert!(made.key.starts_with(&format!("{}/gtlu_", made.prefix)), "{}", made.prefix);
    let descriptor = json!({
        "prefix": made.prefix,
        "description": "Nightly backup",
        "createdTimestamp": START.0 * 1000,
        "validUntil": (START.0 + 30 * 24 * 60 * 60) * 1000,
        "validSources": [
            {"address": "203.0.113.0", "maskBits": 24, "ipv6": false, "host": false, "multicast": false, "public": true},
            {"address": "2001:db8::7", "maskBits": 128, "ipv6": true, "host": true, "multicast": false, "public": true},
        ],
        "source": {"provider": "staticIP", "staticOptions": {"ipAddresses": ["203.0.113.0/24", "2001:db8::7/128"]}},
        "constraints": {"functions": [{"id": made.descriptor["constraints"]["functions"][0]["id"], "name": "readData"}], "readOnly": false},
    });
    let envelope = |status: u16, data: Value| {
        json!({
            "responseCode": status, "limit": 0, "offset": 0, "count": 0, "size": 0, "metaData": {}, "messages": [], "data": data,
        })
    };
    assert_eq!(answer.json(), envelope(201, json!({"apiKeyString": made.key, "keyDescriptor": descriptor})));
    assert!(descriptor["constraints"]["functions"][0]["id"].is_u64());
    let others: Vec<_> = scene.list().await.into_iter().filter(|key| key["prefix"] != made.prefix).collect();
    assert_eq!(others.len(), 1);
    let mut listed = vec![descriptor, others[0].clone()];
    listed.sort_by_key(|key| key["prefix"].to_string());
    let list = scene.call(Method::GET, "").await;
    assert_eq!(list.json(), envelope(200, json!({"keys": listed})));
    assert_eq!(scene.use_it(&made.key).await.status(), 200);
}

#[tokio::test]
async fn a_key_that_nothing_is_said_of_is_good_anywhere_it_may_be_for_three_months() {
    let scene = Scene::new().await;
    let made = scene.made(json!({})).await;
    let ninety_days = (START.0 + 90 * 24 * 60 * 60) * 1000;
    assert_eq!(
        made.descriptor,
        json!({
            "prefix": made.prefix,
            "description": "Backup",
            "createdTimestamp": START.0 * 1000,
            "validUntil": ninety_days,
            "validSources": [],
            "source": {"provider": "disabled"},
        })
    );
    scene.gatelet.table.clock.advance(Seconds::days(90));
    let answer = scene.use_it(&made.key).await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("API key expired")));
    scene.gatelet.table.clock.advance(Seconds(1));
    scene.gatelet.table.sweep().unwrap();
    let answer = scene.use_it(&made.key).await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("API key unknown")));
    assert_eq!(answer.json()["messages"][0]["message"], "Authentication failed.");
}

#[tokio::test]
async fn a_key_is_renewed_and_stays_the_same() {
    let scene = Scene::new().await;
    let made = scene.made(json!({"expirationDays": 1, "description": "Report"})).await;
    scene.gatelet.table.clock.advance(Seconds::hours(12));
    let now = scene.gatelet.table.clock.now();
    let answer = scene.call(Method::PUT, &made.prefix).json(&json!({"expirationDays": 7})).await;
    assert_eq!(answer.status(), 200);
    let mut renewed = made.descriptor.clone();
    renewed["validUntil"] = json!((now + Seconds::days(7)).0 * 1000);
    assert_eq!(answer.json()["data"], json!({"renewedKey": renewed}));
    assert!(scene.list().await.contains(&renewed));
    scene.gatelet.table.clock.advance(Seconds::days(2));
    assert_eq!(scene.use_it(&made.key).await.status(), 200);
    let now = scene.gatelet.table.clock.now();
    let answer = scene.call(Method::PUT, &made.prefix).json(&json!({})).await;
    let ninety_days = json!((now + Seconds::days(90)).0 * 1000);
    assert_eq!(answer.json()["data"]["renewedKey"]["validUntil"], ninety_days);
    let sooner = scene.call(Method::PUT, &made.prefix).json(&json!({"expirationDays": 1})).await;
    assert_eq!(sooner.status(), 200);
    scene.gatelet.table.clock.advance(Seconds::days(1));
    unknown(&scene.call(Method::PUT, &made.prefix).json(&json!({})).await, "API key unknown or expired");
    assert_eq!(scene.list().await.len(), 1);
}

#[tokio::test]
async fn a_revoked_key_is_no_key() {
    let scene = Scene::new().await;
    let made = scene.made(json!({})).await;
    let before = scene.list().await;
    let answer = scene.call(Method::DELETE, &made.prefix).await;
    let left: Vec<_> = before.into_iter().filter(|key| key["prefix"] != made.prefix).collect();
    assert_eq!((answer.status(), &answer.json()["data"]), (200, &json!({"keys": left})));
    let used = scene.use_it(&made.key).await;
    assert_eq!((used.status(), used.reason()), (401, Some("API key unknown")));
    unknown(&scene.call(Method::DELETE, &made.prefix).await, "API key unknown or expired");
    unknown(&scene.call(Method::PUT, &made.prefix).json(&json!({})).await, "API key unknown or expired");
}

#[tokio::test]
async fn keys_of_others_are_not_there() {
    let scene = Scene::new().await;
    let made = scene.made(json!({})).await;
    let bob = scene.gatelet.person("bob").await;
    let bob = Scene { key: scene.gatelet.api_key(&bob).await, alice: bob, gatelet: scene.gatelet.clone() };
    assert_eq!(bob.list().await.len(), 1);
    unknown(&bob.call(Method::DELETE, &made.prefix).await, "API key unknown or expired");
    unknown(&bob.call(Method::PUT, &made.prefix).json(&json!({})).await, "API key unknown or expired");
    for prefix in ["a/B", "a/%20", "a/%FF", "a/b%2Fc", &format!("a/{}", "b".repeat(40))] {
        unknown(&bob.call(Method::DELETE, prefix).await, "API key prefix malformed");
    }
    assert_eq!(scene.use_it(&made.key).await.status(), 200);
}

#[tokio::test]
async fn who_has_no_key_is_told_in_the_envelope() {
    let scene = Scene::new().await;
    let made = scene.made(json!({})).await;
    let other = scene.made(json!({})).await;
    let (_, secret) = other.key.rsplit_once('/').unwrap();
    let mixed = format!("{}/{secret}", made.prefix);
    let another = scene.gatelet.api_key(&scene.gatelet.person("bob").await).await;
    let (prefix, _) = another.rsplit_once('/').unwrap();
    for (key, reason) in [
        ("my/api/key", "API key malformed"),
        ("", "API key malformed"),
        (mixed.as_str(), "API key malformed"),
        (&format!("{prefix}/{secret}"), "API key malformed"),
        (secret, "API key malformed"),
        (&format!("{}x", made.key), "API key malformed"),
    ] {
        for call in
            [scene.call(Method::GET, ""), scene.ask(json!({})), scene.call(Method::DELETE, &made.prefix)]
        {
            let answer = call.header("Argus-API-Key", key).await;
            assert_eq!((answer.status(), answer.reason()), (401, Some(reason)), "{answer:?}");
            assert_eq!(answer.json()["messages"][0]["message"], "Authentication failed.");
        }
    }
}

#[tokio::test]
async fn a_lost_answer_makes_one_key() {
    let scene = Scene::new().await;
    scene.gatelet.table.faults.next("PutItem", Fault::AnswerLost);
    let made = scene.made(json!({})).await;
    assert_eq!(scene.list().await.len(), 2);
    scene.gatelet.table.faults.next("PutItem", Fault::AnswerLost);
    assert_eq!(scene.call(Method::PUT, &made.prefix).json(&json!({})).await.status(), 200);
    scene.gatelet.table.faults.always("PutItem", Fault::Throttled);
    assert_eq!(scene.ask(json!({})).await.status(), 503);
}

#[tokio::test]
async fn s44_a_key_is_neither_stored_nor_logged() {
    let scene = Scene::new().await;
    log::listen();
    let made = scene.made(json!({})).await;
    scene.use_it(&made.key).await;
    scene.use_it(&format!("{}x", made.key)).await;
    scene.call(Method::PUT, &made.prefix).json(&json!({"password": "hunter2"})).await;
    let (_, secret) = made.key.rsplit_once("gtlu_").unwrap();
    let stored = serde_json::to_string(&scene.gatelet.table.items()).unwrap();
    let told = format!("{}{}", log::heard(), log::lines().concat());
    assert!(told.contains("api_key.created") && told.contains(&made.prefix));
    for text in [&stored, &told] {
        assert!(!text.contains(secret) && !text.contains("hunter2"));
    }
}
