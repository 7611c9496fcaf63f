//! Functions: named roles, granted to users.
//!
//! A function is known by its name alone so far, and one name means something: whoever holds [`ADMINISTRATOR`] administers the service.

use std::fmt;

use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

/// The function of those who administer the service.
pub const ADMINISTRATOR: &str = "administrator";

/// The name of a function: 1 to 64 of the characters `A-Z a-z 0-9 _ : . -`. Compared with case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName(String);

impl FunctionName {
    /// Reads a name.
    ///
    /// # Errors
    /// `invalid_request` where it is empty, longer than 64 characters, or has others than a name may have.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "function name malformed"));
        }
        Ok(Self(text.to_owned()))
    }

    /// [`ADMINISTRATOR`].
    #[must_use]
    pub fn administrator() -> Self {
        Self(ADMINISTRATOR.to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FunctionName {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::{ADMINISTRATOR, FunctionName};

    #[test]
    fn what_a_name_is() {
        for name in ["myAccessFunction", "DATASTORE-VIEWER", "a", &"x".repeat(64), ADMINISTRATOR] {
            assert_eq!(FunctionName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "two words", "a/b", "é", &"x".repeat(65)] {
            assert!(FunctionName::parse(name).is_err(), "{name}");
        }
        assert_ne!(FunctionName::parse("Administrator").unwrap(), FunctionName::administrator());
    }
}
