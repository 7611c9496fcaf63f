//! Who calls, where that is no password and no front end's token: users' own credentials are good at each of the services.

use serde_json::json;
use testkit::actors::{Answer, Request};

use crate::scene::{API, CHALLENGE, Scene, by_front_end, code, described};

/// One call to each function by somebody who is not said yet, and what each answers to whoever may make it. The user administers.
async fn calls(scene: &Scene) -> Vec<(Request, u16)> {
    let front_end = scene.front_end().await;
    let post = |path: &str| scene.gatelet.post(&format!("{API}{path}"));
    let query = [
        ("response_type", "code"),
        ("client_id", &front_end.id),
        ("scope", "all"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    vec![
        (scene.authorize_by(&query), 303),
        (post("/oauth2/client/register").json(&described(json!({}))), 200),
        (by_front_end(post("/oauth2/token/list"), &front_end).with("token_type", "access_token"), 200),
        (by_front_end(post("/plugins"), &front_end), 200),
        (post("/admin/oauth2/token/clean"), 200),
    ]
}

/// Holds an answer to be the one that was asked for. A redirection is, if it takes a code to the client: others lead to where people sign in.
#[track_caller]
fn served(answer: &Answer, status: u16) {
    assert_eq!(answer.status(), status, "{answer:?}");
    if status == 303 {
        assert!(!code(answer).is_empty());
    }
}

#[tokio::test]
async fn s32_a_user_is_known_by_a_jwt_of_their_own_once() {
    let scene = Scene::new().await;
    let (signer, stranger) = (scene.gatelet.signer(&scene.root).await, scene.gatelet.stranger(&scene.root));
    for (call, status) in calls(&scene).await {
        let jwt = signer.jwt();
        served(&call.clone().bearer(&jwt).await, status);
        for (bearer, reason) in
            [(jwt, "signed JWT used before"), (stranger.jwt(), "signed JWT's key unknown")]
        {
            let answer = call.clone().bearer(&bearer).await;
            assert_eq!((answer.status(), answer.reason()), (401, Some(reason)), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_api_key_says_who_calls_whatever_the_other_header_does() {
    let scene = Scene::new().await;
    let key = scene.gatelet.api_key(&scene.root).await;
    for (call, status) in calls(&scene).await {
        let call = call.header("argus-api-key", &key);
        for call in [call.clone(), call.clone().header("authorization", "Basic !!!"), call.bearer("x")] {
            served(&call.await, status);
        }
    }
}
