//! The Runtime API as a function sees it: where it asks for events and leaves answers
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
//!
//! One for each process, since on Lambda each sandbox has one of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The Runtime API of one function.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    said: mpsc::UnboundedReceiver<Said>,
    /// Who waits for the next event.
    waiting: Option<oneshot::Sender<Invocation>>,
    count: u64,
    serving: JoinHandle<()>,
}

/// What a function says to the Runtime API, and when.
#[derive(Debug)]
enum Said {
    Next(Instant, oneshot::Sender<Invocation>),
    Response(Instant, String, String),
    Error(String),
}

/// An event on its way.
#[derive(Debug)]
struct Invocation {
    id: String,
    event: String,
}

/// A function's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// When it had arrived as a whole.
    pub at: Instant,
    /// What it says; null where it is no JSON.
    pub body: Value,
}

impl RuntimeApi {
    /// Listens on a loopback port of its own.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (say, said) = mpsc::unbounded_channel();
        let serving = tokio::spawn(async move {
            // It ends when it is aborted.
            let _ = axum::serve(listener, routes(say)).await;
        });
        Ok(Self { address, said, waiting: None, count: 0, serving })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` is to be.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the function asks for its next event, and says when it did.
    ///
    /// # Errors
    /// What the function did instead.
    pub async fn ready(&mut self) -> Result<Instant, String> {
        match self.said.recv().await {
            Some(Said::Next(at, waiting)) => {
                self.waiting = Some(waiting);
                Ok(at)
            }
            other => Err(unexpected(other)),
        }
    }

    /// Hands an event to a function that is [`Self::ready`], and waits for its answer.
    ///
    /// # Errors
    /// What the function did instead.
    pub async fn call(&mut self, event: &Value) -> Result<Answer, String> {
        self.count += 1;
        let id = format!("00000000-0000-0000-0000-{:012}", self.count);
        let waiting = self.waiting.take().ok_or("did not ask for an event")?;
        let invocation = Invocation { id: id.clone(), event: event.to_string() };
        waiting.send(invocation).map_err(|_| "did not wait for its event")?;
        match self.said.recv().await {
            Some(Said::Response(at, answered, body)) if answered == id => {
                Ok(Answer { at, body: serde_json::from_str(&body).unwrap_or_default() })
            }
            other => Err(unexpected(other)),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn unexpected(said: Option<Said>) -> String {
    match said {
        Some(Said::Next(..)) => "asked for an event before it had answered the last".to_owned(),
        Some(Said::Response(_, id, _)) => format!("answered the event {id}, which it did not have"),
        Some(Said::Error(error)) => format!("reported an error: {error}"),
        None => "can't be heard any more".to_owned(),
    }
}

fn routes(say: mpsc::UnboundedSender<Said>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(error))
        .with_state(say)
}

#[expect(clippy::disallowed_methods, reason = "to take the time is what this is for")]
fn now() -> Instant {
    Instant::now()
}

/// Answers when there is an event, however long that takes.
async fn next(State(say): State<mpsc::UnboundedSender<Said>>) -> Response {
    let (waiting, invoked) = oneshot::channel();
    say.send(Said::Next(now(), waiting)).ok();
    let Ok(Invocation { id, event }) = invoked.await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        // Milliseconds since 1970: the year 2100, so that no function gives up.
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:gatelet".to_owned(),
        ),
        ("lambda-runtime-trace-id", "Root=1-67345abc-0123456789abcdef01234567;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(
    State(say): State<mpsc::UnboundedSender<Said>>,
    Path(id): Path<String>,
    body: String,
) -> StatusCode {
    say.send(Said::Response(now(), id, body)).ok();
    StatusCode::ACCEPTED
}

/// For one event, or for the function as a whole.
async fn error(State(say): State<mpsc::UnboundedSender<Said>>, body: String) -> StatusCode {
    say.send(Said::Error(body)).ok();
    StatusCode::ACCEPTED
}
