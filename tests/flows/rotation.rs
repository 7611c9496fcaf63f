//! Rotating the service's own keys under the applications that rely on them, and under sandboxes that remember them.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that can't go on ends there and then")]

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Clock as _;
use domain::time::Seconds;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Occasion, Purpose, Wrapped, WrappedKey, WrappedSealingKey, WrappingError};
use oauth::metadata::paths;
use oauth::words::SigningAlgorithm;
use server::keyring::Signer;
use server::rotate::{NOTICE, Report, Rotate, SPREAD};
use server::{Platform, Task as _};
use testkit::actors::{Client, Gatelet, Person, platform, settings};
use testkit::{Fault, TestTable};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// An application, somebody who uses it, and what rotates the keys.
struct Scene {
    gatelet: Gatelet,
    notes: Client,
    alice: Person,
    rotate: Rotate,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let (notes, alice) = (gatelet.confidential().await, gatelet.person("alice").await);
        let rotate = Rotate::connect(&gatelet.function(Rotate::NAME)).await.unwrap();
        Self { gatelet, notes, alice, rotate }
    }

    /// The same on the day on which the second generation is published.
    async fn published() -> Self {
        let scene = Self::new().await;
        scene.pass(Seconds(scene.gatelet.settings().lifetimes.own_key.0 - NOTICE.0));
        assert_eq!(scene.run().await, ["RS256 2 published", "ES256 2 published", "sealing 2 published"]);
        scene
    }

    fn pass(&self, time: Seconds) {
        self.gatelet.table.clock.advance(time);
    }

    async fn run(&self) -> Vec<String> {
        told(&self.rotate.run().await.unwrap())
    }

    /// Somebody signs in, and the application gets an ID token.
    async fn id_token(&self) -> String {
        let tokens = self.notes.tokens(&mut self.gatelet.browser(), &self.alice, "openid").await;
        tokens.id().to_owned()
    }

    /// The generations of every line, as stored.
    async fn generations(&self) -> (Vec<u32>, Vec<u32>) {
        let keys = self.gatelet.table.sandbox().keys;
        let signing: Vec<WrappedKey> = keys.signing().await.unwrap();
        let sealing: Vec<WrappedSealingKey> = keys.sealing().await.unwrap();
        let signing = signing.iter().map(|key| key.generation).collect();
        (signing, sealing.iter().map(|key| key.generation).collect())
    }
}

fn told(report: &Report) -> Vec<String> {
    let steps = report.steps.iter();
    steps.map(|done| format!("{} {} {}", done.line, done.generation, done.step)).collect()
}

#[tokio::test]
async fn nobody_notices_that_another_key_signs() {
    let scene = Scene::published().await;
    let first = scene.notes.key(&scene.id_token().await);
    scene.pass(Seconds(NOTICE.0 - 1200));
    let (mut remembered, mut signed) = (scene.notes.keys().await, Vec::new());
    for minute in (-20_i64..=30).step_by(5) {
        let id_token = scene.id_token().await;
        // The application looks for keys every five minutes, where another memory is five minutes old.
        scene.notes.verify_with(&remembered, &id_token);
        remembered = scene.notes.keys().await;
        let old = scene.notes.key(&id_token) == first;
        signed.push((minute, old));
        assert_eq!(old, minute < 0, "at minute {minute}");
        let expected: &[_] = match minute {
            15 => &["RS256 1 retired", "ES256 1 retired"],
            _ => &[],
        };
        let steps = scene.run().await;
        assert_eq!(
            &steps.iter().map(String::as_str).filter(|step| !step.contains("sealing")).collect::<Vec<_>>(),
            expected
        );
        scene.pass(Seconds::minutes(5));
    }
    assert_eq!(signed.len(), 11);
}

#[tokio::test]
async fn what_an_old_key_signed_is_good_for_as_long_as_a_session() {
    let scene = Scene::published().await;
    scene.pass(Seconds(NOTICE.0 - 1));
    let mut browser = scene.gatelet.browser();
    let id_token = scene.notes.tokens(&mut browser, &scene.alice, "openid").await.id().to_owned();
    let back = "https://notes.example/goodbye";
    let target = format!("{}?id_token_hint={id_token}&post_logout_redirect_uri={back}", paths::LOGOUT);
    let out = async || scene.gatelet.get(&target).await;
    let (session, first) = (scene.gatelet.settings().lifetimes.session, scene.notes.key(&id_token));

    scene.pass(session);
    scene.run().await;
    scene.notes.verify(&id_token).await;
    assert_eq!(out().await.location(), Some(back));
    scene.pass(SPREAD);
    assert!(scene.notes.keys().await.find(&first).is_some(), "one second before its end");
    scene.pass(Seconds(1));
    assert!(scene.notes.keys().await.find(&first).is_none());
    assert_eq!(out().await.reason(), Some("id_token_hint is not ours"));
    assert_eq!(scene.run().await, ["RS256 1 removed", "ES256 1 removed"]);
    assert_eq!(scene.generations().await, (vec![2, 2], vec![2]));
}

#[tokio::test]
async fn the_private_half_goes_when_it_has_signed_its_last() {
    let scene = Scene::published().await;
    let private = async || {
        let keys: Vec<WrappedKey> = scene.gatelet.table.sandbox().keys.signing().await.unwrap();
        keys.iter().filter(|key| key.sealed.is_some()).map(|key| key.generation).collect::<Vec<_>>()
    };
    scene.pass(Seconds(NOTICE.0 + SPREAD.0 - 1));
    assert_eq!((scene.run().await, private().await), (Vec::new(), vec![1, 2, 1, 2]));
    scene.pass(Seconds(1));
    scene.run().await;
    assert_eq!(private().await, [2, 2]);
    scene.notes.verify(&scene.id_token().await).await;
}

#[tokio::test]
async fn running_again_changes_nothing_and_costs_two_reads() {
    let scene = Scene::published().await;
    let items = scene.gatelet.table.items();
    let _ = scene.gatelet.spent();
    assert_eq!(scene.run().await, [""; 0]);
    let (round_trips, reads, writes) = scene.gatelet.spent();
    assert_eq!((round_trips, writes), (2, 0.0));
    assert!(reads <= 3.0, "{reads}");
    assert_eq!(scene.gatelet.table.items(), items);
}

#[tokio::test]
async fn twenty_runs_at_once_do_it_once() {
    let scene = Scene::new().await;
    scene.pass(Seconds(scene.gatelet.settings().lifetimes.own_key.0 - NOTICE.0));
    let at_once = async || {
        let runs = (0..20).map(|_| {
            let platform = scene.gatelet.function(Rotate::NAME);
            async move { Rotate::connect(&platform).await.unwrap().run().await.unwrap() }
        });
        let reports = runs.collect::<JoinSet<_>>().join_all().await;
        let mut steps: Vec<_> = reports.iter().flat_map(told).collect();
        steps.sort_unstable();
        steps
    };
    assert_eq!(at_once().await, ["ES256 2 published", "RS256 2 published", "sealing 2 published"]);
    assert_eq!(scene.generations().await, (vec![1, 2, 1, 2], vec![1, 2]));
    scene.pass(Seconds(NOTICE.0 + SPREAD.0));
    let retired = BTreeSet::from_iter(at_once().await);
    assert_eq!(Vec::from_iter(retired), ["ES256 1 retired", "RS256 1 retired", "sealing 1 retired"]);
    scene.pass(Seconds::days(1));
    at_once().await;
    assert_eq!(scene.generations().await, (vec![2, 2], vec![2]));
}

/// Every run ends with its first write; whether that takes effect or not, the next run goes on from there.
#[tokio::test]
async fn runs_that_are_killed_half_way_get_there() {
    for fault in [Fault::AnswerLost, Fault::Unreachable] {
        let scene = Scene::new().await;
        let lifetimes = scene.gatelet.settings().lifetimes;
        for (time, operation, left) in [
            (Seconds(lifetimes.own_key.0 - NOTICE.0), "PutItem", (vec![1, 2, 1, 2], vec![1, 2])),
            (Seconds(NOTICE.0 + SPREAD.0), "UpdateItem", (vec![1, 2, 1, 2], vec![1, 2])),
            (Seconds::days(1), "DeleteItem", (vec![2, 2], vec![2])),
        ] {
            scene.pass(time);
            let mut killed = 0;
            loop {
                // The SDK tries three times.
                scene.gatelet.table.faults.times(3, operation, fault);
                let run = scene.rotate.run().await;
                scene.gatelet.table.faults.clear();
                if run.is_ok() {
                    break;
                }
                killed += 1;
                assert!(!scene.notes.keys().await.keys.is_empty());
                scene.notes.verify(&scene.id_token().await).await;
                if fault == Fault::Unreachable {
                    scene.run().await;
                }
            }
            assert_eq!(killed, if fault == Fault::Unreachable { 1 } else { 3 }, "{operation}");
            assert_eq!(scene.generations().await, left, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_year_without_a_run_leaves_the_key_in_use() {
    let scene = Scene::new().await;
    scene.pass(Seconds::days(365));
    scene.notes.verify(&scene.id_token().await).await;
    let report = scene.rotate.run().await.unwrap();
    assert_eq!(report.signing_key_age, Seconds::days(365));
    scene.pass(NOTICE);
    assert_eq!(scene.rotate.run().await.unwrap().signing_key_age, Seconds(0));
    scene.notes.verify(&scene.id_token().await).await;
}

#[tokio::test]
async fn asked_for_it_happens_within_a_quarter_of_an_hour() {
    let scene = Scene::new().await;
    let (first, remembered) = (scene.notes.key(&scene.id_token().await), scene.notes.keys().await);
    let report = scene.rotate.rotate(Occasion::Request).await.unwrap();
    assert_eq!(told(&report), ["RS256 2 published", "ES256 2 published", "sealing 2 published"]);
    assert_eq!(told(&scene.rotate.rotate(Occasion::Request).await.unwrap()), [""; 0]);
    scene.pass(Seconds(SPREAD.0 - 1));
    let id_token = scene.id_token().await;
    assert_eq!(scene.notes.key(&id_token), first);
    scene.notes.verify_with(&remembered, &id_token);
    let remembered = scene.notes.keys().await;
    scene.pass(Seconds(1));
    let id_token = scene.id_token().await;
    assert_ne!(scene.notes.key(&id_token), first);
    scene.notes.verify_with(&remembered, &id_token);
}

#[tokio::test]
async fn after_a_compromise_the_old_keys_are_gone_at_once() {
    let scene = Scene::new().await;
    let mut browser = scene.gatelet.browser();
    let id_token = scene.id_token().await;
    let asked = scene.notes.authorization_url();
    browser.authorize(&asked).await.page();
    let report = scene.rotate.rotate(Occasion::Compromise).await.unwrap();
    assert_eq!(
        told(&report),
        [
            "RS256 2 published",
            "RS256 1 removed",
            "ES256 2 published",
            "ES256 1 removed",
            "sealing 2 published",
            "sealing 1 removed",
        ]
    );
    let later = scene.gatelet.sandbox().await;
    let there = scene.notes.at(&later);
    assert!(there.keys().await.find(&there.key(&id_token)).is_none());
    let renewed = there.tokens(&mut later.browser(), &scene.alice, "openid").await;
    there.verify(renewed.id()).await;
    // Whoever remembers what was, does so for five minutes.
    scene.pass(server::keyring::CACHE);
    assert!(scene.notes.keys().await.find(&there.key(&id_token)).is_none());
    scene.notes.verify(&scene.id_token().await).await;
    let form = browser.page().form().fill("username", "alice").fill("password", &scene.alice.password);
    let page = browser.submit(form.press("Sign in")).await.page();
    assert_eq!(page.answer.reason(), Some("pending request is stale or not ours"));
}

#[tokio::test]
async fn a_sign_in_goes_on_while_the_sealing_key_changes() {
    let scene = Scene::published().await;
    scene.pass(Seconds(NOTICE.0 - 600));
    let mut browser = scene.gatelet.browser();
    let asked = scene.notes.authorization_url();
    browser.authorize(&asked).await.page();
    scene.pass(Seconds(900));
    browser.sign_in(&scene.alice).await.page();
    scene.pass(Seconds(600));
    assert!(scene.run().await.contains(&"sealing 1 retired".to_owned()));
    let callback = browser.allow().await.callback();
    scene.notes.redeem(&asked, callback.code()).await.tokens();
}

/// One sandbox knows a key that another has not heard of, as only after a compromise.
#[tokio::test]
async fn a_sandbox_looks_for_the_key_that_a_text_names_but_not_for_every_text() {
    let scene = Scene::new().await;
    scene.rotate.rotate(Occasion::Compromise).await.unwrap();
    let mut browser = scene.gatelet.sandbox().await.browser();
    browser.authorize(&scene.notes.authorization_url()).await.page();
    scene.pass(Seconds(60));
    let mut elsewhere = scene.gatelet.browser();
    elsewhere.cookies = browser.cookies.clone();
    let form = browser.page().form().fill("username", "alice").fill("password", &scene.alice.password);
    elsewhere.submit(form.press("Sign in")).await.page();

    let _ = scene.gatelet.spent();
    // Names generation 1179010630.
    let unknown = "RkZGRkZGRkZG";
    for (waited, round_trips) in [(0, 0), (59, 0), (1, 1), (0, 0), (59, 0), (1, 1)] {
        scene.pass(Seconds(waited));
        let answer = scene.gatelet.get(&format!("{}?request={unknown}", paths::LOGIN)).await;
        assert_eq!(answer.reason(), Some("pending request is stale or not ours"));
        assert_eq!(scene.gatelet.spent().0, round_trips);
    }
}

#[tokio::test]
async fn on_an_empty_table_it_makes_the_first_keys_or_somebody_else_does() {
    let table = TestTable::new().await;
    let runs = (0..8).map(|_| {
        let platform = platform(&table, settings());
        async move {
            let rotate = Rotate::connect(&platform).await.unwrap();
            let (report, signer) = tokio::join!(rotate.run(), Signer::connect(&platform));
            (report.unwrap(), signer.unwrap())
        }
    });
    let mut kids = BTreeSet::new();
    for (report, signer) in runs.collect::<JoinSet<_>>().join_all().await {
        assert_eq!(report.signing_key_age, Seconds(0));
        for &algorithm in SigningAlgorithm::ALL {
            kids.insert(signer.key(algorithm, table.clock.now()).await.unwrap().kid().to_owned());
        }
    }
    assert_eq!(kids.len(), SigningAlgorithm::ALL.len());
    assert_eq!(table.items().len(), SigningAlgorithm::ALL.len() + 1);
}

/// A wrapping key that may wrap and not unwrap.
struct OneWay(Arc<dyn KeyWrapping>);

impl KeyWrapping for OneWay {
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        self.0.wrap(purpose, plaintext)
    }

    fn unwrap<'a>(
        &'a self,
        _: Purpose,
        _: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        panic!("rotate opens a key")
    }
}

#[tokio::test]
async fn no_key_is_opened() {
    let scene = Scene::new().await;
    let platform = scene.gatelet.function(Rotate::NAME);
    let wrapping = Arc::new(OneWay(Arc::clone(&platform.wrapping)));
    let rotate = Rotate::connect(&Platform { wrapping, ..platform }).await.unwrap();
    for occasion in [Occasion::Schedule, Occasion::Request, Occasion::Compromise] {
        rotate.rotate(occasion).await.unwrap();
        scene.pass(Seconds::days(90));
    }
    scene.notes.verify(&scene.id_token().await).await;
}
