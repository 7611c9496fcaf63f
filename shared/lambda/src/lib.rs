//! Runs an endpoint as an AWS Lambda function behind an API Gateway HTTP API (payload format 2.0), and a task as one that a schedule calls.
//!
//! Connecting happens in the init phase, which Lambda gives more processor than it bills for: the first call finds everything open.

use std::sync::Arc;

use lambda_http::{lambda_runtime, service_fn};
use server::{Endpoint, StartupError, Task};

mod aws;
pub mod event;
pub mod log;
mod metrics;
mod platform;
pub mod task;

pub use domain::configuration::{self, Configuration, ConfigurationError, OwnKeys};
pub use event::Function;
use jose::Purpose;
pub use lambda_http::Context;
pub use lambda_http::lambda_runtime::LambdaEvent;
pub use lambda_http::request::LambdaRequest;

/// Why a function can't start. It ends up in the function's log, as the last line before Lambda gives up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An environment variable is missing or malformed.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The endpoint or task could not connect to what it uses.
    #[error(transparent)]
    Startup(#[from] StartupError),
    /// The Runtime API broke off.
    #[error("the Lambda runtime broke off: {0}")]
    Runtime(lambda_runtime::Error),
}

/// Serves one endpoint until Lambda ends the sandbox.
///
/// # Errors
/// See [`Error`].
pub async fn serve<E: Endpoint>() -> Result<(), Error> {
    logged(E::NAME, async {
        let configuration = Configuration::read(own_keys(E::OPENS), &platform::variable)?;
        let platform = platform::connect(E::NAME, &configuration, const { platform::kms(E::OPENS) })?;
        let router = server::router::<E>(&platform).await?;
        lambda_runtime::run(Function::new(router)).await.map_err(Error::Runtime)
    })
    .await
}

/// Runs a task whenever Lambda is asked to, until it ends the sandbox.
///
/// # Errors
/// See [`Error`].
pub async fn serve_task<T: Task>() -> Result<(), Error> {
    logged(T::NAME, async {
        let configuration = Configuration::read(OwnKeys::Rotated, &platform::variable)?;
        let platform = platform::connect(T::NAME, &configuration, const { platform::kms(T::WRAPS) })?;
        let task = Arc::new(T::connect(&platform).await?);
        let answer = service_fn(move |event| Box::pin(task::answer(Arc::clone(&task), event)));
        lambda_runtime::run(answer).await.map_err(Error::Runtime)
    })
    .await
}

/// What an endpoint that opens keys for these purposes has to be told.
#[must_use]
pub const fn own_keys(opens: &[Purpose]) -> OwnKeys {
    if opens.is_empty() { OwnKeys::Untouched } else { OwnKeys::Opened }
}

async fn logged(
    function: &'static str,
    serving: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    log::begin(function, &platform::variable);
    let served = serving.await;
    if let Err(error) = &served {
        tracing::error!(reason = %error, "the function can't start");
    }
    served
}
