//! From a schedule's event to a task's report.

use std::sync::Arc;

use lambda_http::lambda_runtime::{Diagnostic, LambdaEvent};
use serde::de::IgnoredAny;
use server::Task;
use tracing::Instrument as _;

use crate::log;

/// A task that failed. Lambda counts it as an error, and asks again.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed {
    /// Why: for the log, and for whoever may call the function.
    pub reason: String,
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        Self { error_type: "Failed".to_owned(), error_message: failed.reason }
    }
}

/// Runs the task, whatever the event says: that it came is all there is to it.
///
/// # Errors
/// [`Failed`].
pub async fn answer<T: Task>(task: Arc<T>, event: LambdaEvent<IgnoredAny>) -> Result<T::Report, Failed> {
    let span = log::call(&event.context, None);
    async {
        task.run().await.map_err(|failure| {
            let reason = failure.reason().0.into_owned();
            tracing::error!(reason, "the task failed");
            Failed { reason }
        })
    }
    .instrument(span)
    .await
}
