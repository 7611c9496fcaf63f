//! Keys that sign a user's JWTs, as they are sent and shown.

use domain::user_key::{KeyId, PublicKey, UserKey};
pub use jose::public_key::registered as read;
use serde::Serialize;

/// A key as it is shown: all of it, since it is public.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserKeyView {
    /// The `kid` in the header of what it signs.
    id: KeyId,
    algorithm: &'static str,
    /// The JSON Web Key.
    public_key: PublicKey,
    description: Option<String>,
    /// Milliseconds.
    created_timestamp: u64,
}

impl From<&UserKey> for UserKeyView {
    fn from(key: &UserKey) -> Self {
        Self {
            id: key.id.clone(),
            algorithm: key.public.algorithm().as_str(),
            public_key: key.public.clone(),
            description: key.description.clone(),
            created_timestamp: key.created_at.0.saturating_mul(1000),
        }
    }
}
