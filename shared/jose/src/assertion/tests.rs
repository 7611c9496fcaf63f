use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::UnixTime;
use domain::user_key::{OkpCurve, PublicKey};
use oauth::words::SigningAlgorithm;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Assertion, AssertionError, UnverifiedAssertion};
use crate::keys::SigningKey;
use crate::public_key::{from_jwk, thumbprint};

const NOW: UnixTime = UnixTime(1_000);
const ISSUER: &str = "https://id.example";

struct Keys {
    rsa: (SigningKey, PublicKey),
    ec: (SigningKey, PublicKey),
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let pair = |algorithm| {
        let key = SigningKey::generate(algorithm).unwrap();
        let public = serde_json::to_value(key.public()).unwrap();
        let public = from_jwk(public.as_object().unwrap()).unwrap();
        (key, public)
    };
    Keys { rsa: pair(SigningAlgorithm::Rs256), ec: pair(SigningAlgorithm::Es256) }
});

fn claims() -> Value {
    json!({"iss": "alice", "sub": "alice", "aud": ISSUER, "exp": 1_060, "iat": 1_000, "jti": "1"})
}

fn claims_but(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
}

fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", encode(header))
}

fn verified(token: &str, key: &PublicKey) -> Result<Assertion, AssertionError> {
    UnverifiedAssertion::parse(token)?.verify(key, ISSUER, NOW)
}

fn judged(claims: &Value) -> Result<Assertion, AssertionError> {
    verified(&KEYS.ec.0.sign(None, claims).unwrap(), &KEYS.ec.1)
}

#[test]
fn it_says_whose_it_is_before_it_is_verified() {
    let token = KEYS.ec.0.sign(None, &claims()).unwrap();
    let unverified = UnverifiedAssertion::parse(&token).unwrap();
    assert_eq!((unverified.subject.as_str(), unverified.key.as_str()), ("alice", KEYS.ec.0.kid()));
    let accepted = Assertion { id: "1".to_owned(), expires_at: UnixTime(1_060) };
    assert_eq!(unverified.verify(&KEYS.ec.1, ISSUER, NOW), Ok(accepted));
}

#[test]
fn each_algorithm_is_verified() {
    for (key, public) in [&KEYS.rsa, &KEYS.ec] {
        assert!(verified(&key.sign(None, &claims()).unwrap(), public).is_ok());
    }
    let pair = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let public = PublicKey::Okp { crv: OkpCurve::Ed25519, x };
    let header = json!({"alg": "EdDSA", "kid": thumbprint(&public).unwrap()});
    let message = format!("{}.{}", encode(&header), encode(&claims()));
    let signature = pair.sign(message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    assert!(verified(&token, &public).is_ok());
    assert_eq!(verified(&token, &KEYS.ec.1), Err(AssertionError::Algorithm));
    let changed = token.replacen(&encode(&claims()), &encode(&claims_but("jti", json!("2"))), 1);
    assert_eq!(verified(&changed, &public), Err(AssertionError::Signature));
}

#[test]
fn s32_it_is_for_this_server_alone() {
    assert!(judged(&claims_but("aud", json!([ISSUER]))).is_ok());
    for aud in [
        json!("https://id.example/"),
        json!("https://id.example/oauth2/token"),
        json!("https://evil.example"),
        json!([]),
        json!([ISSUER, "https://evil.example"]),
        json!([ISSUER, ISSUER]),
    ] {
        assert_eq!(judged(&claims_but("aud", aud.clone())), Err(AssertionError::Audience), "{aud}");
    }
    assert_eq!(judged(&claims_but("iss", json!("bob"))), Err(AssertionError::Issuer));
}

#[test]
fn s32_it_is_good_for_five_minutes_at_most() {
    assert!(judged(&claims_but("exp", json!(1_300))).is_ok());
    assert!(judged(&claims_but("exp", json!(1_001))).is_ok());
    for (name, value, error) in [
        ("exp", json!(1_000), AssertionError::Expired),
        ("exp", json!(1), AssertionError::Expired),
        ("exp", json!(1_301), AssertionError::Life),
        ("exp", json!(u64::MAX), AssertionError::Life),
        ("iat", json!(1_061), AssertionError::Early),
        ("nbf", json!(1_061), AssertionError::Early),
        ("jti", json!(""), AssertionError::Id),
        ("jti", json!("x".repeat(129)), AssertionError::Id),
    ] {
        assert_eq!(judged(&claims_but(name, value.clone())), Err(error), "{name} {value}");
    }
    assert!(
        judged(&claims_but("iat", json!(1_060))).is_ok() && judged(&claims_but("nbf", json!(1_060))).is_ok()
    );
    assert!(judged(&claims_but("jti", json!("x".repeat(128)))).is_ok());
}

#[test]
fn what_must_be_there_must_be_there() {
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        for value in [Value::Null, json!({}), json!(-1.5)] {
            let claims = claims_but(name, value);
            assert_eq!(judged(&claims), Err(AssertionError::Malformed), "{claims}");
        }
    }
    let token = KEYS.ec.0.sign(None, &claims()).unwrap();
    for kid in [Value::Null, json!(""), json!("a/b"), json!("x".repeat(65))] {
        let token = with_header(&token, &json!({"alg": "ES256", "kid": kid}));
        assert_eq!(verified(&token, &KEYS.ec.1), Err(AssertionError::Key), "{kid}");
    }
    for text in ["", "..", "a.b.c", &format!("{token}."), &format!("{token}.x"), &"x".repeat(20_000)] {
        assert_eq!(verified(text, &KEYS.ec.1), Err(AssertionError::Malformed), "{text}");
    }
}

#[test]
fn s32_the_algorithm_is_the_keys() {
    let (rsa, public) = &KEYS.rsa;
    let token = rsa.sign(None, &claims()).unwrap();
    for alg in ["RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512"] {
        let token = with_header(&token, &json!({"alg": alg, "kid": rsa.kid()}));
        assert_eq!(verified(&token, public), Err(AssertionError::Algorithm), "{alg}");
    }
    for alg in ["none", "None", "NONE", ""] {
        let token = with_header(&token, &json!({"alg": alg, "kid": rsa.kid()}));
        let (message, _) = token.rsplit_once('.').unwrap();
        for token in [token.as_str(), &format!("{message}.")] {
            assert_eq!(verified(token, public), Err(AssertionError::Malformed), "{alg}");
        }
    }
    let jwk = serde_json::to_value(rsa.public()).unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let message = format!("{}.{}", encode(&json!({"alg": "HS256", "kid": rsa.kid()})), encode(&claims()));
    for secret in [modulus.as_slice(), jwk["n"].as_str().unwrap().as_bytes(), jwk.to_string().as_bytes()] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(verified(&token, public), Err(AssertionError::Algorithm));
    }
}

#[test]
fn another_keys_signature_is_none() {
    let stranger = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let token = stranger.sign(None, &claims()).unwrap();
    assert_eq!(verified(&token, &KEYS.ec.1), Err(AssertionError::Signature));
    let header = json!({"alg": "ES256", "kid": KEYS.ec.0.kid(), "jwk": stranger.public()});
    assert_eq!(verified(&with_header(&token, &header), &KEYS.ec.1), Err(AssertionError::Signature));
    let token = KEYS.ec.0.sign(None, &claims()).unwrap();
    let changed = token.replacen(&encode(&claims()), &encode(&claims_but("sub", json!("bob"))), 1);
    assert_eq!(verified(&changed, &KEYS.ec.1), Err(AssertionError::Signature));
}

#[test]
fn other_kinds_of_token_and_critical_extensions_are_refused() {
    let sign = |typ| KEYS.ec.0.sign(typ, &claims()).unwrap();
    assert_eq!(verified(&sign(Some("at+jwt")), &KEYS.ec.1), Err(AssertionError::Type));
    assert!(verified(&sign(Some("jwt")), &KEYS.ec.1).is_ok());
    let header = json!({"alg": "ES256", "kid": KEYS.ec.0.kid(), "crit": ["b64"], "b64": false});
    assert_eq!(verified(&with_header(&sign(None), &header), &KEYS.ec.1), Err(AssertionError::Critical));
}

proptest! {
    #[test]
    fn no_changed_token_is_accepted(index: prop::sample::Index, to in "[A-Za-z0-9_.-]") {
        let token = KEYS.ec.0.sign(None, &claims()).unwrap();
        let index = index.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(index..=index, &to);
        prop_assert!(changed == token || verified(&changed, &KEYS.ec.1).is_err());
    }

    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,120}") {
        let _ = UnverifiedAssertion::parse(&text);
        let _ = UnverifiedAssertion::parse(&format!("{}.{text}.x", encode(&json!({"alg": "ES256", "kid": "1"}))));
    }
}
