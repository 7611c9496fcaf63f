//! ID tokens of clients that define claims of their own: those are in them, and nothing that the access token asks for.

use serde_json::json;
use testkit::actors::Gatelet;

use crate::employee::{Employee, provided, providers};

#[tokio::test]
async fn a_clients_own_claims_are_in_its_id_tokens() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let portal = gatelet
        .bounded_client_but("portal", "reader", "reader", |client| client.custom_claims = providers())
        .await;
    let scope = "openid profile email groups customer";
    let tokens = portal.tokens(&mut gatelet.browser(), &employee.alice, scope).await;
    let refreshed = portal.refresh(tokens.refresh()).await.tokens();
    for id_token in [tokens.id(), refreshed.id()] {
        let mut claims = portal.verify(id_token).await;
        let told = claims.as_object_mut().unwrap();
        assert_eq!(told["sub"], json!(employee.alice.id));
        for name in ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"] {
            assert!(told.remove(name).is_some(), "{name}");
        }
        assert_eq!(claims, provided(&employee));
    }
}

#[tokio::test]
async fn only_a_client_with_claims_of_its_own_has_the_user_read() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    for (name, claims, spent) in [("plain", Vec::new(), (1, 0.0, 1.0)), ("own", providers(), (3, 4.0, 1.0))] {
        let portal = gatelet
            .bounded_client_but(name, "reader", "reader", |client| client.custom_claims = claims)
            .await;
        let mut browser = gatelet.browser();
        portal.tokens(&mut browser, &employee.alice, "openid").await;
        let asked = portal.authorization_url();
        let callback = browser.authorize(&asked).await.callback();
        let _ = gatelet.spent();
        portal.redeem(&asked, callback.code()).await.tokens();
        assert_eq!(gatelet.spent(), spent, "{name}");
    }
}

#[tokio::test]
async fn s55_nothing_is_told_of_who_is_not_let_in_any_more() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let portal = gatelet
        .bounded_client_but("portal", "reader", "reader", |client| client.custom_claims = providers())
        .await;
    let asked = portal.authorization_url().scope("openid");
    let callback = gatelet.browser().grant(&asked, &employee.alice).await;
    gatelet.change(&employee.alice, |user| user.functions.globally.clear()).await;
    let tokens = portal.redeem(&asked, callback.code()).await.tokens();
    let claims = portal.verify(tokens.id()).await;
    for name in provided(&employee).as_object().unwrap().keys() {
        assert_eq!(claims.get(name), None, "{name}");
    }
}
