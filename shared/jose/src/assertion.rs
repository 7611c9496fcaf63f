//! JWTs that users sign to say who they are (RFC 7523 section 3, as its revision has it): S32.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::UnixTime;
use domain::time::Seconds;
use domain::user_key::{KeyAlgorithm, KeyId, LONGEST_LIFE, PublicKey};
use jsonwebtoken::{Algorithm, Header, decode_header};
use serde::Deserialize;

use crate::public_key::jwk;
use crate::sign::JWT;
use crate::verify::{LONGEST, VerificationError, signed_claims};

/// The most bytes of a `jti`.
const LONGEST_ID: usize = 128;
/// How far the clock of who signs may be ahead, where that does not make the JWT last longer.
const LEEWAY: Seconds = Seconds::minutes(1);

/// A JWT that says whose it is, and has not been verified.
#[derive(Debug)]
pub struct UnverifiedAssertion<'a> {
    token: &'a str,
    header: Header,
    /// Which of the subject's keys it says it was signed with.
    pub key: KeyId,
    /// Who it says it is about: a user's id or name.
    pub subject: String,
}

/// What is left to do about a JWT that was verified: to see to it that it is the only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Its `jti`, which may be accepted once.
    pub id: String,
    /// When it is good no longer, and so need not be remembered.
    pub expires_at: UnixTime,
}

/// Why a JWT is not accepted. The text is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionError {
    /// Too long, not three parts, or without what must be there. `alg: none` is among these.
    Malformed,
    /// The header asks for extensions, and none is served.
    Critical,
    /// Another kind of token.
    Type,
    /// No `kid`.
    Key,
    /// Not the key's own algorithm.
    Algorithm,
    /// Signed by someone else, or changed.
    Signature,
    /// `iss` is not `sub`.
    Issuer,
    /// For somebody else, or for others too.
    Audience,
    /// Expired.
    Expired,
    /// Good for too long.
    Life,
    /// `iat` or `nbf` is yet to come.
    Early,
    /// An empty `jti`, or one too long.
    Id,
}

impl AssertionError {
    /// The text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "signed JWT malformed",
            Self::Critical => "signed JWT's header is critical",
            Self::Type => "signed JWT's typ unexpected",
            Self::Key => "signed JWT names no key",
            Self::Algorithm => "signed JWT's alg is not the key's",
            Self::Signature => "signed JWT's signature invalid",
            Self::Issuer => "signed JWT's issuer is not its subject",
            Self::Audience => "signed JWT's audience is another",
            Self::Expired => "signed JWT expired",
            Self::Life => "signed JWT is good for longer than five minutes",
            Self::Early => "signed JWT is not good yet",
            Self::Id => "signed JWT's jti is empty or too long",
        }
    }
}

impl fmt::Display for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for AssertionError {}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: UnixTime,
    #[serde(default)]
    iat: Option<UnixTime>,
    #[serde(default)]
    nbf: Option<UnixTime>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Whether it is `audience` alone: what is for others too could be used by them.
    fn is(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => matches!(several.as_slice(), [one] if one == audience),
        }
    }
}

impl<'a> UnverifiedAssertion<'a> {
    /// Reads what a JWT says of itself: enough to find the key that it has to be verified with.
    ///
    /// # Errors
    /// [`AssertionError::Malformed`] and [`AssertionError::Key`].
    pub fn parse(token: &'a str) -> Result<Self, AssertionError> {
        if token.len() > LONGEST {
            return Err(AssertionError::Malformed);
        }
        let header = decode_header(token).map_err(|_| AssertionError::Malformed)?;
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Option<Claims> = claims.and_then(|json| serde_json::from_slice(&json).ok());
        let subject = claims.ok_or(AssertionError::Malformed)?.sub;
        let key = header.kid.as_deref().and_then(KeyId::parse).ok_or(AssertionError::Key)?;
        Ok(Self { token, header, key, subject })
    }

    /// Verifies it with the key that its subject registered under its `kid`. The algorithm is the key's; the header only has to agree.
    ///
    /// # Errors
    /// See [`AssertionError`].
    pub fn verify(
        &self,
        key: &PublicKey,
        audience: &str,
        now: UnixTime,
    ) -> Result<Assertion, AssertionError> {
        if self.header.crit.is_some() {
            return Err(AssertionError::Critical);
        }
        if self.header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case(JWT)) {
            return Err(AssertionError::Type);
        }
        let algorithm = match key.algorithm() {
            KeyAlgorithm::Rs256 => Algorithm::RS256,
            KeyAlgorithm::Es256 => Algorithm::ES256,
            KeyAlgorithm::EdDsa => Algorithm::EdDSA,
        };
        if self.header.alg != algorithm {
            return Err(AssertionError::Algorithm);
        }
        let jwk = jwk(key).ok_or(AssertionError::Signature)?;
        let claims = signed_claims(self.token, &jwk, algorithm).map_err(|error| match error {
            VerificationError::Signature => AssertionError::Signature,
            _ => AssertionError::Malformed,
        })?;
        let claims = Claims::deserialize(&claims).map_err(|_| AssertionError::Malformed)?;
        claims.judge(audience, now)?;
        Ok(Assertion { id: claims.jti, expires_at: claims.exp })
    }
}

impl Claims {
    fn judge(&self, audience: &str, now: UnixTime) -> Result<(), AssertionError> {
        if self.iss != self.sub {
            return Err(AssertionError::Issuer);
        }
        if !self.aud.is(audience) {
            return Err(AssertionError::Audience);
        }
        if self.exp.is_past(now) {
            return Err(AssertionError::Expired);
        }
        if self.exp > now + LONGEST_LIFE {
            return Err(AssertionError::Life);
        }
        if [self.iat, self.nbf].into_iter().flatten().any(|time| time > now + LEEWAY) {
            return Err(AssertionError::Early);
        }
        let bounded = (1..=LONGEST_ID).contains(&self.jti.len());
        bounded.then_some(()).ok_or(AssertionError::Id)
    }
}

#[cfg(test)]
mod tests;
