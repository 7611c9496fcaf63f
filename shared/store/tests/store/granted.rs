//! What a user has granted: all of it at a look, and ended without a token by whoever may.

use std::sync::Arc;

use domain::authorization::AuthorizationRequest;
use domain::grant::{Grant, RedemptionRefusal, RefreshRefusal};
use domain::id::GrantId;
use domain::settings::Lifetimes;
use domain::token::GrantKeys;
use domain::{Owner, UserId};

use crate::api_keys::api_key;
use crate::given::{SCOPE, Scene};
use crate::parallel::at_once;
use crate::users::hash;

/// The same grant of somebody else's.
fn of(user: UserId, grant: &Grant) -> Grant {
    let keys = GrantKeys { owner: Owner::User(user), session: None, ..grant.keys };
    Grant { keys, ..grant.clone() }
}

fn sorted(mut grants: Vec<Grant>) -> Vec<Grant> {
    grants.sort_by_key(|grant| grant.keys.grant.to_string());
    grants
}

#[tokio::test]
async fn what_a_user_granted_is_read_and_nothing_else() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    let (user, other) = (scene.user.id, UserId::generate(scene.entropy()));
    assert_eq!(store.grants.of(user).await.unwrap(), []);
    // What else is in the user's partition.
    store.users.create(&scene.user, &hash("a")).await.unwrap();
    store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    store.api_keys.create(&api_key(&scene, "1ab/2c")).await.unwrap();

    let over = scene.answer(&scene.request(SCOPE)).0;
    store.grants.issue(&over).await.unwrap();
    scene.advance(Lifetimes::default().code.0);
    let pending = scene.answer(&scene.request("openid")).0;
    let elsewhere = AuthorizationRequest { client: scene.other_client(), ..scene.request(SCOPE) };
    let elsewhere = scene.answer(&elsewhere).0;
    let others = of(other, &scene.answer(&scene.request(SCOPE)).0);
    for grant in [&pending, &elsewhere, &others, &scene.own_grant().0] {
        store.grants.issue(grant).await.unwrap();
    }
    let redeemed = scene.tokens().await;
    let refreshed = scene.tokens().await;
    let refreshed = scene.refresh(&scene.attempt(&refreshed.refresh)).await.unwrap();
    assert!(pending.keys.session.is_some(), "one depends on its session");
    let all = sorted(vec![over, pending, elsewhere, redeemed.grant, refreshed.grant]);
    assert_eq!(store.grants.of(user).await.unwrap(), all);
    assert_eq!(store.grants.of(other).await.unwrap(), [others]);
    assert_eq!(store.grants.of(UserId::generate(scene.entropy())).await.unwrap(), []);
}

/// DynamoDB answers a query with no more than a megabyte at a time.
#[tokio::test]
async fn grants_that_fill_several_pages_are_all_read() {
    let scene = Scene::new().await;
    let mut all = Vec::new();
    for _ in 0..9 {
        let request = AuthorizationRequest { nonce: Some("n".repeat(300_000)), ..scene.request(SCOPE) };
        let (grant, _) = scene.answer(&request);
        scene.table.store.grants.issue(&grant).await.unwrap();
        all.push(grant);
    }
    drop(scene.table.recorder.take());
    assert!(scene.table.store.grants.of(scene.user.id).await.unwrap() == sorted(all));
    let operations = scene.table.recorder.take();
    assert_eq!(operations.operations(), ["Query"; 3]);
}

#[tokio::test]
async fn a_grant_is_found_by_whose_it_is_and_its_id() {
    let scene = Scene::new().await;
    let grants = &scene.table.store.grants;
    let (in_session, _) = scene.answer(&scene.request("openid"));
    let (own, _) = scene.own_grant();
    let tokens = scene.tokens().await;
    for grant in [&in_session, &own] {
        grants.issue(grant).await.unwrap();
    }
    for grant in [&in_session, &own, &tokens.grant] {
        let found = grants.find(grant.keys.owner, grant.keys.grant).await.unwrap();
        assert_eq!(found.as_ref(), Some(grant));
    }
    let (owner, other) = (in_session.keys.owner, Owner::User(UserId::generate(scene.entropy())));
    let (grant, never) = (in_session.keys.grant, GrantId::generate(scene.entropy()));
    for (owner, grant) in [(owner, never), (other, grant), (own.keys.owner, grant)] {
        assert_eq!(grants.find(owner, grant).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_grant_that_is_ended_has_no_tokens_any_more() {
    let scene = Scene::new().await;
    let grants = &scene.table.store.grants;
    let (tokens, stays) = (scene.tokens().await, scene.tokens().await);
    assert!(grants.end(tokens.grant.keys, scene.client.id).await.unwrap());
    assert!(!grants.end(tokens.grant.keys, scene.client.id).await.unwrap(), "it is over already");
    let refresh = scene.refresh(&scene.attempt(&tokens.refresh)).await;
    assert_eq!(refresh.unwrap_err(), RefreshRefusal::Unknown);
    assert_eq!(grants.of(scene.user.id).await.unwrap(), [stays.grant]);
}

#[tokio::test]
async fn a_code_that_is_ended_is_not_redeemed() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    assert!(scene.table.store.grants.end(code.keys, scene.client.id).await.unwrap());
    let redeemed = scene.present(&scene.redemption(&code, &scene.request_id())).await;
    assert_eq!(redeemed.unwrap_err(), RedemptionRefusal::Unknown);
}

#[tokio::test]
async fn for_another_client_nothing_is_ended() {
    let scene = Scene::new().await;
    let grants = &scene.table.store.grants;
    let (tokens, (own, _)) = (scene.tokens().await, scene.own_grant());
    grants.issue(&own).await.unwrap();
    let before = scene.table.items();
    for keys in [tokens.grant.keys, own.keys] {
        assert!(!grants.end(keys, scene.other_client()).await.unwrap());
        let stranger = GrantKeys { owner: Owner::User(UserId::generate(scene.entropy())), ..keys };
        assert!(!grants.end(stranger, scene.client.id).await.unwrap());
    }
    assert_eq!(scene.table.items(), before);
    assert!(grants.end(own.keys, scene.client.id).await.unwrap());
}

#[tokio::test]
async fn of_twenty_who_end_a_grant_one_is_told_so() {
    let scene = Arc::new(Scene::new().await);
    let keys = scene.tokens().await.grant.keys;
    let answers = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move { scene.table.store.grants.end(keys, scene.client.id).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|ended| **ended).count(), 1);
    assert!(scene.table.items().is_empty());
}
