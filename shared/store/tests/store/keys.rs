//! The service's own keys: made once, whoever makes them.

use domain::UnixTime;
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::given::Scene;

/// What the store sees of a key: a value that serializes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub kid: String,
    pub sealed: String,
    pub created_at: UnixTime,
}

impl Key {
    pub fn called(kid: &str) -> Self {
        Self { kid: kid.to_owned(), sealed: "d3JhcHBlZA".to_owned(), created_at: testkit::clock::START }
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
