//! Client credentials by a JWT that the user's script has signed with a key of the user's.

use serde_json::json;

use crate::log;
use crate::token_scene::Scene;

#[tokio::test]
async fn a_script_gets_a_token_by_a_signed_jwt_once() {
    let scene = Scene::new().await;
    let signer = scene.gatelet.signer(&scene.alice).await;
    let jwt = signer.jwt();
    log::listen();
    let answer = scene.script(&scene.portal).bearer(&jwt).await;
    insta::assert_json_snapshot!(answer.redacted(), @r#"
    {
      "access_token": "alice/[gtla]",
      "expires_in": 300,
      "id_token": null,
      "refresh_token": null,
      "token_type": "Bearer"
    }
    "#);
    let record = log::record();
    assert_eq!((record.len(), &record[0]["audit.event"]), (1, &json!("token.issued")));
    assert_eq!((&record[0]["user.id"], record[0].get("session.id")), (&json!(scene.alice.id), None));
    assert!(!log::heard().contains(&jwt));
    let told = scene.portal.introspect(&answer.member("access_token").unwrap()).await;
    assert_eq!((told.member("username").as_deref(), &told.json()["active"]), (Some("alice"), &json!(true)));

    let again = scene.script(&scene.portal).bearer(&jwt).await;
    again.is_refused(401, "invalid_client", "signed JWT used before");
    assert_eq!(again.header("www-authenticate"), Some("Bearer realm=\"gatelet\""));
    let fresh = scene.script(&scene.portal).bearer(&signer.jwt()).with("scope", "openid").await;
    assert!(fresh.member("id_token").is_some());
}

#[tokio::test]
async fn a_jwt_of_a_key_that_is_not_registered_gets_nothing() {
    let scene = Scene::new().await;
    let stranger = scene.gatelet.stranger(&scene.alice);
    let before = scene.gatelet.table.items();
    let answer = scene.script(&scene.portal).bearer(&stranger.jwt()).await;
    answer.is_refused(401, "invalid_client", "signed JWT's key unknown");
    assert_eq!(scene.gatelet.table.items(), before);
}

#[tokio::test]
async fn s54_a_signed_jwt_lets_nobody_in_who_lacks_the_function() {
    let scene = Scene::new().await;
    let signer = scene.gatelet.signer(&scene.alice).await;
    scene.strip().await;
    let answer = scene.script(&scene.portal).bearer(&signer.jwt()).await;
    answer.is_refused(403, "access_denied", "user lacks the function that the client requires");
}
