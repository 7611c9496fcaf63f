//! What can go wrong between the SDK and the database, made to go wrong: exactly where, exactly as often, without waiting.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Stands for whatever operation is called next.
pub const ANY: &str = "*";

/// One thing that goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call takes effect, and its answer is lost on the way back. The SDK will repeat it.
    AnswerLost,
    /// Nobody listens. The SDK will repeat the call.
    Unreachable,
    /// Too many requests; the call has no effect. The SDK will repeat it.
    Throttled,
    /// DynamoDB's own failure; the call has no effect. The SDK will repeat it.
    InternalError,
    /// No such permission; the call has no effect, and repeating it would not help.
    AccessDenied,
    /// A transaction is cancelled for a reason with this code, such as `TransactionConflict`; it has no effect.
    TransactionCancelled(&'static str),
    /// A batch comes back with its first item only, and everything else as unprocessed.
    LeftOver,
}

/// Faults that are yet to happen. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    armed: Arc<Mutex<Vec<Armed>>>,
    holds: Arc<Mutex<Vec<Hold>>>,
}

/// A call that is to be held up, and the ends of [`Held`]'s channels.
#[derive(Debug)]
struct Hold {
    operation: String,
    reached: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// A call that does not go on before it is told to: what happens in between happens between two calls of one request.
#[derive(Debug)]
pub struct Held {
    reached: oneshot::Receiver<()>,
    /// The call goes on when this goes.
    released: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the call is made. Never ends if it is not.
    pub async fn reached(&mut self) {
        // Whoever was to tell is gone only with the table.
        let _ = (&mut self.reached).await;
    }

    /// Lets the call go on.
    pub fn release(self) {
        drop(self.released);
    }
}

#[derive(Debug)]
struct Armed {
    operation: String,
    fault: Fault,
    /// How often it is yet to happen; without end where there is none.
    times: Option<usize>,
}

impl Faults {
    /// Lets `fault` happen to the next call of `operation`, such as `UpdateItem`, or [`ANY`].
    pub fn next(&self, operation: &str, fault: Fault) {
        self.times(1, operation, fault);
    }

    /// Lets `fault` happen to the next `times` calls of `operation`; the SDK's repetitions count.
    pub fn times(&self, times: usize, operation: &str, fault: Fault) {
        self.arm(operation, fault, Some(times));
    }

    /// Lets `fault` happen to every call of `operation` until [`Faults::clear`].
    pub fn always(&self, operation: &str, fault: Fault) {
        self.arm(operation, fault, None);
    }

    /// Holds up the next call of `operation` until it is released.
    #[must_use]
    pub fn hold(&self, operation: &str) -> Held {
        let ((told, reached), (released, hears)) = (oneshot::channel(), oneshot::channel());
        let hold = Hold { operation: operation.to_owned(), reached: told, released: hears };
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).push(hold);
        Held { reached, released }
    }

    /// Waits where the call is to be held up.
    pub(crate) async fn wait(&self, operation: &str) {
        let hold = {
            let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
            holds.iter().position(|hold| hold.operation == operation).map(|index| holds.remove(index))
        };
        if let Some(hold) = hold {
            // Nobody waits for it, or nobody holds it any more: it goes on.
            let _ = hold.reached.send(());
            let _ = hold.released.await;
        }
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        self.armed(Vec::clear);
    }

    /// How many faults have yet to happen, not counting those without end. A test that expects its fault to have happened says so.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.armed(|armed| armed.iter().filter_map(|armed| armed.times).sum())
    }

    /// What goes wrong with this call: the fault for its operation that was asked for first.
    pub(crate) fn strike(&self, operation: &str) -> Option<Fault> {
        self.armed(|armed| {
            let index = armed.iter().position(|a| a.operation == operation || a.operation == ANY)?;
            let struck = armed.get_mut(index)?;
            let fault = struck.fault;
            if let Some(times) = &mut struck.times {
                *times -= 1;
                if *times == 0 {
                    armed.remove(index);
                }
            }
            Some(fault)
        })
    }

    fn arm(&self, operation: &str, fault: Fault, times: Option<usize>) {
        if times != Some(0) {
            self.armed(|armed| armed.push(Armed { operation: operation.to_owned(), fault, times }));
        }
    }

    fn armed<T>(&self, change: impl FnOnce(&mut Vec<Armed>) -> T) -> T {
        change(&mut self.armed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Fault {
    /// What comes back instead of the database's answer, for a call that must not reach it.
    pub(crate) fn instead(self, asked: &Value) -> Option<Result<HttpResponse, ConnectorError>> {
        let (status, error) = match self {
            Self::AnswerLost | Self::LeftOver => return None,
            Self::Unreachable => {
                return Some(Err(ConnectorError::io("connection refused".into()).never_connected()));
            }
            Self::Throttled => (400, json!({"__type": kind("ProvisionedThroughputExceededException")})),
            Self::InternalError => (500, json!({"__type": kind("InternalServerError")})),
            Self::AccessDenied => (400, json!({"__type": kind("AccessDeniedException")})),
            Self::TransactionCancelled(code) => (400, cancellation(code, asked)),
        };
        Some(answer(status, &error))
    }
}

/// The name of an exception as DynamoDB writes it.
fn kind(exception: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{exception}")
}

/// A cancellation whose last action is at fault; "None" is what DynamoDB says of the others.
fn cancellation(code: &str, asked: &Value) -> Value {
    let actions = asked.get("TransactItems").and_then(Value::as_array).map_or(1, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); actions.saturating_sub(1)];
    reasons.push(json!({"Code": code}));
    json!({"__type": kind("TransactionCanceledException"), "CancellationReasons": reasons})
}

fn answer(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|cause| ConnectorError::user(cause.into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// The answer to a batch as it would be had DynamoDB stopped after the first item.
pub(crate) fn leave_over(asked: &Value, mut answered: Value) -> Value {
    let mut unprocessed = asked.get("RequestItems").cloned().unwrap_or_default();
    for (table, items) in answered.get_mut("Responses").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(items) = items.as_array_mut() else { continue };
        items.truncate(1);
        let Some(keys) = unprocessed.pointer_mut(&format!("/{table}/Keys")).and_then(Value::as_array_mut)
        else {
            continue;
        };
        // What came back is not asked for again.
        keys.retain(|key| !items.iter().any(|item| is_key_of(key, item)));
    }
    if let Some(tables) = unprocessed.as_object_mut() {
        tables.retain(|_, left| {
            left.get("Keys").and_then(Value::as_array).is_some_and(|keys| !keys.is_empty())
        });
    }
    if let Some(answered) = answered.as_object_mut() {
        answered.insert("UnprocessedKeys".to_owned(), unprocessed);
    }
    answered
}

fn is_key_of(key: &Value, item: &Value) -> bool {
    key.as_object().is_some_and(|key| key.iter().all(|(name, value)| item.get(name) == Some(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ANY, Fault, Faults, leave_over};

    #[test]
    fn faults_happen_to_their_operation_as_often_as_asked() {
        let faults = Faults::default();
        faults.times(2, "PutItem", Fault::Throttled);
        faults.next(ANY, Fault::InternalError);
        assert_eq!(faults.outstanding(), 3);
        assert_eq!(faults.strike("PutItem"), Some(Fault::Throttled));
        assert_eq!(faults.strike("GetItem"), Some(Fault::InternalError));
        assert_eq!(faults.strike("GetItem"), None);
        assert_eq!(faults.strike("PutItem"), Some(Fault::Throttled));
        assert_eq!((faults.strike("PutItem"), faults.outstanding()), (None, 0));
    }

    #[test]
    fn faults_without_end_last_until_cleared() {
        let faults = Faults::default();
        faults.always("Query", Fault::AccessDenied);
        assert_eq!(faults.strike("Query"), faults.strike("Query"));
        faults.clear();
        assert_eq!(faults.strike("Query"), None);
    }

    #[test]
    fn what_came_back_is_not_left_over() {
        let (one, two) = (json!({"pk": {"S": "1"}}), json!({"pk": {"S": "2"}}));
        let asked = json!({"RequestItems": {"t": {"Keys": [one, two], "ConsistentRead": true}}});
        let answered = leave_over(&asked, json!({"Responses": {"t": [two, one]}}));
        assert_eq!(answered["Responses"]["t"], json!([two]));
        assert_eq!(answered["UnprocessedKeys"]["t"], json!({"Keys": [one], "ConsistentRead": true}));
        let asked = json!({"RequestItems": {"t": {"Keys": [two]}}});
        let answered = leave_over(&asked, json!({"Responses": {"t": [two]}}));
        assert_eq!(answered["UnprocessedKeys"], json!({}));
    }
}
