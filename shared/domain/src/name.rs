//! The names of the directory: of functions, permissions, customers, domains and clients.
//!
//! All are 1 to 64 of the characters `A-Z a-z 0-9 _ : . -`, compared with case, and each is a type of its own. What Argus knows by a
//! number as well has no name of digits alone, so that a reference is either.

use std::fmt;

use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

/// The most characters of a name.
pub const LONGEST: usize = 64;

/// Whether `text` has as many characters as a name may have, and no others than a name may have.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed)
}

/// Whether `text` would be read as a number.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` would be read as a client's id.
fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, not $other:path;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(try_from = "String", into = "String")]
            pub struct $name(String);

            impl $name {
                /// Reads a name.
                ///
                /// # Errors
                /// `invalid_request` where it is empty, longer than 64 characters, has others than a name may have, or would be taken
                /// for an id.
                pub fn parse(text: &str) -> Result<Self, Refusal> {
                    if !is_name(text) || $other(text) {
                        return Err(Refusal::new(ErrorCode::InvalidRequest, "name malformed"));
                    }
                    Ok(Self(text.to_owned()))
                }

                /// The name.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl TryFrom<String> for $name {
                type Error = Refusal;
                fn try_from(text: String) -> Result<Self, Refusal> {
                    Self::parse(&text)
                }
            }

            impl From<$name> for String {
                fn from(name: $name) -> Self {
                    name.0
                }
            }
        )+
    };
}

names! {
    /// The name of a function.
    FunctionName, not is_number;
    /// The name of a permission: what a function consists of, and what an API asks for.
    Permission, not is_number;
    /// A customer's short name.
    CustomerName, not is_number;
    /// The name of a domain.
    DomainName, not is_number;
    /// A client's short name (Argus's `shortName`), which is as good as its id.
    ClientName, not is_id;
}

#[cfg(test)]
mod tests {
    use super::{ClientName, CustomerName, FunctionName};

    #[test]
    fn what_a_name_is() {
        for name in ["myAccessFunction", "DATASTORE-VIEWER", "a", &"x".repeat(64), "a:b_c.d-1"] {
            assert_eq!(FunctionName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "two words", "a/b", "é", "a#b", &"x".repeat(65)] {
            assert!(FunctionName::parse(name).is_err(), "{name}");
            assert!(ClientName::parse(name).is_err(), "{name}");
        }
        assert_ne!(CustomerName::parse("Mine").unwrap(), CustomerName::parse("mine").unwrap());
    }

    #[test]
    fn a_name_is_not_taken_for_an_id() {
        assert!(CustomerName::parse("1234").is_err());
        assert!(ClientName::parse("1234").is_ok());
        for id in ["021269c5-04c3-4399-a206-32659c489803", "021269C504C34399A20632659C489803"] {
            assert!(ClientName::parse(id).is_err(), "{id}");
        }
    }
}
