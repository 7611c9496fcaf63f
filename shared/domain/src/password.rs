//! Passwords that people choose, kept as Argon2id in PHC string form (RFC 9106; OWASP's parameters).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use crate::entropy::Entropy;

/// The shortest password that may be chosen, in characters.
///
/// "Verifiers and CSPs SHALL require passwords that are used as a single-factor authentication mechanism to be a minimum of 15
/// characters in length." (NIST SP 800-63B-4 section 3.1.1.2)
pub const SHORTEST: usize = 15;

/// The longest password accepted, in bytes; hashing costs the same for all that are shorter.
pub const LONGEST: usize = 1024;

/// Why a password may not be chosen. The text is for whoever chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer characters than [`SHORTEST`].
    #[error("it has {0} characters, and at least {SHORTEST} are required")]
    TooShort(usize),
    /// More bytes than [`LONGEST`].
    #[error("it has {0} bytes, and at most {LONGEST} are accepted")]
    TooLong(usize),
    /// A character that can't be typed into a sign-in form.
    #[error("it has a control character, which nobody can type when signing in")]
    Untypable,
    /// The same over and over: as long as it looks, and as short to guess.
    #[error("it is one part over and over")]
    Repetitive,
}

/// Judges a password that somebody is about to choose. Which characters it is made of is the chooser's business: "Verifiers and CSPs
/// SHALL NOT impose other composition rules" (ibid.).
///
/// # Errors
/// See [`Weakness`].
pub fn judge(password: &str) -> Result<(), Weakness> {
    let characters = password.chars().collect::<Vec<_>>();
    if characters.len() < SHORTEST {
        return Err(Weakness::TooShort(characters.len()));
    }
    if password.len() > LONGEST {
        return Err(Weakness::TooLong(password.len()));
    }
    if password.chars().any(char::is_control) {
        return Err(Weakness::Untypable);
    }
    let repeats = |part: usize| characters.iter().zip(characters.iter().skip(part)).all(|(a, b)| a == b);
    if (1..=characters.len() / 2).any(repeats) {
        return Err(Weakness::Repetitive);
    }
    Ok(())
}

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// An Argon2id PHC string.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

/// What comes of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or a hash that can't be read.
    Wrong,
    /// The password.
    Right,
    /// The password, hashed with parameters that are no longer ours: hash it anew.
    RightButDated,
}

impl PasswordHash {
    /// Hashes a password with a fresh salt. Takes 19 MiB and some tens of milliseconds.
    ///
    /// # Errors
    /// For a password longer than [`LONGEST`] bytes.
    pub fn new(password: &str, entropy: &dyn Entropy) -> Result<Self, PasswordError> {
        if password.len() > LONGEST {
            return Err(PasswordError);
        }
        let salt: [u8; 16] = entropy.bytes();
        let hash =
            argon2id()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| PasswordError)?;
        Ok(Self(hash.to_string()))
    }

    /// A hash that no password fits, for names that nobody has: refusing them then takes as long as refusing a wrong password.
    #[must_use]
    pub fn of_nobody() -> Self {
        const SALT_AND_HASH: &str = "R2F0ZWxldE5vYm9keSE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        Self(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${SALT_AND_HASH}"))
    }

    /// Compares a password with this hash.
    #[must_use]
    pub fn verify(&self, password: &str) -> Verdict {
        let Ok(hash) = phc::PasswordHash::new(&self.0) else { return Verdict::Wrong };
        if password.len() > LONGEST || !fits(password, &hash).unwrap_or(false) {
            return Verdict::Wrong;
        }
        let ours = hash.algorithm == Algorithm::Argon2id.ident()
            && Params::try_from(&hash).is_ok_and(|params| {
                (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
            });
        if ours { Verdict::Right } else { Verdict::RightButDated }
    }
}

/// The hash is for storage, not for showing.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A password that was right a moment ago, to be known again without hashing it: an HMAC of it under a random key of its own, neither of
/// which leaves the process.
pub struct KnownPassword {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl KnownPassword {
    /// Remembers a password that was compared with its hash.
    #[must_use]
    pub fn new(password: &str, entropy: &dyn Entropy) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &entropy.bytes::<32>());
        let tag = hmac::sign(&key, password.as_bytes());
        Self { key, tag }
    }

    /// Whether it is this password. Compares in constant time.
    #[must_use]
    pub fn is(&self, password: &str) -> bool {
        hmac::verify(&self.key, password.as_bytes(), self.tag.as_ref()).is_ok()
    }
}

impl fmt::Debug for KnownPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A password that can't be hashed: too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password is too long")]
pub struct PasswordError;

/// The memory that passwords are compared in: what one comparison gave back serves the next. To allocate it each time, aligned as it must
/// be, leaves gaps that Lambda's C library does not fill again, and a sandbox of `login` grew to 240 MiB.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Whether the hash, whatever its parameters, is this password's.
fn fits(password: &str, hash: &phc::PasswordHash) -> Result<bool, argon2::password_hash::Error> {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let params = Params::try_from(hash)?;
    let blocks = params.block_count();
    // Whoever comes at the same time finds none, and brings its own.
    let mut memory = std::mem::take(&mut *MEMORY.lock().unwrap_or_else(PoisonError::into_inner));
    memory.resize(blocks, Block::new());
    let mut computed = vec![0; expected.len()];
    let argon2 = Argon2::new(algorithm, version, params);
    let done = argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut computed, &mut memory);
    // What older and larger parameters took is not kept.
    if blocks <= MEMORY_KIB as usize {
        *MEMORY.lock().unwrap_or_else(PoisonError::into_inner) = memory;
    }
    done?;
    // `Output` compares in constant time.
    Ok(phc::Output::new(&computed)? == *expected)
}

fn argon2id() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{KnownPassword, LONGEST, PasswordHash, Verdict, Weakness, judge};
    use crate::entropy::SystemEntropy;

    #[test]
    fn tells_right_from_wrong() {
        let hash = PasswordHash::new("correct horse", &SystemEntropy).unwrap();
        assert_eq!(hash.verify("correct horse"), Verdict::Right);
        assert_eq!(hash.verify("correct horsf"), Verdict::Wrong);
        assert_eq!(hash.verify(&"x".repeat(LONGEST + 1)), Verdict::Wrong);
        assert_eq!(format!("{hash:?}"), "[redacted]");
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
    }

    #[test]
    fn a_password_is_long_and_not_one_part_over_and_over() {
        for good in
            ["correct horse battery", "fifteen of them", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9} fifteen"]
        {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
        for (weak, weakness) in [
            ("", Weakness::TooShort(0)),
            ("fourteen chars", Weakness::TooShort(14)),
            // Characters, not bytes.
            ("\u{1f512}\u{1f513}\u{1f511}\u{1f510}", Weakness::TooShort(4)),
            (&"long ago ".repeat(LONGEST), Weakness::TooLong(9 * LONGEST)),
            ("aaaaaaaaaaaaaaaa", Weakness::Repetitive),
            ("adminadminadmin", Weakness::Repetitive),
            ("passwordpassword", Weakness::Repetitive),
            ("a tab\tis not typed", Weakness::Untypable),
        ] {
            assert_eq!(judge(weak), Err(weakness), "{weak}");
        }
    }

    #[test]
    fn what_a_comparison_leaves_in_memory_does_not_matter() {
        let (one, other) = ("correct horse", "battery staple");
        let [first, second] =
            [one, other].map(|password| PasswordHash::new(password, &SystemEntropy).unwrap());
        for _ in 0..2 {
            assert_eq!((first.verify(one), first.verify(other)), (Verdict::Right, Verdict::Wrong));
            assert_eq!((second.verify(other), second.verify(one)), (Verdict::Right, Verdict::Wrong));
        }
    }

    #[test]
    fn several_are_compared_at_once() {
        let hash = PasswordHash::new("correct horse", &SystemEntropy).unwrap();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| hash.verify("correct horse"))).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Verdict::Right);
            }
        });
    }

    #[test]
    fn asks_for_a_new_hash_when_parameters_changed() {
        // "password" by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e`
        let dated = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert_eq!(PasswordHash(dated.into()).verify("password"), Verdict::RightButDated);
        assert_eq!(PasswordHash(dated.into()).verify("passwore"), Verdict::Wrong);
    }

    #[test]
    fn a_password_is_known_again() {
        let known = KnownPassword::new("correct horse", &SystemEntropy);
        assert!(known.is("correct horse"));
        for other in ["", "correct hors", "correct horsf", "correct horse ", "Correct horse"] {
            assert!(!known.is(other), "{other}");
        }
        assert_eq!(format!("{known:?}"), "[redacted]");
    }

    #[test]
    fn nobody_has_a_password() {
        for password in ["", "password", "nobody"] {
            assert_eq!(PasswordHash::of_nobody().verify(password), Verdict::Wrong);
        }
    }

    #[test]
    fn an_unreadable_hash_fits_nothing() {
        assert_eq!(PasswordHash("plain".into()).verify("plain"), Verdict::Wrong);
    }
}
