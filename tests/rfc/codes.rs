//! Authorization codes: good once, shortly, and for nobody but whom they were issued to (RFC 6749 section 4.1).

use domain::secret::{Code, RefreshToken};
use domain::time::Seconds;
use domain::token::Token;
use domain::{ClientId, Owner, Settings, UserId};
use serde_json::{Value, json};
use testkit::actors::{Answer, Gatelet};
use tokio::task::JoinSet;

use crate::scene::Scene;

#[tokio::test]
async fn s21_of_fifty_exchanges_at_once_one_succeeds() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid notes:read").await;
    let mut sandboxes = Vec::new();
    for _ in 0..5 {
        sandboxes.push(scene.notes.at(&scene.gatelet.sandbox().await));
    }
    let mut exchanges = JoinSet::new();
    for sandbox in sandboxes.iter().cycle().take(50) {
        exchanges.spawn(sandbox.redeem(&asked, &code).into_future());
    }
    let (won, lost): (Vec<Answer>, Vec<Answer>) =
        exchanges.join_all().await.into_iter().partition(|answer| answer.status() == 200);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for answer in &lost {
        assert_eq!((answer.status(), answer.member("error").as_deref()), (400, Some("invalid_grant")));
    }
    // The first to lose ends the grant, and after that there is no code to be found.
    let count = |reason| lost.iter().filter(|answer| answer.reason() == Some(reason)).count();
    let (twice, unknown) = (count("code redeemed twice"), count("code unknown"));
    assert!(twice >= 1 && twice + unknown == 49, "{lost:?}");
    for answer in won {
        scene.is_over(&answer.tokens()).await;
    }
}

#[tokio::test]
async fn s22_a_second_exchange_that_is_fully_valid_revokes_what_the_first_gave() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid notes:read").await;
    let tokens = scene.notes.redeem(&asked, &code).await.tokens();
    scene.goes_on(&tokens).await;
    let answer = scene.notes.redeem(&asked, &code).await;
    answer.is_refused(400, "invalid_grant", "code redeemed twice");
    scene.is_over(&tokens).await;
}

#[tokio::test]
async fn s22_a_second_exchange_that_is_fully_valid_revokes_even_late_and_after_a_refresh() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid offline_access").await;
    let first = scene.notes.redeem(&asked, &code).await.tokens();
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(Seconds::hours(1));
    let answer = scene.notes.redeem(&asked, &code).await;
    answer.is_refused(400, "invalid_grant", "code redeemed twice");
    scene.is_over(&second).await;
}

#[tokio::test]
async fn s22_a_second_exchange_that_is_invalid_revokes_nothing() {
    let mut scene = Scene::new().await;
    let other = scene.other().await;
    let (asked, code) = scene.code("openid notes:read").await;
    let tokens = scene.notes.redeem(&asked, &code).await.tokens();
    let wrong = "w".repeat(43);
    let again = || scene.notes.redeem(&asked, &code);
    for (exchange, reason) in [
        (again().with("code_verifier", &wrong), "code_verifier does not answer the challenge"),
        (again().with("code_verifier", "short"), "code_verifier malformed"),
        (again().without("code_verifier"), "code_verifier does not answer the challenge"),
        (again().with("redirect_uri", "https://notes.example/other"), "code for another redirect_uri"),
        (other.redeem(&asked, &code), "code of another client"),
    ] {
        let before = scene.gatelet.table.items();
        exchange.await.is_refused(400, "invalid_grant", reason);
        assert_eq!(scene.gatelet.table.items(), before);
    }
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s23_a_code_is_bound_to_its_client() {
    let mut scene = Scene::new().await;
    let (other, public) = (scene.other().await, scene.gatelet.public().await);
    let (asked, code) = scene.code("openid").await;
    let before = scene.gatelet.table.items();
    for thief in [&other, &public] {
        let answer = thief.redeem(&asked, &code).await;
        answer.is_refused(400, "invalid_grant", "code of another client");
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.notes.redeem(&asked, &code).await.tokens();
}

/// Codes carry their keys, and the checksum over them is no secret: only the digest in the table makes them the user's.
#[tokio::test]
async fn s23_a_code_is_bound_to_its_user_and_session() {
    let mut scene = Scene::new().await;
    let (asked, text) = scene.code("openid").await;
    let rewritten = |change: fn(&mut Token<Code>, &Scene)| {
        let mut code = Token::<Code>::parse(&text).unwrap();
        change(&mut code, &scene);
        code.to_text()
    };
    let mallory = rewritten(|code, scene| {
        code.keys.owner = Owner::User(UserId::generate(&scene.gatelet.table.entropy));
    });
    let shed = rewritten(|code, _| code.keys.session = None);
    for code in [mallory, shed] {
        assert_ne!(code, text);
        scene.notes.redeem(&asked, &code).await.is_refused(400, "invalid_grant", "code unknown");
    }
    scene.notes.redeem(&asked, &text).await.tokens();
}

/// A client's own grant has neither a code nor a refresh token. One that says so was made up, and is not looked for: the function may not
/// change what lies under a client's keys.
#[tokio::test]
async fn s23_codes_and_refresh_tokens_are_a_users() {
    let mut scene = Scene::new().await;
    let (asked, text) = scene.code("openid").await;
    let tokens = scene.notes.redeem(&asked, &text).await.tokens();
    let client = Owner::Client(ClientId::parse(&scene.notes.id).unwrap());
    let mut code = Token::<Code>::parse(&text).unwrap();
    let mut refresh = Token::<RefreshToken>::parse(tokens.refresh()).unwrap();
    (code.keys.owner, refresh.keys.owner) = (client, client);
    (code.keys.session, refresh.keys.session) = (None, None);
    let _ = scene.gatelet.spent();
    scene.notes.redeem(&asked, &code.to_text()).await.is_refused(400, "invalid_grant", "code malformed");
    let answer = scene.notes.refresh(&refresh.to_text()).await;
    answer.is_refused(400, "invalid_grant", "refresh token malformed");
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn s23_a_code_is_bound_to_its_challenge() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    let (elsewhere, _) = scene.code("openid").await;
    let answer = scene.notes.redeem(&asked, &code).with("code_verifier", elsewhere.verifier()).await;
    answer.is_refused(400, "invalid_grant", "code_verifier does not answer the challenge");
    scene.notes.redeem(&asked, &code).await.tokens();
}

#[tokio::test]
async fn s24_a_code_lasts_a_minute_at_most_and_the_item_that_stays_is_no_use() {
    let mut scene = Scene::new().await;
    let code_life = scene.gatelet.settings().lifetimes.code;
    assert!(code_life <= Seconds(60), "{code_life:?}");
    let (in_time, good) = scene.code("openid").await;
    let (too_late, code) = scene.code("openid").await;
    scene.advance(Seconds(code_life.0 - 1));
    scene.notes.redeem(&in_time, &good).await.tokens();
    scene.advance(Seconds(1));
    let before = scene.gatelet.table.items();
    assert!(before.iter().any(is_unredeemed), "the expired item is still there");
    let answer = scene.notes.redeem(&too_late, &code).await;
    answer.is_refused(400, "invalid_grant", "code expired");
    assert_eq!(scene.gatelet.table.items(), before);
    // TTL comes for it in the end.
    scene.advance(Seconds::hours(48));
    assert!(scene.gatelet.table.sweep().unwrap() > 0);
    assert!(!scene.gatelet.table.items().iter().any(is_unredeemed));
    let answer = scene.notes.redeem(&too_late, &code).await;
    answer.is_refused(400, "invalid_grant", "code unknown");
}

fn is_unredeemed(item: &Value) -> bool {
    item.get("code").is_some() && item.get("redeemed_by").is_none()
}

#[tokio::test]
async fn s24_an_operator_may_shorten_a_codes_life() {
    let short = |settings: &mut Settings| settings.lifetimes.code = Seconds(5);
    let mut scene = Scene::at(Gatelet::with(short).await).await;
    let (asked, code) = scene.code("openid").await;
    scene.advance(Seconds(5));
    scene.notes.redeem(&asked, &code).await.is_refused(400, "invalid_grant", "code expired");
}

#[tokio::test]
async fn s25_redirect_uri_equals_the_one_at_authorize() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    for uri in ["https://notes.example/callback/", "https://NOTES.example/callback", "https://evil.example/"]
    {
        let answer = scene.notes.redeem(&asked, &code).with("redirect_uri", uri).await;
        answer.is_refused(400, "invalid_grant", "code for another redirect_uri");
    }
    scene.notes.redeem(&asked, &code).await.tokens();
}

#[tokio::test]
async fn s25_a_client_with_pkce_may_leave_redirect_uri_out() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    scene.notes.redeem(&asked, &code).without("redirect_uri").await.tokens();
    // The one that is registered stands for the one left out.
    let asked = scene.notes.authorization_url().without("redirect_uri");
    let (asked, code) = scene.code_for(&asked).await;
    scene.notes.redeem(&asked, &code).with("redirect_uri", &scene.notes.redirect_uri).await.tokens();
}

#[tokio::test]
async fn s25_a_client_without_pkce_may_not() {
    let mut scene = Scene::new().await;
    scene.notes = scene.gatelet.confidential_but(json!({"require_pkce": false})).await;
    let asked = scene.notes.authorization_url().without_pkce();
    let (asked, code) = scene.code_for(&asked).await;
    let answer = scene.notes.redeem(&asked, &code).without("redirect_uri").await;
    answer.is_refused(400, "invalid_grant", "code for another redirect_uri");
    scene.notes.redeem(&asked, &code).await.tokens();
}

#[tokio::test]
async fn what_can_never_have_been_a_code_costs_no_look_at_the_table() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    // The client is known from here on.
    scene.notes.redeem(&asked, "x").await.is_refused(400, "invalid_grant", "code malformed");
    let tokens = scene.notes.redeem(&asked, &code).await.tokens();
    drop(scene.gatelet.table.recorder.take());
    for garbage in
        [&tokens.access, tokens.refresh(), tokens.id(), &code[1..], &code[..code.len() - 1], "gtlc_"]
    {
        scene.notes.redeem(&asked, garbage).await.is_refused(400, "invalid_grant", "code malformed");
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}
