//! Many at the same moment: the database lets one win.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use domain::SessionId;
use domain::client::Client;
use domain::grant::{Redemption, RedemptionRefusal, RefreshRefusal};
use domain::session::Session;
use domain::settings::Lifetimes;
use domain::time::Seconds;
use domain::token::SessionKeys;
use oauth::words::SigningAlgorithm;
use store::clients::{Change, Creation};
use store::sessions::Spent;
use store::users::Bootstrap;
use tokio::task::JoinSet;

use crate::given::{Scene, other_challenge, user};
use crate::keys::{Key, LINES, stored};
use crate::users::{administrator, hash};

/// Runs `attempt` so many times at once, and returns what each of them says.
pub async fn at_once<F, T>(attempts: usize, attempt: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    (0..attempts).map(attempt).collect::<JoinSet<T>>().join_all().await
}

#[tokio::test]
async fn s21_fifty_redemptions_have_one_winner_and_s22_end_the_grant() {
    let scene = Arc::new(Scene::new().await);
    let code = Arc::new(scene.issue().await);
    let answers = at_once(50, |_| {
        let (scene, code) = (Arc::clone(&scene), Arc::clone(&code));
        async move { scene.present(&scene.redemption(&code, &scene.request_id())).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    // The first to lose finds the grant redeemed and ends it; whoever comes later finds nothing.
    let lost = lost.into_iter().map(Result::unwrap_err).collect::<Vec<_>>();
    assert!(lost.contains(&RedemptionRefusal::Redeemed));
    let expected = [RedemptionRefusal::Redeemed, RedemptionRefusal::Unknown];
    assert!(lost.iter().all(|refusal| expected.contains(refusal)), "{lost:?}");
    assert!(scene.table.items().is_empty(), "nothing of a code that leaked is left");
}

#[tokio::test]
async fn s22_fifty_wrong_verifiers_do_not_disturb_the_right_one() {
    let scene = Arc::new(Scene::new().await);
    let code = Arc::new(scene.issue().await);
    let answers = at_once(51, |index| {
        let (scene, code) = (Arc::clone(&scene), Arc::clone(&code));
        async move {
            let request = scene.request_id();
            let right = scene.redemption(&code, &request);
            if index == 25 {
                return scene.present(&right).await;
            }
            scene.present(&Redemption { challenge: Some(other_challenge()), ..right }).await
        }
    })
    .await;
    let (mut won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let winner = won.pop().unwrap().unwrap();
    assert!(won.is_empty());
    assert!(lost.into_iter().all(|lost| lost.unwrap_err() == RedemptionRefusal::WrongVerifier));
    assert_eq!(scene.stored(code.keys).await, Some(winner.grant));
}

#[tokio::test]
async fn s39_twenty_rotations_give_one_successor() {
    let scene = Arc::new(Scene::new().await);
    let tokens = Arc::new(scene.tokens().await);
    drop(scene.table.recorder.take());
    let answers = at_once(20, |_| {
        let (scene, tokens) = (Arc::clone(&scene), Arc::clone(&tokens));
        async move {
            let next = scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
            (next.access.to_text("demo.user"), next.refresh.to_text(), next.refresh)
        }
    })
    .await;
    assert_eq!(scene.table.recorder.take().round_trips(), 20);
    assert_eq!(answers.len(), 20);
    let texts = answers.iter().map(|(access, refresh, _)| (access, refresh)).collect::<BTreeSet<_>>();
    assert_eq!(texts.len(), 1, "every client holds the same tokens");

    let (_, _, successor) = answers.first().unwrap();
    let stored = scene.stored(tokens.grant.keys).await.unwrap();
    assert_eq!(stored.active().unwrap().refresh.as_ref().unwrap().token, successor.digest());
    scene.refresh(&scene.attempt(successor)).await.unwrap();
    let replay = scene.refresh(&scene.attempt(&tokens.refresh)).await;
    assert_eq!(replay.unwrap_err(), RefreshRefusal::Replayed);
}

#[tokio::test]
async fn s39_twenty_late_rotations_end_the_grant_once() {
    let scene = Arc::new(Scene::new().await);
    let tokens = Arc::new(scene.tokens().await);
    scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    scene.advance(Lifetimes::default().refresh_window.0);
    let answers = at_once(20, |_| {
        let (scene, tokens) = (Arc::clone(&scene), Arc::clone(&tokens));
        async move { scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap_err() }
    })
    .await;
    assert!(answers.contains(&RefreshRefusal::Replayed));
    let expected = [RefreshRefusal::Replayed, RefreshRefusal::Unknown];
    assert!(answers.iter().all(|refusal| expected.contains(refusal)), "{answers:?}");
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn s50_cold_starts_agree_on_their_keys() {
    let scene = Arc::new(Scene::new().await);
    let answers = at_once(10, |index| {
        let store = scene.table.sandbox();
        async move {
            let key = Key::called(&format!("key {index}"));
            let signing = store.keys.establish_signing(SigningAlgorithm::Es256, key.clone());
            let sealing = store.keys.establish_sealing(key.clone());
            (signing.await.unwrap().kid, sealing.await.unwrap().kid)
        }
    })
    .await;
    assert_eq!(answers.iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(scene.table.items().len(), 2);
}

#[tokio::test]
async fn twenty_rotations_of_the_keys_make_one_next() {
    let scene = Arc::new(Scene::new().await);
    for line in LINES {
        let keys = scene.table.sandbox().keys;
        keys.publish(line, 1, Key::called("first")).await.unwrap();
        let answers = at_once(20, |index| {
            let keys = scene.table.sandbox().keys;
            async move {
                let next = keys.publish(line, 2, Key::called(&format!("key {index}"))).await.unwrap();
                let end = testkit::clock::START + Seconds(index as u64);
                (next.kid, keys.retire(line, 1, end).await.unwrap())
            }
        })
        .await;
        assert!(answers.iter().all(|(_, ended)| *ended));
        assert_eq!(answers.iter().map(|(kid, _)| kid).collect::<BTreeSet<_>>().len(), 1);
        let places = stored(&scene, line).await;
        assert_eq!(
            places.iter().filter(|key| key.retires_at.is_some()).count(),
            if line == LINES[1] { 2 } else { 1 }
        );
    }
    assert_eq!(scene.table.items().len(), 6);
}

#[tokio::test]
async fn a_sign_in_form_sent_twenty_times_begins_one_session() {
    let scene = Arc::new(Scene::new().await);
    let answers = at_once(20, |index| {
        let scene = Arc::clone(&scene);
        async move {
            let keys = SessionKeys { user: scene.user.id, session: SessionId::generate(scene.entropy()) };
            let session = Session { id: keys.session, ..scene.session.clone() };
            let form = scene.form("the same");
            (index, scene.table.store.sessions.begin(&session, &form, scene.now()).await.unwrap())
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|(_, spent)| *spent == Spent::Now).count(), 1);
    assert_eq!(scene.table.items().len(), 2, "the session and its guard");
}

#[tokio::test]
async fn a_name_is_given_to_one_of_twenty() {
    let scene = Arc::new(Scene::new().await);
    let answers = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move {
            let user = user("demo.user", scene.entropy(), scene.now());
            scene.table.store.users.create(&user, &hash("a")).await.unwrap()
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|creation| **creation == Creation::Made).count(), 1);
    assert_eq!(scene.table.items().len(), 3, "the user, the login and the place in the directory");
}

#[tokio::test]
async fn of_twenty_bootstraps_one_makes_an_administrator() {
    let scene = Arc::new(Scene::new().await);
    let answers = at_once(20, |index| {
        let scene = Arc::clone(&scene);
        async move {
            let administrator = administrator(&scene, &format!("operator{index}"));
            scene.table.store.users.bootstrap(&administrator, &hash("a")).await.unwrap()
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == Bootstrap::Made).count(), 1);
    assert_eq!(scene.table.items().len(), 4, "the mark, the user, the login and the place in the directory");
}

#[tokio::test]
async fn of_twenty_changes_to_a_client_one_is_made() {
    let scene = Arc::new(Scene::new().await);
    scene.table.store.clients.register(&scene.client).await.unwrap();
    let answers = at_once(20, |index| {
        let scene = Arc::clone(&scene);
        async move {
            let mut next = Client { version: 2, ..scene.client.clone() };
            next.about.name = format!("Name {index}");
            (next.about.name.clone(), scene.table.store.clients.change(&scene.client, &next).await.unwrap())
        }
    })
    .await;
    let made = answers.iter().filter(|(_, change)| *change == Change::Made).collect::<Vec<_>>();
    let [(name, _)] = made.as_slice() else { panic!("{made:?}") };
    let stored = scene.table.store.clients.find(scene.client.id).await.unwrap().unwrap();
    assert_eq!(stored.about.name, *name);
}
