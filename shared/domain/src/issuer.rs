//! The issuer: the one address from which every other is made (RFC 8414 section 2, RFC 9207).

use std::fmt;

/// An `https` origin, or an `http` one on loopback, and nothing behind it: cookies belong to a whole host, so an issuer does too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Not an absolute URL.
    #[error("the issuer is not an absolute URL")]
    NotAbsolute,
    /// Neither https nor http on loopback.
    #[error("the issuer must be https; http is for loopback addresses only")]
    Insecure,
    /// "a URL that uses the "https" scheme and has no query or fragment components" (RFC 8414 section 2)
    #[error(
        "the issuer must be a bare origin in lower case: no path, query, fragment, user information or trailing slash"
    )]
    Decorated,
}

impl Issuer {
    /// Checks an issuer.
    ///
    /// # Errors
    /// See [`IssuerError`].
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = url::Url::parse(text).map_err(|_| IssuerError::NotAbsolute)?;
        let loopback = match url.host().ok_or(IssuerError::NotAbsolute)? {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(IssuerError::Insecure);
        }
        // What the parser would write differently, a client would compare differently.
        if url.origin().ascii_serialization() != text {
            return Err(IssuerError::Decorated);
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of `path` under this issuer.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether browsers reach it by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Issuer, IssuerError};

    #[test]
    fn what_an_issuer_is() {
        for text in [
            "https://id.example",
            "https://id.example:8443",
            "http://127.0.0.1:9000",
            "http://localhost:9000",
        ] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
        }
        for (text, error) in [
            ("id.example", IssuerError::NotAbsolute),
            ("http://id.example", IssuerError::Insecure),
            ("ftp://id.example", IssuerError::Insecure),
            ("https://id.example/", IssuerError::Decorated),
            ("https://id.example/tenant", IssuerError::Decorated),
            ("https://id.example:443", IssuerError::Decorated),
            ("https://id.example?x", IssuerError::Decorated),
            ("https://id.example#x", IssuerError::Decorated),
            ("https://a@id.example", IssuerError::Decorated),
            ("https://ID.example", IssuerError::Decorated),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
    }
}
