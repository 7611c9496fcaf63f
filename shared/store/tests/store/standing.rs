//! Reads that see several items at once.

use domain::password::PasswordHash;
use domain::token::GrantKeys;
use store::StoreError;
use testkit::Fault;

use crate::given::Scene;

/// A signed-in user with a grant that depends on the session; everything is stored.
async fn signed_in(scene: &Scene) -> GrantKeys {
    let store = &scene.table.store;
    store.users.create(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    store.clients.register(&scene.client).await.unwrap();
    let (grant, _) = scene.answer(&scene.request("openid profile"));
    store.grants.issue(&grant).await.unwrap();
    drop(scene.table.recorder.take());
    grant.keys
}

#[tokio::test]
async fn a_visit_sees_what_there_is() {
    let scene = Scene::new().await;
    signed_in(&scene).await;
    let standing = &scene.table.store.standing;
    let visit = standing.visit(scene.client.id, Some(scene.cookie.keys)).await.unwrap();
    assert_eq!(visit.client.as_ref(), Some(&scene.client));
    assert_eq!(visit.session.as_ref(), Some(&scene.session));
    assert_eq!(visit.user.as_ref(), Some(&scene.user));
    assert_eq!(visit.consent, None);
    let visit = standing.visit(scene.client.id, None).await.unwrap();
    assert_eq!((visit.client, visit.session, visit.user), (Some(scene.client.clone()), None, None));
    let visit = standing.visit(scene.other_client(), None).await.unwrap();
    assert!(visit.client.is_none());
}

#[tokio::test]
async fn a_token_can_not_shed_the_session_that_its_grant_depends_on() {
    let scene = Scene::new().await;
    let keys = signed_in(&scene).await;
    let shed = GrantKeys { session: None, ..keys };
    let holding = scene.table.store.standing.holding(shed).await.unwrap();
    assert_eq!(holding.grant.unwrap().keys, keys);
}

#[tokio::test]
async fn what_a_batch_leaves_over_is_asked_for_again() {
    let scene = Scene::new().await;
    let keys = signed_in(&scene).await;
    scene.table.faults.times(2, "BatchGetItem", Fault::LeftOver);
    let holding = scene.table.store.standing.holding(keys).await.unwrap();
    assert!(holding.grant.is_some() && holding.session.is_some() && holding.user.is_some());
    assert_eq!(scene.table.recorder.take().round_trips(), 3);
}

#[tokio::test]
async fn a_batch_that_stays_unprocessed_is_no_answer() {
    let scene = Scene::new().await;
    signed_in(&scene).await;
    scene.table.faults.always("BatchGetItem", Fault::LeftOver);
    let visit = scene.table.store.standing.visit(scene.client.id, Some(scene.cookie.keys)).await;
    // Three items are there and a fourth is asked for; each attempt brings one.
    let Err(StoreError::Unavailable { operation, .. }) = visit else { panic!("{visit:?}") };
    assert_eq!(operation, "BatchGetItem");
}
