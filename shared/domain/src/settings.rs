//! What an operator decides: lifetimes, scopes, who may register.

use oauth::scope::{OFFLINE_ACCESS, OPENID, kustvakt};
use oauth::{Refusal, Scope};

use crate::address::AddressPrefix;
use crate::issuer::Issuer;
use crate::time::Seconds;

/// The settings that the endpoints share. Read once, at start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address of everything.
    pub issuer: Issuer,
    /// The name on the pages.
    pub service_name: String,
    /// How long things last.
    pub lifetimes: Lifetimes,
    /// The scopes served beside the standard ones, each with the words that the consent page shows.
    pub api_scopes: Vec<ApiScope>,
    /// Who may register clients.
    pub registration: Registration,
    /// How much of a user agent's address a token is bound to, for clients whose tokens are.
    pub address_prefix: AddressPrefix,
    /// Whether confidential clients that were written for Argus or Kustvakt may do without PKCE, as they do.
    pub codes_without_pkce: bool,
    /// Whether answers are sent to redirect URIs of plain `http`, which Kustvakt's service registers.
    pub http_redirect_uris: bool,
}

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// A code; "A maximum authorization code lifetime of 10 minutes is RECOMMENDED" (RFC 6749 section 4.1.2), and a minute is plenty.
    pub code: Seconds,
    /// An access token.
    pub access_token: Seconds,
    /// An access token of a client that a user registered (Kustvakt).
    pub owned_access_token: Seconds,
    /// An ID token.
    pub id_token: Seconds,
    /// A refresh token that is not used.
    pub refresh_idle: Seconds,
    /// A grant, however often it is refreshed.
    pub grant: Seconds,
    /// A grant to a client that a user registered, and the longest that a refresh token of it can be registered to last (Kustvakt).
    pub owned_grant: Seconds,
    /// How long the refresh token before the current one still gets the same answer again.
    pub refresh_window: Seconds,
    /// A session.
    pub session: Seconds,
    /// A sign-in form.
    pub sign_in: Seconds,
    /// A key of the service's own, from its first use until its successor's.
    pub own_key: Seconds,
    /// An API key, unless its user wants it shorter.
    pub api_key: Seconds,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: Seconds(60),
            access_token: Seconds::minutes(5),
            owned_access_token: Seconds::days(1),
            id_token: Seconds::minutes(5),
            refresh_idle: Seconds::days(14),
            grant: Seconds::days(90),
            owned_grant: Seconds::days(365),
            refresh_window: Seconds(10),
            session: Seconds::hours(12),
            sign_in: Seconds::minutes(30),
            own_key: Seconds::days(90),
            api_key: Seconds::days(90),
        }
    }
}

impl Lifetimes {
    /// Reads how many days a key of the service's own is in use: from 1 to 365.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse_own_key(days: &str) -> Result<Seconds, OwnKeyError> {
        let days = days.parse().ok().filter(|days| (1..=365).contains(days)).ok_or(OwnKeyError)?;
        Ok(Seconds::days(days))
    }
}

/// A text that is no number of days that a key can be in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of days from 1 to 365")]
pub struct OwnKeyError;

/// A scope of the operator's own APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiScope {
    /// The scope token.
    pub token: String,
    /// What the consent page says of it.
    pub words: String,
}

/// Who may register clients (RFC 7591 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anyone.
    Open,
    /// Every user, by Kustvakt's service; no client by itself.
    Users,
    /// Whoever presents the initial access token with this SHA-256 digest.
    Protected([u8; 32]),
    /// Nobody; the endpoint answers, and refuses.
    Closed,
}

impl Registration {
    /// Reads `open`, `users`, `closed`, or `sha256:` and the hexadecimal SHA-256 digest of the initial access token.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        match text {
            "open" => Ok(Self::Open),
            "users" => Ok(Self::Users),
            "closed" => Ok(Self::Closed),
            _ => text.strip_prefix("sha256:").and_then(digest).map(Self::Protected).ok_or(RegistrationError),
        }
    }

    /// Whether users may register clients (Kustvakt).
    #[must_use]
    pub const fn admits_users(&self) -> bool {
        matches!(self, Self::Open | Self::Users)
    }
}

/// A text that does not say who may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected open, users, closed, or sha256: and 64 hexadecimal digits")]
pub struct RegistrationError;

/// Reads `refused` or `allowed`: whether what today's practice advises against is served to clients from before it.
///
/// # Errors
/// For anything else.
pub fn parse_allowed(text: &str) -> Result<bool, AllowedError> {
    match text {
        "refused" => Ok(false),
        "allowed" => Ok(true),
        _ => Err(AllowedError),
    }
}

/// A text that is neither of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected refused or allowed")]
pub struct AllowedError;

fn digest(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let bytes = digits.chunks_exact(2).filter_map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    let whole = digits.len() == 64;
    bytes.collect::<Vec<_>>().try_into().ok().filter(|_| whole)
}

/// The standard scopes and what the consent page says of them (OpenID Connect Core section 5.4).
const STANDARD: [(&str, &str); 9] = [
    (OPENID, "Know who you are here"),
    ("profile", "See your name, username and picture"),
    ("email", "See your e-mail address"),
    ("phone", "See your telephone number"),
    ("groups", "See which groups you are in"),
    ("groupstring", "See which groups you are in"),
    ("customer", "See which customer you work for"),
    ("clientip", "See the address you signed in from"),
    (OFFLINE_ACCESS, "Keep its access while you are not signed in"),
];

/// The scopes of the services that Kustvakt's front ends manage clients by, in Kustvakt's words, and what the consent page says of them.
const SERVICES: [(&str, &str); 10] = [
    (kustvakt::ALL, "Do everything in your name"),
    (kustvakt::ADMIN, "Administer the service in your name"),
    (kustvakt::AUTHORIZE, "Let other applications in, in your name"),
    (kustvakt::REGISTER_CLIENT, "Register applications in your name"),
    (kustvakt::CLIENT_INFO, "See how your applications are registered"),
    (kustvakt::LIST_USER_CLIENT, "See which applications and plugins you use or have registered"),
    (kustvakt::RESET_CLIENT_SECRET, "Give your applications new secrets"),
    (kustvakt::DEREGISTER_CLIENT, "Remove your applications"),
    (kustvakt::INSTALL_USER_CLIENT, "Install plugins for you"),
    (kustvakt::UNINSTALL_USER_CLIENT, "Remove plugins that you have installed"),
];

impl Settings {
    /// Settings for an issuer, everything else at its default: no scopes of one's own, nobody may register.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            service_name: "Gatelet".to_owned(),
            lifetimes: Lifetimes::default(),
            api_scopes: Vec::new(),
            registration: Registration::Closed,
            address_prefix: AddressPrefix::default(),
            codes_without_pkce: false,
            http_redirect_uris: false,
        }
    }

    /// Reads `token=words; token=words`.
    ///
    /// # Errors
    /// Where a token is not one scope token, or the words are missing.
    pub fn parse_api_scopes(text: &str) -> Result<Vec<ApiScope>, Refusal> {
        let malformed = Refusal::new(oauth::ErrorCode::InvalidScope, "a scope is not written token=words");
        let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| {
                let (token, words) = entry.split_once('=').ok_or(malformed)?;
                let (token, words) = (token.trim(), words.trim());
                let one = Scope::parse(token)?.iter().count() == 1;
                (one && !words.is_empty())
                    .then(|| ApiScope { token: token.to_owned(), words: words.to_owned() })
                    .ok_or(malformed)
            })
            .collect()
    }

    /// Every scope served, in the order of the metadata document, with the consent page's words.
    pub fn scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.api_scopes.iter().map(|scope| (scope.token.as_str(), scope.words.as_str()));
        STANDARD.into_iter().chain(SERVICES).chain(own)
    }

    /// Every scope served, as a set.
    #[must_use]
    pub fn served_scope(&self) -> Scope {
        self.scope_of(self.scopes().map(|(token, _)| token))
    }

    /// The standard scopes: what a client that registers itself may ask for unless it says so itself.
    #[must_use]
    pub fn standard_scope(&self) -> Scope {
        self.scope_of(STANDARD.into_iter().map(|(token, _)| token))
    }

    /// The scopes that have to do with a user, and so mean nothing in a client's own grant.
    #[must_use]
    pub fn user_scope(&self) -> Scope {
        self.scope_of(STANDARD.into_iter().chain(SERVICES).map(|(token, _)| token))
    }

    /// The scopes that a client can be registered for.
    #[must_use]
    pub fn registrable_scope(&self) -> Scope {
        self.served_scope().without(&self.privileged_scope())
    }

    /// The scopes of super clients alone.
    #[must_use]
    pub fn privileged_scope(&self) -> Scope {
        self.scope_of(kustvakt::PRIVILEGED.into_iter())
    }

    /// The scopes of the operator's own APIs.
    #[must_use]
    pub fn api_scope(&self) -> Scope {
        self.scope_of(self.api_scopes.iter().map(|scope| scope.token.as_str()))
    }

    fn scope_of<'a>(&self, tokens: impl Iterator<Item = &'a str>) -> Scope {
        let text = tokens.collect::<Vec<_>>().join(" ");
        Scope::parse(&text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Registration, Settings};

    #[test]
    fn reads_who_may_register() {
        assert_eq!(Registration::parse("open"), Ok(Registration::Open));
        assert_eq!(Registration::parse("users"), Ok(Registration::Users));
        assert_eq!(Registration::parse("closed"), Ok(Registration::Closed));
        let digest = format!("sha256:{}", "0aF1".repeat(16));
        let Ok(Registration::Protected(bytes)) = Registration::parse(&digest) else { panic!("{digest}") };
        assert_eq!(bytes[..2], [0x0a, 0xf1]);
        for text in
            ["", "Open", "sha256:", "sha256:zz", &format!("{digest}0"), digest.trim_start_matches("sha256:")]
        {
            assert!(Registration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_scopes_with_their_words() {
        let scopes =
            Settings::parse_api_scopes("notes:read=Read your notes; notes:write = Change your notes;")
                .unwrap();
        assert_eq!(scopes.len(), 2);
        assert_eq!(scopes[1].token, "notes:write");
        assert_eq!(scopes[1].words, "Change your notes");
        for text in ["notes", "=x", "a b=x", "notes="] {
            assert!(Settings::parse_api_scopes(text).is_err(), "{text}");
        }
    }
}
