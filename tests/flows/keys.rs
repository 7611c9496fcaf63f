//! Signing keys: made once, published, and the same for everyone.

use std::collections::BTreeSet;

use domain::Clock as _;
use oauth::metadata::paths;
use oauth::words::SigningAlgorithm;
use server::keyring::Signer;
use testkit::TestTable;
use testkit::actors::{Gatelet, platform, settings};

#[tokio::test]
async fn two_cold_starts_at_once_settle_on_one_key() {
    let table = TestTable::new().await;
    let (one, other) = (platform(&table, settings()), platform(&table, settings()));
    let (one, other) = tokio::join!(Signer::connect(&one), Signer::connect(&other));
    let (one, other) = (one.unwrap(), other.unwrap());
    let (now, mut kids) = (table.clock.now(), BTreeSet::new());
    for &algorithm in SigningAlgorithm::ALL {
        let (ones, others) =
            (one.key(algorithm, now).await.unwrap(), other.key(algorithm, now).await.unwrap());
        assert_eq!(ones.kid(), others.kid(), "{algorithm}");
        kids.insert(ones.kid().to_owned());
    }
    let stored: BTreeSet<_> = table
        .store
        .keys
        .signing::<jose::WrappedKey>()
        .await
        .unwrap()
        .into_iter()
        .map(|key| key.kid)
        .collect();
    assert_eq!(stored, kids);
}

#[tokio::test]
async fn a_sandbox_that_starts_later_uses_and_publishes_the_same_keys() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let tokens = notes.tokens(&mut gatelet.browser(), &alice, "openid").await;

    let later = gatelet.sandbox().await;
    assert_eq!(later.get(paths::JWKS).await.json(), gatelet.get(paths::JWKS).await.json());
    let there = notes.at(&later);
    assert_eq!(there.verify(tokens.id()).await["nonce"], notes.verify(tokens.id()).await["nonce"]);
    let renewed = there.refresh(tokens.refresh()).await.tokens();
    notes.verify(renewed.id()).await;
}

#[tokio::test]
async fn what_one_sandbox_has_sealed_another_opens() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let asked = notes.authorization_url();
    browser.authorize(&asked).await.page();

    let mut elsewhere = gatelet.sandbox().await.browser();
    elsewhere.cookies = browser.cookies.clone();
    let form = browser.page().form().fill("username", "alice").fill("password", &alice.password);
    elsewhere.submit(form.press("Sign in")).await.page();
    let callback = elsewhere.allow().await.callback();
    notes.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn only_public_halves_are_published() {
    let gatelet = Gatelet::start().await;
    let keys = gatelet.get(paths::JWKS).await.json();
    let members: BTreeSet<_> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|key| key.as_object().unwrap().keys().map(String::as_str))
        .collect();
    assert_eq!(members, BTreeSet::from(["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"]));
}
