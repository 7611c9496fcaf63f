//! Codes: what redeems them, what doesn't, and what ends the grant (RFC 6749 section 4.1.2, RFC 7636 section 4.6).

use domain::authorization::AuthorizationRequest;
use domain::grant::{Access, Grant, Redemption, RedemptionRefusal, RedirectUriDigest, RefreshRefusal};
use domain::settings::Lifetimes;
use domain::time::Seconds;
use domain::token::Token;
use domain::{Owner, UserId};

use crate::given::{SCOPE, Scene, challenge, other_challenge};

/// Presents what must be refused so, and asserts that the grant is as it was.
async fn refused(scene: &Scene, redemption: Redemption<'_>, refusal: RedemptionRefusal) {
    let before = scene.table.items();
    assert_eq!(scene.present(&redemption).await.unwrap_err(), refusal);
    assert_eq!(scene.table.items(), before);
}

#[tokio::test]
async fn a_code_becomes_tokens() {
    let scene = Scene::new().await;
    let (grant, code) = scene.answer(&scene.request(SCOPE));
    scene.table.store.grants.issue(&grant).await.unwrap();
    assert_eq!(scene.stored(grant.keys).await.as_ref(), Some(&grant));
    let tokens = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    assert_eq!(scene.stored(grant.keys).await.as_ref(), Some(&tokens.grant));
    let (_, scope) = tokens.grant.access(&tokens.access.digest(), scene.now()).unwrap();
    assert_eq!(*scope, grant.scope);
    assert_eq!(tokens.grant.active().unwrap().refresh.as_ref().unwrap().token, tokens.refresh.digest());
    // What was granted is what was issued.
    assert_eq!(Grant { state: grant.state.clone(), ..tokens.grant }, grant);
}

#[tokio::test]
async fn s23_another_clients_code_is_refused_and_left_alone() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    let stolen = Redemption { client: scene.other_client(), ..scene.redemption(&code, &request) };
    refused(&scene, stolen, RedemptionRefusal::OtherClient).await;
    scene.present(&scene.redemption(&code, &request)).await.unwrap();
}

#[tokio::test]
async fn s23_another_users_keys_lead_nowhere() {
    let scene = Scene::new().await;
    let (mut code, request) = (scene.issue().await, scene.request_id());
    code.keys.owner = Owner::User(UserId::generate(scene.entropy()));
    refused(&scene, scene.redemption(&code, &request), RedemptionRefusal::Unknown).await;
}

#[tokio::test]
async fn s25_another_redirect_uri_is_refused() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    for uri in ["https://app.example.com/oauth2/callback", "https://app.example.com/oauth2/callback/?", ""] {
        let other = Some(RedirectUriDigest::of(uri));
        let redemption = Redemption { redirect_uri: other, ..scene.redemption(&code, &request) };
        refused(&scene, redemption, RedemptionRefusal::OtherRedirectUri).await;
    }
}

#[tokio::test]
async fn s25_the_redirect_uri_may_be_left_out_only_where_a_verifier_is_sent() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    let without = Redemption { redirect_uri: None, ..scene.redemption(&code, &request) };
    scene.present(&without).await.unwrap();

    let (grant, code) = scene.answer(&AuthorizationRequest { challenge: None, ..scene.request(SCOPE) });
    scene.table.store.grants.issue(&grant).await.unwrap();
    let complete = || Redemption { challenge: None, ..scene.redemption(&code, &request) };
    let without = Redemption { redirect_uri: None, ..complete() };
    refused(&scene, without, RedemptionRefusal::OtherRedirectUri).await;
    scene.present(&complete()).await.unwrap();
}

#[tokio::test]
async fn s19_a_wrong_or_missing_verifier_is_refused() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    for challenge in [Some(other_challenge()), None] {
        let redemption = Redemption { challenge, ..scene.redemption(&code, &request) };
        refused(&scene, redemption, RedemptionRefusal::WrongVerifier).await;
    }
}

#[tokio::test]
async fn s20_a_verifier_for_no_challenge_is_refused() {
    let scene = Scene::new().await;
    let request = scene.request_id();
    let plain = AuthorizationRequest { challenge: None, ..scene.request(SCOPE) };
    let (grant, code) = scene.answer(&plain);
    scene.table.store.grants.issue(&grant).await.unwrap();
    for sent in [challenge(), other_challenge()] {
        let redemption = Redemption { challenge: Some(sent), ..scene.redemption(&code, &request) };
        refused(&scene, redemption, RedemptionRefusal::WrongVerifier).await;
    }
}

#[tokio::test]
async fn s24_an_expired_code_is_refused_though_its_item_is_still_there() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    let Seconds(life) = Lifetimes::default().code;
    assert!(life <= 60);
    scene.advance(life);
    refused(&scene, scene.redemption(&code, &request), RedemptionRefusal::Expired).await;
    assert!(scene.stored(code.keys).await.is_some());
}

#[tokio::test]
async fn s24_a_code_is_good_until_its_last_second() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    scene.advance(Lifetimes::default().code.0 - 1);
    scene.present(&scene.redemption(&code, &request)).await.unwrap();
}

#[tokio::test]
async fn a_code_that_was_never_issued_is_unknown() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    let guessed = Token::generate(code.keys, scene.entropy());
    refused(&scene, scene.redemption(&guessed, &request), RedemptionRefusal::Unknown).await;
    let (_, unissued) = scene.answer(&scene.request(SCOPE));
    refused(&scene, scene.redemption(&unissued, &request), RedemptionRefusal::Unknown).await;
}

#[tokio::test]
async fn a_clients_own_grant_has_no_code() {
    let scene = Scene::new().await;
    let request = scene.request_id();
    let (grant, _) = scene.own_grant();
    scene.table.store.grants.issue(&grant).await.unwrap();
    let code = Token::generate(grant.keys, scene.entropy());
    refused(&scene, scene.redemption(&code, &request), RedemptionRefusal::Unknown).await;
}

#[tokio::test]
async fn s22_a_second_fully_valid_redemption_ends_the_grant() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let tokens = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    let again = scene.present(&scene.redemption(&code, &scene.request_id())).await;
    assert_eq!(again.unwrap_err(), RedemptionRefusal::Redeemed);
    assert!(scene.stored(code.keys).await.is_none());
    let refresh = scene.refresh(&scene.attempt(&tokens.refresh)).await;
    assert_eq!(refresh.unwrap_err(), RefreshRefusal::Unknown);
}

#[tokio::test]
async fn s22_a_redeemed_code_ends_the_grant_even_after_the_code_would_have_expired() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let tokens = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    scene.advance(Lifetimes::default().code.0 * 2);
    let again = scene.present(&scene.redemption(&code, &scene.request_id())).await;
    assert_eq!(again.unwrap_err(), RedemptionRefusal::Redeemed);
    assert!(scene.stored(code.keys).await.is_none());
}

#[tokio::test]
async fn s22_an_invalid_second_redemption_leaves_the_grant_alone() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let tokens = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    let request = scene.request_id();
    let again = || scene.redemption(&code, &request);
    let elsewhere = Some(RedirectUriDigest::of("https://evil.example/"));
    for (attempt, refusal) in [
        (Redemption { challenge: Some(other_challenge()), ..again() }, RedemptionRefusal::WrongVerifier),
        (Redemption { challenge: None, ..again() }, RedemptionRefusal::WrongVerifier),
        (Redemption { client: scene.other_client(), ..again() }, RedemptionRefusal::OtherClient),
        (Redemption { redirect_uri: elsewhere, ..again() }, RedemptionRefusal::OtherRedirectUri),
    ] {
        refused(&scene, attempt, refusal).await;
    }
    assert_eq!(scene.stored(code.keys).await, Some(tokens.grant));
}

#[tokio::test]
async fn a_client_without_refresh_tokens_gets_none() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    let access = Token::generate(code.keys, scene.entropy());
    let ends = scene.now() + Lifetimes::default().access_token;
    let access = Access { token: access.digest(), issued_at: scene.now(), expires_at: ends, narrowed: None };
    let redemption = scene.redemption(&code, &request);
    let redeemed = scene.table.store.grants.redeem(&redemption, &access, None, scene.now()).await;
    let grant = redeemed.unwrap().unwrap();
    assert_eq!((grant.active().unwrap().refresh.as_ref(), grant.expires_at()), (None, ends));
    let refresh = Token::generate(code.keys, scene.entropy());
    let refused = scene.refresh(&scene.attempt(&refresh)).await;
    assert_eq!(refused.unwrap_err(), RefreshRefusal::Unknown);
    assert_eq!(scene.stored(code.keys).await, Some(grant));
}
