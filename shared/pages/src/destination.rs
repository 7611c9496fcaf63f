//! Where a URI leads, in words for a person and as sources for a policy (CSP Level 3 §2.3.1).

use std::fmt;

/// Schemes that a browser runs or reads by itself, so that no application can be behind them.
const READ_BY_THE_BROWSER: [&str; 8] =
    ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"];

/// What a redirect URI or a website's address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination<'a> {
    /// A server: `http` or `https`, with the host and port as written.
    Web { scheme: &'a str, authority: &'a str },
    /// A native application behind a private-use scheme (RFC 8252 §7.1).
    App { scheme: &'a str },
    /// Nothing that a person should be sent to.
    Nowhere { uri: &'a str },
}

impl<'a> Destination<'a> {
    /// Reads a URI strictly: what is not plainly an address of one of the two kinds leads nowhere.
    pub(crate) fn of(uri: &'a str) -> Self {
        Self::web(uri).or_else(|| Self::app(uri)).unwrap_or(Self::Nowhere { uri })
    }

    fn web(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let authority = rest.split(['/', '?', '#']).next()?;
        // `https://bank.example@elsewhere.example` leads elsewhere, and browsers read a backslash as a slash.
        let plain = !authority.is_empty() && !authority.contains(['@', '\\']);
        (known && plain && is_ascii_uri(uri)).then_some(Self::Web { scheme, authority })
    }

    fn app(uri: &'a str) -> Option<Self> {
        let (scheme, _) = uri.split_once(':')?;
        // RFC 3986 §3.1: "ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )"
        let well_formed = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let read = READ_BY_THE_BROWSER.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        (well_formed && !web && !read && is_ascii_uri(uri)).then_some(Self::App { scheme })
    }

    /// Whether this is an `http` or `https` address, and so may become a link.
    pub(crate) fn is_web(self) -> bool {
        matches!(self, Self::Web { .. })
    }

    /// The source expressions that allow it and the places that it may pass a person on to, made only of
    /// characters that cannot end a directive.
    ///
    /// Each may lead on to any `https` origin, and what listens on the device also to another port of it.
    pub(crate) fn sources(self) -> Option<String> {
        match self {
            Self::Web { scheme, .. } if scheme.eq_ignore_ascii_case("https") => Some("https:".to_owned()),
            Self::Web { authority, .. } if can_be_named(host(authority)) => {
                Some("https: http://127.0.0.1:* http://localhost:*".to_owned())
            }
            Self::Web { .. } => Some("https: http:".to_owned()),
            Self::App { scheme } => Some(format!("https: {scheme}:")),
            Self::Nowhere { .. } => None,
        }
    }
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web { authority, .. } if is_loopback(authority) => write!(f, "this device ({authority})"),
            Self::Web { scheme, authority } if scheme.eq_ignore_ascii_case("http") => {
                write!(f, "{authority}, unencrypted")
            }
            Self::Web { authority, .. } => f.write_str(authority),
            Self::App { scheme } => write!(f, "an app on this device ({scheme})"),
            Self::Nowhere { uri } => f.write_str(uri),
        }
    }
}

/// RFC 3986 knows no spaces, controls or letters beyond ASCII.
fn is_ascii_uri(uri: &str) -> bool {
    uri.chars().all(|c| c.is_ascii_graphic())
}

/// The authority's host, without its port.
fn host(authority: &str) -> &str {
    if authority.starts_with('[') {
        return authority;
    }
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

/// RFC 8252 §7.3: the loopback interface, where native applications listen.
fn is_loopback(authority: &str) -> bool {
    let host = host(authority);
    can_be_named(host) || host.starts_with("[::1]")
}

/// Whether a policy can name this host of the loopback interface; otherwise only its scheme can be allowed.
///
/// The grammar of CSP Level 3 has no words for an IPv6 address, and its matching of hosts lets no IPv4 address
/// match but `127.0.0.1`.
fn can_be_named(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1"
}

#[cfg(test)]
mod tests {
    use super::Destination;

    fn sources(uri: &str) -> Option<String> {
        Destination::of(uri).sources()
    }

    #[test]
    fn a_web_address_may_lead_on_to_any_origin_that_is_as_safe() {
        for uri in [
            "https://app.example/cb?x=1",
            "https://app.example:8443",
            "HTTPS://App.Example/cb",
            "https://[2001:db8::1]/cb",
            "https://app.example;script-src/",
            "https://app.example:*/",
        ] {
            assert_eq!(sources(uri).as_deref(), Some("https:"), "{uri}");
        }
    }

    #[test]
    fn the_loopback_interface_may_lead_on_to_itself() {
        for uri in ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://localhost:3000/cb"] {
            let named = "https: http://127.0.0.1:* http://localhost:*";
            assert_eq!(sources(uri).as_deref(), Some(named), "{uri}");
        }
    }

    #[test]
    fn a_host_that_a_policy_cannot_name_is_allowed_by_its_scheme() {
        for uri in ["http://[::1]:51004/cb", "http://127.0.0.2/cb", "http://localhost.;script-src/"] {
            assert_eq!(sources(uri).as_deref(), Some("https: http:"), "{uri}");
        }
    }

    #[test]
    fn a_private_use_scheme_is_allowed_as_a_scheme() {
        assert_eq!(sources("com.example.app:/cb").as_deref(), Some("https: com.example.app:"));
        assert_eq!(sources("example-app://cb").as_deref(), Some("https: example-app:"));
    }

    #[test]
    fn what_leads_nowhere_is_not_allowed() {
        for uri in [
            "",
            "/cb",
            "//app.example/cb",
            "https:app.example",
            "https:///cb",
            "https://app.example@evil.example/",
            "https://app.example\\@evil.example/",
            "https://app.example /cb",
            "https://app.example/\u{202e}",
            "https://b\u{fc}cher.example/",
            "javascript:alert(1)",
            "JavaScript://app.example/%0aalert(1)",
            "data:text/html,hello",
            "com.example.app; script-src *:/",
            "com.example app:/",
            "1app:/cb",
        ] {
            assert_eq!(Destination::of(uri), Destination::Nowhere { uri });
            assert_eq!(sources(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_person_reads_where_it_leads() {
        let words = |uri| Destination::of(uri).to_string();
        assert_eq!(words("https://app.example/cb"), "app.example");
        assert_eq!(words("http://127.0.0.1:51004/cb"), "this device (127.0.0.1:51004)");
        assert_eq!(words("http://[::1]:51004/cb"), "this device ([::1]:51004)");
        assert_eq!(words("http://localhost.evil.example/"), "localhost.evil.example, unencrypted");
        assert_eq!(words("com.example.app:/cb"), "an app on this device (com.example.app)");
    }
}
