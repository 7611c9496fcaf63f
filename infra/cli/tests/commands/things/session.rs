//! `gatelet session`.

use domain::secret::SessionToken;
use domain::token::Token;
use serde_json::json;

use super::moment;
use crate::given::{Given, now};

#[tokio::test]
async fn a_session_is_good_until_it_is_removed() {
    let given = Given::with_people().await;
    let mut made = given.told("session add alice");
    let data = &mut made["data"];
    let token = Token::<SessionToken>::parse(data["token"].as_str().unwrap()).unwrap();
    let (session, user) = given.store.standing.visitor(token.keys).await.unwrap();
    let session = session.unwrap();
    assert!(session.token == token.digest() && session.is_live(now()) && user.unwrap().may_act());
    assert_eq!(
        data["expiresTimestamp"].as_u64().unwrap() - data["authenticatedTimestamp"].as_u64().unwrap(),
        12 * 3_600_000
    );
    moment(&mut data["authenticatedTimestamp"]);
    (data["expiresTimestamp"], data["token"]) = (json!(0), json!(null));
    let id = session.id;
    let shown = json!({
        "id": id, "address": null, "authenticatedTimestamp": 0, "expiresTimestamp": 0, "token": null,
    });
    assert_eq!(made, json!({"data": shown}));
    let list = given.told("session list alice");
    assert_eq!((&list["count"], list["data"][0].get("token")), (&json!(1), None));
    assert_eq!(given.told(&format!("session show alice {id}"))["data"]["id"], json!(id));
    given.told(&format!("session remove alice {id} --yes"));
    assert!(given.store.standing.visitor(token.keys).await.unwrap().0.is_none());
}

#[tokio::test]
async fn all_sessions_end_at_once() {
    let given = Given::with_people().await;
    for _ in 0..3 {
        given.told("session add alice");
    }
    assert_eq!(given.does("session remove alice --all --yes").words(), "Removed 3 sessions of alice.\n");
    assert_eq!(given.told("session remove alice --all --yes"), json!({"count": 0, "data": []}));
    assert_eq!(given.does("session list alice").words(), "There are no sessions of alice.\n");
}

#[tokio::test]
async fn nobody_acts_who_may_not() {
    let given = Given::with_people().await;
    given.told("user set alice --blocked");
    for (line, code, error) in [
        ("session add alice", 1, "alice may not act"),
        ("session add nobody", 1, "there is no user nobody"),
        ("session show alice nonsense", 1, "there is no session nonsense"),
    ] {
        assert_eq!(given.refused(line, code).0, error, "{line}");
    }
    assert_eq!(given.does("session remove alice").code, Some(2));
}
