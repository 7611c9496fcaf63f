//! Runs an endpoint as an AWS Lambda function behind an API Gateway HTTP API (payload format 2.0).
//!
//! Connecting happens in the init phase, which Lambda gives more processor than it bills for: the first call finds everything open.

use lambda_http::lambda_runtime;
use server::{Endpoint, StartupError};

mod aws;
pub mod event;
mod platform;

pub use domain::configuration::{self, Configuration, ConfigurationError};
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
    lambda_runtime::tracing::init_default_subscriber();
    let served = start::<E>().await;
    if let Err(error) = &served {
        tracing::error!(reason = %error, "the function can't start");
    }
    served
}

async fn start<E: Endpoint>() -> Result<(), Error> {
    let configuration = Configuration::read(!E::OPENS.is_empty(), &platform::variable)?;
    let platform = platform::connect::<E>(&configuration)?;
    let router = server::router::<E>(&platform).await?;
    lambda_runtime::run(Function::new(router)).await.map_err(Error::Runtime)
}
