//! State sealed into what the browser carries, so that an unfinished login costs no write; and MACs that bind a form to a cookie.

use std::fmt;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{aead, hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Entropy, UnixTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::aead::{Aead, OVERHEAD};
use crate::keys::KeyError;
use crate::rotation::{FIRST, Timed, Times};
use crate::wrapping::{KeyWrapping, Purpose, Wrapped};

/// The longest sealed text, in characters.
pub const LONGEST: usize = 16 * 1024;

/// The longest that is sealed, in bytes of JSON: what fits into [`LONGEST`] characters of base64url.
const LONGEST_PLAINTEXT: usize = LONGEST / 4 * 3 - GENERATION - OVERHEAD;

/// What every text begins with, in bytes: the generation of the key that made it, big-endian.
const GENERATION: usize = size_of::<u32>();

/// A sealing key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedSealingKey {
    /// Names the key; random, base64url.
    pub id: String,
    /// Its place among the sealing keys.
    pub generation: u32,
    /// 256 bits, wrapped for [`Purpose::Sealing`].
    pub sealed: Wrapped,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it seals, until the next generation does.
    pub usable_from: UnixTime,
    /// From when on it opens nothing either. Settled once it has sealed its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<UnixTime>,
}

impl WrappedSealingKey {
    /// Makes a key, the first one, usable at once and without an end, and wraps it.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn generate(
        wrapping: &dyn KeyWrapping,
        entropy: &dyn Entropy,
        now: UnixTime,
    ) -> Result<Self, KeyError> {
        let id: [u8; 12] = entropy.bytes();
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(entropy.bytes());
        let sealed = wrapping.wrap(Purpose::Sealing, key.as_slice()).await?;
        let id = URL_SAFE_NO_PAD.encode(id);
        Ok(Self { id, generation: FIRST, sealed, created_at: now, usable_from: now, retires_at: None })
    }

    /// Unwraps the key.
    ///
    /// # Errors
    /// See [`KeyError`]; [`KeyError::Malformed`] for a key of another length.
    pub async fn open(&self, wrapping: &dyn KeyWrapping) -> Result<Sealer, KeyError> {
        let key = wrapping.unwrap(Purpose::Sealing, &self.sealed).await?;
        let key = key.as_slice().try_into().map_err(|_| KeyError::Malformed)?;
        Sealer::new(self.generation, key).map_err(|_| KeyError::Malformed)
    }
}

impl Timed for WrappedSealingKey {
    fn times(&self) -> Times {
        let Self { generation, usable_from, retires_at, .. } = *self;
        Times { generation, usable_from, retires_at }
    }
}

/// Seals and authenticates, each under a key of its own, both derived from one sealing key (RFC 5869).
///
/// "The total number of invocations of the authenticated encryption function shall not exceed 2^32 […] with the given key." (NIST SP
/// 800-38D section 8.3) A sealing key has to be replaced before it has served four thousand million logins.
///
/// Every text names the generation of the key that made it, so that it can be found.
pub struct Sealer {
    generation: u32,
    aead: Aead,
    mac: hmac::Key,
}

/// A value that can't be sealed: not JSON, or too long to be opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value could not be sealed")]
pub struct SealError;

impl Sealer {
    fn new(generation: u32, key: &[u8; 32]) -> Result<Self, Unspecified> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"gatelet sealing key").extract(key);
        Ok(Self {
            generation,
            aead: aead::UnboundKey::from(root.expand(&[b"aead"], &AES_256_GCM)?).into(),
            mac: hmac::Key::from(root.expand(&[b"mac"], hmac::HMAC_SHA256)?),
        })
    }

    /// The generation of the key that a sealed text or a MAC says it was made by.
    #[must_use]
    pub fn unverified_generation(text: &str) -> Option<u32> {
        // Eight characters are six bytes.
        let start = URL_SAFE_NO_PAD.decode(text.get(..8)?).ok()?;
        start.first_chunk().map(|generation| u32::from_be_bytes(*generation))
    }

    fn text(&self, made: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&self.generation.to_be_bytes(), made].concat())
    }

    /// What a text holds behind the generation, if that is this one.
    fn made(&self, text: &str) -> Option<Vec<u8>> {
        if text.len() > LONGEST {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (generation, _) = bytes.split_first_chunk()?;
        let ours = u32::from_be_bytes(*generation) == self.generation;
        ours.then(|| bytes.split_off(GENERATION))
    }

    /// Seals `value` as base64url, so that nobody else can read it, change it or use it for another purpose.
    ///
    /// Whoever holds the text can present it again and again: an expiry belongs into the value, and is checked by who opens it.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal<T: Serialize>(
        &self,
        purpose: &'static str,
        value: &T,
        entropy: &dyn Entropy,
    ) -> Result<String, SealError> {
        let plaintext = serde_json::to_vec(value).map_err(|_| SealError)?;
        if plaintext.len() > LONGEST_PLAINTEXT {
            return Err(SealError);
        }
        let sealed = self.aead.seal(purpose.as_bytes(), &plaintext, entropy).map_err(|_| SealError)?;
        Ok(self.text(&sealed))
    }

    /// Opens what was sealed for the same purpose; nothing for any other text.
    #[must_use]
    pub fn open<T: DeserializeOwned>(&self, purpose: &'static str, text: &str) -> Option<T> {
        let plaintext = self.aead.open(purpose.as_bytes(), &self.made(text)?)?;
        serde_json::from_slice(&plaintext).ok()
    }

    /// HMAC-SHA256 over the purpose and the parts, as base64url.
    #[must_use]
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> String {
        self.text(hmac::sign(&self.mac, &message(purpose, parts)).as_ref())
    }

    /// Whether `text` is the MAC of the purpose and the parts; compared in constant time.
    #[must_use]
    pub fn verify_mac(&self, purpose: &'static str, parts: &[&[u8]], text: &str) -> bool {
        let Some(tag) = self.made(text) else { return false };
        hmac::verify(&self.mac, &message(purpose, parts), &tag).is_ok()
    }
}

/// Every part behind its length, so that no two lists of parts read the same.
fn message(purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in [purpose.as_bytes()].iter().chain(parts) {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}

/// The keys are not shown.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use aws_lc_rs::hmac;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use domain::UnixTime;
    use domain::entropy::SystemEntropy;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{LONGEST, LONGEST_PLAINTEXT, SealError, Sealer, WrappedSealingKey};
    use crate::keys::KeyError;
    use crate::wrapping::{KeyWrapping as _, LocalKey, Purpose, WrappingError};

    fn sealer() -> Sealer {
        Sealer::new(3, &[7; 32]).unwrap()
    }

    /// What is made under a key, as the text that says so.
    fn written(made: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&[0, 0, 0, 3], made].concat())
    }

    fn local() -> LocalKey {
        LocalKey::from_bytes([1; 32], Arc::new(SystemEntropy))
    }

    #[tokio::test]
    async fn opens_what_was_stored() {
        let stored = WrappedSealingKey::generate(&local(), &SystemEntropy, UnixTime(1_000)).await.unwrap();
        assert_eq!((stored.id.len(), stored.created_at), (16, UnixTime(1_000)));
        let text = stored.open(&local()).await.unwrap().seal("login", &"state", &SystemEntropy).unwrap();

        let json = serde_json::to_string(&stored).unwrap();
        let read: WrappedSealingKey = serde_json::from_str(&json).unwrap();
        assert_eq!(read, stored);
        assert_eq!(read.open(&local()).await.unwrap().open::<String>("login", &text).unwrap(), "state");

        let other = WrappedSealingKey::generate(&local(), &SystemEntropy, UnixTime(1_000)).await.unwrap();
        assert_ne!(other.id, stored.id);
        assert_eq!(other.open(&local()).await.unwrap().open::<String>("login", &text), None);
    }

    #[tokio::test]
    async fn opens_only_keys_for_sealing() {
        let stored = WrappedSealingKey::generate(&local(), &SystemEntropy, UnixTime(1_000)).await.unwrap();
        let sealed = local().wrap(Purpose::Signing, &[7; 32]).await.unwrap();
        let repurposed = WrappedSealingKey { sealed, ..stored.clone() };
        let error = repurposed.open(&local()).await.unwrap_err();
        assert!(matches!(error, KeyError::Wrapping(WrappingError::Refused { .. })), "{error}");
        let sealed = local().wrap(Purpose::Sealing, &[7; 31]).await.unwrap();
        let short = WrappedSealingKey { sealed, ..stored };
        assert_eq!(short.open(&local()).await.unwrap_err(), KeyError::Malformed);
    }

    #[test]
    fn opens_for_the_same_purpose_and_type() {
        let text = sealer().seal("login", &"state", &SystemEntropy).unwrap();
        assert_eq!(sealer().open::<String>("login", &text).unwrap(), "state");
        assert_eq!(sealer().open::<String>("consent", &text), None);
        assert_eq!(sealer().open::<u64>("login", &text), None);
        assert_eq!(Sealer::new(3, &[8; 32]).unwrap().open::<String>("login", &text), None);
    }

    #[test]
    fn what_it_makes_names_its_generation_and_is_good_under_no_other() {
        let (text, mac) =
            (sealer().seal("login", &"state", &SystemEntropy).unwrap(), sealer().mac("csrf", &[]));
        for made in [&text, &mac] {
            assert_eq!(Sealer::unverified_generation(made), Some(3));
        }
        let renamed = Sealer::new(4, &[7; 32]).unwrap();
        assert_eq!(renamed.open::<String>("login", &text), None);
        assert!(!renamed.verify_mac("csrf", &[], &mac));
        for text in ["", "AAAA", "AAAAAA", "AAAAAA==", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", "****aaaa"] {
            assert_eq!(Sealer::unverified_generation(text), None, "{text}");
        }
    }

    #[test]
    fn the_same_value_looks_different_every_time() {
        let first = sealer().seal("login", &"state", &SystemEntropy).unwrap();
        assert_ne!(sealer().seal("login", &"state", &SystemEntropy).unwrap(), first);
    }

    #[test]
    fn what_is_sealed_can_be_opened_at_any_length() {
        // Two bytes of JSON are the quotation marks.
        let longest = "x".repeat(LONGEST_PLAINTEXT - 2);
        let text = sealer().seal("login", &longest, &SystemEntropy).unwrap();
        assert_eq!(text.len(), LONGEST);
        assert_eq!(sealer().open::<String>("login", &text).unwrap(), longest);
        let longer = "x".repeat(LONGEST_PLAINTEXT - 1);
        assert_eq!(sealer().seal("login", &longer, &SystemEntropy), Err(SealError));
    }

    #[test]
    fn refuses_texts_longer_than_it_makes() {
        let plaintext = serde_json::to_vec(&"x".repeat(LONGEST_PLAINTEXT - 1)).unwrap();
        let sealed = sealer().aead.seal(b"login", &plaintext, &SystemEntropy).unwrap();
        let text = written(&sealed);
        assert!(text.len() > LONGEST);
        assert_eq!(sealer().open::<String>("login", &text), None);
    }

    #[test]
    fn refuses_values_that_are_not_json() {
        assert_eq!(sealer().seal("login", &BTreeMap::from([((1, 2), 3)]), &SystemEntropy), Err(SealError));
    }

    #[test]
    fn a_mac_fits_its_purpose_and_parts() {
        let mac = sealer().mac("csrf", &[b"cookie", b"form"]);
        assert_eq!(mac.len(), 48);
        assert!(sealer().verify_mac("csrf", &[b"cookie", b"form"], &mac));
        assert!(!Sealer::new(3, &[8; 32]).unwrap().verify_mac("csrf", &[b"cookie", b"form"], &mac));
        for (purpose, parts) in [
            ("consent", [b"cookie".as_slice(), b"form"].as_slice()),
            ("csrf", &[b"form", b"cookie"]),
            ("csrf", &[b"cookief", b"orm"]),
            ("csrf", &[b"cookieform"]),
            ("csrf", &[b"cookie", b"form", b""]),
            ("csrf", &[b"", b"cookie", b"form"]),
            ("csrf", &[]),
        ] {
            assert!(!sealer().verify_mac(purpose, parts, &mac), "{purpose} {parts:?}");
        }
        for text in [
            "",
            mac.split_at(47).0,
            &format!("{mac}A"),
            &format!("{mac}="),
            &"A".repeat(48),
            &"A".repeat(LONGEST + 1),
        ] {
            assert!(!sealer().verify_mac("csrf", &[b"cookie", b"form"], text), "{text}");
        }
    }

    #[test]
    fn a_part_can_not_imitate_the_lengths() {
        let mac = sealer().mac("csrf", &[b"a", b"b"]);
        assert!(!sealer().verify_mac("csrf", &[b"a\0\0\0\0\0\0\0\x01b"], &mac));
    }

    /// RFC 5869 written out with HMAC alone.
    #[test]
    fn its_keys_are_derived_by_hkdf() {
        let sign = |key: &[u8], message: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
        let root = sign(b"gatelet sealing key", &[7; 32]);
        let key = sign(root.as_ref(), b"mac\x01");
        let message = b"\0\0\0\0\0\0\0\x04csrf\0\0\0\0\0\0\0\x06cookie";
        assert_eq!(sealer().mac("csrf", &[b"cookie"]), written(sign(key.as_ref(), message).as_ref()));
        let key = sign(root.as_ref(), b"aead\x01");
        let sealed =
            crate::aead::Aead::new(key.as_ref()).unwrap().seal(b"login", b"1", &SystemEntropy).unwrap();
        assert_eq!(sealer().open::<u64>("login", &written(&sealed)), Some(1));
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", sealer()), "Sealer([redacted])");
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(value: BTreeMap<String, Option<u64>>) {
            let text = sealer().seal("login", &value, &SystemEntropy).unwrap();
            prop_assert_eq!(sealer().open("login", &text), Some(value));
        }

        #[test]
        fn refuses_any_character_changed(value: String, at: prop::sample::Index, other in "[A-Za-z0-9_=+/. -]") {
            let text = sealer().seal("login", &value, &SystemEntropy).unwrap();
            let at = at.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..=at, &other);
            prop_assume!(changed != text);
            prop_assert_eq!(sealer().open::<Value>("login", &changed), None);
        }

        #[test]
        fn a_mac_fits_no_other_parts(parts: Vec<Vec<u8>>, others: Vec<Vec<u8>>) {
            prop_assume!(parts != others);
            let (parts, others): (Vec<&[u8]>, Vec<&[u8]>) =
                (parts.iter().map(Vec::as_slice).collect(), others.iter().map(Vec::as_slice).collect());
            let mac = sealer().mac("csrf", &parts);
            prop_assert!(sealer().verify_mac("csrf", &parts, &mac));
            prop_assert!(!sealer().verify_mac("csrf", &others, &mac));
        }

        #[test]
        fn never_panics(text in ".{0,200}") {
            prop_assert_eq!(sealer().open::<Value>("login", &text), None);
            prop_assert!(!sealer().verify_mac("csrf", &[], &text));
        }
    }
}
