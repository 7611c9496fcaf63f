//! Refresh tokens: rotated at each use, answered again within the window, and the end of the grant when replayed (RFC 6749 section 6,
//! RFC 9700 section 4.14).

use std::collections::BTreeSet;

use domain::time::Seconds;
use serde_json::json;
use testkit::actors::Tokens;
use tokio::task::JoinSet;

use crate::scene::{LASTING, Scene};

#[tokio::test]
async fn s36_a_refresh_token_is_bound_to_its_client() {
    let mut scene = Scene::new().await;
    let (other, public) = (scene.other().await, scene.gatelet.public().await);
    let tokens = scene.lasting().await;
    let before = scene.gatelet.table.items();
    for thief in [&other, &public] {
        let answer = thief.refresh(tokens.refresh()).await;
        answer.is_refused(400, "invalid_grant", "refresh token of another client");
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&tokens).await;
    scene.notes.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn s36_another_client_can_not_end_the_grant_with_a_token_long_used() {
    let mut scene = Scene::new().await;
    let other = scene.other().await;
    let first = scene.lasting().await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(Seconds::hours(1));
    let third = scene.notes.refresh(second.refresh()).await.tokens();
    let before = scene.gatelet.table.items();
    let answer = other.refresh(first.refresh()).await;
    answer.is_refused(400, "invalid_grant", "refresh token of another client");
    assert_eq!(scene.gatelet.table.items(), before);
    scene.goes_on(&third).await;
}

#[tokio::test]
async fn s37_a_public_clients_refresh_tokens_rotate() {
    let mut scene = Scene::new().await;
    scene.notes = scene.gatelet.public().await;
    let mut tokens = scene.tokens("openid offline_access").await;
    let oldest = tokens.refresh().to_owned();
    let mut seen = BTreeSet::from([oldest.clone()]);
    for _ in 0..3 {
        scene.advance(Seconds::minutes(1));
        tokens = scene.notes.refresh(tokens.refresh()).await.tokens();
        assert!(seen.insert(tokens.refresh().to_owned()), "a refresh token that was there before");
    }
    scene.notes.refresh(&oldest).await.is_refused(400, "invalid_grant", "refresh token replayed");
    scene.is_over(&tokens).await;
}

/// How long the token before the current one is answered again.
fn window(scene: &Scene) -> Seconds {
    scene.gatelet.settings().lifetimes.refresh_window
}

/// Holds that whoever replays `old` ends the grant that `current` belongs to.
async fn replay_ends(scene: &Scene, old: &str, family: &[&Tokens]) {
    let answer = scene.notes.refresh(old).await;
    answer.is_refused(400, "invalid_grant", "refresh token replayed");
    for tokens in family {
        scene.is_over(tokens).await;
    }
    let grants = scene.gatelet.table.items();
    let grants = grants.iter().filter(|item| item["sk"]["S"].as_str().unwrap().starts_with("grant#"));
    assert_eq!(grants.count(), 0, "the grant is gone");
}

#[tokio::test]
async fn s38_replay_after_the_successor_was_used_ends_the_whole_family() {
    let mut scene = Scene::new().await;
    let first = scene.lasting().await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    let third = scene.notes.refresh(second.refresh()).await.tokens();
    scene.goes_on(&third).await;
    // No window helps: the successor was used, so two parties hold the family.
    replay_ends(&scene, first.refresh(), &[&first, &second, &third]).await;
}

#[tokio::test]
async fn s38_replay_after_the_window_ends_the_whole_family() {
    let mut scene = Scene::new().await;
    let first = scene.lasting().await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(window(&scene));
    replay_ends(&scene, first.refresh(), &[&first, &second]).await;
}

#[tokio::test]
async fn s38_replay_of_any_older_generation_ends_the_whole_family() {
    let mut scene = Scene::new().await;
    let mut family = vec![scene.lasting().await];
    for _ in 0..4 {
        let next = scene.notes.refresh(family[family.len() - 1].refresh()).await.tokens();
        family.push(next);
    }
    let all: Vec<&Tokens> = family.iter().collect();
    replay_ends(&scene, family[1].refresh(), &all).await;
}

#[tokio::test]
async fn s38_replay_ends_one_family_and_no_other() {
    let mut scene = Scene::new().await;
    let (victim, bystander) = (scene.lasting().await, scene.lasting().await);
    let second = scene.notes.refresh(victim.refresh()).await.tokens();
    scene.advance(window(&scene));
    let answer = scene.notes.refresh(victim.refresh()).await;
    answer.is_refused(400, "invalid_grant", "refresh token replayed");
    scene.is_over(&second).await;
    scene.goes_on(&bystander).await;
}

#[tokio::test]
async fn s39_twenty_refreshes_at_once_give_one_successor_to_all() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("offline_access notes:read").await;
    let mut sandboxes = Vec::new();
    for _ in 0..4 {
        sandboxes.push(scene.notes.at(&scene.gatelet.sandbox().await));
    }
    let mut refreshes = JoinSet::new();
    for sandbox in sandboxes.iter().cycle().take(20) {
        refreshes.spawn(sandbox.refresh(first.refresh()).into_future());
    }
    let answers = refreshes.join_all().await;
    let successors: BTreeSet<_> =
        answers.iter().map(|answer| answer.tokens()).map(|tokens| (tokens.access, tokens.refresh)).collect();
    assert_eq!((answers.len(), successors.len()), (20, 1));
    let second = answers[0].tokens();
    assert!(!scene.notes.is_active(first.refresh()).await, "two branches live");
    scene.goes_on(&second).await;
    let third = scene.notes.refresh(second.refresh()).await.tokens();
    scene.goes_on(&third).await;
}

#[tokio::test]
async fn s39_the_token_before_gets_the_same_answer_within_the_window() {
    let mut scene = Scene::new().await;
    let first = scene.lasting().await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(Seconds(window(&scene).0 - 1));
    let before = scene.gatelet.table.items();
    let again = scene.notes.refresh(first.refresh()).await;
    assert_eq!(scene.gatelet.table.items(), before, "nothing is written for it");
    let tokens = again.tokens();
    assert_eq!((&tokens.access, &tokens.refresh), (&second.access, &second.refresh));
    // The same token, and so its remaining life.
    let life = scene.gatelet.settings().lifetimes.access_token.0;
    assert_eq!(again.json()["expires_in"], json!(life - (window(&scene).0 - 1)));
    assert!(!scene.notes.is_active(first.refresh()).await, "two branches live");
    scene.notes.refresh(second.refresh()).await.tokens();
}

#[tokio::test]
async fn s39_an_answer_given_again_never_reaches_further() {
    let mut scene = Scene::new().await;
    let first = scene.lasting().await;
    let narrow = scene.notes.refresh(first.refresh()).with("scope", "notes:read").await.tokens();
    let again = scene.notes.refresh(first.refresh()).with("scope", LASTING).await.tokens();
    assert_eq!((&again.access, &again.scope), (&narrow.access, &narrow.scope));
    assert_eq!(again.scope, "notes:read");
}
