//! What is in the table: nothing that could be presented, and no key in the clear.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jose::{Purpose, WrappedKey, WrappedSealingKey};
use oauth::metadata::paths;
use oauth::words::SigningAlgorithm;
use serde_json::{Value, json};
use server::authorize::Authorize;
use server::keyring::Signer;
use server::login::Login;
use server::router;
use testkit::TestTable;
use testkit::actors::{Gatelet, PASSWORD, platform, settings};

use crate::scene::Scene;
use crate::story::{Told, header, spellings};

/// Every value in the table, as bytes: binary as it is, text as it is and, where it is base64url, decoded too.
fn stored(gatelet: &Gatelet) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for item in gatelet.table.items() {
        for (name, value) in item.as_object().unwrap() {
            found.push(name.clone().into_bytes());
            values(value, &mut found);
        }
    }
    found
}

fn values(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(members) => {
            for (kind, member) in members {
                match (kind.as_str(), member) {
                    ("B", Value::String(text)) => found.push(STANDARD.decode(text).unwrap()),
                    _ => values(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| values(member, found)),
        Value::String(text) => {
            found.extend(URL_SAFE_NO_PAD.decode(text).ok());
            found.push(text.clone().into_bytes());
        }
        _ => {}
    }
}

fn holds(stored: &[Vec<u8>], needle: &[u8]) -> bool {
    stored.iter().any(|value| value.windows(needle.len()).any(|window| window == needle))
}

#[tokio::test]
async fn s44_a_dump_of_the_table_yields_no_usable_credential() {
    let told = Told::new().await;
    let stored = stored(&told.scene.gatelet);
    for known in ["alice@example.com", "$argon2id$", "Renamed", &told.scene.notes.id] {
        assert!(holds(&stored, known.as_bytes()), "what is stored can be found: {known}");
    }
    assert!(told.generated.len() > 30, "{}", told.generated.len());
    for text in &told.generated {
        for spelling in spellings(text) {
            assert!(!holds(&stored, &spelling), "{text} is stored as {}", String::from_utf8_lossy(&spelling));
        }
    }
    assert!(told.others.iter().any(|text| text == PASSWORD));
    for text in &told.others {
        for spelling in [text.clone(), STANDARD.encode(text), URL_SAFE_NO_PAD.encode(text)] {
            assert!(!holds(&stored, spelling.as_bytes()), "{text} is stored as {spelling}");
        }
    }
}

/// Presents everything that a dump holds, wherever something can be presented.
#[tokio::test]
async fn s44_what_a_dump_holds_opens_nothing() {
    let told = Told::new().await;
    let (gatelet, notes) = (&told.scene.gatelet, &told.scene.notes);
    let digests: BTreeSet<Vec<u8>> = stored(gatelet).into_iter().filter(|value| value.len() == 32).collect();
    assert!(digests.len() > 10, "{}", digests.len());
    for digest in digests {
        for prefix in ["gtls_", "gtla_", "gtlr_", "gtlc_"] {
            let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(&digest));
            let by_secret = gatelet.post(paths::TOKEN).with("grant_type", "client_credentials");
            assert_eq!(by_secret.basic(&notes.id, &text).await.status(), 401);
            assert_eq!(notes.introspect(&format!("alice/{text}")).await.json(), json!({"active": false}));
            assert_eq!(notes.refresh(&text).await.status(), 400);
        }
    }
}

#[tokio::test]
async fn s50_every_id_token_names_a_published_key() {
    let mut scene = Scene::new().await;
    let set = scene.gatelet.get(paths::JWKS).await.json();
    let keys = set["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), SigningAlgorithm::ALL.len());
    for key in &keys {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(key.get(private), None, "{key}");
        }
    }
    for &algorithm in SigningAlgorithm::ALL {
        let own = json!({"id_token_signed_response_alg": algorithm.as_str()});
        scene.notes = scene.gatelet.confidential_but(own).await;
        let first = scene.tokens("openid").await;
        let second = scene.notes.refresh(first.refresh()).await.tokens();
        for token in [first.id(), second.id()] {
            let header = header(token);
            assert_eq!(header["alg"], algorithm.as_str());
            let named: Vec<_> = keys.iter().filter(|key| key["kid"] == header["kid"]).collect();
            assert_eq!((named.len(), &named[0]["alg"]), (1, &header["alg"]));
        }
    }
}

#[tokio::test]
async fn s50_two_cold_starts_make_one_active_key() {
    let table = TestTable::new().await;
    let (one, other) = (platform(&table, settings()), platform(&table, settings()));
    let (first, second) = tokio::join!(Signer::connect(&one), Signer::connect(&other));
    let (first, second) = (first.unwrap(), second.unwrap());
    let pages = tokio::join!(router::<Authorize>(&one), router::<Login>(&other));
    assert!(pages.0.is_ok() && pages.1.is_ok());
    let kept: Vec<WrappedKey> = table.store.keys.signing().await.unwrap();
    assert_eq!(kept.len(), SigningAlgorithm::ALL.len());
    let now = testkit::clock::START;
    for key in &kept {
        for signer in [&first, &second] {
            assert_eq!(signer.key(key.algorithm, now).await.unwrap().kid(), key.kid);
        }
    }
    let sealing = table.items().into_iter().filter(|item| item["pk"]["S"] == "sealing");
    assert_eq!(sealing.count(), 1);
}

#[tokio::test]
async fn s50_no_private_key_is_stored_in_the_clear() {
    let gatelet = Gatelet::start().await;
    let stored = stored(&gatelet);
    let wrapping = gatelet.platform.wrapping.as_ref();
    let keys: Vec<WrappedKey> = gatelet.table.store.keys.signing().await.unwrap();
    assert_eq!(keys.len(), SigningAlgorithm::ALL.len());
    for key in &keys {
        let public = serde_json::to_value(&key.public).unwrap();
        let public: Vec<Vec<u8>> = public.as_object().unwrap().values().filter_map(decoded).collect();
        let private = key.open(wrapping).await.unwrap().to_pkcs8().unwrap();
        // Any sixteen bytes of it: a prime, an exponent, the scalar. What is public of it may be, and is, in the clear.
        let secret: Vec<_> = private.windows(16).filter(|window| !holds(&public, window)).collect();
        assert!(secret.len() > 32 && secret.len() < private.len(), "{} of {}", secret.len(), private.len());
        assert!(secret.iter().all(|window| !holds(&stored, window)), "{}", key.kid);
    }
    let sealing: Vec<WrappedSealingKey> = gatelet.table.store.keys.sealing().await.unwrap();
    let [sealing] = sealing.as_slice() else { panic!("{} sealing keys", sealing.len()) };
    let secret = wrapping.unwrap(Purpose::Sealing, &sealing.sealed).await.unwrap();
    assert!(!holds(&stored, &secret));
    assert!(holds(&stored, sealing.sealed.as_bytes()), "what is stored can be found");
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value.as_str()?).ok()
}
