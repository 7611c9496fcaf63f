//! Customers, and the domains that they are in.

use crate::id::Number;
pub use crate::name::{CustomerName, DomainName};

/// The domain that is always there, and that everything is in which names no other.
pub const DEFAULT_DOMAIN: &str = "DEFAULT";

/// A realm of customers, users and clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its number, of at most 31 bits.
    pub id: Number,
    /// Its name.
    pub name: DomainName,
}

impl Domain {
    /// [`DEFAULT_DOMAIN`], which is in no table.
    #[must_use]
    pub fn default_one() -> Self {
        Self { id: Number::fixed(1), name: DomainName::default() }
    }
}

impl Default for DomainName {
    /// [`DEFAULT_DOMAIN`].
    #[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
    fn default() -> Self {
        Self::parse(DEFAULT_DOMAIN).expect("a name")
    }
}

/// Somebody that users work for, and clients are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its number.
    pub id: Number,
    /// Its short name, which never changes.
    pub short_name: CustomerName,
    /// Its name, as shown to people.
    pub name: String,
    /// The domain it is in.
    pub domain: DomainName,
    /// Counts changes, so that two at once can't undo each other.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::Domain;

    #[test]
    fn the_default_domain_has_a_name() {
        assert_eq!(Domain::default_one().name.as_str(), "DEFAULT");
    }
}
