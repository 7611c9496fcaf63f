//! Wrapping of private key material: only a wrapped key is stored, and only who may unwrap for its purpose can use it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Entropy;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::aead::Aead;

/// A future behind a pointer, so that [`KeyWrapping`] can be one too.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a wrapped key is for. It is bound to the wrapped form, so that a policy can allow one purpose and not the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing tokens.
    Signing,
    /// Sealing state that travels through the browser.
    Sealing,
}

impl Purpose {
    /// The word that is bound to the wrapped form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Sealing => "sealing",
        }
    }
}

/// Wraps and unwraps private key material.
pub trait KeyWrapping: Send + Sync {
    /// Wraps `plaintext` for `purpose`.
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>>;

    /// Unwraps what was wrapped for `purpose`.
    fn unwrap<'a>(
        &'a self,
        purpose: Purpose,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>>;
}

/// Key material could not be wrapped or unwrapped. The cause is for the log, never for an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrappingError {
    /// Refused for good: another key, another purpose, a changed bit, no permission.
    #[error("key material was refused: {cause}")]
    Refused {
        /// What is known of why. Of wrapped key material that does not open, [`LocalKey`] knows no more than that.
        cause: String,
    },
    /// Whoever holds the wrapping key is out of reach or busy: the same call may succeed shortly.
    #[error("the wrapping key is out of reach: {cause}")]
    Unavailable {
        /// What the one who was asked says, or the network.
        cause: String,
    },
}

impl WrappingError {
    fn refused(cause: &str) -> Self {
        Self::Refused { cause: cause.to_owned() }
    }
}

/// Wrapped key material; base64url where it is serialised.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Wrapped(Vec<u8>);

impl Wrapped {
    /// What a [`KeyWrapping`] made.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The wrapped form itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Wrapped> for String {
    fn from(wrapped: Wrapped) -> Self {
        URL_SAFE_NO_PAD.encode(wrapped.0)
    }
}

impl TryFrom<String> for Wrapped {
    type Error = WrappingError;
    fn try_from(text: String) -> Result<Self, WrappingError> {
        let decoded = URL_SAFE_NO_PAD.decode(text);
        decoded.map(Self).map_err(|_| WrappingError::refused("it is not base64url"))
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

/// Wraps under a key of 256 bits that this process holds: for the local stack and for tests.
pub struct LocalKey {
    key: Zeroizing<[u8; 32]>,
    entropy: Arc<dyn Entropy>,
}

impl LocalKey {
    /// Uses `key`, and draws a fresh nonce from `entropy` for each key that is wrapped.
    #[must_use]
    pub fn from_bytes(key: [u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        Self { key: Zeroizing::new(key), entropy }
    }

    fn seal(&self, purpose: Purpose, plaintext: &[u8]) -> Result<Wrapped, WrappingError> {
        let sealed = self.aead()?.seal(&context(purpose), plaintext, &*self.entropy);
        sealed.map(Wrapped).map_err(|_| WrappingError::refused("it can't be sealed"))
    }

    fn open(&self, purpose: Purpose, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, WrappingError> {
        let opened = self.aead()?.open(&context(purpose), wrapped.as_bytes());
        opened.ok_or_else(|| WrappingError::refused("it does not open"))
    }

    fn aead(&self) -> Result<Aead, WrappingError> {
        Aead::new(self.key.as_slice()).map_err(|_| WrappingError::refused("the wrapping key is malformed"))
    }
}

fn context(purpose: Purpose) -> Vec<u8> {
    ["gatelet key wrapping: ", purpose.as_str()].concat().into_bytes()
}

impl KeyWrapping for LocalKey {
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        Box::pin(async move { self.seal(purpose, plaintext) })
    }

    fn unwrap<'a>(
        &'a self,
        purpose: Purpose,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        Box::pin(async move { self.open(purpose, wrapped) })
    }
}

/// The key is not shown.
impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::entropy::SystemEntropy;
    use proptest::prelude::*;

    use super::{KeyWrapping as _, LocalKey, Purpose, Wrapped, WrappingError};

    fn local(key: u8) -> LocalKey {
        LocalKey::from_bytes([key; 32], Arc::new(SystemEntropy))
    }

    /// Another key, another purpose and a changed bit look the same.
    fn does_not_open() -> WrappingError {
        WrappingError::refused("it does not open")
    }

    #[tokio::test]
    async fn unwraps_for_the_same_purpose_under_the_same_key() {
        let wrapped = local(1).wrap(Purpose::Signing, b"private").await.unwrap();
        assert_eq!(local(1).unwrap(Purpose::Signing, &wrapped).await.unwrap().as_slice(), b"private");
        assert_eq!(local(1).unwrap(Purpose::Sealing, &wrapped).await, Err(does_not_open()));
        assert_eq!(local(2).unwrap(Purpose::Signing, &wrapped).await, Err(does_not_open()));
    }

    #[tokio::test]
    async fn wraps_the_same_key_differently_every_time() {
        let key = local(1);
        let first = key.wrap(Purpose::Signing, b"private").await.unwrap();
        assert_ne!(key.wrap(Purpose::Signing, b"private").await.unwrap(), first);
    }

    #[test]
    fn serialises_as_base64url() {
        let wrapped = Wrapped::new(vec![0xfb, 0xff, 0x00]);
        let text = serde_json::to_string(&wrapped).unwrap();
        assert_eq!(text, r#""-_8A""#);
        assert_eq!(serde_json::from_str::<Wrapped>(&text).unwrap(), wrapped);
        assert!(serde_json::from_str::<Wrapped>(r#""+/8A""#).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?} {:?}", local(0x41), Wrapped::new(vec![0x41; 3])),
            "LocalKey([redacted]) [3 bytes]"
        );
    }

    proptest! {
        #[test]
        fn refuses_any_byte_changed(plaintext: Vec<u8>, at: prop::sample::Index, flip in 1_u8..) {
            let key = local(1);
            let mut wrapped = key.seal(Purpose::Sealing, &plaintext).unwrap().0;
            let at = at.index(wrapped.len());
            wrapped[at] ^= flip;
            prop_assert_eq!(key.open(Purpose::Sealing, &Wrapped::new(wrapped)), Err(does_not_open()));
        }
    }
}
