//! What can go wrong between here and DynamoDB.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A call that did not succeed for a reason of the store's own.
///
/// The text is for the log; it names tables and operations, never values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, contended, or out of reach: the same request may succeed shortly.
    #[error("{operation}: DynamoDB is unavailable: {cause}")]
    Unavailable {
        /// The DynamoDB operation.
        operation: &'static str,
        /// What the SDK says.
        cause: String,
    },
    /// Refused for good: no table, no permission, a malformed call.
    #[error("{operation}: DynamoDB refused: {cause}")]
    Refused {
        /// The DynamoDB operation.
        operation: &'static str,
        /// What the SDK says.
        cause: String,
    },
    /// An item that is not what the schema says.
    #[error("{entity} item is not what the schema says: {cause}")]
    Corrupt {
        /// What the item should have been.
        entity: &'static str,
        /// What does not fit.
        cause: String,
    },
}

/// The error codes that pass by themselves.
const PASSING: [&str; 8] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl StoreError {
    pub(crate) fn from_sdk<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("unknown");
                let status = service.raw().status().as_u16();
                let cause = format!("{code} ({status}): {}", service.err().message().unwrap_or("no message"));
                if PASSING.contains(&code) || status >= 500 {
                    Self::Unavailable { operation, cause }
                } else {
                    Self::Refused { operation, cause }
                }
            }
            SdkError::ConstructionFailure(_) => Self::Refused { operation, cause: chain(error) },
            _ => Self::Unavailable { operation, cause: chain(error) },
        }
    }

    pub(crate) fn corrupt(entity: &'static str) -> impl FnOnce(serde_dynamo::Error) -> Self {
        move |error| Self::Corrupt { entity, cause: error.to_string() }
    }
}

/// The SDK's message ends before the cause begins.
fn chain<E>(error: &SdkError<E>) -> String {
    let mut text = error.to_string();
    let mut cause = match error {
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map(|e| e as &dyn std::error::Error)
        }
        _ => None,
    };
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
