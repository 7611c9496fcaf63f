//! What tokens for users' scripts cost, with a client and functions that the sandbox remembers.

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
