//! Generated secrets of 256 bits, one type per purpose, and the SHA-256 digests that stand for them in storage.

use std::fmt;
use std::marker::PhantomData;

use aws_lc_rs::{digest, hmac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// What a secret is for.
pub trait Kind: 'static {
    /// Opens the text form, so that a leaked secret can be recognised; it also keeps the digests of different kinds apart.
    const PREFIX: &'static str;
}

/// Declares the kinds of secrets.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal,)+) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq, Eq)] pub struct $name;
        impl Kind for $name { const PREFIX: &'static str = $prefix; })+
    };
}

kinds! {
    /// An authorization code (RFC 6749 section 1.3.1).
    Code = "gtlc_",
    /// An access token (RFC 6749 section 1.4).
    AccessToken = "gtla_",
    /// A refresh token (RFC 6749 section 1.5).
    RefreshToken = "gtlr_",
    /// A confidential client's secret (RFC 6749 section 2.3.1).
    ClientSecret = "gtls_",
    /// A registration access token (RFC 7592 section 3).
    RegistrationToken = "gtlm_",
    /// What the session cookie holds.
    SessionToken = "gtlk_",
    /// What a user's script presents, behind the prefix that it is known by.
    ApiKeySecret = "gtlu_",
}

/// 256 unpredictable bits; never shown, never stored.
pub struct Secret<K: Kind> {
    bytes: Zeroizing<[u8; 32]>,
    kind: PhantomData<K>,
}

impl<K: Kind> Secret<K> {
    /// A new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::from_bytes(entropy.bytes())
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes: Zeroizing::new(bytes), kind: PhantomData }
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// SHA-256 over the kind, the `keys` that travel with the secret, and the secret itself.
    ///
    /// With the keys in the digest, none of them can be exchanged or left out.
    pub(crate) fn digest(&self, keys: &[u8]) -> Digest<K> {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(K::PREFIX.as_bytes());
        context.update(keys);
        context.update(self.as_bytes());
        Digest::from_output(context.finish().as_ref())
    }

    /// Another secret that follows from this one, a `salt` and the kind.
    pub(crate) fn derive<To: Kind>(&self, salt: &[u8; 16], keys: &[u8]) -> Secret<To> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(salt);
        context.update(keys);
        context.update(To::PREFIX.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        Secret::from_bytes(bytes)
    }
}

/// Secrets are not shown.
impl<K: Kind> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[redacted]", K::PREFIX)
    }
}

/// SHA-256 of a secret, its kind and its keys: what storage keeps in its place.
pub struct Digest<K: Kind> {
    bytes: [u8; 32],
    kind: PhantomData<K>,
}

impl<K: Kind> Digest<K> {
    fn from_output(output: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(output);
        Self::from_bytes(bytes)
    }

    /// The digest that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The digest itself, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// In constant time.
impl<K: Kind> PartialEq for Digest<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl<K: Kind> Eq for Digest<K> {}

impl<K: Kind> Clone for Digest<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Digest<K> {}

impl<K: Kind> fmt::Debug for Digest<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA-256({}…)", K::PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessToken, RefreshToken, Secret};

    #[test]
    fn kinds_and_keys_do_not_share_digests() {
        let (access, refresh) =
            (Secret::<AccessToken>::from_bytes([7; 32]), Secret::<RefreshToken>::from_bytes([7; 32]));
        assert_ne!(access.digest(b"").as_bytes(), refresh.digest(b"").as_bytes());
        assert_ne!(access.digest(b"one"), access.digest(b"two"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = Secret::<AccessToken>::from_bytes([0x41; 32]);
        assert_eq!(format!("{secret:?} {:?}", secret.digest(b"")), "gtla_[redacted] SHA-256(gtla_…)");
    }
}
