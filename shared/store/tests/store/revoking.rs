//! Revocation: against a token of the grant, by the client it was given to (RFC 7009 section 2.1).

use domain::grant::{Grant, RefreshRefusal};
use domain::token::Token;
use store::grants::Proof;

use crate::given::{Scene, Tokens};

/// A grant that was refreshed once, with the tokens of both generations.
async fn refreshed(scene: &Scene) -> (Tokens, Tokens) {
    let first = scene.tokens().await;
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    (first, second)
}

async fn revoke(scene: &Scene, grant: &Grant, proof: Proof) -> bool {
    scene.table.store.grants.revoke(grant.keys, scene.client.id, proof).await.unwrap()
}

#[tokio::test]
async fn s48_any_live_token_of_a_grant_ends_all_of_it() {
    for which in 0..4 {
        let scene = Scene::new().await;
        let (first, second) = refreshed(&scene).await;
        let proof = match which {
            0 => Proof::Access(second.access.digest()),
            1 => Proof::Access(first.access.digest()),
            2 => Proof::Refresh(second.refresh.digest()),
            _ => Proof::Refresh(first.refresh.digest()),
        };
        assert!(revoke(&scene, &second.grant, proof).await, "{proof:?}");
        assert!(scene.table.items().is_empty(), "{proof:?}");
        let refresh = scene.refresh(&scene.attempt(&second.refresh)).await;
        assert_eq!(refresh.unwrap_err(), RefreshRefusal::Unknown);
        assert!(!revoke(&scene, &second.grant, proof).await, "{proof:?} twice");
    }
}

#[tokio::test]
async fn s48_another_client_revokes_nothing() {
    let scene = Scene::new().await;
    let (_, second) = refreshed(&scene).await;
    for proof in [Proof::Access(second.access.digest()), Proof::Refresh(second.refresh.digest())] {
        let other = scene.other_client();
        assert!(!scene.table.store.grants.revoke(second.grant.keys, other, proof).await.unwrap());
    }
    assert_eq!(scene.stored(second.grant.keys).await, Some(second.grant));
}

#[tokio::test]
async fn s48_a_token_that_is_not_the_grants_revokes_nothing() {
    let scene = Scene::new().await;
    let (first, second) = refreshed(&scene).await;
    let third = scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
    let keys = third.grant.keys;
    for proof in [
        Proof::Access(Token::generate(keys, scene.entropy()).digest()),
        Proof::Refresh(Token::generate(keys, scene.entropy()).digest()),
        // Two generations old.
        Proof::Access(first.access.digest()),
        Proof::Refresh(first.refresh.digest()),
    ] {
        assert!(!revoke(&scene, &third.grant, proof).await, "{proof:?}");
    }
    assert_eq!(scene.stored(keys).await, Some(third.grant));
}

#[tokio::test]
async fn s48_a_code_that_was_not_redeemed_is_no_proof() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let proof = Proof::Access(Token::generate(code.keys, scene.entropy()).digest());
    assert!(!scene.table.store.grants.revoke(code.keys, scene.client.id, proof).await.unwrap());
    assert!(scene.stored(code.keys).await.is_some());
}
