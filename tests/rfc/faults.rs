//! What the table's failures come to: an answer that says to come again, nothing half done, and no retry taken for a replay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request as HttpRequest};
use domain::time::Seconds;
use domain::{Clock, UnixTime};
use oauth::metadata::paths;
use serde_json::{Value, json};
use server::platform::Ambient;
use server::userinfo::Userinfo;
use server::{Endpoint as _, Platform, Reason, router};
use testkit::actors::{Answer, Request};
use testkit::faults::ANY;
use testkit::{Fault, TestClock};
use tower::ServiceExt as _;

use crate::scene::Scene;

/// A call of every kind that needs the table, each of them good.
async fn every_call(scene: &mut Scene) -> Vec<(&'static str, Request)> {
    let (asked, code) = scene.code("openid").await;
    let tokens = scene.tokens("openid").await;
    let (gatelet, notes) = (scene.gatelet.clone(), scene.notes.clone());
    let metadata = json!({"redirect_uris": ["https://a.example/"]});
    let mut update = notes.manage(Method::GET).await.json();
    update["client_name"] = json!("Renamed");
    let cookies =
        scene.browser.cookies.all().iter().map(|cookie| format!("{}={}", cookie.name, cookie.value));
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let with_cookies = |path: &str| gatelet.get(path).header("cookie", &cookies);
    let calls = vec![
        ("redeem", notes.redeem(&asked, &code)),
        ("refresh", notes.refresh(tokens.refresh())),
        ("client credentials", notes.client_credentials()),
        ("introspect", notes.introspect(&tokens.access)),
        ("userinfo", gatelet.userinfo(&tokens.access)),
        ("revoke", notes.revoke(&tokens.access)),
        ("register", gatelet.post(paths::REGISTER).json(&metadata)),
        ("read", notes.manage(Method::GET)),
        ("update", notes.manage(Method::PUT).json(&update)),
        ("authorize", with_cookies(&asked.to_string())),
        ("login", with_cookies(paths::LOGIN)),
        ("logout", with_cookies(paths::LOGOUT)),
        ("delete", notes.manage(Method::DELETE)),
    ];
    drop(gatelet.table.recorder.take());
    calls
}

/// Holds an answer to say that this will pass, in the form of its endpoint.
fn is_unavailable(what: &str, answer: &Answer) {
    assert_eq!((answer.status(), answer.header("retry-after")), (503, Some("1")), "{what}: {answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.headers("set-cookie").is_empty(), "{what}");
    if answer.header("content-type") == Some("application/json") {
        let told = json!({
            "error": "temporarily_unavailable",
            "error_description": "The service is busy. Try again shortly.",
        });
        assert_eq!(answer.json(), told, "{what}");
    } else {
        assert!(answer.text().contains("We are busy just now"), "{what}");
    }
}

#[tokio::test]
async fn a_table_that_is_throttled_or_away_is_answered_503_and_nothing_is_half_done() {
    let mut scene = Scene::new().await;
    let calls = every_call(&mut scene).await;
    let before = scene.gatelet.table.items();
    for fault in [Fault::Throttled, Fault::Unreachable, Fault::InternalError] {
        scene.gatelet.table.faults.always(ANY, fault);
        for (what, call) in &calls {
            is_unavailable(what, &call.clone().await);
        }
        scene.gatelet.table.faults.clear();
        assert_eq!(scene.gatelet.table.items(), before, "{fault:?}");
    }
    // And when it has passed, every one of them does what it would have done.
    for (what, call) in calls {
        let answer = call.await;
        assert!(answer.status() < 400, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn a_table_that_refuses_is_our_own_fault_and_says_no_more() {
    let mut scene = Scene::new().await;
    let calls = every_call(&mut scene).await;
    let before = scene.gatelet.table.items();
    scene.gatelet.table.faults.always(ANY, Fault::AccessDenied);
    for (what, call) in &calls {
        let answer = call.clone().await;
        assert_eq!((answer.status(), answer.header("retry-after")), (500, None), "{what}");
        assert!(answer.reason().unwrap().contains("AccessDeniedException"), "{what}: {answer:?}");
        assert!(!answer.text().contains("AccessDenied") && !answer.text().contains("DynamoDB"), "{what}");
        assert!(answer.header("x-request-id").is_some());
    }
    scene.gatelet.table.faults.clear();
    assert_eq!(scene.gatelet.table.items(), before);
}

#[tokio::test]
async fn a_sign_in_that_the_table_breaks_off_begins_no_session() {
    let mut scene = Scene::new().await;
    let asked = scene.notes.authorization_url();
    for fault in [Fault::Throttled, Fault::TransactionCancelled("TransactionConflict")] {
        scene.browser.authorize(&asked).await.page();
        let before = scene.gatelet.table.items();
        scene.gatelet.table.faults.always("TransactWriteItems", fault);
        let page = scene.browser.sign_in(&scene.alice).await.page();
        is_unavailable("sign in", &page.answer);
        scene.gatelet.table.faults.clear();
        assert_eq!(scene.gatelet.table.items(), before);
        assert_eq!(scene.browser.cookies.get("__Host-gatelet-session"), None);
    }
    let callback = scene.browser.grant(&asked, &scene.alice).await;
    scene.notes.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn a_code_that_can_not_be_stored_is_not_sent() {
    let mut scene = Scene::new().await;
    scene.tokens("openid").await;
    scene.gatelet.table.faults.always("PutItem", Fault::Throttled);
    let callback = scene.browser.authorize(&scene.notes.authorization_url()).await.callback();
    assert_eq!((callback.get("error"), callback.get("code")), (Some("temporarily_unavailable"), None));
    assert!(callback.get("state").is_some() && callback.get("iss").is_some());
}

/// A replay whose consequence could not be written is one still: whoever comes next with it meets the same end.
#[tokio::test]
async fn s38_a_replay_is_not_forgiven_because_the_table_failed() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("openid").await;
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(Seconds(60));
    scene.gatelet.table.faults.always("DeleteItem", Fault::Throttled);
    is_unavailable("replay", &scene.notes.refresh(first.refresh()).await);
    scene.gatelet.table.faults.clear();
    scene.goes_on(&second).await;
    let answer = scene.notes.refresh(first.refresh()).await;
    answer.is_refused(400, "invalid_grant", "refresh token replayed");
    scene.is_over(&second).await;
}

#[tokio::test]
async fn s22_a_lost_answer_is_no_second_redemption() {
    let mut scene = Scene::new().await;
    for losses in [1, 2] {
        let (asked, code) = scene.code("openid").await;
        scene.gatelet.table.faults.times(losses, "UpdateItem", Fault::AnswerLost);
        let tokens = scene.notes.redeem(&asked, &code).await.tokens();
        assert_eq!(scene.gatelet.table.faults.outstanding(), 0, "{losses} answers were lost");
        scene.goes_on(&tokens).await;
        assert_eq!(scene.gatelet.userinfo(&tokens.access).await.status(), 200);
        scene.notes.refresh(tokens.refresh()).await.tokens();
    }
}

#[tokio::test]
async fn s38_a_lost_answer_is_no_replay() {
    let mut scene = Scene::new().await;
    let mut tokens = scene.tokens("openid").await;
    for losses in [1, 2] {
        scene.gatelet.table.faults.times(losses, "UpdateItem", Fault::AnswerLost);
        let next = scene.notes.refresh(tokens.refresh()).await.tokens();
        assert_eq!(scene.gatelet.table.faults.outstanding(), 0, "{losses} answers were lost");
        assert_ne!(next.refresh(), tokens.refresh());
        scene.goes_on(&next).await;
        tokens = next;
    }
    scene.notes.refresh(tokens.refresh()).await.tokens();
}

/// All three attempts made, and no answer to any: the client is told to come again, and within the window gets what it missed.
#[tokio::test]
async fn s39_a_refresh_whose_every_answer_was_lost_is_repeated_by_the_client() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("openid").await;
    scene.gatelet.table.faults.times(3, "UpdateItem", Fault::AnswerLost);
    is_unavailable("refresh", &scene.notes.refresh(first.refresh()).await);
    let second = scene.notes.refresh(first.refresh()).await.tokens();
    scene.goes_on(&second).await;
    scene.notes.refresh(second.refresh()).await.tokens();
}

#[tokio::test]
async fn whatever_is_written_is_written_once_though_its_answer_is_lost() {
    let mut scene = Scene::new().await;
    let asked = scene.notes.authorization_url();
    let faults = scene.gatelet.table.faults.clone();
    for operation in ["TransactWriteItems", "UpdateItem", "PutItem"] {
        faults.next(operation, Fault::AnswerLost);
    }
    // Signing in, consenting, and the code.
    let callback = scene.browser.grant(&asked, &scene.alice).await;
    assert_eq!(faults.outstanding(), 0);
    let tokens = scene.notes.redeem(&asked, callback.code()).await.tokens();
    let lost = |operation: &str| faults.next(operation, Fault::AnswerLost);
    lost("DeleteItem");
    assert_eq!(scene.notes.revoke(&tokens.access).await.status(), 200);
    lost("PutItem");
    let own = scene.notes.client_credentials().await.tokens();
    assert!(scene.notes.is_active(&own.access).await);
    lost("TransactWriteItems");
    let client = scene.gatelet.confidential().await;
    let mut metadata: Value = client.manage(Method::GET).await.json();
    metadata["client_name"] = json!("Renamed");
    lost("TransactWriteItems");
    assert_eq!(client.manage(Method::PUT).json(&metadata).await.status(), 200);
    lost("TransactWriteItems");
    assert_eq!(client.manage(Method::DELETE).await.status(), 204);
    assert_eq!(faults.outstanding(), 0);
}

#[tokio::test]
async fn a_batch_that_comes_back_in_pieces_is_whole_in_the_end() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let faults = scene.gatelet.table.faults.clone();
    faults.next("BatchGetItem", Fault::LeftOver);
    assert_eq!(scene.gatelet.userinfo(&tokens.access).await.status(), 200);
    faults.next("BatchGetItem", Fault::LeftOver);
    assert!(scene.notes.is_active(&tokens.access).await);
    faults.next("BatchGetItem", Fault::LeftOver);
    scene.browser.authorize(&scene.notes.authorization_url()).await.callback().code();
    faults.next("BatchGetItem", Fault::LeftOver);
    scene.notes.refresh(tokens.refresh()).await.tokens();
    assert_eq!(faults.outstanding(), 0);
}

/// A clock that breaks: the one thing that every handler depends on and no input reaches.
struct Brittle {
    clock: TestClock,
    broken: Arc<AtomicBool>,
}

impl Clock for Brittle {
    fn now(&self) -> UnixTime {
        assert!(!self.broken.load(Ordering::SeqCst), "the clock is broken");
        self.clock.now()
    }
}

#[tokio::test]
async fn a_panic_costs_one_request_and_tells_nothing() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let broken = Arc::new(AtomicBool::new(true));
    let clock = Brittle { clock: scene.gatelet.table.clock.clone(), broken: broken.clone() };
    let ambient = Ambient { clock: Arc::new(clock), ..scene.gatelet.platform.ambient.clone() };
    let platform = Platform { ambient, ..scene.gatelet.function(Userinfo::NAME) };
    let userinfo = router::<Userinfo>(&platform).await.unwrap();
    let response = ask(&userinfo, &tokens.access).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.extensions().get::<Reason>(), Some(&Reason("panicked".into())));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(response.headers().contains_key("x-request-id"));
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let told = json!({"error": "server_error", "error_description": "Something went wrong on our side."});
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), told);
    broken.store(false, Ordering::SeqCst);
    assert_eq!(ask(&userinfo, &tokens.access).await.status(), 200);
}

async fn ask(userinfo: &Router, token: &str) -> axum::response::Response {
    let request = HttpRequest::get(paths::USERINFO).header("authorization", format!("Bearer {token}"));
    let Ok(response) = userinfo.clone().oneshot(request.body(Body::empty()).unwrap()).await;
    response
}
