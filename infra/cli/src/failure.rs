//! Why a command was not done, and what to do about it.

use std::process::ExitCode;

use serde::Serialize;
use store::StoreError;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line, or what was read in its place.
    #[error("{0}")]
    Usage(String),
    /// A rule forbids it.
    #[error("{because}")]
    Refused {
        /// The rule.
        because: String,
        /// What to do instead.
        remedy: Option<String>,
    },
    /// There is no such table.
    #[error("there is no {place}")]
    NoTable {
        /// The table and where it was looked for.
        place: String,
    },
    /// The table can't be used.
    #[error("{place} can't be used: {cause}")]
    Store {
        /// The table and where it is.
        place: String,
        /// Why.
        cause: StoreError,
    },
    /// The table may have done it, and did not say so.
    #[error("{place} did not say whether it was done: {cause}")]
    Uncertain {
        /// The table and where it is.
        place: String,
        /// What it said.
        cause: StoreError,
    },
    /// Something here does not work.
    #[error("{0}")]
    Broken(String),
}

/// A failure as JSON.
#[derive(Serialize)]
pub(crate) struct Shown {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Failure {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<String> {
        match self {
            Self::Usage(_) => Some("gatelet --help".to_owned()),
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::NoTable { .. } | Self::Store { .. } => {
                Some("gatelet doctor tells what is wrong, with the same options".to_owned())
            }
            Self::Uncertain { .. } => Some("run it again: what was done is not done twice".to_owned()),
            Self::Broken(_) => None,
        }
    }

    /// 1 where it was refused, 2 for the command line, 3 where AWS is out of reach or refuses.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused { .. } | Self::Broken(_) => 1,
            Self::Usage(_) => 2,
            Self::NoTable { .. } | Self::Store { .. } | Self::Uncertain { .. } => 3,
        })
    }
}

impl From<&Failure> for Shown {
    fn from(failure: &Failure) -> Self {
        Self { error: failure.to_string(), remedy: failure.remedy() }
    }
}
