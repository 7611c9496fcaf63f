//! Proof Key for Code Exchange (RFC 7636), S256 only.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, Refusal};
use crate::parameters::Parameters;

/// The `code_challenge_method` values served.
///
/// `plain` is not: "Clients SHOULD use PKCE code challenge methods that do not expose the PKCE verifier." (RFC 9700 section 2.1.1)
pub const METHODS: [&str; 1] = ["S256"];

/// SHA-256 of a code verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChallenge([u8; 32]);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request, where they are.
    ///
    /// # Errors
    /// `invalid_request` for another method than `S256` (none means `plain`, section 4.3), or for a value that is no SHA-256 digest.
    pub fn from_request(parameters: &Parameters) -> Result<Option<Self>, Refusal> {
        let refuse = |reason| Refusal::new(ErrorCode::InvalidRequest, reason);
        match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(refuse("code_challenge_method without code_challenge")
                .saying("code_challenge_method needs a code_challenge.")),
            (Some(challenge), Some("S256")) => Self::parse(challenge)
                .map(Some)
                .ok_or(refuse("code_challenge malformed").saying("code_challenge is not a S256 challenge.")),
            (Some(_), _) => {
                Err(refuse("code_challenge_method is not S256").saying("code_challenge_method must be S256."))
            }
        }
    }

    /// Reads `BASE64URL(SHA256(verifier))`: 43 characters, nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The digest itself, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The challenge that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The challenge that `verifier` answers.
    ///
    /// # Errors
    /// `invalid_grant` where the verifier is not 43 to 128 unreserved characters (section 4.1).
    pub fn of_verifier(verifier: &str) -> Result<Self, Refusal> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return Err(Refusal::new(ErrorCode::InvalidGrant, "code_verifier malformed"));
        }
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        let bytes = hash.as_ref().try_into();
        bytes.map(Self).map_err(|_| Refusal::new(ErrorCode::ServerError, "SHA-256 is not 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::CodeChallenge;

    /// The pair of RFC 7636 appendix B.
    #[test]
    fn answers_the_rfcs_example() {
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(CodeChallenge::of_verifier(verifier).unwrap(), challenge);
    }

    #[test]
    fn refuses_malformed_verifiers() {
        for verifier in ["", "short", &"a".repeat(42), &"a".repeat(129), &format!("{}+", "a".repeat(43))] {
            assert_eq!(CodeChallenge::of_verifier(verifier).unwrap_err().reason, "code_verifier malformed");
        }
    }

    #[test]
    fn refuses_malformed_challenges() {
        for challenge in ["", "abc", &"A".repeat(44), &format!("{}=", "A".repeat(43)), &"+".repeat(43)] {
            assert!(CodeChallenge::parse(challenge).is_none(), "{challenge}");
        }
    }
}
