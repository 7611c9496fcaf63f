//! Userinfo as Argus's clients use it: every claim of every scope, the client's own claims, at both paths and by both methods.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::actors::Gatelet;

use crate::employee::{Employee, provided, providers};

const PATHS: [&str; 2] = ["/oauth2/userinfo", "/authentication/v1/oauth/userinfo"];

/// The portal's user is told about at every path by every method, always the same.
async fn told(gatelet: &Gatelet, token: &str) -> Value {
    let mut answers = Vec::new();
    for path in PATHS {
        for method in [Method::GET, Method::POST] {
            answers.push(gatelet.call(method, path).bearer(token).await.json());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

#[tokio::test]
async fn each_scope_adds_its_claims() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let portal = gatelet.bounded_client("portal", "reader", "reader").await;
    let mut browser = gatelet.browser();
    for (scope, claims) in [
        ("openid", json!({})),
        (
            "openid profile",
            json!({
                "preferred_username": "alice",
                "username": "alice",
                "name": "alice of Example",
                "picture": "https://example.com/alice.png",
                "updated_at": testkit::clock::START.0,
            }),
        ),
        ("openid email", json!({"email": "alice@example.com", "email_verified": true})),
        ("openid phone", json!({"phone": "+4712345678", "phone_number": "+4712345678"})),
        ("openid groups", json!({"groups": ["readers", "writers"]})),
        ("openid groupstring", json!({"groups": r#"["readers","writers"]"#})),
        ("openid groups groupstring", json!({"groups": ["readers", "writers"]})),
        (
            "openid customer",
            json!({
                "customer_id": employee.customer.id,
                "customer_shortname": "mycustomer",
                "customer_name": "mycustomer of Example",
                "domain_id": employee.domain.id,
            }),
        ),
        ("openid clientip", json!({"client_ip": "203.0.113.7"})),
    ] {
        let tokens = portal.tokens(&mut browser, &employee.alice, scope).await;
        let mut expected = claims;
        expected["sub"] = json!(employee.alice.id);
        assert_eq!(told(&gatelet, &tokens.access).await, expected, "{scope}");
    }
}

#[tokio::test]
async fn whoever_works_for_nobody_is_in_a_domain_still() {
    let gatelet = Gatelet::start().await;
    gatelet.function_of("reader", &["viewThings"]).await;
    let alice = gatelet.person("alice").await;
    gatelet.grant(&alice, "reader", None).await;
    let portal = gatelet.bounded_client("portal", "reader", "reader").await;
    let tokens = portal.tokens(&mut gatelet.browser(), &alice, "openid customer").await;
    assert_eq!(told(&gatelet, &tokens.access).await, json!({"sub": alice.id, "domain_id": 1}));
}

#[tokio::test]
async fn a_clients_own_claims_are_told_beside_those_of_the_scope_and_go_before_them() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let portal = gatelet
        .bounded_client_but("portal", "reader", "reader", |client| client.custom_claims = providers())
        .await;
    let tokens = portal.tokens(&mut gatelet.browser(), &employee.alice, "openid email groups").await;
    let mut expected = provided(&employee);
    // Whatever the client defines under this name, it is the user.
    expected["sub"] = json!(employee.alice.id);
    expected["email"] = json!("alice@example.com");
    expected["email_verified"] = json!(true);
    assert_eq!(told(&gatelet, &tokens.access).await, expected);
}

#[tokio::test]
async fn the_roles_are_those_of_now_and_of_the_clients_customer() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let other = gatelet.customer("other").await.short_name;
    let portal = gatelet
        .bounded_client_but("portal", "reader", "reader", |client| {
            client.custom_claims = providers();
            client.bounds.as_mut().unwrap().customer = Some(other);
        })
        .await;
    let tokens = portal.tokens(&mut gatelet.browser(), &employee.alice, "openid").await;
    // She is an editor, but not for that customer.
    assert_eq!(told(&gatelet, &tokens.access).await["roles"], json!(["viewer"]));
    gatelet.grant(&employee.alice, "editor", Some("other")).await;
    assert_eq!(told(&gatelet, &tokens.access).await["roles"], json!(["author", "viewer"]));
}

#[tokio::test]
async fn only_who_is_told_of_customers_costs_another_look() {
    let gatelet = Gatelet::start().await;
    let employee = Employee::new(&gatelet).await;
    let portal = gatelet.bounded_client("portal", "reader", "reader").await;
    let mut browser = gatelet.browser();
    for (scope, spent) in [
        ("openid profile email phone groups groupstring clientip", (1, 3.0, 0.0)),
        ("openid customer", (2, 5.0, 0.0)),
    ] {
        let tokens = portal.tokens(&mut browser, &employee.alice, scope).await;
        told(&gatelet, &tokens.access).await;
        let _ = gatelet.spent();
        assert_eq!(gatelet.userinfo(&tokens.access).await.status(), 200);
        assert_eq!(gatelet.spent(), spent, "{scope}");
    }
}
