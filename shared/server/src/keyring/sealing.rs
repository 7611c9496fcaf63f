//! The keys that seal what travels through browsers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::UnixTime;
use domain::time::Seconds;
use jose::{KeyWrapping, Sealer, WrappedSealingKey, rotation};
use serde::de::DeserializeOwned;
use store::keys::Keys;

use super::CACHE;
use crate::error::Failure;
use crate::platform::{Ambient, Platform, StartupError};

/// How soon the keys may be read again because a text names one that is not among them. Anybody can write such a text.
const AGAIN: Seconds = Seconds::minutes(1);

/// Seals with the current key, and opens what any key made that is not over yet.
#[derive(Clone)]
pub(crate) struct Sealing {
    ambient: Ambient,
    keys: Keys,
    wrapping: Arc<dyn KeyWrapping>,
    set: Arc<Mutex<Read>>,
    opened: Arc<Mutex<HashMap<String, Arc<Sealer>>>>,
}

/// The keys as they were read, and when.
#[derive(Clone)]
struct Read {
    keys: Arc<Vec<WrappedSealingKey>>,
    at: UnixTime,
}

impl Sealing {
    /// Finds the sealing keys, or makes the first, and opens the one that seals.
    ///
    /// # Errors
    /// See [`StartupError`].
    pub(crate) async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        let (keys, wrapping) = (platform.store.keys.clone(), Arc::clone(&platform.wrapping));
        let (entropy, at) = (platform.ambient.entropy.as_ref(), platform.ambient.now());
        let mut found: Vec<WrappedSealingKey> = keys.sealing().await?;
        if found.is_empty() {
            let new = WrappedSealingKey::generate(wrapping.as_ref(), entropy, at).await?;
            found.push(keys.establish_sealing(new).await?);
        }
        let mut opened = HashMap::new();
        if let Some(key) = rotation::current(found.iter(), at) {
            opened.insert(key.id.clone(), Arc::new(key.open(wrapping.as_ref()).await?));
        }
        let set = Arc::new(Mutex::new(Read { keys: Arc::new(found), at }));
        let ambient = platform.ambient.clone();
        Ok(Self { ambient, keys, wrapping, set, opened: Arc::new(Mutex::new(opened)) })
    }

    /// What seals now.
    ///
    /// # Errors
    /// Where the keys can't be read or the current one not opened.
    pub(crate) async fn current(&self) -> Result<Arc<Sealer>, Failure> {
        let now = self.ambient.now();
        let keys = self.known(CACHE).await?;
        let key = rotation::current(keys.iter(), now).ok_or(Failure::Broken("no usable sealing key"))?;
        self.opened(key).await
    }

    /// Opens what was sealed for this purpose; nothing for any other text. See [`Sealer::open`].
    ///
    /// # Errors
    /// Where the keys can't be read or the text's own not opened.
    pub(crate) async fn open<T: DeserializeOwned>(
        &self,
        purpose: &'static str,
        text: &str,
    ) -> Result<Option<T>, Failure> {
        Ok(self.maker(text).await?.and_then(|sealer| sealer.open(purpose, text)))
    }

    /// Whether `text` is the MAC of the purpose and the parts. See [`Sealer::verify_mac`].
    ///
    /// # Errors
    /// Where the keys can't be read or the text's own not opened.
    pub(crate) async fn verify_mac(
        &self,
        purpose: &'static str,
        parts: &[&[u8]],
        text: &str,
    ) -> Result<bool, Failure> {
        let maker = self.maker(text).await?;
        Ok(maker.is_some_and(|sealer| sealer.verify_mac(purpose, parts, text)))
    }

    /// What made this text, as it says.
    async fn maker(&self, text: &str) -> Result<Option<Arc<Sealer>>, Failure> {
        let Some(generation) = Sealer::unverified_generation(text) else { return Ok(None) };
        let now = self.ambient.now();
        let find = |keys: &[WrappedSealingKey]| {
            let named = keys.iter().find(|key| key.generation == generation).cloned();
            named.filter(|key| !key.retires_at.is_some_and(|end| end.is_past(now)))
        };
        let mut key = find(&self.known(CACHE).await?);
        if key.is_none() {
            key = find(&self.known(AGAIN).await?);
        }
        match key {
            Some(key) => self.opened(&key).await.map(Some),
            None => Ok(None),
        }
    }

    /// The keys, read no longer ago than this.
    async fn known(&self, ago: Seconds) -> Result<Arc<Vec<WrappedSealingKey>>, Failure> {
        let now = self.ambient.now();
        let known = self.set.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !(known.at + ago).is_past(now) {
            return Ok(known.keys);
        }
        let keys: Arc<Vec<WrappedSealingKey>> = Arc::new(self.keys.sealing().await?);
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = Read { keys: Arc::clone(&keys), at: now };
        Ok(keys)
    }

    async fn opened(&self, key: &WrappedSealingKey) -> Result<Arc<Sealer>, Failure> {
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&key.id).cloned();
        if let Some(sealer) = known {
            return Ok(sealer);
        }
        let sealer = Arc::new(key.open(self.wrapping.as_ref()).await?);
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id.clone(), Arc::clone(&sealer));
        Ok(sealer)
    }
}
