//! Users: who they are, and whether they may act.

use std::fmt;

use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

use crate::client::SecurityLevel;
use crate::function::{FunctionName, Granted};
use crate::id::UserId;
use crate::name::{CustomerName, DomainName};
use crate::password::PasswordHash;
use crate::time::UnixTime;

/// A name to sign in with: 1 to 64 of the characters that a bearer token may have, without the slash that ends it there.
///
/// Compared without case: it is kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Reads a name.
    ///
    /// # Errors
    /// `invalid_request` where it is empty, longer than 64 characters, or has others than `A-Z a-z 0-9 . _ ~ + -`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'+' | b'-');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "username malformed"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

/// A person (or a script's own account) that may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The subject of every token about this user.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// Whether the account is in use at all.
    pub enabled: bool,
    /// Whether the account is shut for now.
    pub blocked: bool,
    /// What may be told about the user.
    pub profile: Profile,
    /// The functions granted to the user.
    pub functions: Granted,
    /// How much the user's sessions are trusted with.
    pub security_level: SecurityLevel,
    /// The domain the user is in.
    pub domain: DomainName,
    /// The customer the user works for.
    pub customer: Option<CustomerName>,
    /// Counts changes, so that two at once can't undo each other.
    pub version: u64,
    /// When the user last changed.
    pub updated_at: UnixTime,
}

impl User {
    /// A user of whom nothing is known but the name, and who may do nothing but sign in.
    #[must_use]
    pub fn new(id: UserId, username: Username, now: UnixTime) -> Self {
        Self {
            id,
            username,
            enabled: true,
            blocked: false,
            profile: Profile::default(),
            functions: Granted::default(),
            security_level: SecurityLevel::Standard,
            domain: DomainName::default(),
            customer: None,
            version: 1,
            updated_at: now,
        }
    }

    /// Whether this user may sign in, and whether what was granted in the user's name still counts.
    #[must_use]
    pub const fn may_act(&self) -> bool {
        self.enabled && !self.blocked
    }

    /// Whether this user administers the service.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        let administers = self.functions.globally.iter().any(FunctionName::is_administrator);
        administers && self.security_level == SecurityLevel::Administrative
    }
}

/// Claims about a user (OpenID Connect Core section 5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Full name, as shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address was proved to be the user's.
    pub email_verified: bool,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Names of the groups that the user is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// What signing in needs, kept apart from the user so that nothing else can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The name to sign in with.
    pub username: Username,
    /// Whose name it is.
    pub user: UserId,
    /// The password's hash.
    pub password: PasswordHash,
}
