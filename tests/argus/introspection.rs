//! Introspection as Argus's clients use it, at every path it is asked at.

use serde_json::json;
use testkit::actors::Gatelet;

const PATHS: [&str; 2] = ["/oauth2/introspect", "/authentication/v1/oauth/token/introspect"];

#[tokio::test]
async fn a_bounded_client_is_told_what_its_user_lets_it_do() {
    let gatelet = Gatelet::start().await;
    gatelet.function_of("reader", &["viewThings", "listThings"]).await;
    gatelet.function_of("editor", &["viewThings", "changeThings"]).await;
    let alice = gatelet.person("alice").await;
    gatelet.grant(&alice, "reader", None).await;
    gatelet.grant(&alice, "editor", None).await;
    let portal = gatelet.bounded_client("portal", "reader", "reader").await;
    let tokens = portal.tokens(&mut gatelet.browser(), &alice, "openid").await;
    for path in PATHS {
        let answer = portal.post(path).with("token", &tokens.access).await;
        assert_eq!(
            answer.json(),
            json!({
                "active": true,
                "scope": "openid",
                "client_id": portal.id,
                "username": "alice",
                "token_type": "Bearer",
                "exp": (testkit::clock::START + gatelet.settings().lifetimes.access_token).0,
                "sub": alice.id,
                "aud": portal.id,
                "iss": "https://id.example",
                "permissions": ["listThings", "viewThings"],
            })
        );
    }
}
