//! One attempt to sign in, as an application remembers it between sending a person away and seeing them return.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Entropy, Issuer, Settings};
use oauth::Parameters;
use oauth::metadata::paths;
use oauth::pkce::CodeChallenge;
use oauth::scope::OPENID;
use url::form_urlencoded::Serializer;

use super::credentials::Client;
use super::pages;

const COOKIE_NAME: &str = "gatelet-demo";
/// What the applications always ask for.
pub(crate) const ALWAYS: [&str; 5] = [OPENID, "profile", "email", "phone", "groups"];
/// As long as Gatelet lets a person take to sign in, in seconds.
const LIFETIME: u32 = 30 * 60;

/// What must not be known to whoever else sends a person here. The browser keeps it, because this is a demonstration: a real
/// application keeps it where nobody can read it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Whether it is the public application's.
    pub public: bool,
    /// The `code_verifier` (RFC 7636 section 4.1).
    pub verifier: String,
    /// The `state`: the answer is to this very request (RFC 6749 section 10.12).
    pub state: String,
    /// The `nonce`: the ID token is for this very request (OpenID Connect Core section 3.1.2.1).
    pub nonce: String,
}

impl Attempt {
    /// A new one.
    pub(crate) fn begin(public: bool, entropy: &dyn Entropy) -> Self {
        let random = || URL_SAFE_NO_PAD.encode(entropy.bytes::<32>());
        Self { public, verifier: random(), state: random(), nonce: random() }
    }

    /// The authorization request, with the options that `chosen` has beside the obligatory.
    pub(crate) fn authorize(&self, client: &Client, chosen: &Parameters, settings: &Settings) -> String {
        let challenge = CodeChallenge::of_verifier(&self.verifier);
        let challenge = challenge.map(|challenge| URL_SAFE_NO_PAD.encode(challenge.as_bytes()));
        let mut query = Serializer::new(String::new());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &client.client_id),
            ("redirect_uri", client.callback()),
            ("scope", &scope(chosen, settings)),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge.unwrap_or_default()),
            ("code_challenge_method", "S256"),
        ]);
        for name in ["prompt", "response_mode", "login_hint"] {
            query.extend_pairs(chosen.get(name).map(|value| (name, value)));
        }
        format!("{}?{}", settings.issuer.at(paths::AUTHORIZE), query.finish())
    }

    /// Keeps it in the browser.
    pub(crate) fn cookie(&self, home: &Issuer) -> Option<HeaderValue> {
        let client = if self.public { "public" } else { "confidential" };
        let value = [client, &self.verifier, &self.state, &self.nonce].join(".");
        set(&value, LIFETIME, home)
    }

    /// Takes it back: an attempt is good for one answer.
    pub(crate) fn forget(home: &Issuer) -> Option<HeaderValue> {
        set("", 0, home)
    }

    /// What the browser kept.
    pub(crate) fn of_cookie(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
        let mut parts = value.split('.').map(str::to_owned);
        let public = match parts.next()?.as_str() {
            "public" => true,
            "confidential" => false,
            _ => return None,
        };
        Some(Self { public, verifier: parts.next()?, state: parts.next()?, nonce: parts.next()? })
    }
}

/// `Lax`, so that it comes along when Gatelet sends the person back.
fn set(value: &str, seconds: u32, home: &Issuer) -> Option<HeaderValue> {
    let (path, secure) = (pages::START, if home.is_https() { "; Secure" } else { "" });
    let cookie =
        format!("{COOKIE_NAME}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// Who the person is, and whatever was ticked.
fn scope(chosen: &Parameters, settings: &Settings) -> String {
    let ticked = |token: &&str| ALWAYS.contains(token) || chosen.get(&ticked_as(token)).is_some();
    settings.scopes().map(|(token, _)| token).filter(ticked).collect::<Vec<_>>().join(" ")
}

/// The parameter that says that a scope was ticked.
pub(crate) fn ticked_as(token: &str) -> String {
    format!("scope {token}")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::COOKIE;
    use domain::{Issuer, Settings};
    use oauth::Parameters;
    use testkit::TestEntropy;

    use super::{Attempt, scope, ticked_as};

    #[test]
    fn the_browser_brings_it_back() {
        let home = Issuer::parse("http://127.0.0.1:9000").unwrap();
        for public in [true, false] {
            let attempt = Attempt::begin(public, &TestEntropy::default());
            let cookie = attempt.cookie(&home).unwrap();
            let sent = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            let headers = HeaderMap::from_iter([(COOKIE, format!("a=b; {sent}").parse().unwrap())]);
            assert_eq!(Attempt::of_cookie(&headers), Some(attempt));
        }
        assert_eq!(Attempt::of_cookie(&HeaderMap::new()), None);
    }

    #[test]
    fn asks_for_what_is_ticked() {
        let settings = Settings::new(Issuer::parse("http://127.0.0.1:9000").unwrap());
        let always = "openid profile email phone groups";
        assert_eq!(scope(&Parameters::default(), &settings), always);
        let ticked = ticked_as("offline_access").replace(' ', "+");
        let chosen = Parameters::parse(format!("{ticked}=yes&prompt=consent").as_bytes()).unwrap();
        assert_eq!(scope(&chosen, &settings), format!("{always} offline_access"));
    }
}
