//! Runs an endpoint as an AWS Lambda function behind an API Gateway HTTP API (payload format 2.0).
//!
//! Connecting happens in the init phase, which Lambda gives more processor than it bills for: the first call finds everything open.

use lambda_http::lambda_runtime;
use server::{Endpoint, Platform, StartupError};

pub mod configuration;
pub mod event;
pub mod log;
mod metrics;
mod platform;

pub use configuration::{Configuration, ConfigurationError};
pub use event::Function;
pub use lambda_http::Context;
pub use lambda_http::lambda_runtime::LambdaEvent;
pub use lambda_http::request::LambdaRequest;

/// Why a function can't start. It ends up in the function's log, as the last line before Lambda gives up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An environment variable is missing or malformed.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The endpoint could not connect to what it uses.
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
    log::begin(E::NAME, &platform::variable);
    let served = start::<E>().await;
    if let Err(error) = &served {
        tracing::error!(reason = %error, "the function can't start");
    }
    served
}

async fn start<E: Endpoint>() -> Result<(), Error> {
    let configuration = Configuration::read(&platform::variable)?;
    let platform: Platform = platform::connect(&configuration).await?;
    let router = server::router::<E>(&platform).await?;
    lambda_runtime::run(Function::new(router)).await.map_err(Error::Runtime)
}
