//! The service's own keys as they are kept: public parts in the open, private parts wrapped (RFC 7517).

use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::time::UnixTime;

/// A signing key whose private part only the key-wrapping service can open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The `kid`: the key's SHA-256 thumbprint (RFC 7638).
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// The public JWK, as JSON.
    pub public: String,
    /// The private part, wrapped.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it signs; published before.
    pub usable_from: UnixTime,
    /// When it is no longer published; none while it is the newest.
    pub retires_at: Option<UnixTime>,
}

/// The key under which state travels through browsers, wrapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedSealingKey {
    /// Its name.
    pub id: String,
    /// The key, wrapped.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: UnixTime,
}
