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
    /// The command line leaves something open.
    #[error("{because}")]
    Open {
        /// What.
        because: String,
        /// How to say it.
        remedy: String,
    },
    /// Options that don't say what they should.
    #[error("{}", sentence(.wrong))]
    Options {
        /// Each of them.
        wrong: Vec<WrongOption>,
        /// Where it is told how they are written.
        help: String,
    },
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
        /// How to find out.
        remedy: String,
    },
    /// Something here does not work.
    #[error("{0}")]
    Broken(String),
}

/// An option that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WrongOption {
    /// The option.
    pub option: String,
    /// What is wrong with it.
    pub message: String,
}

/// In one line: what is shown to people has one for each.
fn sentence(wrong: &[WrongOption]) -> String {
    let told = wrong.iter().map(|wrong| format!("{} {}", wrong.option, wrong.message));
    told.collect::<Vec<_>>().join("; ")
}

/// A failure as JSON.
#[derive(Serialize)]
pub(crate) struct Shown {
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<WrongOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Failure {
    /// The command line leaves something open, and this is how to say it.
    pub(crate) fn open(because: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Open { because: because.into(), remedy: remedy.into() }
    }

    /// A rule forbids it, and there is nothing to add.
    pub(crate) fn refused(because: impl Into<String>) -> Self {
        Self::Refused { because: because.into(), remedy: None }
    }

    /// A rule forbids it, and this is what to do instead.
    pub(crate) fn refused_but(because: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused { because: because.into(), remedy: Some(remedy.into()) }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<String> {
        match self {
            Self::Usage(_) => Some("gatelet --help".to_owned()),
            Self::Options { help: remedy, .. } | Self::Open { remedy, .. } => Some(remedy.clone()),
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::NoTable { .. } | Self::Store { .. } => {
                Some("gatelet doctor tells what is wrong, with the same options".to_owned())
            }
            Self::Uncertain { remedy, .. } => Some(remedy.clone()),
            Self::Broken(_) => None,
        }
    }

    /// 1 where it was refused, 2 for the command line, 3 where AWS is out of reach or refuses.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused { .. } | Self::Broken(_) => 1,
            Self::Usage(_) | Self::Open { .. } | Self::Options { .. } => 2,
            Self::NoTable { .. } | Self::Store { .. } | Self::Uncertain { .. } => 3,
        })
    }
}

impl From<&Failure> for Shown {
    fn from(failure: &Failure) -> Self {
        let options = match failure {
            Failure::Options { wrong, .. } => wrong.clone(),
            _ => Vec::new(),
        };
        Self { error: failure.to_string(), options, remedy: failure.remedy() }
    }
}
