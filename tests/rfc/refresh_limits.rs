//! What a refresh can't do: reach further than the grant, outlast it, or go on without its user (RFC 6749 section 6, RFC 9700 section
//! 4.14).

use domain::secret::{AccessToken, RefreshToken};
use domain::time::Seconds;
use domain::token::Token;
use serde_json::json;
use testkit::actors::{Client, Tokens};
use testkit::clock::START;

use crate::scene::Scene;

#[tokio::test]
async fn s40_scope_may_shrink_and_the_refresh_token_keeps_what_was_granted() {
    let mut scene = Scene::new().await;
    let first = scene.lasting().await;
    let narrow = scene.notes.refresh(first.refresh()).with("scope", "notes:read").await.tokens();
    assert_eq!((narrow.scope.as_str(), &narrow.id), ("notes:read", &None));
    let scope_of = async |token: &str| scene.notes.introspect(token).await.member("scope").unwrap();
    assert_eq!(scope_of(&narrow.access).await, "notes:read");
    assert_eq!(scope_of(narrow.refresh()).await, "notes:read notes:write offline_access openid");
    let answer = scene.gatelet.userinfo(&narrow.access).await;
    answer.is_refused(403, "insufficient_scope", "token without openid");
    let full = scene.notes.refresh(narrow.refresh()).await.tokens();
    assert_eq!(full.scope, "notes:read notes:write offline_access openid");
    assert_eq!(scope_of(&narrow.access).await, "notes:read", "a token keeps the scope it was given");
}

#[tokio::test]
async fn s40_scope_never_grows() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid notes:read").await;
    let before = scene.gatelet.table.items();
    for (scope, reason) in [
        ("openid notes:read notes:write", "scope exceeds the grant"),
        ("notes:write", "scope exceeds the grant"),
        ("offline_access", "scope exceeds the grant"),
        // By whole token: a part of one is another one.
        ("notes:rea", "scope not served"),
        ("notes", "scope not served"),
        ("notes:read\"", "scope malformed"),
    ] {
        let answer = scene.notes.refresh(tokens.refresh()).with("scope", scope).await;
        answer.is_refused(400, "invalid_scope", reason);
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s41_an_unused_refresh_token_expires_though_its_item_is_still_there() {
    let mut scene = Scene::new().await;
    let (first, second) = (scene.lasting().await, scene.lasting().await);
    let idle = scene.gatelet.settings().lifetimes.refresh_idle;
    scene.advance(Seconds(idle.0 - 1));
    scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(Seconds(1));
    let before = scene.gatelet.table.items();
    scene.notes.refresh(second.refresh()).await.is_refused(400, "invalid_grant", "refresh token expired");
    assert_eq!(scene.gatelet.table.items(), before);
    assert!(!scene.notes.is_active(second.refresh()).await);
}

#[tokio::test]
async fn s41_rotation_moves_the_idle_end_and_never_the_absolute_one() {
    let mut scene = Scene::new().await;
    let lifetimes = scene.gatelet.settings().lifetimes;
    let mut tokens = scene.lasting().await;
    let (step, mut age) = (Seconds(lifetimes.refresh_idle.0 - 1), 0);
    while age + step.0 < lifetimes.grant.0 {
        scene.advance(step);
        age += step.0;
        tokens = scene.notes.refresh(tokens.refresh()).await.tokens();
    }
    assert!(age > lifetimes.refresh_idle.0, "the idle end has moved");
    scene.advance(Seconds(lifetimes.grant.0 - age));
    let answer = scene.notes.refresh(tokens.refresh()).await;
    answer.is_refused(400, "invalid_grant", "refresh token expired");
    assert!(!scene.notes.is_active(tokens.refresh()).await);
}

/// Holds a refresh to be refused for `reason`, and nothing to be left of it.
async fn is_refused(scene: &Scene, client: &Client, tokens: &Tokens, reason: &str) {
    let before = scene.gatelet.table.items();
    client.refresh(tokens.refresh()).await.is_refused(400, "invalid_grant", reason);
    assert_eq!(scene.gatelet.table.items(), before, "nothing is written");
    assert!(!client.is_active(tokens.refresh()).await);
}

#[tokio::test]
async fn s42_no_refresh_once_the_user_has_signed_out() {
    let mut scene = Scene::new().await;
    let (bound, lasting) = (scene.tokens("openid notes:read").await, scene.lasting().await);
    scene.browser.sign_out().await.page();
    is_refused(&scene, &scene.notes, &bound, "token's session is over").await;
    // `offline_access` is what a user consents to for just this.
    scene.notes.refresh(lasting.refresh()).await.tokens();
}

/// Tokens carry their keys, and the checksum over them is no secret: what a token leaves out, its digest still tells.
#[tokio::test]
async fn s42_a_token_can_not_shed_the_session_that_it_depends_on() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid notes:read").await;
    let mut refresh = Token::<RefreshToken>::parse(tokens.refresh()).unwrap();
    let mut access = Token::<AccessToken>::parse(&tokens.access).unwrap();
    (refresh.keys.session, access.keys.session) = (None, None);
    scene.browser.sign_out().await.page();
    let answer = scene.gatelet.userinfo(&access.to_text("alice")).await;
    answer.is_refused(401, "invalid_token", "token unknown or revoked");
    assert_eq!(scene.notes.introspect(&refresh.to_text()).await.json(), json!({"active": false}));
    let answer = scene.notes.refresh(&refresh.to_text()).await;
    answer.is_refused(400, "invalid_grant", "refresh token replayed");
}

#[tokio::test]
async fn s42_no_refresh_once_the_session_has_ended_by_itself() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid notes:read").await;
    scene.advance(scene.gatelet.settings().lifetimes.session);
    is_refused(&scene, &scene.notes, &tokens, "token's session is over").await;
}

#[tokio::test]
async fn s42_no_refresh_while_the_user_is_blocked_or_disabled() {
    let mut scene = Scene::new().await;
    let (bound, lasting) = (scene.tokens("openid notes:read").await, scene.lasting().await);
    for shut in [true, false] {
        scene.gatelet.change(&scene.alice, |user| user.blocked = shut).await;
        scene.gatelet.change(&scene.alice, |user| user.enabled = shut).await;
        for tokens in [&bound, &lasting] {
            is_refused(&scene, &scene.notes, tokens, "token's user may not act").await;
        }
    }
    scene.gatelet.change(&scene.alice, |user| user.enabled = true).await;
    for tokens in [&bound, &lasting] {
        scene.notes.refresh(tokens.refresh()).await.tokens();
    }
}

/// "its iss Claim Value MUST be the same […], its sub Claim Value MUST be the same […], its iat Claim MUST represent the time that the new
/// ID Token is issued, its aud […], if the ID Token contains an auth_time Claim, its value MUST represent the time of the original
/// authentication" (OpenID Connect Core section 12.2)
#[tokio::test]
async fn an_id_token_that_comes_with_a_refresh_is_of_the_same_sign_in() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("openid").await;
    scene.advance(Seconds::minutes(1));
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    let (before, after) = (scene.notes.verify(first.id()).await, scene.notes.verify(second.id()).await);
    for same in ["iss", "sub", "aud", "auth_time", "nonce"] {
        assert!(before[same] == after[same] && !after[same].is_null(), "{same}: {before} {after}");
    }
    for (time, life) in [("iat", Seconds(0)), ("exp", scene.gatelet.settings().lifetimes.id_token)] {
        assert_eq!(after[time], json!((START + Seconds::minutes(1) + life).0), "{time}");
    }
    assert_eq!(after["at_hash"], jose::at_hash(&second.access));
    assert_ne!(after["at_hash"], before["at_hash"]);
}

#[tokio::test]
async fn what_can_never_have_been_a_refresh_token_costs_no_look_at_the_table() {
    let mut scene = Scene::new().await;
    let tokens = scene.lasting().await;
    let refresh = tokens.refresh();
    for garbage in ["x", &tokens.access, tokens.id(), &refresh[1..], &refresh[..refresh.len() - 1], "gtlr_"] {
        scene.notes.refresh(garbage).await.is_refused(400, "invalid_grant", "refresh token malformed");
    }
    let answer = scene.notes.refresh("").await;
    answer.is_refused(400, "invalid_request", "refresh_token missing");
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}
