//! Why the local stack can't start: one line for each, which says what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use server::StartupError;
use store::StoreError;
use testkit::embedded::EmbeddedError;
use testkit::template::TemplateError;

/// Anything that keeps the stack from running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A variable's value is none that it may have.
    #[error("{name}={value}: expected {expected}")]
    Variable { name: &'static str, value: String, expected: String },
    /// Somebody else listens there.
    #[error("{address} is taken: stop what listens there, or choose another port with {variable}=")]
    Taken { address: SocketAddr, variable: &'static str },
    /// The address can't be listened on for another reason.
    #[error("can't listen on {address} ({variable}=): {cause}")]
    Listen { address: SocketAddr, variable: &'static str, cause: io::Error },
    /// A file or folder can't be used.
    #[error("can't {doing} {}: {cause} (DATA= names another folder)", path.display())]
    File { doing: &'static str, path: PathBuf, cause: io::Error },
    /// Another process works in the folder.
    #[error("{} is in use by another gatelet-dev: stop that one, or choose another folder with DATA=", .0.display())]
    Locked(PathBuf),
    /// A file of ours is not what we wrote.
    #[error("{} {problem}", path.display())]
    Malformed { path: PathBuf, problem: &'static str },
    /// The table's keys were made with another wrapping key.
    #[error(
        "{} is not the key that the keys in table {table} were wrapped with: put the right one there, or delete the table's data",
        wrapping.display()
    )]
    WrappingKey { wrapping: PathBuf, table: String },
    /// Another DynamoDB was named, and does not do what is asked of it.
    #[error("DYNAMODB_ENDPOINT={endpoint} is of no use; does a DynamoDB answer there? {cause}")]
    Elsewhere { endpoint: String, cause: StoreError },
    /// The embedded DynamoDB does not open or does not listen.
    #[error("the embedded DynamoDB does not start: {0}")]
    Embedded(#[from] EmbeddedError),
    /// The functions' policies are not understood.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The table does not do what is asked of it.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// An endpoint does not start.
    #[error("{0}")]
    Startup(#[from] StartupError),
    /// The demo data can't be made.
    #[error("the demo data can't be made: {0}")]
    Demo(&'static str),
    /// Serving broke off.
    #[error("serving broke off: {0}")]
    Serve(io::Error),
}

impl Failure {
    /// 2 for what the caller got wrong, 1 for what went wrong here.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Variable { .. }) { 2 } else { 1 })
    }
}
