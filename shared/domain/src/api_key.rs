//! API keys: what a user's scripts present instead of a password.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use oauth::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

use crate::address::is_inside;
use crate::entropy::Entropy;
use crate::function::FunctionName;
use crate::id::UserId;
use crate::secret::{ApiKeySecret, Digest};
use crate::time::UnixTime;

mod terms;

pub use terms::{Holder, Limits, Terms, lifetime};

/// The most API keys that a user may have at a time.
pub const MOST: usize = 50;

/// The most characters of a prefix.
const LONGEST: usize = 32;

/// What an API key is known by where its secret must not be shown: `[a-z0-9]+/[a-z0-9]+`, as `1ab/2c`. Unique among a user's keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiKeyPrefix(String);

impl ApiKeyPrefix {
    /// A prefix nobody has yet, as far as chance can tell.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let digit = |byte: &u8| DIGITS.get(usize::from(byte % 32)).copied().map(char::from);
        let digits = entropy.bytes::<10>();
        let (first, second) = digits.split_at(6);
        let text = |bytes: &[u8]| bytes.iter().filter_map(digit).collect::<String>();
        Self(format!("{}/{}", text(first), text(second)))
    }

    /// Reads a prefix.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let (first, second) = text.split_once('/')?;
        (text.len() <= LONGEST && part(first) && part(second)).then(|| Self(text.to_owned()))
    }

    /// The prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiKeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ApiKeyPrefix {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text).ok_or(Refusal::new(ErrorCode::InvalidRequest, "API key prefix malformed"))
    }
}

impl From<ApiKeyPrefix> for String {
    fn from(prefix: ApiKeyPrefix) -> Self {
        prefix.0
    }
}

/// A user's API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose it is.
    pub user: UserId,
    /// What it is known by.
    pub prefix: ApiKeyPrefix,
    /// Proves the key.
    pub secret: Digest<ApiKeySecret>,
    /// What it is for.
    pub description: String,
    /// Where it may be used from; anywhere if there is none.
    pub addresses: Vec<IpNet>,
    /// The functions it may draw on, where those are fewer than the user's.
    pub functions: Option<BTreeSet<FunctionName>>,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends; never, if there is none.
    pub expires_at: Option<UnixTime>,
}

/// Why an API key is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyRefusal {
    /// Another secret.
    Wrong,
    /// Too late.
    Expired,
    /// From outside its addresses.
    Elsewhere,
}

impl ApiKey {
    /// Whether it may be used with this secret, now, from this address.
    ///
    /// # Errors
    /// See [`ApiKeyRefusal`].
    pub fn approve(
        &self,
        secret: &Digest<ApiKeySecret>,
        from: Option<IpAddr>,
        now: UnixTime,
    ) -> Result<(), ApiKeyRefusal> {
        if self.secret != *secret {
            return Err(ApiKeyRefusal::Wrong);
        }
        if self.expires_at.is_some_and(|end| end.is_past(now)) {
            return Err(ApiKeyRefusal::Expired);
        }
        let inside = self.addresses.is_empty() || from.is_some_and(|from| is_inside(from, &self.addresses));
        inside.then_some(()).ok_or(ApiKeyRefusal::Elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, ApiKeyPrefix, ApiKeyRefusal};
    use crate::entropy::{Entropy, SystemEntropy};
    use crate::id::UserId;
    use crate::secret::ApiKeySecret;
    use crate::time::UnixTime;
    use crate::token::Token;

    #[test]
    fn what_a_prefix_is() {
        let made = ApiKeyPrefix::generate(&SystemEntropy);
        assert_eq!(ApiKeyPrefix::parse(made.as_str()), Some(made));
        assert!(ApiKeyPrefix::parse("1ab/2c").is_some());
        for text in
            ["", "1ab", "/2c", "1ab/", "1AB/2c", "1ab/2c/3", "1a b/2", &format!("a/{}", "b".repeat(32))]
        {
            assert!(ApiKeyPrefix::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_is_good_for_a_time_and_a_place() {
        let user = UserId::generate(&SystemEntropy as &dyn Entropy);
        let secret = Token::<ApiKeySecret>::generate(user, &SystemEntropy);
        let key = ApiKey {
            user,
            prefix: ApiKeyPrefix::parse("1ab/2c").unwrap(),
            secret: secret.digest(),
            description: String::new(),
            addresses: vec!["192.0.2.0/24".parse().unwrap()],
            functions: None,
            created_at: UnixTime(10),
            expires_at: Some(UnixTime(20)),
        };
        let (inside, outside) = (Some([192, 0, 2, 1].into()), Some([198, 51, 100, 1].into()));
        let other = Token::<ApiKeySecret>::generate(user, &SystemEntropy);
        assert_eq!(key.approve(&secret.digest(), inside, UnixTime(19)), Ok(()));
        assert_eq!(key.approve(&secret.digest(), inside, UnixTime(20)), Err(ApiKeyRefusal::Expired));
        assert_eq!(key.approve(&secret.digest(), outside, UnixTime(19)), Err(ApiKeyRefusal::Elsewhere));
        assert_eq!(key.approve(&secret.digest(), None, UnixTime(19)), Err(ApiKeyRefusal::Elsewhere));
        assert_eq!(key.approve(&other.digest(), inside, UnixTime(19)), Err(ApiKeyRefusal::Wrong));
        let anywhere = ApiKey { addresses: vec![], expires_at: None, ..key };
        assert_eq!(anywhere.approve(&secret.digest(), None, UnixTime(u64::MAX)), Ok(()));
    }
}
