//! Key pairs that sign tokens, and their public halves as JSON Web Keys (RFC 7517, RFC 7518 section 6).

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType,
    KeyAlgorithm, PublicKeyUse, RSAKeyParameters, RSAKeyType, ThumbprintHash,
};
use oauth::words::SigningAlgorithm;
use zeroize::Zeroizing;

use crate::wrapping::WrappingError;

/// A key pair that signs with one algorithm and no other.
///
/// "A key of size 2048 bits or larger MUST be used with these algorithms." (RFC 7518 section 3.3)
pub struct SigningKey {
    pub(crate) pair: Pair,
    kid: String,
    public: Jwk,
}

/// The two halves, parsed once: the JOSE library parses and checks a private key anew for every signature.
pub(crate) enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// Why there is no key to sign or seal with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The cryptographic library made none.
    #[error("a key could not be generated")]
    Generation,
    /// Not a private key of its algorithm.
    #[error("the key material is malformed")]
    Malformed,
    /// The private half does not belong to the public one beside it.
    #[error("the private key is not the published one")]
    Mismatch,
    /// The private half was destroyed when the key had signed its last.
    #[error("the key is retired")]
    Retired,
    /// Wrapping or unwrapping failed.
    #[error(transparent)]
    Wrapping(#[from] WrappingError),
}

impl SigningKey {
    /// A new key pair: RSA with 2048 bits, or P-256. An RSA one takes some hundred milliseconds.
    ///
    /// # Errors
    /// [`KeyError::Generation`].
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ecdsa)
            }
        };
        Self::from_pair(pair.map_err(|_| KeyError::Generation)?)
    }

    /// Reads a key pair from PKCS #8 in DER (RFC 5208).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for anything but a key of this algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rsa),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Ecdsa)
            }
        };
        Self::from_pair(pair.map_err(|_| KeyError::Malformed)?)
    }

    /// The key pair as PKCS #8 in DER, to be wrapped.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        der.map(Zeroizing::new).map_err(|_| KeyError::Malformed)
    }

    /// The algorithm it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Rsa(_) => SigningAlgorithm::Rs256,
            Pair::Ecdsa(_) => SigningAlgorithm::Es256,
        }
    }

    /// The key's SHA-256 thumbprint, which names it in every header (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half, with `use`, `alg` and `kid`.
    #[must_use]
    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    fn from_pair(pair: Pair) -> Result<Self, KeyError> {
        let (algorithm, parameters) = match &pair {
            Pair::Rsa(pair) => (KeyAlgorithm::RS256, rsa_parameters(pair)),
            Pair::Ecdsa(pair) => (KeyAlgorithm::ES256, ec_parameters(pair)?),
        };
        let mut public = Jwk { common: CommonParameters::default(), algorithm: parameters };
        let kid = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::Malformed)?;
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_algorithm = Some(algorithm);
        public.common.key_id = Some(kid.clone());
        Ok(Self { pair, kid, public })
    }
}

/// RFC 7518 section 6.3.1.
fn rsa_parameters(pair: &RsaKeyPair) -> AlgorithmParameters {
    let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    AlgorithmParameters::RSA(RSAKeyParameters {
        key_type: RSAKeyType::RSA,
        n: URL_SAFE_NO_PAD.encode(components.n),
        e: URL_SAFE_NO_PAD.encode(components.e),
    })
}

/// RFC 7518 section 6.2.1, from the uncompressed point `4 ‖ x ‖ y` (SEC 1 section 2.3.3).
fn ec_parameters(pair: &EcdsaKeyPair) -> Result<AlgorithmParameters, KeyError> {
    let [4, point @ ..] = pair.public_key().as_ref() else { return Err(KeyError::Malformed) };
    let (x, y) = point.split_at_checked(32).ok_or(KeyError::Malformed)?;
    Ok(AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
        key_type: EllipticCurveKeyType::EC,
        curve: EllipticCurve::P256,
        x: URL_SAFE_NO_PAD.encode(x),
        y: URL_SAFE_NO_PAD.encode(y),
    }))
}

/// The private half is not shown.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm(), self.kid)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::jwk::ThumbprintHash;
    use oauth::words::SigningAlgorithm;
    use serde_json::{Value, json};

    use super::{Jwk, KeyError, SigningKey};

    fn members(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    fn sha256(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    /// RFC 7638 section 3.1.
    #[test]
    fn thumbprint_of_the_rfcs_example() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "RSA",
            "n": concat!(
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o",
                "knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZH",
                "zu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEg",
                "U8awapJzKnqDKgw"
            ),
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        }))
        .unwrap();
        assert_eq!(
            jwk.thumbprint(ThumbprintHash::SHA256).unwrap(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    #[test]
    fn rsa_key_as_jwk() {
        let key = SigningKey::generate(SigningAlgorithm::Rs256).unwrap();
        let jwk = serde_json::to_value(key.public()).unwrap();
        assert_eq!(members(&jwk), ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&jwk["kty"], &jwk["alg"], &jwk["use"]), (&json!("RSA"), &json!("RS256"), &json!("sig")));
        assert_eq!(jwk["e"], "AQAB");
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        assert!(modulus.len() == 256 && modulus[0] >= 0x80, "2048 bits, no leading zeros");
        let thumbprint = sha256(&format!(r#"{{"e":{},"kty":"RSA","n":{}}}"#, jwk["e"], jwk["n"]));
        assert_eq!((key.kid(), &jwk["kid"]), (thumbprint.as_str(), &json!(thumbprint)));
        assert_eq!(key.algorithm(), SigningAlgorithm::Rs256);

        let der = key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(SigningAlgorithm::Rs256, &der).unwrap();
        assert_eq!(again.public(), key.public());
        let other = SigningKey::from_pkcs8(SigningAlgorithm::Es256, &der);
        assert_eq!(other.unwrap_err(), KeyError::Malformed);
    }

    #[test]
    fn p256_key_as_jwk() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let jwk = serde_json::to_value(key.public()).unwrap();
        assert_eq!(members(&jwk), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!((&jwk["kty"], &jwk["alg"], &jwk["use"]), (&json!("EC"), &json!("ES256"), &json!("sig")));
        assert_eq!(jwk["crv"], "P-256");
        for coordinate in ["x", "y"] {
            assert_eq!(URL_SAFE_NO_PAD.decode(jwk[coordinate].as_str().unwrap()).unwrap().len(), 32);
        }
        let thumbprint =
            sha256(&format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]));
        assert_eq!((key.kid(), &jwk["kid"]), (thumbprint.as_str(), &json!(thumbprint)));
        assert_eq!(key.algorithm(), SigningAlgorithm::Es256);

        let der = key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(SigningAlgorithm::Es256, &der).unwrap();
        assert_eq!(again.public(), key.public());
        let other = SigningKey::from_pkcs8(SigningAlgorithm::Rs256, &der);
        assert_eq!(other.unwrap_err(), KeyError::Malformed);
    }

    #[test]
    fn refuses_truncated_keys() {
        let der = SigningKey::generate(SigningAlgorithm::Es256).unwrap().to_pkcs8().unwrap();
        for length in [0, 1, der.len() - 1] {
            let read = SigningKey::from_pkcs8(SigningAlgorithm::Es256, &der[..length]);
            assert_eq!(read.unwrap_err(), KeyError::Malformed, "{length}");
        }
    }

    #[test]
    fn debug_shows_no_private_key() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey(ES256 {})", key.kid()));
    }
}
