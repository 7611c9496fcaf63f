//! The service's own keys as the endpoints use them: made once, opened once in each sandbox, looked for again now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::UnixTime;
use domain::time::Seconds;
use jose::{KeyWrapping, PublicKeys, SigningKey, SigningKeys, WrappedKey};
use oauth::words::SigningAlgorithm;
use store::keys::Keys;

use crate::error::Failure;
use crate::platform::{Platform, StartupError};

mod sealing;

pub(crate) use sealing::Sealing;

/// How long keys are remembered: what a new key takes to be seen by every sandbox, and what clients are told to cache the key set for.
pub const CACHE: Seconds = Seconds::minutes(5);

/// Signs ID tokens.
#[derive(Clone)]
pub struct Signer {
    keys: Keys,
    wrapping: Arc<dyn KeyWrapping>,
    set: Arc<Mutex<(SigningKeys, UnixTime)>>,
    opened: Arc<Mutex<HashMap<String, Arc<SigningKey>>>>,
}

impl Signer {
    /// Finds the signing keys, or makes those that are missing, and opens them.
    ///
    /// # Errors
    /// See [`StartupError`].
    pub async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        let (keys, wrapping) = (platform.store.keys.clone(), Arc::clone(&platform.wrapping));
        let now = platform.ambient.now();
        let mut found: Vec<WrappedKey> = keys.signing().await?;
        for &algorithm in SigningAlgorithm::ALL {
            if !found.iter().any(|key| key.algorithm == algorithm) {
                let new = WrappedKey::generate(algorithm, wrapping.as_ref(), now).await?;
                found.push(keys.establish_signing(algorithm, new).await?);
            }
        }
        let mut opened = HashMap::new();
        let set = SigningKeys::new(found);
        for key in SigningAlgorithm::ALL.iter().filter_map(|&algorithm| set.choose(algorithm, now)) {
            opened.insert(key.kid.clone(), Arc::new(key.open(wrapping.as_ref()).await?));
        }
        let (set, opened) = (Arc::new(Mutex::new((set, now))), Arc::new(Mutex::new(opened)));
        Ok(Self { keys, wrapping, set, opened })
    }

    /// Looks for the signing keys when one is asked for: for who seldom signs. It makes none.
    pub(crate) fn later(platform: &Platform) -> Self {
        let (keys, wrapping) = (platform.store.keys.clone(), Arc::clone(&platform.wrapping));
        let set = Arc::new(Mutex::new((SigningKeys::new(Vec::new()), UnixTime(0))));
        Self { keys, wrapping, set, opened: Arc::default() }
    }

    /// The key that signs with `algorithm` at `now`.
    ///
    /// # Errors
    /// Where the key set can't be read or the key not opened.
    pub async fn key(&self, algorithm: SigningAlgorithm, now: UnixTime) -> Result<Arc<SigningKey>, Failure> {
        let stale = {
            let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
            (set.1 + CACHE).is_past(now)
        };
        if stale {
            let found = SigningKeys::new(self.keys.signing().await?);
            *self.set.lock().unwrap_or_else(PoisonError::into_inner) = (found, now);
        }
        let chosen = {
            let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
            set.0.choose(algorithm, now).cloned().ok_or(Failure::Broken("no usable signing key"))?
        };
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&chosen.kid).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let opened = Arc::new(chosen.open(self.wrapping.as_ref()).await?);
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(chosen.kid, Arc::clone(&opened));
        Ok(opened)
    }
}

/// Knows the public keys.
#[derive(Clone)]
pub struct Verifier {
    keys: Keys,
    set: Arc<Mutex<Option<Read>>>,
}

/// The keys, and when they were read.
type Read = (Arc<Vec<WrappedKey>>, UnixTime);

impl Verifier {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { keys, set: Arc::default() }
    }

    /// The public keys that are good at `now`. Before the first signing key is made, there is none, and that is not remembered.
    ///
    /// # Errors
    /// Where the key set can't be read.
    pub async fn keys(&self, now: UnixTime) -> Result<PublicKeys, Failure> {
        let known = self.set.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((keys, _)) = known.filter(|(_, read_at)| !(*read_at + CACHE).is_past(now)) {
            return Ok(PublicKeys::new(&keys, now));
        }
        let keys: Arc<Vec<WrappedKey>> = Arc::new(self.keys.signing().await?);
        if !keys.is_empty() {
            *self.set.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&keys), now));
        }
        Ok(PublicKeys::new(&keys, now))
    }
}
