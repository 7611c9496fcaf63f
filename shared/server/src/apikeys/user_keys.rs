//! Keys that sign a user's JWTs, as they are sent and shown.

use domain::fields::{FieldError, Fields};
use domain::user_key::{KeyId, PublicKey, UserKey};
use domain::{UnixTime, UserId};
use jose::public_key::{from_jwk, from_text, thumbprint};
use serde::Serialize;
use serde_json::{Map, Value};

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 1000;

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

/// Reads a key that is to be registered: `publicKey`, a JSON Web Key or PEM; `id`, which is the key's thumbprint (RFC 7638) where it is not
/// given; and `description`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(object: &Map<String, Value>, user: UserId, now: UnixTime) -> Result<UserKey, Vec<FieldError>> {
    let mut fields = Fields::new(object);
    fields.require("publicKey");
    let public = match fields.value("publicKey") {
        Some(Value::Object(jwk)) => Some(from_jwk(jwk)),
        Some(Value::String(text)) => Some(from_text(text)),
        Some(_) => Some(Err(jose::PublicKeyError::Malformed)),
        None => None,
    };
    let public = match public {
        Some(Err(error)) => {
            fields.refuse("publicKey", error.words());
            None
        }
        Some(Ok(key)) => Some(key),
        None => None,
    };
    let id = fields.parsed("id", "must be 1 to 64 letters, digits and _ . -", KeyId::parse);
    let description = fields.parsed("description", "must be at most 1000 characters", |text| {
        (text.chars().count() <= LONGEST_DESCRIPTION && !text.chars().any(char::is_control))
            .then(|| text.to_owned())
    });
    let key = public.and_then(|public| {
        let id = id.or_else(|| thumbprint(&public))?;
        Some(UserKey { user, id, public, description, created_at: now })
    });
    fields.finish(key)
}
