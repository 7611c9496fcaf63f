//! A user's own API keys: made, listed, renewed, revoked, and what they are good for.

use std::net::IpAddr;

use axum::http::Method;
use domain::Clock as _;
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::actors::{Answer, Gatelet, Person, Request};
use testkit::{Fault, clock::START};

use crate::log;

const PATH: &str = "/authentication/v1/apikey";

/// Alice, who holds two functions, and a key of hers that is good for everything.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    key: String,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        gatelet.function_of("readData", &["viewData"]).await;
        gatelet.function_of("writeData", &["changeData"]).await;
        gatelet.function_of("otherData", &["otherData"]).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "readData", None).await;
        gatelet.customer("mycustomer").await;
        gatelet.grant(&alice, "writeData", Some("mycustomer")).await;
        Self { key: gatelet.api_key(&alice).await, alice, gatelet }
    }

    fn call(&self, method: Method, prefix: &str) -> Request {
        let path = if prefix.is_empty() { PATH.to_owned() } else { format!("{PATH}/{prefix}") };
        self.gatelet.call(method, &path).header("Argus-API-Key", &self.key)
    }

    /// Asks for a key that is good anywhere, with other members of its own.
    fn ask(&self, own: Value) -> Request {
        let mut body = json!({"description": "Backup", "disableSourceRestriction": true});
        if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
            body.extend(own);
        }
        self.call(Method::POST, "").json(&body)
    }

    async fn made(&self, own: Value) -> Made {
        Made::read(&self.ask(own).await)
    }

    async fn list(&self) -> Vec<Value> {
        let answer = self.call(Method::GET, "").await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()["data"]["keys"].as_array().unwrap().clone()
    }

    fn use_it(&self, key: &str) -> Request {
        self.gatelet.get(PATH).header("Argus-API-Key", key)
    }
}

/// A key as it was shown, once.
struct Made {
    key: String,
    prefix: String,
    descriptor: Value,
}

impl Made {
    #[track_caller]
    fn read(answer: &Answer) -> Self {
        assert_eq!(answer.status(), 201, "{answer:?}");
        let data = answer.json()["data"].clone();
        let descriptor = data["keyDescriptor"].clone();
        let prefix = descriptor["prefix"].as_str().unwrap().to_owned();
        Self { key: data["apiKeyString"].as_str().unwrap().to_owned(), prefix, descriptor }
    }
}

#[track_caller]
fn unknown(answer: &Answer, reason: &str) {
    assert_eq!((answer.status(), answer.reason()), (404, Some(reason)), "{answer:?}");
    assert_eq!(answer.json()["messages"][0]["message"], "The object was not found.");
}

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
            "responseCode": status, "limit": 0, "offset": 0, "count": 1, "size": 1, "metaData": {}, "messages": [], "data": data,
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
