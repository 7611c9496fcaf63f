//! Who calls: a registered user, by name and password or by a token, and how often.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, ORIGIN};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::client::{Author, Client};
use domain::function::{FunctionName, permission};
use domain::time::Seconds;
use domain::user::Username;
use oauth::scope::kustvakt;
use store::rates::{Allowance, Rate, Rates};
use zeroize::Zeroizing;

use super::fault::Fault;
use crate::audit::Event;
use crate::context::Context;
use crate::error::Failure;
use crate::passwords::Passwords;
use crate::platform::{Ambient, Platform};
use crate::principal::{API_KEY, Principal, Principals, Unproved};

/// How often one credential may be used: "60 a minute per token".
const RATE: Rate = Rate { calls: 60, window: Seconds(60) };

/// Knows users by what they present.
#[derive(Clone)]
pub(super) struct Users {
    ambient: Ambient,
    principals: Principals,
    passwords: Passwords,
    rates: Rates,
}

/// A user that has proved who they are, or a client that acts for one.
pub(super) struct User {
    pub principal: Principal,
}

impl Users {
    pub(super) fn new(platform: &Platform) -> Self {
        Self {
            ambient: platform.ambient.clone(),
            principals: Principals::new(platform),
            passwords: Passwords::new(platform),
            rates: platform.store.rates.clone(),
        }
    }

    /// Authenticates whoever sent the headers, and counts it.
    ///
    /// A password is counted under its name before it is looked at, so that guessing is slow and costs no hash. Whatever else is
    /// presented is counted once it is known to be somebody's: garbage writes nothing.
    pub(super) async fn authenticate(&self, headers: &HeaderMap, context: &Context) -> Result<User, Fault> {
        if !headers.contains_key(AUTHORIZATION) && !headers.contains_key(API_KEY) {
            return Err(Fault::Guest);
        }
        // An API key goes before the other header, as it does wherever users call.
        let password = if headers.contains_key(API_KEY) { None } else { basic(headers)? };
        let principal = match password {
            Some(_) if is_browsers(headers) => {
                return Err(Fault::WrongPassword("password in a browser's header"));
            }
            Some(credentials) => self.by_password(&credentials).await?,
            None => {
                let proved = self.principals.prove(headers, context).await.map_err(unproved);
                let principal = proved?;
                self.count(&principal.credential).await?;
                principal
            }
        };
        tracing::Span::current().record("user.id", tracing::field::display(principal.user.id));
        Ok(User { principal })
    }

    async fn by_password(&self, credentials: &str) -> Result<Principal, Fault> {
        let (name, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        // What can't be anybody's name is not counted: there is nothing to guess.
        if let Ok(name) = Username::parse(name) {
            self.count(&format!("login#{name}")).await?;
        }
        let proved = match self.passwords.prove(name, password).await? {
            Ok(proved) => proved,
            Err(wrong) => {
                Event::SignInRefused { user: wrong.user, reason: wrong.reason }.record();
                return Err(Fault::WrongPassword(wrong.reason));
            }
        };
        let credential = format!("login#{}", proved.user.username);
        let principal = self.principals.in_person(Some(proved.user), None, credential).await?;
        Ok(Principal { auth_time: Some(self.ambient.now()), ..principal })
    }

    async fn count(&self, credential: &str) -> Result<(), Fault> {
        let now = self.ambient.now();
        match self.rates.count(credential, RATE, now).await? {
            Allowance::Allowed => Ok(()),
            Allowance::Exhausted(until) => Err(Fault::TooOften(until.until(now))),
        }
    }
}

/// Whether a browser sent it. A browser that knows a password for the header adds it to whatever any page sends here, so that it says nothing
/// about what its user wants.
pub(super) fn is_browsers(headers: &HeaderMap) -> bool {
    headers.contains_key("sec-fetch-site") || headers.contains_key(ORIGIN)
}

/// A name and a password (RFC 7617), if that is what is presented.
fn basic(headers: &HeaderMap) -> Result<Option<Zeroizing<String>>, Fault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (values.next(), values.next()) else { return Ok(None) };
    let Some((scheme, credentials)) = only.to_str().unwrap_or_default().split_once(' ') else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let unreadable = Fault::WrongPassword("Authorization header is not readable Basic");
    decoded.map(|decoded| Some(Zeroizing::new(decoded))).ok_or(unreadable)
}

fn unproved(unproved: Unproved) -> Fault {
    match unproved {
        Unproved::Expired => Fault::Expired,
        Unproved::Failed(Failure::Refused(refusal)) => Fault::InvalidToken(refusal),
        Unproved::Failed(failure) => Fault::Failed(failure),
    }
}

impl User {
    /// Whether what was presented is for this: a scope in Kustvakt's words, or `all`.
    pub(super) fn may(&self, scope: &'static str) -> Result<(), Fault> {
        if self.has(scope) { Ok(()) } else { Err(Fault::ScopeMissing(scope)) }
    }

    /// Whoever is there in person may do whatever they may.
    fn has(&self, wanted: &str) -> bool {
        let delegate = self.principal.delegate.as_ref();
        delegate.is_none_or(|delegate| delegate.client.covers(&delegate.scope, wanted))
    }

    /// Whether this is an administrator, and what was presented is for administering: a token is, by its scope, unless it was got with an
    /// API key that isn't.
    pub(super) fn administers(&self) -> bool {
        let Principal { user, limit, delegate, permissions, .. } = &self.principal;
        match delegate {
            None => permissions.has(permission::ADMINISTER),
            Some(_) => {
                let confined =
                    limit.as_ref().is_some_and(|limit| !limit.iter().any(FunctionName::is_administrator));
                user.is_administrator() && !confined && self.has(kustvakt::ADMIN)
            }
        }
    }

    /// Whether this user may manage `client`: as its owner, or as an administrator.
    pub(super) fn manages(&self, client: &Client) -> bool {
        client.is_owned_by(self.principal.user.id) || self.administers()
    }

    /// The same, or else a refusal.
    pub(super) fn must_manage(&self, client: &Client) -> Result<(), Fault> {
        if self.manages(client) { Ok(()) } else { Err(self.not_theirs()) }
    }

    /// Takes nobody but administrators.
    pub(super) fn must_administer(&self) -> Result<(), Fault> {
        if self.administers() { Ok(()) } else { Err(self.not_theirs()) }
    }

    fn not_theirs(&self) -> Fault {
        Fault::NotOwner(self.principal.user.username.clone())
    }

    /// Who this is, for what is remembered of a change.
    pub(super) fn author(&self) -> Author {
        Author { id: self.principal.user.id, username: self.principal.user.username.clone() }
    }
}
