//! Codes as Argus's clients redeem them: with their secret and without PKCE, where the operator allows that, and with the headers that Argus's
//! library sends.

use domain::client::CodeProtection;
use testkit::actors::{Client, Request, SECRET};

use crate::token_scene::{STANDARD, Scene, TOKEN};

/// A client from before PKCE, and a code for it.
async fn code(scene: &Scene, client: &Client) -> String {
    let asked = client.authorization_url().without_pkce().without("nonce");
    scene.gatelet.browser().grant(&asked, &scene.alice).await.code().to_owned()
}

async fn legacy(scene: &Scene) -> Client {
    let (required, scope) = ("myAccessFunction", "DATASTORE-VIEWER");
    let change = |client: &mut domain::client::Client| client.code_protection = CodeProtection::ClientSecret;
    scene.gatelet.bounded_client_but("legacy", required, scope, change).await
}

/// The form of the seed's own command.
fn form(scene: &Scene, path: &str, client: &Client, code: &str) -> Request {
    let form = scene.gatelet.post(path).with("client_id", &client.id).with("client_secret", SECRET);
    let form = form.with("grant_type", "authorization_code").with("code", code);
    form.with("redirect_uri", &client.redirect_uri)
}

#[tokio::test]
async fn a_code_is_redeemed_with_the_clients_secret() {
    let scene = Scene::new().await;
    let client = legacy(&scene).await;
    for path in [TOKEN, STANDARD] {
        let by_form = form(&scene, path, &client, &code(&scene, &client).await);
        let by_header = form(&scene, path, &client, &code(&scene, &client).await);
        let by_header = by_header.without("client_secret").basic(&client.id, SECRET);
        for request in [by_form, by_header] {
            let answer = request.await;
            assert_eq!((answer.status(), answer.header("cache-control")), (200, Some("no-store")));
            insta::allow_duplicates! {
                insta::assert_json_snapshot!(answer.redacted(), @r#"
                {
                  "access_token": "alice/[gtla]",
                  "expires_in": 300,
                  "id_token": "[signed]",
                  "refresh_token": "[gtlr]",
                  "scope": "openid",
                  "token_type": "Bearer"
                }
                "#);
            }
        }
    }
}

#[tokio::test]
async fn a_code_is_the_one_that_the_user_was_sent_back_with() {
    let scene = Scene::new().await;
    let client = legacy(&scene).await;
    for path in [TOKEN, STANDARD] {
        let code = code(&scene, &client).await;
        let redeem = || form(&scene, path, &client, &code);
        let wrong = redeem().with("client_secret", "another").await;
        wrong.is_refused(401, "invalid_client", "client secret is wrong");
        for (request, reason) in [
            (redeem().without("redirect_uri"), "code for another redirect_uri"),
            (redeem().with("redirect_uri", "https://legacy.example/"), "code for another redirect_uri"),
            (redeem().with("code_verifier", &"v".repeat(43)), "code_verifier does not answer the challenge"),
            (redeem().with("code", "b11f9f83-899b-42cb-a131-790d5a40247"), "code malformed"),
        ] {
            request.await.is_refused(400, "invalid_grant", reason);
        }
        redeem().await.tokens();
        redeem().await.is_refused(400, "invalid_grant", "code redeemed twice");
    }
}

#[tokio::test]
async fn an_api_key_beside_a_clients_secret_means_nothing() {
    let scene = Scene::new().await;
    let client = legacy(&scene).await;
    for key in [scene.key.as_str(), "garbage"] {
        let code = code(&scene, &client).await;
        let redeem = form(&scene, TOKEN, &client, &code).header("Argus-API-Key", key);
        let tokens = redeem.await.tokens();
        let form = scene.gatelet.post(TOKEN).with("client_id", &client.id).with("client_secret", SECRET);
        let refresh = form.with("grant_type", "refresh_token").with("code", tokens.refresh());
        let tokens = refresh.header("Argus-API-Key", key).await.tokens();
        let told = scene.gatelet.post(TOKEN).with("client_id", &client.id).with("client_secret", SECRET);
        let told = told.with("token", &tokens.access).header("Argus-API-Key", key).await;
        assert_eq!(told.member("username").as_deref(), Some("alice"));
    }
    // In its place it is none of the client's credentials.
    let code = code(&scene, &client).await;
    let bare = form(&scene, TOKEN, &client, &code).without("client_secret");
    let answer = bare.header("Argus-API-Key", &scene.key).await;
    answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
}

#[tokio::test]
async fn s17_what_the_operator_takes_back_is_gone() {
    let scene = Scene::new().await;
    let client = legacy(&scene).await;
    let strict = scene.gatelet.but(|settings| settings.codes_without_pkce = false).await;
    let asked = client.authorization_url().without_pkce().without("nonce").to_string();
    let mut browser = strict.browser();
    let landing = browser.open(&asked).await;
    assert_eq!(landing.page().answer.reason(), Some("code_challenge missing"));
}
