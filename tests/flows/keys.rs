//! Signing keys: made once, published, and the same for everyone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Clock as _;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use oauth::metadata::paths;
use oauth::words::SigningAlgorithm;
use server::authorize::Authorize;
use server::keyring::Signer;
use server::login::Login;
use server::token::Token;
use server::{Endpoint, Platform, router};
use testkit::TestTable;
use testkit::actors::{Gatelet, function, platform, settings};
use zeroize::Zeroizing;

/// A wrapping key that counts what it is asked for.
struct Counting {
    key: Arc<dyn KeyWrapping>,
    wrapped: AtomicUsize,
    unwrapped: AtomicUsize,
}

impl Counting {
    fn instead_of_the_key_of(platform: &mut Platform) -> Arc<Self> {
        let key = Arc::clone(&platform.wrapping);
        let counting = Arc::new(Self { key, wrapped: AtomicUsize::new(0), unwrapped: AtomicUsize::new(0) });
        platform.wrapping = counting.clone();
        counting
    }

    /// How often it has wrapped and unwrapped since it was asked last.
    fn taken(&self) -> (usize, usize) {
        (self.wrapped.swap(0, Ordering::SeqCst), self.unwrapped.swap(0, Ordering::SeqCst))
    }
}

impl KeyWrapping for Counting {
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        self.wrapped.fetch_add(1, Ordering::SeqCst);
        self.key.wrap(purpose, plaintext)
    }

    fn unwrap<'a>(
        &'a self,
        purpose: Purpose,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        self.unwrapped.fetch_add(1, Ordering::SeqCst);
        self.key.unwrap(purpose, wrapped)
    }
}

#[tokio::test]
async fn nothing_is_unwrapped_on_a_warm_path() {
    let table = TestTable::new().await;
    let mut platform = platform(&table, settings());
    let calls = Counting::instead_of_the_key_of(&mut platform);
    let algorithms = SigningAlgorithm::ALL.len();

    Signer::connect(&platform).await.unwrap();
    assert_eq!(calls.taken(), (algorithms, algorithms), "the first sandbox makes the keys and opens them");
    let signer = Signer::connect(&platform).await.unwrap();
    assert_eq!(calls.taken(), (0, algorithms), "any other opens them");
    for _ in 0..50 {
        // The key set is read again meanwhile, and still names the same keys.
        table.clock.advance(server::keyring::CACHE);
        for &algorithm in SigningAlgorithm::ALL {
            signer.key(algorithm, table.clock.now()).await.unwrap();
        }
    }
    assert_eq!(calls.taken(), (0, 0));
}

/// Where the table is empty, whichever function starts first makes the key that it opens, as its own policy lets it.
#[tokio::test]
async fn every_function_that_opens_a_key_makes_it_where_there_is_none() {
    async fn started<E: Endpoint>() {
        let table = TestTable::new().await;
        let platform = function(E::NAME, &table, &platform(&table, settings()));
        for start in ["first", "second"] {
            let started = router::<E>(&platform).await;
            assert!(started.is_ok(), "{} does not start a {start} time: {:?}", E::NAME, started.err());
        }
    }
    started::<Authorize>().await;
    started::<Login>().await;
    started::<Token>().await;
}

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
