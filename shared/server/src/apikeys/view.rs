//! Argus's answers about API keys.

use domain::shown::ApiKey;
use serde::Serialize;

/// `APIKeyUserInfoResponse`.
#[derive(Debug, Serialize)]
pub(crate) struct KeyList {
    pub keys: Vec<ApiKey>,
}

/// `APIKeyUserInitializationResponse`: the only answer that holds a key itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    pub api_key_string: String,
    pub key_descriptor: ApiKey,
}

/// `APIKeyUserRenewalResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Renewed {
    pub renewed_key: ApiKey,
}
