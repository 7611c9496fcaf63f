//! Keys that users sign JWTs of their own with (RFC 7523 section 3): of each, the public half alone.

use std::fmt;

use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::{Seconds, UnixTime};

/// The longest that a signed JWT may be good for.
pub const LONGEST_LIFE: Seconds = Seconds::minutes(5);
/// The most keys that a user may have at a time.
pub const MOST: usize = 20;

/// What a key is known by, in the header of what it signs (`kid`): 1 to 64 of the characters `A-Z a-z 0-9 _ . -`. Unique among a
/// user's keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    /// Reads an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text).ok_or(Refusal::new(ErrorCode::InvalidRequest, "key id malformed"))
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

/// A public key, as its JSON Web Key (RFC 7517) has it: numbers and coordinates in base64url. `jose::public_key` reads one and sees to it
/// that it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// RSA with 2048 bits or more (RFC 7518 section 6.3.1).
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
    /// A point on a curve (RFC 7518 section 6.2.1).
    #[serde(rename = "EC")]
    Ec {
        /// The curve.
        crv: EcCurve,
        /// One coordinate.
        x: String,
        /// The other.
        y: String,
    },
    /// An Edwards curve's (RFC 8037 section 2).
    #[serde(rename = "OKP")]
    Okp {
        /// The curve.
        crv: OkpCurve,
        /// The key.
        x: String,
    },
}

/// The curve of an [`PublicKey::Ec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EcCurve {
    /// NIST's P-256.
    #[serde(rename = "P-256")]
    P256,
}

/// The curve of an [`PublicKey::Okp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OkpCurve {
    /// Ed25519.
    Ed25519,
}

/// What a key signs with: one algorithm, which follows from the key and from no header (RFC 8725 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl KeyAlgorithm {
    /// Its name in headers (RFC 7518 section 3.1, RFC 8037 section 3.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl PublicKey {
    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Rsa { .. } => KeyAlgorithm::Rs256,
            Self::Ec { crv: EcCurve::P256, .. } => KeyAlgorithm::Es256,
            Self::Okp { crv: OkpCurve::Ed25519, .. } => KeyAlgorithm::EdDsa,
        }
    }
}

/// A key that signs a user's JWTs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    /// Whose it is.
    pub user: UserId,
    /// What it is known by.
    pub id: KeyId,
    /// The public half.
    pub public: PublicKey,
    /// What it is for.
    pub description: Option<String>,
    /// When it was registered.
    pub created_at: UnixTime,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KeyAlgorithm, KeyId, PublicKey};

    #[test]
    fn what_an_id_is() {
        for id in ["a", "2026-11", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", &"x".repeat(64)] {
            assert_eq!(KeyId::parse(id).unwrap().as_str(), id);
        }
        for id in ["", "a b", "a/b", "a#b", "é", &"x".repeat(65)] {
            assert!(KeyId::parse(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_key_is_its_jwk() {
        for (jwk, algorithm) in [
            (json!({"kty": "RSA", "n": "n", "e": "AQAB"}), KeyAlgorithm::Rs256),
            (json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}), KeyAlgorithm::Es256),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "x"}), KeyAlgorithm::EdDsa),
        ] {
            let key: PublicKey = serde_json::from_value(jwk.clone()).unwrap();
            assert_eq!((serde_json::to_value(&key).unwrap(), key.algorithm()), (jwk, algorithm));
        }
        for jwk in [
            json!({"kty": "oct", "k": "AQAB"}),
            json!({"kty": "EC", "crv": "P-384", "x": "x", "y": "y"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "x"}),
            json!({"kty": "RSA", "n": "n"}),
        ] {
            assert!(serde_json::from_value::<PublicKey>(jwk.clone()).is_err(), "{jwk}");
        }
    }
}
