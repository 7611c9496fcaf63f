//! Refresh tokens: rotation, repetition, replay (RFC 6749 section 6, RFC 9700 section 4.14.2).

use domain::grant::{RefreshAttempt, RefreshRefusal};
use domain::settings::Lifetimes;
use domain::token::Token;
use oauth::Scope;

use crate::given::{SCOPE, Scene};

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

/// Presents what must be refused so, and asserts that the grant is as it was.
async fn refused(scene: &Scene, attempt: RefreshAttempt<'_>, refusal: RefreshRefusal) {
    let before = scene.table.items();
    assert_eq!(scene.refresh(&attempt).await.unwrap_err(), refusal);
    assert_eq!(scene.table.items(), before);
}

#[tokio::test]
async fn s37_a_refresh_token_becomes_the_next_one() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.advance(1);
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    assert_eq!(scene.stored(first.grant.keys).await.as_ref(), Some(&second.grant));
    let refresh = second.grant.active().unwrap().refresh.as_ref().unwrap();
    assert_eq!(refresh.token, second.refresh.digest());
    assert_eq!(refresh.expires_at, scene.now() + Lifetimes::default().refresh_idle);
    // The access token before is good until its own end, the one before that is not.
    assert!(second.grant.access(&second.access.digest(), scene.now()).is_some());
    assert!(second.grant.access(&first.access.digest(), scene.now()).is_some());
    let third = scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
    assert!(third.grant.access(&second.access.digest(), scene.now()).is_some());
    assert!(third.grant.access(&first.access.digest(), scene.now()).is_none());
}

#[tokio::test]
async fn s36_another_clients_refresh_token_is_refused_and_left_alone() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    let never = Token::generate(first.refresh.keys, scene.entropy());
    // Current, previous, and one that would be a replay: none of them is another client's business.
    for token in [&second.refresh, &first.refresh, &never] {
        let stolen = RefreshAttempt { client: scene.other_client(), ..scene.attempt(token) };
        refused(&scene, stolen, RefreshRefusal::OtherClient).await;
    }
    scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
}

#[tokio::test]
async fn s38_an_older_refresh_token_ends_the_grant() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    let third = scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
    // Its successor has been used, so the window doesn't help.
    let replay = scene.refresh(&scene.attempt(&first.refresh)).await;
    assert_eq!(replay.unwrap_err(), RefreshRefusal::Replayed);
    assert!(scene.stored(first.grant.keys).await.is_none());
    let current = scene.refresh(&scene.attempt(&third.refresh)).await;
    assert_eq!(current.unwrap_err(), RefreshRefusal::Unknown);
}

#[tokio::test]
async fn s38_the_previous_refresh_token_ends_the_grant_after_the_window() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    scene.advance(Lifetimes::default().refresh_window.0);
    let replay = scene.refresh(&scene.attempt(&first.refresh)).await;
    assert_eq!(replay.unwrap_err(), RefreshRefusal::Replayed);
    assert!(scene.stored(first.grant.keys).await.is_none());
}

#[tokio::test]
async fn s38_a_replay_ends_the_grant_even_after_the_refresh_token_expired() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    scene.advance(Lifetimes::default().refresh_idle.0);
    let replay = scene.refresh(&scene.attempt(&first.refresh)).await;
    assert_eq!(replay.unwrap_err(), RefreshRefusal::Replayed);
    assert!(scene.stored(first.grant.keys).await.is_none());
}

#[tokio::test]
async fn s39_the_previous_refresh_token_repeats_the_same_successor_inside_the_window() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    let before = scene.table.items();
    scene.advance(Lifetimes::default().refresh_window.0 - 1);
    let again = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    assert_eq!(again.refresh.to_text(), second.refresh.to_text());
    assert_eq!(again.access.to_text("demo.user"), second.access.to_text("demo.user"));
    assert_eq!((again.grant, scene.table.items()), (second.grant, before));
    scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
}

#[tokio::test]
async fn s39_a_repeated_refresh_keeps_the_scope_of_the_first() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let narrow = scope("openid");
    let attempt = RefreshAttempt { narrowed: Some(&narrow), ..scene.attempt(&first.refresh) };
    let second = scene.refresh(&attempt).await.unwrap();
    let again = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    assert_eq!(again.grant, second.grant);
    let (_, granted) = again.grant.access(&again.access.digest(), scene.now()).unwrap();
    assert_eq!(*granted, narrow);
}

#[tokio::test]
async fn s40_a_scope_shrinks_for_the_access_token_and_not_for_the_grant() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let narrow = scope("openid email");
    let attempt = RefreshAttempt { narrowed: Some(&narrow), ..scene.attempt(&first.refresh) };
    let second = scene.refresh(&attempt).await.unwrap();
    assert_eq!(*second.grant.access(&second.access.digest(), scene.now()).unwrap().1, narrow);
    assert_eq!(*second.grant.access(&first.access.digest(), scene.now()).unwrap().1, scope(SCOPE));
    assert_eq!(second.grant.scope, scope(SCOPE));
    let third = scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
    assert_eq!(*third.grant.access(&third.access.digest(), scene.now()).unwrap().1, scope(SCOPE));
    assert_eq!(*third.grant.access(&second.access.digest(), scene.now()).unwrap().1, narrow);
}

#[tokio::test]
async fn s40_a_scope_never_grows() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    for text in ["phone", "openid profile phone", "open", "openid profile email offline_access phone"] {
        let grown = scope(text);
        let attempt = RefreshAttempt { narrowed: Some(&grown), ..scene.attempt(&first.refresh) };
        refused(&scene, attempt, RefreshRefusal::ScopeGrows).await;
    }
    let whole = scope(SCOPE);
    let attempt = RefreshAttempt { narrowed: Some(&whole), ..scene.attempt(&first.refresh) };
    scene.refresh(&attempt).await.unwrap();
}

#[tokio::test]
async fn s41_an_idle_refresh_token_is_refused_though_its_item_is_still_there() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.advance(Lifetimes::default().refresh_idle.0);
    refused(&scene, scene.attempt(&first.refresh), RefreshRefusal::Expired).await;
    assert!(scene.stored(first.grant.keys).await.is_some());
}

#[tokio::test]
async fn s41_a_refresh_token_is_good_until_its_last_second() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.advance(Lifetimes::default().refresh_idle.0 - 1);
    scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
}

#[tokio::test]
async fn s41_rotation_moves_the_idle_end_and_never_the_absolute_one() {
    let scene = Scene::new().await;
    let mut tokens = scene.tokens().await;
    let ends_at = tokens.grant.ends_at;
    while !ends_at.is_past(scene.now() + Lifetimes::default().refresh_idle) {
        scene.advance(Lifetimes::default().refresh_idle.0 - 1);
        tokens = scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
        assert_eq!(tokens.grant.ends_at, ends_at);
    }
    scene.table.clock.set(ends_at);
    refused(&scene, scene.attempt(&tokens.refresh), RefreshRefusal::Expired).await;
}

#[tokio::test]
async fn a_code_that_was_not_redeemed_has_no_refresh_token() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let guessed = Token::generate(code.keys, scene.entropy());
    refused(&scene, scene.attempt(&guessed), RefreshRefusal::Unknown).await;
}

#[tokio::test]
async fn a_refresh_token_for_no_grant_is_unknown() {
    let scene = Scene::new().await;
    let (grant, _) = scene.answer(&scene.request(SCOPE));
    let guessed = Token::generate(grant.keys, scene.entropy());
    refused(&scene, scene.attempt(&guessed), RefreshRefusal::Unknown).await;
}
