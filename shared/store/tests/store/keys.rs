//! The service's own keys: made once, whoever makes them, and rotated once.

use domain::UnixTime;
use domain::time::Seconds;
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};
use store::keys::Line;
use testkit::clock::START;

use crate::given::Scene;

/// The lines there are.
pub const LINES: [Line; 3] =
    [Line::Signing(SigningAlgorithm::Es256), Line::Signing(SigningAlgorithm::Rs256), Line::Sealing];

/// What the store sees of a key: a value that serializes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub kid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    pub created_at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usable_from: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<UnixTime>,
}

impl Key {
    pub fn called(kid: &str) -> Self {
        let (kid, sealed) = (kid.to_owned(), Some("d3JhcHBlZA".to_owned()));
        Self { kid, sealed, created_at: START, usable_from: None, retires_at: None }
    }

    /// A key that is used a day from now on.
    pub fn for_tomorrow(kid: &str) -> Self {
        Self { usable_from: Some(START + Seconds::days(1)), ..Self::called(kid) }
    }
}

/// The keys of a line, as stored.
pub async fn stored(scene: &Scene, line: Line) -> Vec<Key> {
    let keys = &scene.table.store.keys;
    match line {
        Line::Sealing => keys.sealing().await.unwrap(),
        Line::Signing(_) => keys.signing().await.unwrap(),
    }
}

#[tokio::test]
async fn s50_the_first_key_stays() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.keys;
    for (algorithm, name) in [(SigningAlgorithm::Rs256, "rsa"), (SigningAlgorithm::Es256, "ec")] {
        assert_eq!(keys.establish_signing(algorithm, Key::called(name)).await.unwrap(), Key::called(name));
        let late = keys.establish_signing(algorithm, Key::called("late")).await.unwrap();
        assert_eq!(late, Key::called(name));
    }
    keys.establish_sealing(Key::called("seal")).await.unwrap();
    assert_eq!(keys.establish_sealing(Key::called("late")).await.unwrap(), Key::called("seal"));
    assert_eq!(keys.signing::<Key>().await.unwrap(), [Key::called("ec"), Key::called("rsa")]);
    assert_eq!(keys.sealing::<Key>().await.unwrap(), [Key::called("seal")]);
}

#[tokio::test]
async fn there_are_no_keys_before_they_are_made() {
    let scene = Scene::new().await;
    assert_eq!(scene.table.store.keys.signing::<Key>().await.unwrap(), []);
    assert_eq!(scene.table.store.keys.sealing::<Key>().await.unwrap(), []);
}

#[tokio::test]
async fn a_generation_is_published_once() {
    for line in LINES {
        let scene = Scene::new().await;
        let keys = &scene.table.store.keys;
        assert_eq!(keys.publish(line, 2, Key::called("b")).await.unwrap(), Key::called("b"));
        assert_eq!(keys.publish(line, 2, Key::called("late")).await.unwrap(), Key::called("b"));
        assert_eq!(keys.publish(line, 1, Key::called("a")).await.unwrap(), Key::called("a"));
        assert_eq!(stored(&scene, line).await, [Key::called("a"), Key::called("b")]);
    }
}

#[tokio::test]
async fn a_key_is_used_sooner_and_never_later() {
    for line in LINES {
        let scene = Scene::new().await;
        let keys = &scene.table.store.keys;
        keys.publish(line, 1, Key::for_tomorrow("a")).await.unwrap();
        for (hours, from) in [(30, 24), (24, 24), (5, 5), (6, 5), (0, 0)] {
            assert!(keys.advance(line, 1, START + Seconds::hours(hours)).await.unwrap());
            let usable_from = Some(START + Seconds::hours(from));
            assert_eq!(stored(&scene, line).await, [Key { usable_from, ..Key::called("a") }]);
        }
        assert!(!keys.advance(line, 2, START).await.unwrap(), "there is no such key");
        assert_eq!(stored(&scene, line).await.len(), 1);
    }
}

#[tokio::test]
async fn the_end_of_a_key_is_settled_once_and_destroys_what_signs() {
    for line in LINES {
        let scene = Scene::new().await;
        let keys = &scene.table.store.keys;
        keys.publish(line, 1, Key::called("a")).await.unwrap();
        for later in [0, 1] {
            let end = START + Seconds::days(later);
            assert!(keys.retire(line, 1, end).await.unwrap());
            let sealed = Key::called("a").sealed.filter(|_| line == Line::Sealing);
            let retired = Key { sealed, retires_at: Some(START), ..Key::called("a") };
            assert_eq!(stored(&scene, line).await, [retired]);
        }
        assert!(!keys.retire(line, 2, START).await.unwrap(), "there is no such key");
        assert_eq!(stored(&scene, line).await.len(), 1);
    }
}

#[tokio::test]
async fn a_key_is_removed_and_others_stay() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.keys;
    for line in LINES {
        keys.publish(line, 1, Key::called("a")).await.unwrap();
        keys.publish(line, 2, Key::called("b")).await.unwrap();
    }
    for (removed, line) in LINES.into_iter().enumerate() {
        for _ in 0..2 {
            keys.remove(line, 1).await.unwrap();
            assert_eq!(scene.table.items().len(), 5 - removed);
        }
    }
    assert_eq!(stored(&scene, Line::Sealing).await, [Key::called("b")]);
    assert_eq!(stored(&scene, LINES[0]).await, [Key::called("b"), Key::called("b")]);
}
