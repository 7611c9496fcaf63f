//! The platform of a deployed function: the system's clock and randomness, the real DynamoDB, and KMS for who uses keys.

use std::sync::Arc;

use aws_types::SdkConfig;
use domain::entropy::SystemEntropy;
use domain::time::SystemClock;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use kms::KmsKey;
use server::Platform;
use server::platform::Ambient;
use store::{Store, Table};
use zeroize::Zeroizing;

use crate::aws;
use crate::configuration::{Configuration, ConfigurationError};

/// An environment variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Connects the function called `name` to what the configuration names.
///
/// # Errors
/// [`ConfigurationError`] for a variable of Lambda's own that is missing.
pub(crate) fn connect(
    name: &str,
    configuration: &Configuration,
    kms: Option<Kms>,
) -> Result<Platform, ConfigurationError> {
    let shared = aws::configuration(name, &variable)?;
    let table = Table::connect(&shared, &configuration.table_name);
    let wrapping = match (kms, &configuration.wrapping_key) {
        (Some(connect), Some(key)) => connect(&shared, key),
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

/// Connects to the wrapping key with this ARN.
pub(crate) type Kms = fn(&SdkConfig, &str) -> Arc<dyn KeyWrapping>;

/// How a function that uses the service's own keys for these purposes connects to the wrapping key. Asked in a constant, the answer
/// keeps KMS out of a function that uses none.
pub(crate) const fn kms(purposes: &[Purpose]) -> Option<Kms> {
    if purposes.is_empty() { None } else { Some(|shared, key| Arc::new(KmsKey::connect(shared, key))) }
}

/// The wrapping key of a function that has none.
struct NoKey;

impl NoKey {
    fn refused<T>() -> BoxFuture<'static, Result<T, WrappingError>> {
        let cause = "this function uses none of the service's own keys".to_owned();
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
