//! What is stored yields nothing that could be presented.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::client::{Authentication, Client};
use domain::password::PasswordHash;
use domain::secret::ClientSecret;
use domain::token::Token;
use serde_json::Value;

use crate::given::{SCOPE, Scene};
use crate::owned::confidential;

/// Every string and every binary value in the table, as bytes; names of attributes are no one's secret.
fn stored_values(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(members) => {
            for (kind, member) in members {
                match (kind.as_str(), member) {
                    ("B", Value::String(text)) => found.push(STANDARD.decode(text).unwrap()),
                    ("S" | "N", Value::String(text)) => found.push(text.clone().into_bytes()),
                    _ => stored_values(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| stored_values(member, found)),
        Value::String(text) => found.push(text.clone().into_bytes()),
        _ => {}
    }
}

/// The secret inside a token's text: 32 bytes, before a checksum of four.
fn secret(text: &str) -> Vec<u8> {
    let (_, payload) = text.split_once("gtl").unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&payload[2..]).unwrap();
    bytes[bytes.len() - 36..bytes.len() - 4].to_vec()
}

/// The ways in which a secret could have been written down.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    let secret = secret(text);
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let base64 = [STANDARD.encode(&secret), URL_SAFE_NO_PAD.encode(&secret)];
    let (_, payload) = text.split_once("gtl").unwrap();
    let texts = [text.to_owned(), payload.to_owned(), hex.to_uppercase(), hex].into_iter().chain(base64);
    texts.map(String::into_bytes).chain([secret]).collect()
}

#[tokio::test]
async fn s44_no_secret_is_in_the_table() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    let password = "correct horse battery staple";
    let hash = PasswordHash::new(password, scene.entropy()).unwrap();
    store.users.create(&scene.user, &hash).await.unwrap();
    store.clients.register(&scene.client).await.unwrap();
    let secret = Token::<ClientSecret>::generate((), scene.entropy());
    let authentication = Authentication::Secret { method: None, digest: secret.digest() };
    let owned = Client { authentication, ..confidential(&scene) };
    store.clients.register(&owned).await.unwrap();
    store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    let (own, own_access) = scene.own_grant();
    store.grants.issue(&own).await.unwrap();
    let unredeemed = scene.issue().await;

    let (grant, code) = scene.answer(&scene.request(SCOPE));
    store.grants.issue(&grant).await.unwrap();
    let first = scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    let handed_out = [
        scene.cookie.to_text(),
        scene.registration.to_text(),
        secret.to_text(),
        own_access.to_text(&scene.client.id.to_string()),
        unredeemed.to_text(),
        code.to_text(),
        first.access.to_text("demo.user"),
        first.refresh.to_text(),
        second.access.to_text("demo.user"),
        second.refresh.to_text(),
    ];

    let mut stored = Vec::new();
    scene.table.items().iter().for_each(|item| stored_values(item, &mut stored));
    assert!(stored.contains(&code.digest().as_bytes().to_vec()), "digests are there to be found");
    let holds = |needle: &[u8]| stored.iter().any(|value| value.windows(needle.len()).any(|w| w == needle));
    assert!(holds(b"demo.user@example.com"), "and so is text");
    for text in &handed_out {
        for spelling in spellings(text) {
            assert!(!holds(&spelling), "{}", String::from_utf8_lossy(&spelling));
        }
    }
    assert!(!holds(password.as_bytes()));
}

#[tokio::test]
async fn s44_the_next_tokens_follow_from_nothing_that_is_stored() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    // With the salt out of the table and the token it came with, but without the one that was presented.
    let rotation = second.grant.active().unwrap().refresh.as_ref().unwrap().rotation.unwrap();
    let (access, refresh) = second.refresh.successors(&rotation.salt);
    assert!(second.grant.access(&access.digest(), scene.now()).is_none());
    assert_ne!(refresh.digest(), second.refresh.digest());
    let third = scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
    assert_ne!(third.refresh.digest(), refresh.digest());
}
