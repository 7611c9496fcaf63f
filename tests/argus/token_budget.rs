//! What tokens for users' scripts cost, with a client and functions that the sandbox remembers.

use serde_json::json;

use crate::token_scene::{Scene, TOKEN};

/// The key and its user, together; then the grant.
#[tokio::test]
async fn client_credentials_by_an_api_key() {
    let scene = Scene::new().await;
    scene.by_key().await;
    let _ = scene.gatelet.spent();
    assert_eq!(scene.by_key().await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
    assert_eq!(scene.by_key().with("scope", "openid profile").await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
}

/// The session and its user, together; then the grant.
#[tokio::test]
async fn client_credentials_by_a_session() {
    let scene = Scene::new().await;
    let (_, session) = scene.signed_in().await;
    scene.script(&scene.portal).bearer(&session).await;
    let _ = scene.gatelet.spent();
    assert_eq!(scene.script(&scene.portal).bearer(&session).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
}

/// Whose name it is; the user's key and the user, together; that the JWT is good once; then the grant.
#[tokio::test]
async fn client_credentials_by_a_signed_jwt() {
    let scene = Scene::new().await;
    let signer = scene.gatelet.signer(&scene.alice).await;
    scene.script(&scene.portal).bearer(&signer.jwt()).await;
    let _ = scene.gatelet.spent();
    assert_eq!(scene.script(&scene.portal).bearer(&signer.jwt()).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (4, 3.0, 2.0));
    let mut claims = signer.claims();
    (claims["iss"], claims["sub"]) = (json!(scene.alice.id), json!(scene.alice.id));
    assert_eq!(scene.script(&scene.portal).bearer(&signer.sign(&claims)).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (3, 2.0, 2.0));
}

#[tokio::test]
async fn looking_a_token_up_at_the_token_endpoint() {
    let scene = Scene::new().await;
    let token = scene.by_key().await.member("access_token").unwrap();
    scene.portal.post(TOKEN).with("token", &token).await;
    let _ = scene.gatelet.spent();
    assert_eq!(scene.portal.post(TOKEN).with("token", &token).await.status(), 200);
    // Without a session there are the grant and the user.
    assert_eq!(scene.gatelet.spent(), (1, 2.0, 0.0));
}

#[tokio::test]
async fn refreshing_for_a_bounded_client() {
    let scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    assert_eq!(scene.portal.refresh(tokens.refresh()).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
}

#[tokio::test]
async fn garbage_costs_nothing() {
    let scene = Scene::new().await;
    let _ = scene.gatelet.spent();
    for request in [
        scene.script(&scene.portal),
        scene.script(&scene.portal).header("Argus-API-Key", "my/api/key"),
        scene.script(&scene.portal).bearer("garbage"),
    ] {
        assert_eq!(request.await.status(), 401);
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}
