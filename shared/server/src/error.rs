//! What went wrong, in the form of each channel: token errors as JSON, bearer errors in `WWW-Authenticate`, and pages for people.
//!
//! The caller learns the code and its fixed words. The log learns the reason, once, from the [`Reason`] that every refusing answer
//! carries along inside the process.

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jose::{KeyError, WrappingError};
use oauth::{ErrorCode, Refusal};
use serde::Serialize;
use store::StoreError;

/// Why a request was refused: for the log and for tests, attached to the answer but never sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(pub Cow<'static, str>);

/// Anything that keeps an endpoint from doing what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The request is refused.
    Refused(Refusal),
    /// The store did not answer, or not well.
    Store(StoreError),
    /// A key of the service's own can't be opened.
    Key(KeyError),
    /// Something of our own does not work.
    Broken(&'static str),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl Failure {
    /// What the caller is told.
    #[must_use]
    pub const fn public(&self) -> (ErrorCode, &'static str) {
        let code = match self {
            Self::Refused(refusal) => return (refusal.code, refusal.description),
            Self::Store(StoreError::Unavailable { .. })
            | Self::Key(KeyError::Wrapping(WrappingError::Unavailable { .. })) => {
                ErrorCode::TemporarilyUnavailable
            }
            Self::Store(_) | Self::Key(_) | Self::Broken(_) => ErrorCode::ServerError,
        };
        (code, code.description())
    }

    /// What the log is told.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason(match self {
            Self::Refused(refusal) => refusal.reason.into(),
            Self::Store(error) => error.to_string().into(),
            Self::Key(error) => error.to_string().into(),
            Self::Broken(what) => (*what).into(),
        })
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.public().0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Attaches the reason, and asks for patience where patience helps.
    pub(crate) fn attach(&self, mut response: Response) -> Response {
        response.extensions_mut().insert(self.reason());
        if self.public().0 == ErrorCode::TemporarilyUnavailable {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The JSON of RFC 6749 section 5.2, RFC 7591 section 3.2.2 and RFC 7009 section 2.2.1.
#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: &'static str,
}

/// An error answered as JSON.
#[derive(Debug)]
pub struct JsonError(pub Failure);

impl<F: Into<Failure>> From<F> for JsonError {
    fn from(failure: F) -> Self {
        Self(failure.into())
    }
}

impl IntoResponse for JsonError {
    fn into_response(self) -> Response {
        let (code, description) = self.0.public();
        let body = ErrorBody { error: code.as_str(), error_description: description };
        let mut response = (self.0.status(), Json(body)).into_response();
        // "the authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the "WWW-Authenticate"
        // response header field matching the authentication scheme used by the client." (RFC 6749 section 5.2)
        if code == ErrorCode::InvalidClient {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"gatelet\""));
        }
        self.0.attach(response)
    }
}

/// An error of a request that presents a bearer token (RFC 6750 section 3).
#[derive(Debug)]
pub enum BearerError {
    /// No token was presented: "the resource server SHOULD NOT include an error code or other error information." (section 3.1)
    Missing,
    /// Something else.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for BearerError {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl IntoResponse for BearerError {
    fn into_response(self) -> Response {
        let Self::Failed(failure) = self else {
            let challenge = (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"gatelet\""));
            let mut response = (StatusCode::UNAUTHORIZED, [challenge]).into_response();
            response.extensions_mut().insert(Reason("no bearer token".into()));
            return response;
        };
        let (code, description) = failure.public();
        let challenge =
            format!("Bearer realm=\"gatelet\", error=\"{code}\", error_description=\"{description}\"");
        let mut response = JsonError(failure).into_response();
        // The codes that a challenge may carry; every other is an error of the request or of ours, and says so in its body.
        let challenged = matches!(
            code,
            ErrorCode::InvalidRequest | ErrorCode::InvalidToken | ErrorCode::InsufficientScope
        );
        if let (true, Ok(challenge)) = (challenged, HeaderValue::from_str(&challenge)) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
