//! What a check finds.

use serde::Serialize;

/// What one check finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// What was seen, in words.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// It works, and may cost something one day.
    Warning,
    /// It does not work, or soon won't.
    Problem,
    /// Nobody knows.
    NotChecked,
}

impl Status {
    /// The status in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::NotChecked => "not checked",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, says: says.into(), remedy: None }
    }

    pub(super) fn warning(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Warning, says: says.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn problem(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Problem, says: says.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn not_checked(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, status: Status::NotChecked, says: says.into(), remedy: None }
    }
}
