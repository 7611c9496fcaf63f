//! Request parameters, from a query or from a form (RFC 6749 sections 3.1, 3.2 and appendix B).

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::error::{ErrorCode, Refusal};

/// The longest value accepted, in bytes after decoding.
pub const LONGEST_VALUE: usize = 8 * 1024;

/// The parameters of one request: each at most once, none empty, all of them text.
#[derive(Clone, Default)]
pub struct Parameters {
    values: BTreeMap<String, String>,
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// `invalid_request` for a repeated parameter, a value that is not UTF-8, holds a NUL or is longer than [`LONGEST_VALUE`].
    pub fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut values = BTreeMap::new();
        for pair in encoded.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            // "Request and response parameters MUST NOT be included more than once." (section 3.1)
            if values.insert(name, value).is_some() {
                return Err(malformed("parameter repeated").saying("A parameter is repeated."));
            }
        }
        // "Parameters sent without a value MUST be treated as if they were omitted from the request." (section 3.1)
        values.retain(|_, value| !value.is_empty());
        Ok(Self { values })
    }

    /// The parameter's value, if it was sent with one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The parameter's value.
    ///
    /// # Errors
    /// `invalid_request` where it is missing, with `reason` for the log and `description` for the caller.
    pub fn require(
        &self,
        name: &str,
        reason: &'static str,
        description: &'static str,
    ) -> Result<&str, Refusal> {
        self.get(name).ok_or(malformed(reason).saying(description))
    }
}

/// Parameters hold codes and secrets: only their names are shown.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

const fn malformed(reason: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, reason)
}

/// Decodes one name or value of a form (RFC 6749 appendix B).
///
/// # Errors
/// `invalid_request` where it is not UTF-8, holds a NUL or is longer than [`LONGEST_VALUE`].
pub fn decode(encoded: &[u8]) -> Result<String, Refusal> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect()
    } else {
        encoded.into()
    };
    let text = percent_decode(&spaced)
        .decode_utf8()
        .map_err(|_| malformed("parameter is not UTF-8").saying("A parameter is not valid UTF-8."))?;
    if text.contains('\0') {
        return Err(malformed("parameter holds NUL").saying("A parameter holds a NUL character."));
    }
    if text.len() > LONGEST_VALUE {
        return Err(malformed("parameter too long").saying("A parameter is too long."));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST_VALUE, Parameters};

    fn reason(encoded: &[u8]) -> &'static str {
        Parameters::parse(encoded).expect_err("refused").reason
    }

    #[test]
    fn reads_plus_and_percent() {
        let parameters = Parameters::parse(b"scope=openid+profile&state=a%26b%3D&x=%zz").unwrap();
        assert_eq!(parameters.get("scope"), Some("openid profile"));
        assert_eq!(parameters.get("state"), Some("a&b="));
        assert_eq!(parameters.get("x"), Some("%zz"));
    }

    #[test]
    fn an_empty_value_is_absent() {
        let parameters = Parameters::parse(b"state=&nonce&&=x").unwrap();
        assert_eq!(parameters.get("state"), None);
        assert_eq!(parameters.get("nonce"), None);
    }

    #[test]
    fn refuses_what_is_repeated_even_when_empty_or_encoded() {
        assert_eq!(reason(b"a=1&a=1"), "parameter repeated");
        assert_eq!(reason(b"a=&a=1"), "parameter repeated");
        assert_eq!(reason(b"client_id=x&client%5Fid=y"), "parameter repeated");
    }

    #[test]
    fn refuses_what_is_not_text() {
        assert_eq!(reason(b"a=%ff"), "parameter is not UTF-8");
        assert_eq!(reason(b"a=\xff"), "parameter is not UTF-8");
        assert_eq!(reason(b"a=x%00"), "parameter holds NUL");
        assert_eq!(reason(format!("a={}", "x".repeat(LONGEST_VALUE + 1)).as_bytes()), "parameter too long");
    }

    #[test]
    fn debug_shows_names_only() {
        let parameters = Parameters::parse(b"client_secret=hunter2").unwrap();
        assert_eq!(format!("{parameters:?}"), r#"{"client_secret"}"#);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parameters::parse(&bytes);
        }
    }
}
