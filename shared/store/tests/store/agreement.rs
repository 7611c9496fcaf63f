//! The database's condition and the domain's `approve` say the same, in both directions, whatever is presented in whatever order.
//!
//! Each case is one grant and a handful of attempts drawn from small pools. Before each attempt the pure decision is asked about the
//! stored grant; after it, the verb's answer and the stored grant must be what the decision says.

use domain::authorization::AuthorizationRequest;
use domain::grant::{
    Grant, Redemption, RedemptionRefusal, RedirectUriDigest, RefreshApproval, RefreshAttempt, RefreshRefusal,
};
use domain::id::RequestId;
use domain::secret::{Digest, RefreshToken};
use domain::settings::Lifetimes;
use domain::time::Seconds;
use domain::token::Token;
use oauth::Scope;
use oauth::pkce::CodeChallenge;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::given::{REDIRECT_URI, SCOPE, Scene, challenge, other_challenge};

const CASES: u32 = 64;

/// Runs a property on one table. The cases are the same in every run, so no file remembers failures.
pub fn check<S: Strategy>(strategy: S, property: impl AsyncFn(&Scene, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scene = runtime.block_on(Scene::new());
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let checked = runner.run(&strategy, |value| {
        runtime.block_on(property(&scene, value));
        Ok(())
    });
    checked.unwrap();
}

fn challenges() -> impl Strategy<Value = Option<CodeChallenge>> {
    prop_oneof![4 => Just(Some(challenge())), 1 => Just(Some(other_challenge())), 1 => Just(None)]
}

fn redirect_uris() -> impl Strategy<Value = Option<RedirectUriDigest>> {
    let uris = [Some(REDIRECT_URI), Some(REDIRECT_URI), Some("https://evil.example/"), None];
    proptest::sample::select(uris.to_vec()).prop_map(|uri| uri.map(RedirectUriDigest::of))
}

/// One presentation of a code.
#[derive(Clone, Debug)]
struct Presented {
    code: bool,
    client: bool,
    redirect_uri: Option<RedirectUriDigest>,
    challenge: Option<CodeChallenge>,
    request: u8,
    after: u64,
}

fn presented() -> impl Strategy<Value = Presented> {
    let mostly = || proptest::bool::weighted(0.85);
    let after = proptest::sample::select(&[0, 0, 0, 29, 30, 60][..]);
    (mostly(), mostly(), redirect_uris(), challenges(), 0..3u8, after).prop_map(
        |(code, client, redirect_uri, challenge, request, after)| Presented {
            code,
            client,
            redirect_uri,
            challenge,
            request,
            after,
        },
    )
}

#[test]
fn s21_to_s24_redemption() {
    check(
        (challenges(), proptest::collection::vec(presented(), 1..7)),
        async |scene, (bound_to, attempts)| {
            let request = AuthorizationRequest { challenge: bound_to, ..scene.request(SCOPE) };
            let (grant, code) = scene.answer(&request);
            let (guessed, other) = (Token::generate(code.keys, scene.entropy()), scene.other_client());
            scene.table.store.grants.issue(&grant).await.unwrap();
            for attempt in attempts {
                scene.advance(attempt.after);
                let request = RequestId::new(format!("request {}", attempt.request));
                let redemption = Redemption {
                    code: if attempt.code { &code } else { &guessed },
                    client: if attempt.client { grant.client } else { other },
                    redirect_uri: attempt.redirect_uri,
                    challenge: attempt.challenge,
                    request: &request,
                };
                redeem(scene, &redemption).await;
            }
        },
    );
}

/// Presents, and holds the database's word against the domain's.
async fn redeem(scene: &Scene, redemption: &Redemption<'_>) {
    let keys = redemption.code.keys;
    let before = scene.stored(keys).await;
    let verdict = redemption.approve(before.as_ref(), scene.now());
    let answer = scene.present(redemption).await;
    let after = scene.stored(keys).await;
    match (verdict, answer) {
        (Ok(()), Ok(tokens)) => {
            assert_eq!(after.as_ref(), Some(&tokens.grant));
            let first = before.as_ref().is_some_and(|grant| grant.active().is_none());
            let ours = tokens.grant.access(&tokens.access.digest(), scene.now()).is_some();
            assert_eq!(ours, first, "tokens are handed out by the first redemption and by no other");
            assert!(first || after == before);
        }
        (Err(verdict), Err(refusal)) => {
            assert_eq!(verdict, refusal);
            let left = if refusal == RedemptionRefusal::Redeemed { None } else { before };
            assert_eq!(after, left);
        }
        (verdict, answer) => panic!("the domain says {verdict:?}, the database {answer:?}"),
    }
}

/// One presentation of a refresh token.
#[derive(Clone, Debug)]
struct Refreshed {
    /// How many generations back; past the first, a token that never was.
    back: usize,
    client: bool,
    narrowed: Option<Scope>,
    after: u64,
}

fn refreshed() -> impl Strategy<Value = Refreshed> {
    let scopes = [None, None, Some("openid"), Some("email profile"), Some(SCOPE), Some("openid phone")];
    let scopes = proptest::sample::select(scopes.to_vec());
    let narrowed = scopes.prop_map(|text| text.map(|text| Scope::parse(text).unwrap()));
    let lifetimes = Lifetimes::default();
    let (window, idle) = (lifetimes.refresh_window.0, lifetimes.refresh_idle.0);
    let after = proptest::sample::select(vec![0, 0, 0, 1, window - 1, window, idle - 1, idle]);
    let back = prop_oneof![6 => Just(0usize), 3 => Just(1), 1 => Just(2), 1 => Just(9)];
    (back, proptest::bool::weighted(0.9), narrowed, after)
        .prop_map(|(back, client, narrowed, after)| Refreshed { back, client, narrowed, after })
}

#[test]
fn s36_to_s41_refresh() {
    let idle = Lifetimes::default().refresh_idle.0;
    let lengths = proptest::sample::select(vec![12, idle, idle + 5, Lifetimes::default().grant.0]);
    let attempts = proptest::collection::vec(refreshed(), 1..10);
    check((lengths.prop_map(Seconds), attempts), async |scene, (length, attempts)| {
        let (grant, code) = scene.answer(&scene.request(SCOPE));
        let grant = Grant { ends_at: scene.now() + length, ..grant };
        scene.table.store.grants.issue(&grant).await.unwrap();
        let first = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
        let (other, never) = (scene.other_client(), Token::generate(grant.keys, scene.entropy()));
        let mut generations = vec![first.refresh];
        for attempt in attempts {
            scene.advance(attempt.after);
            let token = generations.iter().rev().nth(attempt.back).unwrap_or(&never);
            let client = if attempt.client { grant.client } else { other };
            let attempt = RefreshAttempt { token, client, narrowed: attempt.narrowed.as_ref() };
            generations.extend(refresh(scene, &attempt).await);
        }
    });
}

/// Presents, and holds the database's word against the domain's. Returns the token that is current now, where there is a new one.
async fn refresh(scene: &Scene, attempt: &RefreshAttempt<'_>) -> Option<Token<RefreshToken>> {
    let keys = attempt.token.keys;
    let before = scene.stored(keys).await;
    let verdict = attempt.approve(before.as_ref(), scene.now(), Lifetimes::default().refresh_window);
    let answer = scene.refresh(attempt).await;
    let after = scene.stored(keys).await;
    match (verdict, answer) {
        (Ok(approval), Ok(tokens)) => {
            assert_eq!(after.as_ref(), Some(&tokens.grant));
            assert_eq!(current(&tokens.grant), Some(tokens.refresh.digest()), "what is answered is current");
            let rotated = current(&tokens.grant) != before.as_ref().and_then(current);
            assert_eq!(rotated, approval == RefreshApproval::Rotate);
            assert!(rotated || after == before);
            rotated.then_some(tokens.refresh)
        }
        (Err(verdict), Err(refusal)) => {
            assert_eq!(verdict, refusal);
            let left = if refusal == RefreshRefusal::Replayed { None } else { before };
            assert_eq!(after, left);
            None
        }
        (verdict, answer) => panic!("the domain says {verdict:?}, the database {answer:?}"),
    }
}

fn current(grant: &Grant) -> Option<Digest<RefreshToken>> {
    grant.active()?.refresh.as_ref().map(|refresh| refresh.token)
}

#[test]
fn a_grant_is_read_as_it_was_issued() {
    let scopes = proptest::sample::select(vec!["", "openid", SCOPE, "openid profile"]);
    let nonces = proptest::option::of("[ -~]{1,40}");
    let addresses = proptest::option::of(any::<std::net::IpAddr>());
    let auth_times = proptest::option::of(any::<u64>().prop_map(domain::UnixTime));
    check((scopes, nonces, addresses, auth_times, challenges()), async |scene, drawn| {
        let (scope, nonce, address, auth_time, challenge) = drawn;
        let request = AuthorizationRequest { nonce, challenge, ..scene.request(scope) };
        let (grant, _) = scene.answer(&request);
        let grant = Grant { address, auth_time, ..grant };
        scene.table.store.grants.issue(&grant).await.unwrap();
        assert_eq!(scene.stored(grant.keys).await, Some(grant));
    });
}
