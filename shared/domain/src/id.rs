//! Identifiers. A user's is a version 8 UUID and a client's a version 4 one, so that no `sub` can ever mean both.

use std::fmt;

use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid, Version};

use crate::entropy::Entropy;

/// Declares an identifier: random bits under a fixed UUID version.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $version:expr, $build:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Uuid", into = "Uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// A new one.
            #[must_use]
            pub fn generate(entropy: &dyn Entropy) -> Self {
                Self($build(entropy.bytes()).into_uuid())
            }

            /// Reads the hyphenated form, in lower case.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let id = Self::try_from(Uuid::try_parse(text).ok()?).ok()?;
                (id.to_string() == text).then_some(id)
            }

            /// The sixteen bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = Refusal;
            fn try_from(uuid: Uuid) -> Result<Self, Refusal> {
                let wrong = Refusal::new(ErrorCode::InvalidRequest, concat!("not a ", stringify!($name)));
                (uuid.get_version() == Some($version)).then_some(Self(uuid)).ok_or(wrong)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

id! {
    /// A user: the `sub` of every token about that person.
    UserId, Version::Custom, Builder::from_custom_bytes
}
id! {
    /// A client: its `client_id`.
    ClientId, Version::Random, Builder::from_random_bytes
}
id! {
    /// A grant: unique together with its owner.
    GrantId, Version::Random, Builder::from_random_bytes
}
id! {
    /// A user's session in a browser.
    SessionId, Version::Random, Builder::from_random_bytes
}

/// The number of something in the directory, as Argus's clients know it: positive, and at most 2^53 - 1, which JSON readers keep exact
/// (RFC 8259 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(u64);

impl Number {
    /// The most there can be.
    const MOST: u64 = (1 << 53) - 1;

    /// A number nobody has yet, as far as chance can tell.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::cut(u64::from_be_bytes(entropy.bytes()), Self::MOST)
    }

    /// A number for what is few, and known by 31 bits.
    #[must_use]
    pub fn generate_small(entropy: &dyn Entropy) -> Self {
        Self::cut(u64::from_be_bytes(entropy.bytes()), (1 << 31) - 1)
    }

    /// The small numbers are left for what is always there.
    const fn cut(bits: u64, most: u64) -> Self {
        let number = bits & most;
        Self(if number < 1000 { number + 1000 } else { number })
    }

    /// The number of something that is always there.
    #[must_use]
    pub const fn fixed(number: u64) -> Self {
        Self(number)
    }

    /// Reads a number; text that is anything else is a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|&number| digits && number > 0 && number <= Self::MOST).map(Self)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl UserId {
    /// The number that Argus's clients know the user under: the last 53 bits.
    #[must_use]
    pub fn number(&self) -> Number {
        let (_, low) = self.0.as_u64_pair();
        Number(low & Number::MOST)
    }
}

/// Whose a grant is: the user who gave it, or the client that holds it for itself (RFC 6749 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A user.
    User(UserId),
    /// A client.
    Client(ClientId),
}

impl Owner {
    /// Reads sixteen bytes: the UUID's version tells which kind it is.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let uuid = Uuid::from_bytes(bytes);
        let user = UserId::try_from(uuid).map(Self::User);
        user.or_else(|_| ClientId::try_from(uuid).map(Self::Client)).ok()
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::User(id) => id.as_bytes(),
            Self::Client(id) => id.as_bytes(),
        }
    }

    /// The user, where it is one.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(*id),
            Self::Client(_) => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Client(id) => id.fmt(f),
        }
    }
}

/// The request that is being answered: what a write remembers to know its own success again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// Takes the platform's request id, or one made for the purpose.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// A new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Builder::from_random_bytes(entropy.bytes()).into_uuid().to_string())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClientId, Entropy, Owner, UserId};

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    proptest! {
        #[test]
        fn s33_a_subject_is_a_user_or_a_client_never_both(seed: u8) {
            let (user, client) = (UserId::generate(&Fixed(seed)), ClientId::generate(&Fixed(seed)));
            prop_assert!(ClientId::parse(&user.to_string()).is_none());
            prop_assert!(UserId::parse(&client.to_string()).is_none());
            prop_assert_eq!(Owner::from_bytes(*user.as_bytes()), Some(Owner::User(user)));
            prop_assert_eq!(Owner::from_bytes(*client.as_bytes()), Some(Owner::Client(client)));
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let id = ClientId::generate(&Fixed(0xab)).to_string();
        assert!(ClientId::parse(&id).is_some());
        assert!(ClientId::parse(&id.to_uppercase()).is_none());
        assert!(ClientId::parse(&id.replace('-', "")).is_none());
        assert!(ClientId::parse("").is_none());
    }
}
