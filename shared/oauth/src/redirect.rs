//! Redirect URIs: which may be registered, and when one in a request is a registered one (RFC 6749 section 3.1.2, RFC 8252,
//! RFC 9700 sections 2.1 and 4.1.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::error::{ErrorCode, Refusal};

/// The longest redirect URI accepted, in bytes.
const LONGEST: usize = 2048;

/// An absolute redirect URI without a fragment: `https`, `http` on loopback, or a private-use scheme. Kept letter by letter.
///
/// One of plain `http` anywhere else is none but where it is [read](Self::read) as such: it can be known, and that nothing is sent there
/// is for whoever uses it ([`Self::is_plain_http`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a redirect URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Refusal::from(*self).reason)]
pub enum RedirectUriError {
    /// Not an absolute URI, or longer than 2 KiB, or with characters that a URI doesn't have.
    NotAbsolute,
    /// "The endpoint URI MUST NOT include a fragment component." (RFC 6749 section 3.1.2)
    Fragment,
    /// User information before the host misleads whoever reads the URI.
    UserInformation,
    /// Plain `http` is for loopback alone. (RFC 9700 section 2.6)
    PlainHttp,
    /// A private-use scheme is a reversed domain name, so it has a dot in it. (RFC 8252 section 7.1)
    Scheme,
}

impl From<RedirectUriError> for Refusal {
    fn from(error: RedirectUriError) -> Self {
        let (reason, description) = match error {
            RedirectUriError::NotAbsolute => (
                "redirect URI is not an absolute URI",
                "A redirect URI must be an absolute URI of at most 2048 characters.",
            ),
            RedirectUriError::Fragment => {
                ("redirect URI has a fragment", "A redirect URI must not have a fragment.")
            }
            RedirectUriError::UserInformation => {
                ("redirect URI has user information", "A redirect URI must not have user information.")
            }
            RedirectUriError::PlainHttp => (
                "redirect URI is http but not loopback",
                "A redirect URI must be https; http is for loopback alone.",
            ),
            RedirectUriError::Scheme => (
                "redirect URI has a scheme that is not allowed",
                "A redirect URI must be https, http on loopback, or of a scheme that is a reversed domain name.",
            ),
        };
        Self::new(ErrorCode::InvalidRedirectUri, reason).saying(description)
    }
}

impl RedirectUri {
    /// Checks a URI that is to be registered.
    ///
    /// # Errors
    /// See [`RedirectUriError`].
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let uri = Self::read(text)?;
        if uri.is_plain_http() { Err(RedirectUriError::PlainHttp) } else { Ok(uri) }
    }

    /// Reads a URI that was registered, or is registered at a service that takes plain `http` too.
    ///
    /// # Errors
    /// See [`RedirectUriError`]; never [`RedirectUriError::PlainHttp`].
    pub fn read(text: &str) -> Result<Self, RedirectUriError> {
        let plain = |b: u8| {
            b.is_ascii_graphic()
                && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        if text.len() > LONGEST || !text.bytes().all(plain) {
            return Err(RedirectUriError::NotAbsolute);
        }
        let url = Url::parse(text).map_err(|_| RedirectUriError::NotAbsolute)?;
        if text.contains('#') {
            return Err(RedirectUriError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::UserInformation);
        }
        // `https:evil.example` parses as if it had its slashes: insist on them.
        let hierarchical = text.to_ascii_lowercase().starts_with(&format!("{}://", url.scheme()));
        match url.scheme() {
            "https" | "http" if hierarchical => {}
            scheme if scheme.contains('.') => {}
            _ => return Err(RedirectUriError::Scheme),
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether `presented` is this very URI.
    ///
    /// "Authorization servers MUST utilize exact string matching except for port numbers in localhost redirection URIs of native
    /// apps." (RFC 9700 section 2.1) With `native`, the port of a loopback address may therefore differ.
    #[must_use]
    pub fn accepts(&self, presented: &str, native: bool) -> bool {
        if self.0 == presented {
            return true;
        }
        match (native, without_port(&self.0), without_port(presented)) {
            (true, Some(registered), Some(presented)) => registered == presented,
            _ => false,
        }
    }

    /// The URI as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether any program on a device may claim this URI: a private-use scheme (RFC 8252 section 8.4).
    #[must_use]
    pub fn is_private_use(&self) -> bool {
        !self.0.starts_with("http")
    }

    /// Whether a program on the device itself answers: a private-use scheme or loopback (RFC 8252 section 7).
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.is_private_use() || (self.0.starts_with("http:") && !self.is_plain_http())
    }

    /// Whether what is sent there can be read on the way: "Authorization responses MUST NOT be transmitted over unencrypted network
    /// connections." (RFC 9700 section 2.6)
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
    }
}

/// Splits a loopback address off a URI and drops the port: `http://127.0.0.1:8000/cb` is `("http://127.0.0.1", "/cb")`.
fn without_port(uri: &str) -> Option<(&'static str, &str)> {
    // Address literals only: "localhost" may resolve to another interface. (RFC 8252 section 8.3)
    let (origin, rest) = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find_map(|origin| uri.strip_prefix(origin).map(|rest| (origin, rest)))?;
    let rest = match rest.strip_prefix(':') {
        Some(after) => {
            let path = after.trim_start_matches(|c: char| c.is_ascii_digit());
            let port = after.strip_suffix(path)?;
            port.parse::<u16>().ok()?;
            path
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((origin, rest))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriError;
    fn try_from(text: String) -> Result<Self, RedirectUriError> {
        Self::read(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::{RedirectUri, RedirectUriError};

    #[test]
    fn what_may_be_registered() {
        for uri in [
            "https://app.example/cb",
            "https://app.example/cb?x=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8080/cb",
            "http://[::1]:8080/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            assert!(RedirectUri::parse(uri).is_ok(), "{uri}");
        }
    }

    #[test]
    fn what_may_not() {
        use RedirectUriError::{Fragment, NotAbsolute, PlainHttp, Scheme, UserInformation};
        for (uri, error) in [
            ("", NotAbsolute),
            ("/cb", NotAbsolute),
            ("app.example/cb", NotAbsolute),
            ("https://app.example/c b", NotAbsolute),
            ("https://app.example/\u{e9}", NotAbsolute),
            ("https://app.example\\@evil.example/", NotAbsolute),
            ("https://app.example/cb#", Fragment),
            ("https://app.example/cb#x", Fragment),
            ("https://app.example@evil.example/", UserInformation),
            ("http://app.example/cb", PlainHttp),
            ("http://127.0.0.1.evil.example/cb", PlainHttp),
            ("https:evil.example", Scheme),
            ("javascript:alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("myapp:/cb", Scheme),
        ] {
            assert_eq!(RedirectUri::parse(uri), Err(error), "{uri}");
        }
    }

    #[test]
    fn plain_http_can_be_known_as_what_it_is() {
        let read = RedirectUri::read("http://example.client.com/redirect").unwrap();
        assert!(read.is_plain_http() && !read.is_native() && !read.is_private_use());
        assert!(RedirectUri::read("HTTP://example.client.com/redirect").unwrap().is_plain_http());
        for encrypted_or_local in
            ["https://app.example/cb", "http://127.0.0.1/cb", "http://localhost:3000/cb"]
        {
            assert!(!RedirectUri::read(encrypted_or_local).unwrap().is_plain_http(), "{encrypted_or_local}");
        }
        assert_eq!(RedirectUri::read("http:evil.example"), Err(RedirectUriError::Scheme));
        assert_eq!(RedirectUri::read("http://a.example/#x"), Err(RedirectUriError::Fragment));
    }

    #[test]
    fn only_the_port_of_a_native_loopback_address_varies() {
        let loopback = RedirectUri::parse("http://127.0.0.1:8000/cb").unwrap();
        assert!(loopback.accepts("http://127.0.0.1:51004/cb", true));
        assert!(loopback.accepts("http://127.0.0.1/cb", true));
        for (presented, native) in [
            ("http://127.0.0.1:51004/cb", false),
            ("http://127.0.0.1:51004/cb/", true),
            ("http://127.0.0.1:51004/cb?x", true),
            ("http://127.0.0.1:99999/cb", true),
            ("http://127.0.0.1:/cb", true),
            ("http://127.0.0.1:1@evil.example/cb", true),
            ("http://127.0.0.1.evil.example/cb", true),
            ("http://localhost:8000/cb", true),
            ("https://127.0.0.1:8000/cb", true),
        ] {
            assert!(!loopback.accepts(presented, native), "{presented}");
        }
        let web = RedirectUri::parse("https://app.example/cb").unwrap();
        assert!(!web.accepts("https://app.example:8443/cb", true));
    }
}
