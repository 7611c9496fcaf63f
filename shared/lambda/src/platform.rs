//! The platform of a deployed function: the system's clock and randomness, the real DynamoDB, and KMS for who opens keys.

use std::sync::Arc;

use domain::entropy::SystemEntropy;
use domain::time::SystemClock;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use kms::KmsKey;
use server::platform::Ambient;
use server::{Endpoint, Platform};
use store::{Store, Table};
use zeroize::Zeroizing;

use crate::aws;
use crate::configuration::{Configuration, ConfigurationError};

/// An environment variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Connects an endpoint to what the configuration names.
pub(crate) fn connect<E: Endpoint>(configuration: &Configuration) -> Result<Platform, ConfigurationError> {
    let shared = aws::configuration(E::NAME, &variable)?;
    let table = Table::connect(&shared, &configuration.table_name);
    let wrapping: Arc<dyn KeyWrapping> = match &configuration.wrapping_key {
        // Settled when the function is compiled: one that opens nothing has no KMS in it.
        Some(key) if const { !E::OPENS.is_empty() } => Arc::new(KmsKey::connect(&shared, key)),
        _ => Arc::new(NoKey),
    };
    Ok(Platform {
        ambient: Ambient {
            settings: Arc::new(configuration.settings.clone()),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        },
        store: Store::new(&table),
        wrapping,
    })
}

/// The wrapping key of a function that has none.
struct NoKey;

impl NoKey {
    fn refused<T>() -> BoxFuture<'static, Result<T, WrappingError>> {
        let cause = "this function opens none of the service's own keys".to_owned();
        Box::pin(async { Err(WrappingError::Refused { cause }) })
    }
}

impl KeyWrapping for NoKey {
    fn wrap<'a>(&'a self, _: Purpose, _: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        Self::refused()
    }

    fn unwrap<'a>(
        &'a self,
        _: Purpose,
        _: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        Self::refused()
    }
}
