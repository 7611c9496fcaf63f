//! A browser's cookies (RFC 6265bis).

use domain::UnixTime;
use domain::time::Seconds;
use url::Url;

/// A cookie as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the attributes of RFC 6265bis section 4.1.2, by their own names")]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<String>,
    /// When it ends; with the browser if nothing says so.
    pub expires_at: Option<UnixTime>,
}

/// How a request comes about, as far as `SameSite` cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Navigation {
    /// From a page of the service itself.
    Here,
    /// By a link, a redirect or a typed address: a GET that changes what the window shows.
    Link,
    /// By a form on another site's page.
    ForeignForm,
}

/// The cookies of one browser. There is one service it goes to, so they are all that service's.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Cookie>);

impl Jar {
    /// A cookie's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Every cookie.
    #[must_use]
    pub fn all(&self) -> &[Cookie] {
        &self.0
    }

    /// Loses a cookie.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|known| known.name != name);
    }

    /// Takes a `Set-Cookie` header from `from`, or ignores it as a browser does where it breaks the rules of its name.
    pub(super) fn receive(&mut self, header: &str, from: &Url, now: UnixTime) {
        let mut attributes = header.split(';').map(|part| part.split_once('=').unwrap_or((part, "")));
        let (name, value) = attributes.next().expect("a cookie's name and value");
        let mut cookie = Cookie {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            path: "/".to_owned(),
            secure: false,
            http_only: false,
            same_site: None,
            expires_at: None,
        };
        let mut domain = None;
        for (name, value) in attributes {
            match name.trim().to_ascii_lowercase().as_str() {
                "path" => cookie.path = value.to_owned(),
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = Some(value.to_owned()),
                "domain" => domain = Some(value.to_owned()),
                "max-age" => {
                    let lasts = value.parse().expect("a Max-Age that is not negative");
                    cookie.expires_at = Some(now + Seconds(lasts));
                }
                other => panic!("a cookie attribute that this browser does not know: {other}"),
            }
        }
        let https = from.scheme() == "https";
        let host_only = cookie.secure && domain.is_none() && cookie.path == "/";
        if (cookie.secure && !https) || (cookie.name.starts_with("__Host-") && !host_only) {
            return;
        }
        self.0.retain(|known| known.name != cookie.name);
        if cookie.expires_at.is_none_or(|end| !end.is_past(now)) {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` header for a request to `to`, if there is anything to send.
    pub(super) fn send(&self, to: &Url, navigation: Navigation, now: UnixTime) -> Option<String> {
        let sent = self.0.iter().filter(|cookie| {
            let lasts = cookie.expires_at.is_none_or(|end| !end.is_past(now));
            let allowed = match (cookie.same_site.as_deref(), navigation) {
                (_, Navigation::Here) | (Some("None"), _) => true,
                (Some("Strict"), _) => false,
                (_, Navigation::Link) => true,
                (_, Navigation::ForeignForm) => false,
            };
            lasts
                && allowed
                && to.path().starts_with(&cookie.path)
                && (!cookie.secure || to.scheme() == "https")
        });
        let pairs: Vec<_> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use domain::UnixTime;
    use url::Url;

    use super::{Jar, Navigation};

    const NOW: UnixTime = UnixTime(1000);

    fn jar(from: &str, headers: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for header in headers {
            jar.receive(header, &Url::parse(from).unwrap(), NOW);
        }
        jar
    }

    #[test]
    fn the_host_prefix_is_held_to_its_rules() {
        let https = "https://id.example/";
        assert_eq!(jar(https, &["__Host-a=1; Path=/; Secure"]).get("__Host-a"), Some("1"));
        for broken in [
            "__Host-a=1; Path=/",
            "__Host-a=1; Path=/x; Secure",
            "__Host-a=1; Path=/; Secure; Domain=id.example",
        ] {
            assert_eq!(jar(https, &[broken]).get("__Host-a"), None, "{broken}");
        }
        assert_eq!(jar("http://127.0.0.1/", &["a=1; Path=/; Secure"]).get("a"), None);
    }

    #[test]
    fn a_cookie_ends_and_is_taken_back() {
        let url = Url::parse("https://id.example/").unwrap();
        let lasting = jar(url.as_str(), &["a=1; Max-Age=10"]);
        assert_eq!(lasting.send(&url, Navigation::Here, NOW).as_deref(), Some("a=1"));
        assert_eq!(lasting.send(&url, Navigation::Here, UnixTime(1010)), None);
        assert_eq!(jar(url.as_str(), &["a=1", "a=; Max-Age=0"]).get("a"), None);
    }

    #[test]
    fn another_sites_form_brings_no_lax_cookie() {
        let url = Url::parse("https://id.example/").unwrap();
        let jar = jar(url.as_str(), &["lax=1; SameSite=Lax", "strict=1; SameSite=Strict"]);
        assert_eq!(jar.send(&url, Navigation::Here, NOW).as_deref(), Some("lax=1; strict=1"));
        assert_eq!(jar.send(&url, Navigation::Link, NOW).as_deref(), Some("lax=1"));
        assert_eq!(jar.send(&url, Navigation::ForeignForm, NOW), None);
    }
}
