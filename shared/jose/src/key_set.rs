//! The keys of this server over time: published, then used, then only verified with, then gone (RFC 7517 section 5).

use domain::UnixTime;
use jsonwebtoken::jwk::JwkSet;
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::keys::{Jwk, KeyError, SigningKey};
use crate::wrapping::{KeyWrapping, Purpose, Wrapped};

/// A signing key as it is stored: public half in the clear, private half wrapped.
///
/// It is published from the moment it is stored, signs from `usable_from` on and leaves the published set at `retires_at`. The
/// first gap is for clients that cache the set, the second for tokens that are still out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The key's thumbprint (RFC 7638).
    pub kid: String,
    /// The one algorithm it signs with.
    pub algorithm: SigningAlgorithm,
    /// The public half, as it is published.
    pub public: Jwk,
    /// The private half: PKCS #8, wrapped for [`Purpose::Signing`].
    pub sealed: Wrapped,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it signs.
    pub usable_from: UnixTime,
    /// From when on it neither signs nor verifies, if that is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<UnixTime>,
}

impl WrappedKey {
    /// Makes a key, usable at once and without an end, and wraps it.
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
            public: key.public().clone(),
            sealed: wrapping.wrap(Purpose::Signing, &private).await?,
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
        let private = wrapping.unwrap(Purpose::Signing, &self.sealed).await?;
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

    /// Whether it may sign at `now`.
    #[must_use]
    pub fn is_usable(&self, now: UnixTime) -> bool {
        self.usable_from <= now && self.is_published(now)
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

    /// The key that signs with `algorithm` at `now`: of those usable, the one that became so last.
    #[must_use]
    pub fn choose(&self, algorithm: SigningAlgorithm, now: UnixTime) -> Option<&WrappedKey> {
        let usable = self.0.iter().filter(|key| key.algorithm == algorithm && key.is_usable(now));
        // Every sandbox reads the same keys and must settle on the same one.
        usable.max_by_key(|key| (key.usable_from, key.created_at, &key.kid))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::UnixTime;
    use domain::entropy::SystemEntropy;
    use oauth::words::SigningAlgorithm;
    use serde_json::json;

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
        let private = local().unwrap(Purpose::Signing, &stored.sealed).await.unwrap();
        assert!(
            !stored
                .sealed
                .as_bytes()
                .windows(16)
                .any(|bytes| private.windows(16).any(|secret| secret == bytes))
        );
        let public = serde_json::to_value(&stored.public).unwrap();
        assert!(public.get("d").is_none());
        assert!(
            format!("{stored:?}").contains(&format!("sealed: [{} bytes]", stored.sealed.as_bytes().len()))
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
        let repurposed = WrappedKey { sealed, ..stored };
        let error = repurposed.open(&local()).await.unwrap_err();
        assert!(matches!(error, KeyError::Wrapping(WrappingError::Refused { .. })), "{error}");
    }

    #[tokio::test]
    async fn a_key_is_published_then_used_then_gone() {
        let key =
            WrappedKey { usable_from: UnixTime(2_000), retires_at: Some(UnixTime(3_000)), ..es256().await };
        let keys = SigningKeys::new(vec![key.clone()]);
        let set = json!({ "keys": [key.public] });
        for (now, published, used) in [
            (1_000, true, false),
            (1_999, true, false),
            (2_000, true, true),
            (2_999, true, true),
            (3_000, false, false),
        ] {
            let now = UnixTime(now);
            let expected = if published { &set } else { &json!({ "keys": [] }) };
            assert_eq!(
                serde_json::to_value(PublicKeys::new(std::slice::from_ref(&key), now)).unwrap(),
                *expected,
                "{now}"
            );
            assert_eq!(keys.choose(SigningAlgorithm::Es256, now).is_some(), used, "{now}");
        }
    }

    #[tokio::test]
    async fn the_newest_usable_key_of_the_algorithm_signs() {
        let key = es256().await;
        let named = |kid: &str, usable_from| WrappedKey {
            kid: kid.to_owned(),
            usable_from: UnixTime(usable_from),
            ..key.clone()
        };
        let rsa = WrappedKey { algorithm: SigningAlgorithm::Rs256, ..named("rsa", 900) };
        let mut keys = vec![named("old", 100), named("current", 500), named("next", 2_000), rsa];
        for _ in 0..keys.len() {
            keys.rotate_left(1);
            let keys = SigningKeys::new(keys.clone());
            assert_eq!(keys.choose(SigningAlgorithm::Es256, NOW).unwrap().kid, "current");
            assert_eq!(keys.choose(SigningAlgorithm::Es256, UnixTime(2_000)).unwrap().kid, "next");
            assert_eq!(keys.choose(SigningAlgorithm::Rs256, NOW).unwrap().kid, "rsa");
            assert_eq!(keys.choose(SigningAlgorithm::Rs256, UnixTime(899)), None);
        }
        for mut twins in [[named("a", 100), named("b", 100)], [named("b", 100), named("a", 100)]] {
            assert_eq!(
                SigningKeys::new(twins.to_vec()).choose(SigningAlgorithm::Es256, NOW).unwrap().kid,
                "b"
            );
            twins.iter_mut().find(|key| key.kid == "a").unwrap().created_at = UnixTime(1_001);
            assert_eq!(
                SigningKeys::new(twins.to_vec()).choose(SigningAlgorithm::Es256, NOW).unwrap().kid,
                "a"
            );
        }
    }
}
