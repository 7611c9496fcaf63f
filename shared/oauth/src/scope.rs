//! Scopes, compared by whole token (RFC 6749 section 3.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, Refusal};

/// The scope that makes a request an OpenID Connect one.
pub const OPENID: &str = "openid";
/// The scope that lets a grant outlive the session it was made in (OpenID Connect Core section 11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Kustvakt's scopes for the services that manage a user's clients, grants and plugins.
pub mod kustvakt {
    /// Every one of them.
    pub const ALL: &str = "all";
    /// Administering the service.
    pub const ADMIN: &str = "admin";
    /// Authorizing other clients.
    pub const AUTHORIZE: &str = "authorize";
    /// Registering clients.
    pub const REGISTER_CLIENT: &str = "register_client";
    /// Looking at a client.
    pub const CLIENT_INFO: &str = "client_info";
    /// Listing clients and plugins.
    pub const LIST_USER_CLIENT: &str = "list_user_client";
    /// Replacing a client's secret.
    pub const RESET_CLIENT_SECRET: &str = "reset_client_secret";
    /// Removing a client.
    pub const DEREGISTER_CLIENT: &str = "deregister_client";
    /// Installing plugins.
    pub const INSTALL_USER_CLIENT: &str = "install_user_client";
    /// Removing installed plugins.
    pub const UNINSTALL_USER_CLIENT: &str = "uninstall_user_client";

    /// Those of super clients alone: each of them would let any other client give itself what its user never granted it.
    pub const PRIVILEGED: [&str; 3] = [ALL, ADMIN, AUTHORIZE];
}

/// The longest scope accepted, in bytes.
const LONGEST: usize = 1024;

/// A set of scope tokens; its text form is sorted, so that equal scopes read the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Reads a space-separated list.
    ///
    /// # Errors
    /// `invalid_scope` for a character outside the RFC's set, or for more than 1 KiB.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::new(ErrorCode::InvalidScope, "scope too long"));
        }
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        tokens
            .map(|token| {
                // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
                let allowed = token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
                allowed
                    .then(|| token.to_owned())
                    .ok_or(Refusal::new(ErrorCode::InvalidScope, "scope malformed"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether this very token is in the set.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether every token of this scope is in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The tokens that are in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The tokens that are here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Whether there is no token at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{token}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Scope {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scope;

    #[test]
    fn compares_whole_tokens() {
        let granted = Scope::parse("search_all admin").unwrap();
        assert!(!granted.contains("all"));
        assert!(!Scope::parse("search").unwrap().is_within(&granted));
        assert!(Scope::parse("admin").unwrap().is_within(&granted));
    }

    #[test]
    fn refuses_characters_outside_the_set() {
        for text in ["a\"b", "a\\b", "a\tb", "naïve"] {
            assert_eq!(Scope::parse(text).unwrap_err().reason, "scope malformed", "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_intersection_is_within_both(a in "[a-c ]{0,12}", b in "[a-c ]{0,12}") {
            let (a, b) = (Scope::parse(&a).unwrap(), Scope::parse(&b).unwrap());
            let both = a.intersection(&b);
            prop_assert!(both.is_within(&a) && both.is_within(&b));
        }

        #[test]
        fn text_and_back(text in "[a-e: ]{0,20}") {
            let scope = Scope::parse(&text).unwrap();
            prop_assert_eq!(Scope::parse(&scope.to_string()).unwrap(), scope);
        }
    }
}
