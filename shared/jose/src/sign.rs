//! Signed tokens in compact form (RFC 7515 section 3.1), ID tokens above all (OpenID Connect Core section 2).

use aws_lc_rs::digest;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::UnixTime;
use jsonwebtoken::{Algorithm, Header};
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::keys::{Pair, SigningKey};

/// The `typ` of a token that has no more specific one (RFC 7519 section 5.1).
pub(crate) const JWT: &str = "JWT";

/// The claims of an ID token (OpenID Connect Core sections 2 and 3.1.3.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken {
    /// The issuer.
    pub iss: String,
    /// The user.
    pub sub: String,
    /// The client it is for.
    pub aud: String,
    /// From when on it is not to be accepted.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// When the user signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// The authorization request's `nonce`, unmodified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// [`at_hash`] of the access token issued beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The client it was issued to, where that is not the audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// What else it says of the user (section 5.1). None of it has a name of those above.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

/// The claims could not be written as JSON, or the signature could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SigningError;

impl SigningKey {
    /// Signs `claims` under a header with `alg`, `kid` and `typ`, which is `JWT` unless it is given.
    ///
    /// # Errors
    /// See [`SigningError`].
    pub fn sign<C: Serialize>(&self, typ: Option<&str>, claims: &C) -> Result<String, SigningError> {
        let algorithm = match self.algorithm() {
            SigningAlgorithm::Rs256 => Algorithm::RS256,
            SigningAlgorithm::Es256 => Algorithm::ES256,
        };
        let header = Header {
            typ: Some(typ.unwrap_or(JWT).to_owned()),
            kid: Some(self.kid().to_owned()),
            ..Header::new(algorithm)
        };
        let message = [part(&header)?, part(claims)?].join(".");
        let signature = self.signature(message.as_bytes()).map_err(|_| SigningError)?;
        Ok([message, URL_SAFE_NO_PAD.encode(signature)].join("."))
    }

    /// RFC 7518 sections 3.3 and 3.4.
    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let hash = digest::digest(&digest::SHA256, message);
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &hash, &mut signature)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => pair.sign_digest(&hash).map(|signature| signature.as_ref().to_vec()),
        }
    }
}

fn part<T: Serialize>(value: &T) -> Result<String, SigningError> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| SigningError)
}

/// Binds an access token to the ID token beside it.
///
/// "Its value is the base64url encoding of the left-most half of the hash of the octets of the ASCII representation of the
/// access_token value, where the hash algorithm used is the hash algorithm used in the alg Header Parameter of the ID Token's JOSE
/// Header." (OpenID Connect Core section 3.1.3.6) For RS256 and ES256 that is SHA-256.
#[must_use]
pub fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use domain::UnixTime;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use oauth::words::SigningAlgorithm;
    use serde_json::{Map, Value, json};

    use super::{IdToken, SigningError, at_hash};
    use crate::keys::SigningKey;

    fn id_token() -> IdToken {
        IdToken {
            iss: "https://id.example".to_owned(),
            sub: "alice".to_owned(),
            aud: "client".to_owned(),
            exp: UnixTime(4_102_444_800),
            iat: UnixTime(1_700_000_000),
            auth_time: None,
            nonce: None,
            at_hash: None,
            azp: None,
            claims: Map::new(),
        }
    }

    fn header(token: &str) -> Value {
        let header = token.split('.').next().unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    }

    /// As a client would: with the published key alone, another verifier and its own rules.
    #[test]
    fn clients_verify_with_the_published_key() {
        for (algorithm, library) in
            [(SigningAlgorithm::Rs256, Algorithm::RS256), (SigningAlgorithm::Es256, Algorithm::ES256)]
        {
            let key = SigningKey::generate(algorithm).unwrap();
            let token = key.sign(None, &id_token()).unwrap();
            assert_eq!(header(&token), json!({ "typ": "JWT", "alg": algorithm.as_str(), "kid": key.kid() }));

            let published = serde_json::to_string(key.public()).unwrap();
            let decoding = DecodingKey::from_jwk(&serde_json::from_str(&published).unwrap()).unwrap();
            let mut validation = Validation::new(library);
            validation.set_issuer(&["https://id.example"]);
            validation.set_audience(&["client"]);
            let decoded = jsonwebtoken::decode::<IdToken>(&token, &decoding, &validation).unwrap();
            assert_eq!(decoded.claims, id_token());

            let other = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
            let other = DecodingKey::from_jwk(other.public()).unwrap();
            assert!(jsonwebtoken::decode::<IdToken>(&token, &other, &validation).is_err());
        }
    }

    #[test]
    fn says_its_type() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(header(&key.sign(Some("at+jwt"), &id_token()).unwrap())["typ"], "at+jwt");
    }

    #[test]
    fn refuses_claims_that_are_not_json() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(key.sign(None, &BTreeMap::from([((1, 2), 3)])), Err(SigningError));
    }

    #[test]
    fn absent_claims_are_left_out() {
        assert_eq!(
            serde_json::to_value(id_token()).unwrap(),
            json!({
                "iss": "https://id.example",
                "sub": "alice",
                "aud": "client",
                "exp": 4_102_444_800_u64,
                "iat": 1_700_000_000,
            })
        );
        let full = IdToken {
            auth_time: Some(UnixTime(1_699_999_999)),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            at_hash: Some("77QmUPtjPfzWtF2AnpK9RQ".to_owned()),
            azp: Some("client".to_owned()),
            claims: Map::from_iter([("groups".to_owned(), json!(["readers"]))]),
            ..id_token()
        };
        let value = serde_json::to_value(&full).unwrap();
        assert_eq!(value["auth_time"], 1_699_999_999);
        assert_eq!(value["nonce"], "n-0S6_WzA2Mj");
        assert_eq!(value["at_hash"], "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(value["azp"], "client");
        assert_eq!(value["groups"], json!(["readers"]));
        assert_eq!(serde_json::from_value::<IdToken>(value).unwrap(), full);
    }

    /// OpenID Connect Core appendix A.3.
    #[test]
    fn at_hash_of_the_specifications_example() {
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
