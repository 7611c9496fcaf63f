//! The cookies: the session's, and one that ties a sign-in form to the browser it was shown in.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use domain::authorization::SignedIn;
use domain::secret::SessionToken;
use domain::session::Session;
use domain::token::Token;
use domain::user::User;
use domain::{Issuer, UnixTime};

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    Browser,
}

impl Cookie {
    /// `__Host-` keeps every other host and every plain-text answer from setting it (RFC 6265bis section 4.1.3.2). Browsers take
    /// neither that prefix nor `Secure` over plain http, which is for loopback alone.
    const fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-gatelet-session",
            (Self::Session, false) => "gatelet-session",
            (Self::Browser, true) => "__Host-gatelet-browser",
            (Self::Browser, false) => "gatelet-browser",
        }
    }

    /// The value that the browser sent; nothing where it sent two, since one of them isn't ours.
    pub(crate) fn read(self, headers: &HeaderMap, issuer: &Issuer) -> Option<String> {
        let name = self.name(issuer.is_https());
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        let value = found.next();
        if found.next().is_some() { None } else { value }
    }

    /// A `Set-Cookie` header. Without an expiry it ends with the browser, if not before.
    pub(crate) fn set(self, value: &str, issuer: &Issuer) -> Option<HeaderValue> {
        let (name, secure) = (self.name(issuer.is_https()), if issuer.is_https() { "; Secure" } else { "" });
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")).ok()
    }

    /// A `Set-Cookie` header that takes it back.
    pub(crate) fn clear(self, issuer: &Issuer) -> Option<HeaderValue> {
        let (name, secure) = (self.name(issuer.is_https()), if issuer.is_https() { "; Secure" } else { "" });
        HeaderValue::from_str(&format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}")).ok()
    }
}

/// The session cookie, if it is one.
pub(crate) fn session(headers: &HeaderMap, issuer: &Issuer) -> Option<Token<SessionToken>> {
    Token::<SessionToken>::parse(&Cookie::Session.read(headers, issuer)?)
}

/// Who is at the browser, if the cookie proves the session, the session lasts and the user may act.
pub(crate) fn signed_in<'a>(
    cookie: Option<&Token<SessionToken>>,
    session: Option<&'a Session>,
    user: Option<&'a User>,
    now: UnixTime,
) -> Option<SignedIn<'a>> {
    let (cookie, session, user) = (cookie?, session?, user?);
    let good = session.token == cookie.digest() && session.is_live(now) && user.may_act();
    good.then_some(SignedIn { session, user })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::COOKIE;
    use domain::Issuer;

    use super::Cookie;

    #[test]
    fn reads_its_own_and_refuses_two() {
        let issuer = Issuer::parse("https://id.example").unwrap();
        let read = |cookies: &str| {
            let headers = HeaderMap::from_iter([(COOKIE, cookies.parse().unwrap())]);
            Cookie::Session.read(&headers, &issuer)
        };
        assert_eq!(read("a=b; __Host-gatelet-session=x; c=d").as_deref(), Some("x"));
        assert_eq!(read("gatelet-session=x"), None);
        assert_eq!(read("__Host-gatelet-session=x; __Host-gatelet-session=y"), None);
    }

    #[test]
    fn is_as_narrow_as_browsers_let_it_be() {
        let set = |issuer| Cookie::Session.set("x", &Issuer::parse(issuer).unwrap()).unwrap();
        assert_eq!(
            set("https://id.example"),
            "__Host-gatelet-session=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set("http://127.0.0.1:9000"), "gatelet-session=x; Path=/; HttpOnly; SameSite=Lax");
    }
}
