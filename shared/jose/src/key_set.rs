//! The keys of this server over time: published, then used, then only verified with, then gone (RFC 7517 section 5).

use domain::UnixTime;
use jsonwebtoken::jwk::JwkSet;
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::keys::{Jwk, KeyError, SigningKey};
use crate::rotation::{self, FIRST, Timed, Times};
use crate::wrapping::{KeyWrapping, Purpose, Wrapped};

/// A signing key as it is stored: public half in the clear, private half wrapped.
///
/// It is published from the moment it is stored and signs from `usable_from` on, until the next generation does. Then its private half
/// is destroyed, and it leaves the published set at `retires_at`. The first gap is for clients that cache the set, the second for
/// tokens that are still out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The key's thumbprint (RFC 7638).
    pub kid: String,
    /// The one algorithm it signs with.
    pub algorithm: SigningAlgorithm,
    /// Its place among the keys of its algorithm.
    pub generation: u32,
    /// The public half, as it is published.
    pub public: Jwk,
    /// The private half: PKCS #8, wrapped for [`Purpose::Signing`]. None once it has signed its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Wrapped>,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it signs.
    pub usable_from: UnixTime,
    /// From when on it does not verify either. Settled once it has signed its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<UnixTime>,
}

impl WrappedKey {
    /// Makes a key, the first of its algorithm, usable at once and without an end, and wraps it.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn generate(
        algorithm: SigningAlgorithm,
        wrapping: &dyn KeyWrapping,
        now: UnixTime,
    ) -> Result<Self, KeyError> {
        let key = SigningKey::generate(algorithm)?;
        let private = key.to_pkcs8()?;
        Ok(Self {
            kid: key.kid().to_owned(),
            algorithm,
            generation: FIRST,
            public: key.public().clone(),
            sealed: Some(wrapping.wrap(Purpose::Signing, &private).await?),
            created_at: now,
            usable_from: now,
            retires_at: None,
        })
    }

    /// Unwraps the private half.
    ///
    /// # Errors
    /// See [`KeyError`]; [`KeyError::Mismatch`] where verifiers would look for another key than the one inside.
    pub async fn open(&self, wrapping: &dyn KeyWrapping) -> Result<SigningKey, KeyError> {
        let sealed = self.sealed.as_ref().ok_or(KeyError::Retired)?;
        let private = wrapping.unwrap(Purpose::Signing, sealed).await?;
        let key = SigningKey::from_pkcs8(self.algorithm, &private)?;
        if key.kid() != self.kid || *key.public() != self.public {
            return Err(KeyError::Mismatch);
        }
        Ok(key)
    }

    /// Whether verifiers may rely on it at `now`.
    #[must_use]
    pub fn is_published(&self, now: UnixTime) -> bool {
        !self.retires_at.is_some_and(|end| end.is_past(now))
    }
}

impl Timed for WrappedKey {
    fn times(&self) -> Times {
        let Self { generation, usable_from, retires_at, .. } = *self;
        Times { generation, usable_from, retires_at }
    }
}

/// The keys to verify with; serialises as a JWK Set (RFC 7517 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PublicKeys(JwkSet);

impl PublicKeys {
    /// The public halves of all keys that have not retired at `now`, those that don't sign yet included.
    #[must_use]
    pub fn new(keys: &[WrappedKey], now: UnixTime) -> Self {
        let published = keys.iter().filter(|key| key.is_published(now));
        Self(JwkSet { keys: published.map(|key| key.public.clone()).collect() })
    }

    pub(crate) fn find(&self, kid: &str) -> Option<&Jwk> {
        self.0.find(kid)
    }
}

/// The keys to choose a signing key from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeys(Vec<WrappedKey>);

impl SigningKeys {
    /// All keys that are stored, in any order.
    #[must_use]
    pub const fn new(keys: Vec<WrappedKey>) -> Self {
        Self(keys)
    }

    /// The key that signs with `algorithm` at `now`: see [`rotation::current`].
    #[must_use]
    pub fn choose(&self, algorithm: SigningAlgorithm, now: UnixTime) -> Option<&WrappedKey> {
        rotation::current(self.0.iter().filter(|key| key.algorithm == algorithm), now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::UnixTime;
    use domain::entropy::SystemEntropy;
    use oauth::words::SigningAlgorithm;

    use super::{PublicKeys, SigningKeys, WrappedKey};
    use crate::keys::KeyError;
    use crate::wrapping::{KeyWrapping as _, LocalKey, Purpose, WrappingError};

    const NOW: UnixTime = UnixTime(1_000);

    fn local() -> LocalKey {
        LocalKey::from_bytes([1; 32], Arc::new(SystemEntropy))
    }

    async fn es256() -> WrappedKey {
        WrappedKey::generate(SigningAlgorithm::Es256, &local(), NOW).await.unwrap()
    }

    #[tokio::test]
    async fn opens_what_was_stored() {
        for &algorithm in SigningAlgorithm::ALL {
            let stored = WrappedKey::generate(algorithm, &local(), NOW).await.unwrap();
            let text = serde_json::to_string(&stored).unwrap();
            let read: WrappedKey = serde_json::from_str(&text).unwrap();
            assert_eq!(read, stored);
            let key = read.open(&local()).await.unwrap();
            assert_eq!((key.kid(), key.algorithm()), (stored.kid.as_str(), algorithm));
        }
    }

    #[tokio::test]
    async fn private_half_is_neither_stored_nor_shown() {
        let stored = es256().await;
        let sealed = stored.sealed.clone().unwrap();
        let private = local().unwrap(Purpose::Signing, &sealed).await.unwrap();
        assert!(
            !sealed.as_bytes().windows(16).any(|bytes| private.windows(16).any(|secret| secret == bytes))
        );
        let public = serde_json::to_value(&stored.public).unwrap();
        assert!(public.get("d").is_none());
        assert!(
            format!("{stored:?}").contains(&format!("sealed: Some([{} bytes])", sealed.as_bytes().len()))
        );
    }

    #[tokio::test]
    async fn opens_only_the_published_key() {
        let (stored, other) = (es256().await, es256().await);
        let swapped = WrappedKey { sealed: other.sealed.clone(), ..stored.clone() };
        assert_eq!(swapped.open(&local()).await.unwrap_err(), KeyError::Mismatch);
        let renamed = WrappedKey { kid: other.kid.clone(), ..stored.clone() };
        assert_eq!(renamed.open(&local()).await.unwrap_err(), KeyError::Mismatch);
        let republished = WrappedKey { public: other.public.clone(), ..stored.clone() };
        assert_eq!(republished.open(&local()).await.unwrap_err(), KeyError::Mismatch);
        let misfiled = WrappedKey { algorithm: SigningAlgorithm::Rs256, ..stored.clone() };
        assert_eq!(misfiled.open(&local()).await.unwrap_err(), KeyError::Malformed);
        let sealed = local().wrap(Purpose::Sealing, b"not for signing").await.unwrap();
        let repurposed = WrappedKey { sealed: Some(sealed), ..stored };
        let error = repurposed.open(&local()).await.unwrap_err();
        assert!(matches!(error, KeyError::Wrapping(WrappingError::Refused { .. })), "{error}");
    }

    #[tokio::test]
    async fn a_key_is_published_then_used_then_verified_with_then_gone() {
        let used = WrappedKey { usable_from: UnixTime(2_000), ..es256().await };
        let retired = WrappedKey { sealed: None, retires_at: Some(UnixTime(3_000)), ..used.clone() };
        let first = WrappedKey { retires_at: Some(UnixTime(9_000)), ..es256().await };
        for (key, now, published, signs) in [
            // Beside nothing else it signs early, rather than nothing does.
            (&used, 1_999, true, true),
            (&used, 2_000, true, true),
            (&used, 1_000_000, true, true),
            (&retired, 2_999, true, false),
            (&retired, 3_000, false, false),
        ] {
            let now = UnixTime(now);
            let set = PublicKeys::new(std::slice::from_ref(key), now);
            assert_eq!(set.find(&key.kid).is_some(), published, "{now}");
            let keys = SigningKeys::new(vec![first.clone(), key.clone()]);
            assert_eq!(keys.choose(SigningAlgorithm::Es256, now).is_some(), signs, "{now}");
        }
        assert_eq!(retired.open(&local()).await.unwrap_err(), KeyError::Retired);
        let stored = serde_json::to_value(&retired).unwrap();
        assert_eq!(stored.get("sealed"), None);
        assert_eq!(serde_json::from_value::<WrappedKey>(stored).unwrap(), retired);
    }

    #[tokio::test]
    async fn the_newest_usable_key_of_the_algorithm_signs() {
        let key = es256().await;
        let named = |kid: &str, generation, usable_from| WrappedKey {
            kid: kid.to_owned(),
            generation,
            usable_from: UnixTime(usable_from),
            ..key.clone()
        };
        let rsa = WrappedKey { algorithm: SigningAlgorithm::Rs256, ..named("rsa", 9, 900) };
        let mut keys = vec![named("old", 1, 100), named("current", 2, 500), named("next", 3, 2_000), rsa];
        for _ in 0..keys.len() {
            keys.rotate_left(1);
            let keys = SigningKeys::new(keys.clone());
            let chosen = |algorithm, now| keys.choose(algorithm, UnixTime(now)).unwrap().kid.as_str();
            assert_eq!(chosen(SigningAlgorithm::Es256, 1_000), "current");
            assert_eq!(chosen(SigningAlgorithm::Es256, 1_999), "current");
            assert_eq!(chosen(SigningAlgorithm::Es256, 2_000), "next");
            assert_eq!(chosen(SigningAlgorithm::Rs256, 1_000), "rsa");
        }
        assert_eq!(SigningKeys::new(Vec::new()).choose(SigningAlgorithm::Es256, NOW), None);
    }
}
