//! Signing keys, signed tokens, sealed state: a thin façade over the JOSE library and aws-lc.
//!
//! A private key is stored only wrapped ([`wrapping`]) and opened where it is used ([`keys`], [`key_set`]), for as long as [`rotation`] has it. Time and randomness
//! are passed in; what a key is made of is drawn by aws-lc itself.

mod aead;
pub mod assertion;
pub mod key_set;
pub mod keys;
pub mod public_key;
pub mod rotation;
pub mod seal;
pub mod sign;
pub mod verify;
pub mod wrapping;

pub use assertion::{Assertion, AssertionError, UnverifiedAssertion};
pub use key_set::{PublicKeys, SigningKeys, WrappedKey};
pub use keys::{KeyError, SigningKey};
pub use public_key::PublicKeyError;
pub use rotation::{Occasion, Rotation, Step, Timed, Times};
pub use seal::{SealError, Sealer, WrappedSealingKey};
pub use sign::{IdToken, SigningError, at_hash};
pub use verify::{Expected, VerificationError, verify};
pub use wrapping::{KeyWrapping, LocalKey, Purpose, Wrapped, WrappingError};
