//! Public keys that others register here: read from a JSON Web Key (RFC 7517) or from PEM (RFC 7468 section 13), and found good.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{PublicKey as RsaKey, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::fields::{FieldError, Fields};
use domain::user_key::{EcCurve, KeyId, OkpCurve, PublicKey, UserKey};
use domain::{UnixTime, UserId};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Map, Value};

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 1000;

/// The members of a JSON Web Key that nobody but its owner may see (RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// What a `SubjectPublicKeyInfo` on P-256 begins with, up to the uncompressed point (RFC 5480 section 2).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What a `SubjectPublicKeyInfo` of Ed25519 begins with (RFC 8410 section 4).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The sizes of RSA keys that signatures are verified with, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Why something is no public key to register. The text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKeyError {
    /// A private key, which has to stay with its owner: whoever has sent it away should make another.
    Private,
    /// Neither a JSON Web Key nor PEM, or one with a point that is on no curve.
    Malformed,
    /// A key for other algorithms.
    Unsupported,
    /// "A key of size 2048 bits or larger MUST be used with these algorithms." (RFC 7518 section 3.3)
    Size,
}

impl PublicKeyError {
    /// The text.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Private => "is a private key: keep it to yourself, make another, and send the public one",
            Self::Malformed => "must be a public key as JSON Web Key or as PEM (BEGIN PUBLIC KEY)",
            Self::Unsupported => {
                "must be an RSA key for RS256, a P-256 key for ES256 or an Ed25519 key for EdDSA"
            }
            Self::Size => "must have 2048 to 8192 bits",
        }
    }
}

impl fmt::Display for PublicKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for PublicKeyError {}

/// Reads a key from PEM or, if the text is a JSON object, from a JSON Web Key.
///
/// # Errors
/// See [`PublicKeyError`].
pub fn from_text(text: &str) -> Result<PublicKey, PublicKeyError> {
    match oauth::json::parse::<Map<String, Value>>(text.as_bytes(), oauth::ErrorCode::InvalidRequest) {
        Ok(jwk) => from_jwk(&jwk),
        Err(_) => from_pem(text),
    }
}

/// Reads a JSON Web Key. Its `use`, `key_ops` and `alg` have to fit, where they are there.
///
/// # Errors
/// See [`PublicKeyError`].
pub fn from_jwk(jwk: &Map<String, Value>) -> Result<PublicKey, PublicKeyError> {
    if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
        return Err(PublicKeyError::Private);
    }
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let part = |name: &str| text(name).ok_or(PublicKeyError::Malformed);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(part(name)?).map_err(|_| PublicKeyError::Malformed);
    let key = match (part("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            let components = PublicKeyComponents { n: unsigned(&n), e: unsigned(&e) };
            rsa(components.as_der().map_err(|_| PublicKeyError::Malformed)?.as_ref())?
        }
        ("EC", Some("P-256")) => p256(&bytes("x")?, &bytes("y")?)?,
        ("OKP", Some("Ed25519")) => ed25519(&bytes("x")?)?,
        _ => return Err(PublicKeyError::Unsupported),
    };
    let signs = text("use").is_none_or(|word| word == "sig")
        && jwk.get("key_ops").is_none_or(|words| *words == serde_json::json!(["verify"]))
        && text("alg").is_none_or(|word| word == key.algorithm().as_str());
    signs.then_some(key).ok_or(PublicKeyError::Unsupported)
}

/// Reads a `SubjectPublicKeyInfo` in PEM.
///
/// # Errors
/// See [`PublicKeyError`].
pub fn from_pem(text: &str) -> Result<PublicKey, PublicKeyError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(PublicKeyError::Private);
    }
    let inside = text.trim().strip_prefix("-----BEGIN PUBLIC KEY-----");
    let inside = inside.and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"));
    let base64: String = inside.ok_or(PublicKeyError::Malformed)?.split_ascii_whitespace().collect();
    let der = STANDARD.decode(base64).map_err(|_| PublicKeyError::Malformed)?;
    if let Some([4, point @ ..]) = der.strip_prefix(&P256_INFO) {
        let (x, y) = point.split_at_checked(32).ok_or(PublicKeyError::Malformed)?;
        return p256(x, y);
    }
    match der.strip_prefix(&ED25519_INFO) {
        Some(key) => ed25519(key),
        None => rsa(&der),
    }
}

/// Reads a key that is to be registered: `publicKey`, a JSON Web Key or PEM; `id`, which is the key's thumbprint (RFC 7638) where it is not
/// given; and `description`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn registered(
    object: &Map<String, Value>,
    user: UserId,
    now: UnixTime,
) -> Result<UserKey, Vec<FieldError>> {
    let mut fields = Fields::new(object);
    fields.require("publicKey");
    let public = match fields.value("publicKey") {
        Some(Value::Object(jwk)) => Some(from_jwk(jwk)),
        Some(Value::String(text)) => Some(from_text(text)),
        Some(_) => Some(Err(PublicKeyError::Malformed)),
        None => None,
    };
    let public = match public {
        Some(Err(error)) => {
            fields.refuse("publicKey", error.words());
            None
        }
        Some(Ok(key)) => Some(key),
        None => None,
    };
    let id = fields.parsed("id", "must be 1 to 64 letters, digits and _ . -", KeyId::parse);
    let description = fields.parsed("description", "must be at most 1000 characters", |text| {
        (text.chars().count() <= LONGEST_DESCRIPTION && !text.chars().any(char::is_control))
            .then(|| text.to_owned())
    });
    let key = public.and_then(|public| {
        let id = id.or_else(|| thumbprint(&public))?;
        Some(UserKey { user, id, public, description, created_at: now })
    });
    fields.finish(key)
}

/// What names a key if nobody has another name for it: its SHA-256 thumbprint (RFC 7638).
#[must_use]
pub fn thumbprint(key: &PublicKey) -> Option<KeyId> {
    KeyId::parse(&jwk(key)?.thumbprint(ThumbprintHash::SHA256).ok()?)
}

pub(crate) fn jwk(key: &PublicKey) -> Option<Jwk> {
    serde_json::from_value(serde_json::to_value(key).ok()?).ok()
}

/// A number without leading zeros, as DER needs it.
fn unsigned(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.split_at_checked(zeros).map_or(bytes, |(_, rest)| rest)
}

fn rsa(der: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let key = RsaKey::from_der(der).map_err(|_| PublicKeyError::Unsupported)?;
    let components = PublicKeyComponents::<Vec<u8>>::from(&key);
    let spare = components.n.first().map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&(components.n.len() * 8 - spare)) {
        return Err(PublicKeyError::Size);
    }
    let (n, e) = (URL_SAFE_NO_PAD.encode(components.n), URL_SAFE_NO_PAD.encode(components.e));
    Ok(PublicKey::Rsa { n, e })
}

/// Both coordinates have the curve's full length (RFC 7518 section 6.2.1.2).
fn p256(x: &[u8], y: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let point = [&[4], x, y].concat();
    let whole = x.len() == 32 && y.len() == 32;
    let on_curve = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).is_ok();
    let key =
        || PublicKey::Ec { crv: EcCurve::P256, x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) };
    (whole && on_curve).then(key).ok_or(PublicKeyError::Malformed)
}

fn ed25519(key: &[u8]) -> Result<PublicKey, PublicKeyError> {
    let good = key.len() == 32 && ParsedPublicKey::new(&ED25519, key).is_ok();
    let key = || PublicKey::Okp { crv: OkpCurve::Ed25519, x: URL_SAFE_NO_PAD.encode(key) };
    good.then(key).ok_or(PublicKeyError::Malformed)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair as _,
    };
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use domain::user_key::PublicKey;
    use oauth::words::SigningAlgorithm;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::{PublicKeyError, from_jwk, from_pem, from_text, jwk, thumbprint};
    use crate::keys::SigningKey;

    fn pem(der: &[u8]) -> String {
        let base64 = STANDARD.encode(der);
        let lines: Vec<_> =
            base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn registered(key: &SigningKey) -> PublicKey {
        from_jwk(&object(serde_json::to_value(key.public()).unwrap())).unwrap()
    }

    #[test]
    fn a_jwk_is_read_as_it_is() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let key = SigningKey::generate(algorithm).unwrap();
            let read = registered(&key);
            assert_eq!(read.algorithm().as_str(), algorithm.as_str());
            assert_eq!(thumbprint(&read).unwrap().as_str(), key.kid());
            assert_eq!(jwk(&read).unwrap().algorithm, key.public().algorithm);
            assert_eq!(from_text(&serde_json::to_string(key.public()).unwrap()), Ok(read));
        }
        // RFC 8037 appendices A.2 and A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let read =
            from_jwk(&object(json!({"kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA"}))).unwrap();
        assert_eq!(thumbprint(&read).unwrap().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn pem_is_the_same_key() {
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(ec.public_key()).unwrap();
        let point = ec.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let same = from_jwk(&object(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})));
        assert_eq!(from_pem(&pem(der.as_ref())), same);
        let ed = Ed25519KeyPair::generate().unwrap();
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(ed.public_key()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(ed.public_key().as_ref());
        let same = from_jwk(&object(json!({"kty": "OKP", "crv": "Ed25519", "x": x})));
        assert_eq!(from_text(&pem(der.as_ref())), same);
        let rsa = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(rsa.public_key()).unwrap();
        let Ok(PublicKey::Rsa { n, e }) = from_pem(&pem(der.as_ref())) else { panic!("no RSA key") };
        assert_eq!(
            (URL_SAFE_NO_PAD.decode(n).unwrap(), e.as_str()),
            (rsa.public_key().modulus().big_endian_without_leading_zero().to_vec(), "AQAB")
        );
    }

    #[test]
    fn a_private_key_is_not_taken() {
        let ec = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        for member in super::PRIVATE {
            let mut jwk = object(serde_json::to_value(ec.public()).unwrap());
            jwk.insert(member.to_owned(), json!("AQAB"));
            assert_eq!(from_jwk(&jwk), Err(PublicKeyError::Private), "{member}");
        }
        let base64 = STANDARD.encode(ec.to_pkcs8().unwrap());
        for kind in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            let text = format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n");
            assert_eq!(from_text(&text), Err(PublicKeyError::Private), "{kind}");
        }
    }

    #[test]
    fn what_no_signature_is_verified_with_is_refused() {
        let number = |bits: usize| {
            let mut bytes = vec![0xff; bits / 8];
            bytes[0] = 0x80;
            URL_SAFE_NO_PAD.encode(bytes)
        };
        let ec =
            serde_json::to_value(SigningKey::generate(SigningAlgorithm::Es256).unwrap().public()).unwrap();
        let ec_but = |name: &str, value: Value| {
            let mut jwk = ec.clone();
            jwk[name] = value;
            jwk
        };
        for (jwk, error) in [
            (json!({"kty": "RSA", "n": number(1024), "e": "AQAB"}), PublicKeyError::Size),
            (json!({"kty": "RSA", "n": number(2048), "e": "AQ"}), PublicKeyError::Unsupported),
            (json!({"kty": "RSA", "n": number(2048), "e": "AA"}), PublicKeyError::Malformed),
            (json!({"kty": "RSA", "n": "", "e": ""}), PublicKeyError::Malformed),
            (json!({"kty": "RSA", "n": number(2048)}), PublicKeyError::Malformed),
            (json!({"kty": "oct"}), PublicKeyError::Unsupported),
            (json!({"kty": "OKP", "crv": "X25519", "x": "AQAB"}), PublicKeyError::Unsupported),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}), PublicKeyError::Malformed),
            (json!({}), PublicKeyError::Malformed),
            (ec_but("x", json!(URL_SAFE_NO_PAD.encode([1; 32]))), PublicKeyError::Malformed),
            (ec_but("x", json!(URL_SAFE_NO_PAD.encode([1; 31]))), PublicKeyError::Malformed),
            (ec_but("y", json!("not base64")), PublicKeyError::Malformed),
            (ec_but("crv", json!("P-384")), PublicKeyError::Unsupported),
            (ec_but("use", json!("enc")), PublicKeyError::Unsupported),
            (ec_but("alg", json!("ES384")), PublicKeyError::Unsupported),
            (ec_but("key_ops", json!(["sign"])), PublicKeyError::Unsupported),
        ] {
            assert_eq!(from_jwk(&object(jwk.clone())), Err(error), "{jwk}");
        }
        let other = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(other.public_key()).unwrap();
        assert_eq!(from_pem(&pem(der.as_ref())), Err(PublicKeyError::Unsupported));
        for text in ["", "x", "[]", "-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----"] {
            assert_eq!(from_text(text), Err(PublicKeyError::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,80}", der in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = from_text(&text);
            let _ = from_pem(&pem(&der));
            let _ = from_pem(&pem(&[&super::P256_INFO[..], &der].concat()));
            let _ = from_pem(&pem(&[&super::ED25519_INFO[..], &der].concat()));
        }
    }
}
