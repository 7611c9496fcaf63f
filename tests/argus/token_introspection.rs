//! Introspection at the token endpoint, as Argus's documentation shows it: a form with a `token` and no `grant_type`.

use serde_json::json;
use testkit::actors::{ADDRESS, SECRET};

use crate::token_scene::{STANDARD, Scene, TOKEN};

const INTROSPECT: &str = "/authentication/v1/oauth/token/introspect";

#[tokio::test]
async fn it_answers_as_the_introspection_endpoint_does() {
    let scene = Scene::new().await;
    let tokens = scene.tokens("openid profile").await;
    let other = scene.gatelet.bounded_client("other", "myAccessFunction", "DATASTORE-VIEWER").await;
    let elsewhere = scene.by_key().from_address("198.51.100.1".parse().unwrap()).await;
    let elsewhere = elsewhere.member("access_token").unwrap();
    for (token, client, active, reason) in [
        (tokens.access.as_str(), &scene.portal, true, None),
        (tokens.refresh(), &scene.portal, true, None),
        (&tokens.access, &other, false, Some("token of another client")),
        (&elsewhere, &scene.portal, false, Some("token used for another address than it was made for")),
        ("garbage", &scene.portal, false, Some("token malformed")),
    ] {
        let form = |path| {
            let form = scene.gatelet.post(path).header("X-Forwarded-For", ADDRESS.to_string());
            form.with("client_id", &client.id).with("client_secret", SECRET).with("token", token)
        };
        let (here, there) = (form(TOKEN).await, form(INTROSPECT).await);
        assert_eq!((here.status(), here.json()), (200, there.json()));
        assert_eq!((here.reason(), there.reason()), (reason, reason));
        assert_eq!(here.json()["active"], json!(active));
        let by_header = scene.gatelet.post(TOKEN).basic(&client.id, SECRET).with("token", token).await;
        assert_eq!(by_header.json(), here.json());
    }
}

#[tokio::test]
async fn s47_it_asks_who_wants_to_know() {
    let scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let form = || scene.gatelet.post(TOKEN).with("token", &tokens.access);
    form().await.is_refused(401, "invalid_client", "no client named");
    let wrong = form().with("client_id", &scene.portal.id).with("client_secret", "another").await;
    wrong.is_refused(401, "invalid_client", "client secret is wrong");
    let bare = form().with("client_id", &scene.portal.id).await;
    bare.is_refused(401, "invalid_client", "client authentication method is not the registered one");
    // A user has no say in it.
    let by_user = form().with("client_id", &scene.portal.id).header("Argus-API-Key", &scene.key).await;
    by_user.is_refused(401, "invalid_client", "client authentication method is not the registered one");
}

#[tokio::test]
async fn only_there_and_only_without_a_grant_type() {
    let scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let form = |path| scene.portal.post(path).with("token", &tokens.access);
    form(STANDARD).await.is_refused(400, "invalid_request", "grant_type missing");
    scene.portal.post(TOKEN).await.is_refused(400, "invalid_request", "grant_type missing");
    let unknown = form(TOKEN).with("grant_type", "password").await;
    unknown.is_refused(400, "unsupported_grant_type", "grant_type not served");
    let own = form(TOKEN).with("grant_type", "client_credentials").await;
    assert!(own.member("access_token").is_some(), "{own:?}");
}
