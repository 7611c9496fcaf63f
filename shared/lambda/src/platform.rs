//! The platform of a deployed function: the system's clock and randomness, the real DynamoDB.

use std::sync::Arc;

use domain::entropy::SystemEntropy;
use domain::time::SystemClock;
use jose::LocalKey;
use server::Platform;
use server::platform::Ambient;
use store::{Store, Table};

use crate::aws;
use crate::configuration::{Configuration, ConfigurationError, wrong};

/// An environment variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Connects to what the configuration names.
pub(crate) fn connect(configuration: &Configuration) -> Result<Platform, ConfigurationError> {
    let entropy = Arc::new(SystemEntropy);
    let key = std::fs::read(&configuration.wrapping_key_file);
    let key = key.map_err(|error| wrong("WRAPPING_KEY_FILE", format!("can't be read: {error}")))?;
    let key = <[u8; 32]>::try_from(key).map_err(|_| wrong("WRAPPING_KEY_FILE", "is not 32 bytes long"))?;
    let shared = aws::configuration(&variable)?;
    let table = Table::connect(&shared, &configuration.table_name);
    Ok(Platform {
        ambient: Ambient {
            settings: Arc::new(configuration.settings.clone()),
            clock: Arc::new(SystemClock),
            entropy: Arc::clone(&entropy) as _,
        },
        store: Store::new(&table),
        wrapping: Arc::new(LocalKey::from_bytes(key, entropy)),
    })
}
