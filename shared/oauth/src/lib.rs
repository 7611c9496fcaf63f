//! The protocol's words: parameters, scopes, error codes, PKCE and redirect URIs.
//!
//! Nothing here reads a clock, waits or stores. Each module is one section of an RFC, and each type is a value that has passed that
//! section's rules: a [`redirect::RedirectUri`] that exists is one that may be registered.

pub mod client_authentication;
pub mod error;
pub mod json;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod redirect;
pub mod registration;
pub mod scope;
pub mod words;

pub use error::{ErrorCode, Refusal};
pub use parameters::Parameters;
pub use scope::Scope;
