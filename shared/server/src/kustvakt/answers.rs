//! The two shapes of Kustvakt's errors: OAuth's services tell a code and a description, the others a list of numbers and messages. Whoever
//! brings a token that is no good is told in both, since the clients of either read it.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use oauth::ErrorCode;
use serde::Serialize;

use super::fault::{Coded, Fault};
use crate::error::Reason;

/// A fault of one of OAuth's services.
pub(crate) struct OAuthFault {
    fault: Fault,
    /// The `state` of the request, where it had one.
    state: Option<String>,
}

/// A fault of any other service.
pub(super) struct CodedFault(Fault);

impl<F: Into<Fault>> From<F> for OAuthFault {
    fn from(fault: F) -> Self {
        Self { fault: fault.into(), state: None }
    }
}

impl<F: Into<Fault>> From<F> for CodedFault {
    fn from(fault: F) -> Self {
        Self(fault.into())
    }
}

impl OAuthFault {
    /// The same, with the request's `state`.
    pub(super) fn with_state(self, state: Option<&str>) -> Self {
        Self { state: state.map(str::to_owned), ..self }
    }
}

#[derive(Default, Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<(u16, String, String)>,
}

impl Body {
    fn of_oauth((code, description): (ErrorCode, String)) -> Self {
        Self { error: Some(code.as_str()), error_description: Some(description), ..Self::default() }
    }

    fn of_coded(coded: Coded) -> Self {
        Self { errors: vec![(coded.number, coded.message, coded.entity)], ..Self::default() }
    }
}

impl IntoResponse for OAuthFault {
    fn into_response(self) -> Response {
        let Self { fault, state } = self;
        let (code, description) = fault.oauth();
        let status = status(code);
        let coded = fault.coded();
        let (status, body) = match (&fault, coded) {
            (Fault::Guest | Fault::WrongPassword(_) | Fault::NotOwner(_), Some(coded)) => {
                (coded.status, Body::of_coded(coded))
            }
            (Fault::Expired | Fault::InvalidToken(_), Some(coded)) => {
                let errors = Body::of_coded(coded).errors;
                (status, Body { errors, ..Body::of_oauth((code, description)) })
            }
            _ => (status, Body { state, ..Body::of_oauth((code, description)) }),
        };
        finish(&fault, status, body)
    }
}

impl IntoResponse for CodedFault {
    fn into_response(self) -> Response {
        let Self(fault) = self;
        let both = matches!(fault, Fault::Expired | Fault::InvalidToken(_));
        let (status, body) = match fault.coded() {
            Some(coded) => {
                let of_oauth = if both { Body::of_oauth(fault.oauth()) } else { Body::default() };
                (coded.status, Body { errors: Body::of_coded(coded).errors, ..of_oauth })
            }
            None => (status(fault.oauth().0), Body::of_oauth(fault.oauth())),
        };
        finish(&fault, status, body)
    }
}

/// The status of a code, as Kustvakt has it: another one than OAuth's where a client is not let in, or somebody says no.
const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::UnauthorizedClient => 401,
        ErrorCode::AccessDenied => 400,
        code => code.status(),
    }
}

fn finish(fault: &Fault, status: u16, body: Body) -> Response {
    let status = match fault {
        Fault::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"Kustvakt\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    let mut response = match fault {
        Fault::Failed(failure) | Fault::FrontEndUnproved(failure) => failure.attach(response),
        _ => response,
    };
    if let Fault::TooOften(wait) = fault {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.0));
    }
    response.extensions_mut().insert(Reason(fault.reason().into()));
    response
}

/// What is answered where there is nothing to tell.
pub(crate) fn success() -> Response {
    let text = (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    (StatusCode::OK, [text], "SUCCESS").into_response()
}
