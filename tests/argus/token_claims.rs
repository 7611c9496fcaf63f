//! ID tokens that users' scripts ask for, of clients that define claims of their own.

use serde_json::json;
use testkit::actors::Gatelet;

use crate::employee::{Employee, provided, providers};
use crate::token_scene::TOKEN;

#[tokio::test]
async fn a_scripts_id_token_has_the_clients_own_claims_as_far_as_its_key_goes() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let change = |client: &mut domain::client::Client| client.custom_claims = providers();
    let portal = gatelet.bounded_client_but("portal", "reader", "reader", change).await;
    let claims = async |key: &str| {
        let asks = gatelet.post(TOKEN).with("grant_type", "client_credentials").with("scope", "openid");
        let answer = asks.with("client_id", &portal.id).header("Argus-API-Key", key).await;
        let mut claims = portal.verify(&answer.member("id_token").expect("an ID token")).await;
        for name in ["iss", "sub", "aud", "exp", "iat", "at_hash"] {
            assert!(claims.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        claims
    };
    let mut expected = provided(&employee);
    assert_eq!(claims(&gatelet.api_key(&employee.alice).await).await, expected);
    expected["roles"] = json!(["viewer"]);
    assert_eq!(claims(&gatelet.api_key_for(&employee.alice, &["reader"]).await).await, expected);
}
