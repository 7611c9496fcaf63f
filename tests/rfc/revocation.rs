//! Revocation: a client ends what is its own, and never learns whether there was anything to end (RFC 7009).

use domain::secret::{AccessToken, RefreshToken};
use domain::time::Seconds;
use domain::token::Token;
use oauth::metadata::paths;
use testkit::actors::{Answer, Tokens};

use crate::scene::Scene;

fn is_done(answer: &Answer) {
    assert_eq!((answer.status(), answer.text(), answer.reason()), (200, "", None), "{answer:?}");
}

#[tokio::test]
async fn s48_a_refresh_token_takes_its_access_tokens_with_it() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("openid").await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.goes_on(&second).await;
    assert!(scene.notes.is_active(&first.access).await);
    is_done(&scene.notes.revoke(second.refresh()).await);
    for tokens in [&first, &second] {
        scene.is_over(tokens).await;
    }
}

#[tokio::test]
async fn s48_an_access_token_ends_its_grant_too() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    is_done(&scene.notes.revoke(&tokens.access).await);
    scene.is_over(&tokens).await;
    let own = scene.notes.client_credentials().await.tokens();
    is_done(&scene.notes.revoke(&own.access).await);
    assert!(!scene.notes.is_active(&own.access).await);
}

#[tokio::test]
async fn s48_a_public_client_revokes_what_is_its_own() {
    let mut scene = Scene::new().await;
    let public = scene.gatelet.public().await;
    let tokens = public.tokens(&mut scene.browser, &scene.alice, "openid").await;
    is_done(&public.revoke(tokens.refresh()).await);
    assert_eq!(scene.gatelet.userinfo(&tokens.access).await.status(), 401);
}

#[tokio::test]
async fn s48_another_clients_token_lives_on() {
    let mut scene = Scene::new().await;
    let (other, public) = (scene.other().await, scene.gatelet.public().await);
    let tokens = scene.tokens("openid").await;
    let before = scene.gatelet.table.items();
    for stranger in [&other, &public] {
        for token in [&tokens.access, tokens.refresh()] {
            is_done(&stranger.revoke(token).await);
        }
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s48_an_unknown_token_is_answered_as_a_revoked_one() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    is_done(&scene.notes.revoke(tokens.refresh()).await);
    is_done(&scene.notes.revoke(tokens.refresh()).await);
    is_done(&scene.notes.revoke(&tokens.access).await);
    let unredeemed = scene.code("openid").await.1;
    let before = scene.gatelet.table.items();
    for token in ["garbage", tokens.id(), &unredeemed, &tokens.access[1..], "gtla_", "x/gtla_"] {
        is_done(&scene.notes.revoke(token).await);
        assert_eq!(scene.gatelet.writes(), [""; 0], "garbage costs nothing");
    }
    assert_eq!(scene.gatelet.table.items(), before);
}

/// Tokens carry their keys, and the checksum over them is no secret: knowing which grant it is does not yet end it.
#[tokio::test]
async fn s48_another_secret_under_the_same_keys_ends_nothing() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let (entropy, keys) =
        (&scene.gatelet.table.entropy, Token::<RefreshToken>::parse(tokens.refresh()).unwrap().keys);
    let before = scene.gatelet.table.items();
    for forged in [
        Token::<RefreshToken>::generate(keys, entropy).to_text(),
        Token::<AccessToken>::generate(keys, entropy).to_text("alice"),
    ] {
        is_done(&scene.notes.revoke(&forged).await);
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s48_a_hint_is_only_a_hint() {
    let mut scene = Scene::new().await;
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let choices: [fn(&Tokens) -> &str; 2] = [|tokens| &tokens.access, |tokens| tokens.refresh()];
        for choose in choices {
            let tokens = scene.tokens("openid").await;
            is_done(&scene.notes.revoke(choose(&tokens)).with("token_type_hint", hint).await);
            scene.is_over(&tokens).await;
        }
    }
}

#[tokio::test]
async fn s48_revocation_requires_authentication() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let call = || scene.gatelet.post(paths::REVOKE).with("token", &tokens.access);
    call().await.is_refused(401, "invalid_client", "no client named");
    call().basic(&scene.notes.id, "wrong").await.is_refused(401, "invalid_client", "client secret is wrong");
    let answer = scene.notes.post(paths::REVOKE).await;
    answer.is_refused(400, "invalid_request", "token missing");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s48_one_grant_ends_and_no_other() {
    let mut scene = Scene::new().await;
    let (ended, other) = (scene.tokens("openid").await, scene.tokens("openid").await);
    scene.advance(Seconds(1));
    is_done(&scene.notes.revoke(ended.refresh()).await);
    scene.is_over(&ended).await;
    scene.goes_on(&other).await;
    assert_eq!(scene.gatelet.userinfo(&other.access).await.status(), 200);
}
