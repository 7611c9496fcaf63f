//! Verification of tokens that this server signed (RFC 7519 section 7.2, RFC 8725).

use domain::UnixTime;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::key_set::PublicKeys;
use crate::sign::JWT;

/// The longest token looked at, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// What a token must say of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// Its `typ`; `JWT` if none. One kind of token can't stand in for another then (RFC 8725 section 3.11).
    pub typ: Option<&'a str>,
    /// Its `iss`.
    pub issuer: &'a str,
    /// When it must not have expired. None for an `id_token_hint`: "OPs SHOULD accept ID Tokens […] even when the exp time has
    /// passed." (OpenID Connect RP-Initiated Logout section 2)
    pub now: Option<UnixTime>,
}

/// Why a token is not one of ours, or is no longer good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// Too long, not three parts, or not what a token's parts are made of. `alg: none` is among these.
    #[error("token malformed")]
    Malformed,
    /// The header asks for extensions, and none is served.
    #[error("token header is critical")]
    Critical,
    /// Another kind of token.
    #[error("token typ unexpected")]
    Type,
    /// No `kid`, or none that is published.
    #[error("token key unknown")]
    UnknownKey,
    /// Not the key's own algorithm.
    #[error("token alg is not the key's")]
    Algorithm,
    /// Signed by someone else, or changed.
    #[error("token signature invalid")]
    Signature,
    /// Issued by someone else.
    #[error("token issuer unexpected")]
    Issuer,
    /// Expired.
    #[error("token expired")]
    Expired,
}

/// What is checked of every token.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    exp: UnixTime,
}

/// Verifies a token and reads its claims. The audience is left to the caller, for whom it may be the answer.
///
/// # Errors
/// See [`VerificationError`]; [`VerificationError::Malformed`] also where the claims don't fit `C`.
pub fn verify<C: DeserializeOwned>(
    token: &str,
    keys: &PublicKeys,
    expected: &Expected<'_>,
) -> Result<C, VerificationError> {
    if token.len() > LONGEST {
        return Err(VerificationError::Malformed);
    }
    let header = decode_header(token).map_err(|_| VerificationError::Malformed)?;
    let (key, algorithm) = key_for(&header, keys)?;
    if header.typ.as_deref() != Some(expected.typ.unwrap_or(JWT)) {
        return Err(VerificationError::Type);
    }
    let claims = signed_claims(token, key, algorithm)?;
    let registered = Registered::deserialize(&claims).map_err(|_| VerificationError::Malformed)?;
    if registered.iss != expected.issuer {
        return Err(VerificationError::Issuer);
    }
    // "The 'exp' claim identifies the expiration time on or after which the JWT MUST NOT be accepted for processing." (RFC 7519
    // section 4.1.4)
    if expected.now.is_some_and(|now| registered.exp.is_past(now)) {
        return Err(VerificationError::Expired);
    }
    serde_json::from_value(claims).map_err(|_| VerificationError::Malformed)
}

/// The published key that the header names, and the algorithm that is the key's and the header's.
fn key_for<'a>(header: &Header, keys: &'a PublicKeys) -> Result<(&'a Jwk, Algorithm), VerificationError> {
    // "If any of the listed extension Header Parameters are not understood and supported by the recipient, then the JWS is invalid."
    // (RFC 7515 section 4.1.11)
    if header.crit.is_some() {
        return Err(VerificationError::Critical);
    }
    let kid = header.kid.as_deref().ok_or(VerificationError::UnknownKey)?;
    let key = keys.find(kid).ok_or(VerificationError::UnknownKey)?;
    let algorithm = match key.common.key_algorithm {
        Some(KeyAlgorithm::RS256) => Algorithm::RS256,
        Some(KeyAlgorithm::ES256) => Algorithm::ES256,
        _ => return Err(VerificationError::Algorithm),
    };
    // "Each key MUST be used with exactly one algorithm, and this MUST be checked when the cryptographic operation is performed."
    // (RFC 8725 section 3.1)
    if header.alg != algorithm {
        return Err(VerificationError::Algorithm);
    }
    Ok((key, algorithm))
}

pub(crate) fn signed_claims(
    token: &str,
    key: &Jwk,
    algorithm: Algorithm,
) -> Result<Value, VerificationError> {
    let key = DecodingKey::from_jwk(key).map_err(|_| VerificationError::UnknownKey)?;
    let mut validation = Validation::new(algorithm);
    // The library would read the system's clock, and takes a missing `iss` for a right one.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let data =
        jsonwebtoken::decode::<Value>(token, &key, &validation).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => VerificationError::Signature,
            _ => VerificationError::Malformed,
        })?;
    Ok(data.claims)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use aws_lc_rs::hmac;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use domain::UnixTime;
    use domain::entropy::SystemEntropy;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use oauth::words::SigningAlgorithm;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Expected, LONGEST, VerificationError, verify};
    use crate::key_set::{PublicKeys, WrappedKey};
    use crate::keys::SigningKey;
    use crate::sign::IdToken;
    use crate::wrapping::LocalKey;

    const NOW: UnixTime = UnixTime(1_000);
    const ISSUER: &str = "https://id.example";
    const ID_TOKEN: Expected<'static> = Expected { typ: None, issuer: ISSUER, now: Some(NOW) };

    struct Server {
        rsa: SigningKey,
        ec: SigningKey,
        keys: PublicKeys,
    }

    static SERVER: LazyLock<Server> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let local = LocalKey::from_bytes([1; 32], Arc::new(SystemEntropy));
            let rsa = WrappedKey::generate(SigningAlgorithm::Rs256, &local, NOW).await.unwrap();
            let ec = WrappedKey::generate(SigningAlgorithm::Es256, &local, NOW).await.unwrap();
            Server {
                rsa: rsa.open(&local).await.unwrap(),
                ec: ec.open(&local).await.unwrap(),
                keys: PublicKeys::new(&[rsa, ec], NOW),
            }
        })
    });

    fn id_token() -> IdToken {
        IdToken {
            iss: ISSUER.to_owned(),
            sub: "alice".to_owned(),
            aud: "client".to_owned(),
            exp: UnixTime(1_001),
            iat: UnixTime(900),
            auth_time: Some(UnixTime(800)),
            nonce: None,
            at_hash: None,
            azp: None,
            claims: serde_json::Map::new(),
        }
    }

    fn encode(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
    }

    /// The token with another header, its claims and signature left alone.
    fn with_header(token: &str, header: &Value) -> String {
        let (_, rest) = token.split_once('.').unwrap();
        format!("{}.{rest}", encode(header))
    }

    fn refusal(token: &str) -> VerificationError {
        verify::<Value>(token, &SERVER.keys, &ID_TOKEN).unwrap_err()
    }

    #[test]
    fn accepts_its_own_tokens() {
        for key in [&SERVER.rsa, &SERVER.ec] {
            let token = key.sign(None, &id_token()).unwrap();
            assert_eq!(verify::<IdToken>(&token, &SERVER.keys, &ID_TOKEN), Ok(id_token()));
        }
    }

    #[test]
    fn expiry_follows_the_time_it_is_given() {
        let token = SERVER.ec.sign(None, &id_token()).unwrap();
        let at = |now| verify::<IdToken>(&token, &SERVER.keys, &Expected { now, ..ID_TOKEN });
        assert_eq!(at(Some(UnixTime(1_000))), Ok(id_token()));
        assert_eq!(at(Some(UnixTime(1_001))), Err(VerificationError::Expired));
        assert_eq!(at(Some(UnixTime(2_000))), Err(VerificationError::Expired));
        assert_eq!(at(None), Ok(id_token()));
    }

    #[test]
    fn refuses_other_issuers() {
        for iss in [json!("https://id.example/"), json!("https://evil.example"), json!("")] {
            let mut claims = serde_json::to_value(id_token()).unwrap();
            claims["iss"] = iss;
            assert_eq!(refusal(&SERVER.ec.sign(None, &claims).unwrap()), VerificationError::Issuer);
        }
    }

    #[test]
    fn refuses_claims_missing_or_of_the_wrong_type() {
        for (name, value) in [
            ("iss", Value::Null),
            ("iss", json!([ISSUER])),
            ("exp", Value::Null),
            ("exp", json!("1001")),
            ("exp", json!(1_001.5)),
            ("exp", json!(-1)),
        ] {
            let mut claims = serde_json::to_value(id_token()).unwrap();
            claims[name] = value;
            let token = SERVER.ec.sign(None, &claims).unwrap();
            assert_eq!(refusal(&token), VerificationError::Malformed, "{claims}");
        }
        let token = SERVER.ec.sign(None, &json!({ "iss": ISSUER, "exp": 1_001 })).unwrap();
        assert_eq!(verify::<IdToken>(&token, &SERVER.keys, &ID_TOKEN), Err(VerificationError::Malformed));
    }

    #[test]
    fn refuses_other_kinds_of_token() {
        let access = SERVER.ec.sign(Some("at+jwt"), &id_token()).unwrap();
        assert_eq!(refusal(&access), VerificationError::Type);
        let expected = Expected { typ: Some("at+jwt"), ..ID_TOKEN };
        assert_eq!(verify::<IdToken>(&access, &SERVER.keys, &expected), Ok(id_token()));
        let id = SERVER.ec.sign(None, &id_token()).unwrap();
        assert_eq!(verify::<IdToken>(&id, &SERVER.keys, &expected), Err(VerificationError::Type));
    }

    #[test]
    fn refuses_keys_that_are_not_published() {
        let stranger = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(refusal(&stranger.sign(None, &id_token()).unwrap()), VerificationError::UnknownKey);
        let token = SERVER.ec.sign(None, &id_token()).unwrap();
        let anonymous = with_header(&token, &json!({ "typ": "JWT", "alg": "ES256" }));
        assert_eq!(refusal(&anonymous), VerificationError::UnknownKey);
    }

    #[test]
    fn refuses_a_strangers_signature_under_a_published_name() {
        let stranger = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let header = Header {
            kid: Some(SERVER.ec.kid().to_owned()),
            jwk: Some(stranger.public().clone()),
            ..Header::new(Algorithm::ES256)
        };
        let key = EncodingKey::from_ec_der(&stranger.to_pkcs8().unwrap());
        let token = jsonwebtoken::encode(&header, &id_token(), &key).unwrap();
        assert_eq!(refusal(&token), VerificationError::Signature);
    }

    #[test]
    fn refuses_tokens_without_a_signature() {
        let token = SERVER.rsa.sign(None, &id_token()).unwrap();
        for alg in ["none", "None", "NONE", ""] {
            let unsigned = with_header(&token, &json!({ "typ": "JWT", "alg": alg, "kid": SERVER.rsa.kid() }));
            assert_eq!(refusal(&unsigned), VerificationError::Malformed, "{alg}");
            let (message, _) = unsigned.rsplit_once('.').unwrap();
            assert_eq!(refusal(&format!("{message}.")), VerificationError::Malformed, "{alg}");
        }
        let (message, _) = token.rsplit_once('.').unwrap();
        assert_eq!(refusal(&format!("{message}.")), VerificationError::Signature);
    }

    /// The attack: what is public as RSA key is secret as HMAC key.
    #[test]
    fn refuses_hmac_under_the_public_key() {
        let public = serde_json::to_value(SERVER.rsa.public()).unwrap();
        let modulus = public["n"].as_str().unwrap();
        let message = format!(
            "{}.{}",
            encode(&json!({ "typ": "JWT", "alg": "HS256", "kid": SERVER.rsa.kid() })),
            encode(&serde_json::to_value(id_token()).unwrap())
        );
        for secret in
            [modulus.as_bytes(), &URL_SAFE_NO_PAD.decode(modulus).unwrap(), public.to_string().as_bytes()]
        {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert_eq!(refusal(&token), VerificationError::Algorithm);
        }
    }

    #[test]
    fn refuses_any_algorithm_but_the_keys_own() {
        let token = SERVER.rsa.sign(None, &id_token()).unwrap();
        for alg in ["RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512"] {
            let header = json!({ "typ": "JWT", "alg": alg, "kid": SERVER.rsa.kid() });
            assert_eq!(refusal(&with_header(&token, &header)), VerificationError::Algorithm, "{alg}");
        }
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": SERVER.ec.kid() });
        assert_eq!(refusal(&with_header(&token, &header)), VerificationError::Algorithm);
    }

    #[test]
    fn refuses_critical_extensions() {
        let token = SERVER.ec.sign(None, &id_token()).unwrap();
        let header =
            json!({ "typ": "JWT", "alg": "ES256", "kid": SERVER.ec.kid(), "crit": ["b64"], "b64": false });
        assert_eq!(refusal(&with_header(&token, &header)), VerificationError::Critical);
    }

    #[test]
    fn refuses_what_is_no_token() {
        let token = SERVER.ec.sign(None, &id_token()).unwrap();
        for text in
            ["", ".", "..", "...", "a.b.c", &format!("{token}."), &format!(".{token}"), &format!("{token}=")]
        {
            assert_eq!(refusal(text), VerificationError::Malformed, "{text}");
        }
        let mut claims = serde_json::to_value(id_token()).unwrap();
        claims["padding"] = "x".repeat(LONGEST).into();
        assert_eq!(refusal(&SERVER.ec.sign(None, &claims).unwrap()), VerificationError::Malformed);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn refuses_any_byte_changed(rsa: bool, part in 0_usize..3, at: prop::sample::Index, flip in 1_u8..) {
            let key = if rsa { &SERVER.rsa } else { &SERVER.ec };
            let token = key.sign(None, &id_token()).unwrap();
            let mut parts: Vec<_> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
            let at = at.index(parts[part].len());
            parts[part][at] ^= flip;
            let changed: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
            prop_assert!(verify::<Value>(&changed.join("."), &SERVER.keys, &ID_TOKEN).is_err());
        }

        #[test]
        fn never_panics(text in ".{0,200}") {
            prop_assert!(verify::<Value>(&text, &SERVER.keys, &ID_TOKEN).is_err());
        }
    }
}
