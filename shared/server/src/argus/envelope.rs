//! The envelope around every answer, good or bad.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::fields::FieldError;
use oauth::ErrorCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Failure, Reason};

/// An answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<T> {
    response_code: u16,
    /// The most that were asked for.
    limit: u64,
    /// How many were left out.
    offset: u64,
    /// How many there are.
    count: u64,
    /// How many of them came.
    size: u64,
    meta_data: Map<String, Value>,
    messages: Vec<Message>,
    data: T,
}

/// What is said beside the data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message: &'static str,
    message_template: &'static str,
    #[serde(rename = "type")]
    kind: Kind,
    field: Option<String>,
    parameter: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    FieldError,
    ActionError,
}

/// Which part of a list is wanted, or came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The most.
    pub limit: u64,
    /// How many to leave out.
    pub offset: u64,
}

impl<T: Serialize> Envelope<T> {
    fn new(status: StatusCode, data: T) -> Self {
        Self {
            response_code: status.as_u16(),
            limit: 0,
            offset: 0,
            count: 0,
            size: 0,
            meta_data: Map::new(),
            messages: Vec::new(),
            data,
        }
    }

    /// One thing, which is not counted: "If counting is not implemented (such as for single object endpoints), the value of count will
    /// be 0." (Argus's General Integration Guide)
    pub(crate) fn one(status: StatusCode, data: T) -> Self {
        Self::new(status, data)
    }

    fn answer(self) -> Response {
        let status = StatusCode::from_u16(self.response_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

impl<T: Serialize> Envelope<Vec<T>> {
    /// All that were dealt with.
    pub(crate) fn all(data: Vec<T>) -> Self {
        let size = data.len();
        Self::list(Page { limit: 0, offset: 0 }, size, data)
    }

    /// A part of what matches: `count` in all.
    pub(crate) fn list(page: Page, count: usize, data: Vec<T>) -> Self {
        let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let size = whole(data.len());
        Self {
            limit: page.limit,
            offset: page.offset,
            count: whole(count),
            size,
            ..Self::new(StatusCode::OK, data)
        }
    }
}

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        self.answer()
    }
}

/// Why something is not done.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// Members are wrong: 412.
    Fields(Vec<FieldError>),
    /// There is no such thing, or none that the caller may know of: 404.
    NotFound(&'static str),
    /// Anything else, under the status of its code.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Rejection {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<Vec<FieldError>> for Rejection {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Fields(errors)
    }
}

impl Rejection {
    /// One member is wrong.
    pub(crate) fn field(field: &str, message: &'static str) -> Self {
        Self::Fields(vec![FieldError { field: field.to_owned(), message }])
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let said = |kind, field, message| Message {
            message,
            message_template: message,
            kind,
            field,
            parameter: None,
        };
        let rejected =
            |status, messages| Envelope { messages, ..Envelope::new(status, Value::Null) }.answer();
        match self {
            Self::Fields(errors) => {
                let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
                let reason = Reason(format!("fields refused: {}", names.join(", ")).into());
                let messages = errors
                    .into_iter()
                    .map(|error| said(Kind::FieldError, Some(error.field), error.message))
                    .collect();
                let mut response = rejected(StatusCode::PRECONDITION_FAILED, messages);
                response.extensions_mut().insert(reason);
                response
            }
            Self::NotFound(reason) => {
                let message = said(Kind::ActionError, None, "The object was not found.");
                let mut response = rejected(StatusCode::NOT_FOUND, vec![message]);
                response.extensions_mut().insert(Reason(reason.into()));
                response
            }
            Self::Failed(failure) => {
                let (code, description) = failure.public();
                let message = match code {
                    ErrorCode::InvalidToken => "Authentication failed.",
                    ErrorCode::AccessDenied | ErrorCode::InsufficientScope => "Access denied.",
                    _ => description,
                };
                let response = rejected(failure.status(), vec![said(Kind::ActionError, None, message)]);
                failure.attach(response)
            }
        }
    }
}
