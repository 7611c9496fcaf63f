//! Rates: so many calls in each window and no more, whoever else makes one at the same moment.

use std::sync::Arc;

use domain::UnixTime;
use domain::time::Seconds;
use store::StoreError;
use store::rates::{Allowance, Rate};
use testkit::Fault;
use testkit::clock::START;

use crate::given::Scene;
use crate::parallel::at_once;

/// Few enough to count on one hand.
pub const RATE: Rate = Rate { calls: 3, window: Seconds(60) };
/// The end of the window in which a scene begins.
pub const END: UnixTime = UnixTime(START.0 + 60);

pub async fn count(scene: &Scene, what: &str) -> Allowance {
    scene.table.store.rates.count(what, RATE, scene.now()).await.unwrap()
}

/// What so many calls one after the other are told.
async fn calls(scene: &Scene, what: &str, times: usize) -> Vec<Allowance> {
    let mut told = Vec::new();
    for _ in 0..times {
        told.push(count(scene, what).await);
    }
    told
}

#[tokio::test]
async fn a_credential_is_used_as_often_as_it_may_and_then_told_until_when_not() {
    let scene = Scene::new().await;
    let [yes, no] = [Allowance::Allowed, Allowance::Exhausted(END)];
    assert_eq!(calls(&scene, "login#demo.user", 5).await, [yes, yes, yes, no, no]);
    let before = scene.table.items();
    scene.advance(59);
    assert_eq!(count(&scene, "login#demo.user").await, no);
    assert_eq!(scene.table.items(), before, "a refusal writes nothing");
    scene.advance(1);
    let no = Allowance::Exhausted(END + RATE.window);
    assert_eq!(calls(&scene, "login#demo.user", 4).await, [yes, yes, yes, no]);
}

#[tokio::test]
async fn windows_begin_by_the_clock_and_not_with_the_first_call() {
    let scene = Scene::new().await;
    scene.advance(59);
    let [yes, no] = [Allowance::Allowed, Allowance::Exhausted(END)];
    assert_eq!(calls(&scene, "login#demo.user", 4).await, [yes, yes, yes, no]);
    scene.advance(1);
    assert_eq!(count(&scene, "login#demo.user").await, yes);
}

#[tokio::test]
async fn an_earlier_window_that_is_not_deleted_yet_plays_no_part() {
    let scene = Scene::new().await;
    calls(&scene, "login#demo.user", 4).await;
    for window in 1..4 {
        scene.advance(60);
        let no = Allowance::Exhausted(END + Seconds(60 * window));
        assert_eq!(calls(&scene, "login#demo.user", 4).await[2..], [Allowance::Allowed, no]);
    }
    assert_eq!(scene.table.items().len(), 4, "nothing was deleted meanwhile");
}

#[tokio::test]
async fn credentials_do_not_share() {
    let scene = Scene::new().await;
    calls(&scene, "login#demo", 4).await;
    for what in ["login#demo.user", "login#Demo", "session#demo", "demo", "login#demo#30000000", ""] {
        assert_eq!(count(&scene, what).await, Allowance::Allowed, "{what}");
    }
    assert_eq!(count(&scene, "login#demo").await, Allowance::Exhausted(END));
}

#[tokio::test]
async fn the_broom_takes_a_window_when_it_is_over() {
    let scene = Scene::new().await;
    calls(&scene, "login#demo.user", 4).await;
    scene.advance(59);
    assert_eq!(scene.table.sweep().unwrap(), 0);
    assert_eq!(count(&scene, "login#demo.user").await, Allowance::Exhausted(END));
    scene.advance(2);
    assert_eq!(count(&scene, "login#demo.user").await, Allowance::Allowed);
    assert_eq!(scene.table.sweep().unwrap(), 1);
    let items = scene.table.items();
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(item["expires_at"]["N"], (END + RATE.window).to_string());
}

#[tokio::test]
async fn a_window_without_length_is_a_second() {
    let scene = Scene::new().await;
    let rate = Rate { calls: 1, window: Seconds(0) };
    for _ in 0..3 {
        let told = async || scene.table.store.rates.count("a", rate, scene.now()).await.unwrap();
        assert_eq!(told().await, Allowance::Allowed);
        assert_eq!(told().await, Allowance::Exhausted(scene.now() + Seconds(1)));
        scene.advance(1);
    }
}

#[tokio::test]
async fn nobody_is_let_through_uncounted() {
    let scene = Scene::new().await;
    for fault in [Fault::Throttled, Fault::InternalError, Fault::Unreachable, Fault::AccessDenied] {
        scene.table.faults.always("UpdateItem", fault);
        let told = scene.table.store.rates.count("a", RATE, scene.now()).await;
        assert!(matches!(told, Err(StoreError::Unavailable { .. } | StoreError::Refused { .. })), "{told:?}");
        scene.table.faults.clear();
    }
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn of_a_hundred_calls_at_once_sixty_are_let_through() {
    let scene = Arc::new(Scene::new().await);
    let rate = Rate { calls: 60, window: Seconds(60) };
    for window in 1..3 {
        let told = at_once(100, |_| {
            let scene = Arc::clone(&scene);
            async move { scene.table.store.rates.count("login#demo.user", rate, scene.now()).await.unwrap() }
        })
        .await;
        assert_eq!(told.iter().filter(|told| **told == Allowance::Allowed).count(), 60);
        let refused = Allowance::Exhausted(START + Seconds(60 * window));
        assert_eq!(told.iter().filter(|told| **told == refused).count(), 40);
        scene.advance(60);
    }
    let counted = scene.table.items().iter().map(|item| item["calls"]["N"].clone()).collect::<Vec<_>>();
    assert_eq!(counted, ["60", "60"]);
}
