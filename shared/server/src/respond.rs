//! Answers that more than one endpoint gives: pages, redirects, cookies.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use oauth::ErrorCode;
use pages::{ErrorPage, Page};

use crate::context::Context;
use crate::error::Failure;
use crate::platform::Ambient;

/// A document for a person, under its own policy.
pub(crate) fn page(status: StatusCode, page: &impl Page) -> Response {
    let html = (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let mut response = (status, [html], page.render()).into_response();
    if let Ok(policy) = HeaderValue::from_str(&page.content_security_policy()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// "If a redirect is required, use […] the HTTP status code 303 (See Other)": never 307, which would have the browser post the
/// password again (RFC 9700 section 4.12).
pub(crate) fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Adds a `Set-Cookie` header.
pub(crate) fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A failure told to a person: the words are the code's, and the reference is what the log has it under.
pub(crate) fn error_page(failure: &Failure, ambient: &Ambient, context: &Context) -> Response {
    let (code, description) = failure.public();
    let heading = match code {
        ErrorCode::ServerError => "Something went wrong",
        ErrorCode::TemporarilyUnavailable => "We are busy just now",
        _ => "This request can\u{2019}t be answered",
    };
    let status = failure.status();
    let shown = ErrorPage {
        service: &ambient.settings.service_name,
        status: status.as_u16(),
        heading,
        explanation: description,
        request_id: context.request_id.as_str(),
    };
    failure.attach(page(status, &shown))
}
