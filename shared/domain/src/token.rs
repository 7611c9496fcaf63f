//! The text of codes, tokens and cookies: a recognisable prefix, the keys of what they stand for, the secret and a checksum.
//!
//! A token carries its keys, so that whatever a request must look up follows from the request alone. The checksum is no protection:
//! it lets scanners find leaked tokens and lets garbage be refused without a read.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api_key::ApiKeyPrefix;
use crate::entropy::Entropy;
use crate::id::{ClientId, GrantId, Owner, SessionId, UserId};
use crate::secret::{
    AccessToken, ApiKeySecret, ClientSecret, Code, Digest, Kind, RefreshToken, RegistrationToken, Secret,
    SessionToken,
};

/// The longest text that can be a token, in bytes: a name, a slash, a prefix, 84 bytes in base64url.
const LONGEST: usize = 64 + 1 + 5 + 112;
const SECRET: usize = 32;
const CHECKSUM: usize = 4;

/// What a token of some kind leads to.
pub trait Keyed: Kind {
    /// The keys inside the token.
    type Keys: Keys;
}

/// Keys that fit into a token.
pub trait Keys: Copy + PartialEq + std::fmt::Debug {
    /// Appends the keys' bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the keys' bytes, all of them.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// The keys of a grant: its owner, the session that it depends on, and its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantKeys {
    /// The user who gave the grant, or the client that holds it for itself.
    pub owner: Owner,
    /// The session whose end is the grant's end; none for a client's own grant and for one that outlives its session.
    pub session: Option<SessionId>,
    /// The grant.
    pub grant: GrantId,
}

impl Keys for GrantKeys {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.owner.as_bytes());
        out.extend(self.grant.as_bytes());
        out.extend(self.session.iter().flat_map(|session| session.as_bytes()));
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (owner, rest) = bytes.split_first_chunk::<16>()?;
        let (grant, rest) = rest.split_first_chunk::<16>()?;
        let session = match rest {
            [] => None,
            rest => Some(SessionId::try_from(uuid::Uuid::from_slice(rest).ok()?).ok()?),
        };
        let grant = GrantId::try_from(uuid::Uuid::from_bytes(*grant)).ok()?;
        Some(Self { owner: Owner::from_bytes(*owner)?, session, grant })
    }
}

/// The keys of a session: its user and its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionKeys {
    /// Who is signed in.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
}

impl Keys for SessionKeys {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.user.as_bytes());
        out.extend(self.session.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (user, session) = bytes.split_first_chunk::<16>()?;
        let user = UserId::try_from(uuid::Uuid::from_bytes(*user)).ok()?;
        let session = SessionId::try_from(uuid::Uuid::from_slice(session).ok()?).ok()?;
        Some(Self { user, session })
    }
}

impl Keys for ClientId {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::try_from(uuid::Uuid::from_slice(bytes).ok()?).ok()
    }
}

impl Keys for UserId {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::try_from(uuid::Uuid::from_slice(bytes).ok()?).ok()
    }
}

impl Keys for () {
    fn write(&self, _: &mut Vec<u8>) {}

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

impl Keyed for Code {
    type Keys = GrantKeys;
}
impl Keyed for AccessToken {
    type Keys = GrantKeys;
}
impl Keyed for RefreshToken {
    type Keys = GrantKeys;
}
impl Keyed for SessionToken {
    type Keys = SessionKeys;
}
impl Keyed for RegistrationToken {
    type Keys = ClientId;
}
impl Keyed for ApiKeySecret {
    type Keys = UserId;
}
impl Keyed for ClientSecret {
    type Keys = ();
}

/// A secret and where it leads. Reading one proves nothing: only its digest in the table does.
#[derive(Debug)]
pub struct Token<K: Keyed> {
    /// Where it leads.
    pub keys: K::Keys,
    secret: Secret<K>,
}

impl<K: Keyed> Token<K> {
    /// A new one that leads to `keys`.
    #[must_use]
    pub fn generate(keys: K::Keys, entropy: &dyn Entropy) -> Self {
        Self { keys, secret: Secret::generate(entropy) }
    }

    /// The digest that storage holds, if this token is good.
    #[must_use]
    pub fn digest(&self) -> Digest<K> {
        self.secret.digest(&self.key_bytes())
    }

    fn key_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(84);
        self.keys.write(&mut bytes);
        bytes
    }

    fn payload(&self, label: &str) -> String {
        let mut bytes = self.key_bytes();
        bytes.extend(self.secret.as_bytes());
        let sum = checksum::<K>(label, &bytes);
        bytes.extend(sum);
        format!("{}{}", K::PREFIX, URL_SAFE_NO_PAD.encode(bytes))
    }

    fn read(label: &str, text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(K::PREFIX)?).ok()?;
        let (rest, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
        if checksum::<K>(label, rest) != *sum {
            return None;
        }
        let (keys, secret) = rest.split_last_chunk::<SECRET>()?;
        Some(Self { keys: K::Keys::read(keys)?, secret: Secret::from_bytes(*secret) })
    }
}

impl Token<RefreshToken> {
    /// The tokens that follow this one: `HMAC(presented, salt ‖ keys ‖ kind)`.
    ///
    /// Whoever presents the same refresh token beside the same stored salt derives the same successors, so parallel refreshes need
    /// no lock. A stolen token without the salt yields nothing, and neither does a stolen table without the token.
    #[must_use]
    pub fn successors(&self, salt: &[u8; 16]) -> (Token<AccessToken>, Self) {
        let (keys, bytes) = (self.keys, self.key_bytes());
        (
            Token { keys, secret: self.secret.derive(salt, &bytes) },
            Self { keys, secret: self.secret.derive(salt, &bytes) },
        )
    }
}

/// Declares the kinds whose text has nothing before the prefix.
macro_rules! plain_text {
    ($($kind:ty),+) => {
        $(impl Token<$kind> {
            /// The text that is handed out, once.
            #[must_use]
            pub fn to_text(&self) -> String {
                self.payload("")
            }

            /// Reads what was presented; `None` for anything that can't ever have been handed out.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::read("", text)
            }
        })+
    };
}

plain_text!(Code, RefreshToken, SessionToken, RegistrationToken, ClientSecret);

impl Token<AccessToken> {
    /// The text that is handed out, once: `username/opaque`, as Argus clients expect; a client's own token has its id in front.
    #[must_use]
    pub fn to_text(&self, label: &str) -> String {
        format!("{label}/{}", self.payload(label))
    }

    /// Reads what was presented; `None` for anything that can't ever have been handed out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (label, rest) = text.rsplit_once('/')?;
        Self::read(label, rest)
    }
}

impl Token<ApiKeySecret> {
    /// The text of an API key: its prefix, a slash, and the secret with the user's id (Argus: `my/api/key`).
    #[must_use]
    pub fn to_text(&self, prefix: &ApiKeyPrefix) -> String {
        format!("{prefix}/{}", self.payload(prefix.as_str()))
    }

    /// Reads an API key, and the prefix that it is known by.
    #[must_use]
    pub fn parse(text: &str) -> Option<(ApiKeyPrefix, Self)> {
        let (prefix, rest) = text.rsplit_once('/')?;
        Some((ApiKeyPrefix::parse(prefix)?, Self::read(prefix, rest)?))
    }
}

fn checksum<K: Kind>(label: &str, bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [b"checksum", K::PREFIX.as_bytes(), label.as_bytes(), bytes] {
        context.update(part);
    }
    let mut sum = [0; CHECKSUM];
    sum.iter_mut().zip(context.finish().as_ref()).for_each(|(byte, hash)| *byte = *hash);
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClientSecret, Code, GrantKeys, Keyed, RefreshToken, SessionKeys, SessionToken, Token};
    use crate::entropy::{Entropy, SystemEntropy};
    use crate::id::{ClientId, GrantId, Owner, SessionId, UserId};
    use crate::secret::AccessToken;

    fn keys(session: bool) -> GrantKeys {
        let entropy: &dyn Entropy = &SystemEntropy;
        let owner = if session {
            Owner::User(UserId::generate(entropy))
        } else {
            Owner::Client(ClientId::generate(entropy))
        };
        let session = session.then(|| SessionId::generate(entropy));
        GrantKeys { owner, session, grant: GrantId::generate(entropy) }
    }

    fn token<K: Keyed>(keys: K::Keys) -> Token<K> {
        Token::generate(keys, &SystemEntropy)
    }

    #[test]
    fn text_and_back() {
        for session in [true, false] {
            let code = token::<Code>(keys(session));
            let read = Token::<Code>::parse(&code.to_text()).unwrap();
            assert_eq!((read.keys, read.digest()), (code.keys, code.digest()));

            let access = token::<AccessToken>(keys(session));
            let text = access.to_text("demo.user");
            let read = Token::<AccessToken>::parse(&text).unwrap();
            assert_eq!((read.keys, read.digest()), (access.keys, access.digest()));
            assert!(text.starts_with("demo.user/gtla_"), "{text}");
        }
        let keys = SessionKeys {
            user: UserId::generate(&SystemEntropy),
            session: SessionId::generate(&SystemEntropy),
        };
        let cookie = token::<SessionToken>(keys);
        assert_eq!(Token::<SessionToken>::parse(&cookie.to_text()).unwrap().keys, keys);
        let secret = token::<ClientSecret>(());
        assert_eq!(Token::<ClientSecret>::parse(&secret.to_text()).unwrap().digest(), secret.digest());
    }

    #[test]
    fn one_kind_is_not_read_as_another() {
        let code = token::<Code>(keys(true)).to_text();
        assert!(Token::<RefreshToken>::parse(&code).is_none());
        assert!(Token::<RefreshToken>::parse(&code.replace("gtlc_", "gtlr_")).is_none());
    }

    #[test]
    fn another_name_in_front_is_refused() {
        let text = token::<AccessToken>(keys(true)).to_text("alice");
        assert!(Token::<AccessToken>::parse(&text.replace("alice", "admin")).is_none());
    }

    #[test]
    fn successors_follow_from_token_and_salt_together() {
        let presented = token::<RefreshToken>(keys(true));
        let (access, refresh) = presented.successors(&[1; 16]);
        let (again, _) = presented.successors(&[1; 16]);
        assert_eq!((access.digest(), access.keys), (again.digest(), presented.keys));
        assert_ne!(access.digest().as_bytes(), refresh.digest().as_bytes());
        assert_ne!(presented.successors(&[2; 16]).1.digest(), refresh.digest());
        let other = token::<RefreshToken>(presented.keys);
        assert_ne!(other.successors(&[1; 16]).1.digest(), refresh.digest());
    }

    #[test]
    fn a_token_cannot_shed_its_session() {
        let mut code = token::<Code>(keys(true));
        let digest = code.digest();
        code.keys.session = None;
        let shed = Token::<Code>::parse(&code.to_text()).unwrap();
        assert_ne!(shed.digest(), digest);
    }

    proptest! {
        #[test]
        fn s43_any_changed_character_is_garbage(index in 0usize..110, to in "[A-Za-z0-9_-]") {
            let text = token::<Code>(keys(true)).to_text();
            let mut changed = text.clone();
            let index = index.min(text.len() - 1);
            changed.replace_range(index..=index, &to);
            prop_assert!(changed == text || Token::<Code>::parse(&changed).is_none());
        }

        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = Token::<Code>::parse(&text);
            let _ = Token::<AccessToken>::parse(&text);
            let _ = Token::<Code>::parse(&format!("gtlc_{text}"));
        }
    }
}
