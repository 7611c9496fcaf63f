//! What users' scripts prove themselves with, in the hands of administrators: API keys, and keys that sign JWTs.

use domain::Clock as _;
use serde_json::json;

use crate::directory_scene::{Office, all, data, refused};

#[tokio::test]
async fn an_api_key_is_made_for_somebody_renewed_and_revoked() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    let bob = gatelet.person("bob").await;
    let wanted =
        json!({"description": "Bob's script", "source": {"provider": "disabled"}, "disableExpiration": true});
    let made = data(&office.post("user/bob/apikey", &wanted).await, 201);
    let key = made["apiKeyString"].as_str().unwrap();
    let prefix = made["keyDescriptor"]["prefix"].as_str().unwrap();
    let listed = data(&office.get("user/bob/apikey").await, 200);
    assert_eq!(listed, json!({"keys": [made["keyDescriptor"]]}));
    assert_eq!(made["keyDescriptor"]["validUntil"], 0);
    // It is Bob's, and no better than Bob.
    let own = gatelet.get("/authentication/v1/apikey").header("argus-api-key", key).await;
    assert_eq!(own.json()["data"], listed);
    assert_eq!(gatelet.get("/directory/v1/user").header("argus-api-key", key).await.status(), 403);

    let path = format!("user/{}/apikey/{prefix}", bob.id);
    let renewed = data(&office.put(&path, &json!({"expirationDays": 1})).await, 200);
    let end = (gatelet.table.clock.now().0 + 24 * 60 * 60) * 1000;
    assert_eq!(renewed["renewedKey"]["validUntil"], end);
    assert_eq!(data(&office.delete(&path).await, 200), json!({"keys": []}));
    assert_eq!(gatelet.get("/authentication/v1/apikey").header("argus-api-key", key).await.status(), 401);
    assert_eq!(office.delete(&path).await.status(), 404);
    assert_eq!(office.delete("user/bob/apikey/A/B").await.status(), 404);
    assert_eq!(office.put("user/nobody/apikey/a/b", &json!({})).await.status(), 404);
}

#[tokio::test]
async fn an_api_key_reaches_no_further_than_its_user() {
    let office = Office::new().await;
    office.gatelet.person("bob").await;
    let wanted = json!({
        "description": "Too much", "source": {"provider": "disabled"},
        "sessionConstraints": {"function": ["administrator"]},
    });
    let refusals = refused(&office.post("user/bob/apikey", &wanted).await);
    assert_eq!(refusals[0].0, "sessionConstraints.function");
    assert_eq!(refused(&office.post("user/bob/apikey", &json!({})).await)[0].0, "description");
}

#[tokio::test]
async fn a_key_that_signs_is_registered_used_and_removed() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    let bob = gatelet.person("bob").await;
    let signer = gatelet.stranger(&bob);
    let kid = signer.key.kid();
    let jwk = serde_json::to_value(signer.key.public()).unwrap();
    let status = async || gatelet.get("/authentication/v1/apikey").bearer(&signer.jwt()).await.status();
    assert_eq!(status().await, 401);
    let body = json!({"publicKey": jwk, "id": kid, "description": "Bob's script"});
    let made = data(&office.post("user/bob/key", &body).await, 201);
    assert_eq!((&made["id"], &made["algorithm"]), (&json!(kid), &json!("ES256")));
    assert_eq!(made["createdTimestamp"], gatelet.table.clock.now().0 * 1000);
    let list = office.get("user/bob/key").await;
    assert_eq!((data(&list, 200), &list.json()["count"]), (json!([made]), &json!(1)));
    assert_eq!(status().await, 200);
    let other = json!({"publicKey": jwk, "id": kid, "description": "Another script"});
    let taken = refused(&office.post("user/bob/key", &other).await);
    assert_eq!(taken, [("id".to_owned(), "is taken".to_owned())]);
    let path = format!("user/bob/key/{kid}");
    assert_eq!(office.delete(&format!("user/root/key/{kid}")).await.status(), 404);
    assert_eq!(data(&office.delete(&path).await, 200), made);
    assert_eq!(status().await, 401);
    assert_eq!(office.delete(&path).await.status(), 404);
}

#[tokio::test]
async fn what_a_key_that_signs_can_not_be() {
    let office = Office::new().await;
    let bob = office.gatelet.person("bob").await;
    for (body, field) in [
        (json!({}), "publicKey"),
        (json!({"publicKey": 7}), "publicKey"),
        (json!({"publicKey": {"kty": "oct", "k": "c2VjcmV0"}}), "publicKey"),
        (json!({"publicKey": "-----BEGIN PRIVATE KEY-----"}), "publicKey"),
    ] {
        assert_eq!(refused(&office.post("user/bob/key", &body).await)[0].0, field, "{body}");
    }
    let jwk = |n: usize| {
        let key = serde_json::to_value(office.gatelet.stranger(&bob).key.public()).unwrap();
        json!({"publicKey": key, "id": format!("key-{n:02}")})
    };
    for n in 0..20 {
        data(&office.post("user/bob/key", &jwk(n)).await, 201);
    }
    let message = "can't be one more than 20: remove one that is not needed".to_owned();
    let one_more = office.post("user/bob/key", &jwk(20)).await;
    assert_eq!(refused(&one_more), [("publicKey".to_owned(), message)]);
    let listed = data(&office.get("user/bob/key?limit=2&offset=18&sortBy=-id").await, 200);
    assert_eq!(all(&listed, "id"), ["key-01", "key-00"]);
}
