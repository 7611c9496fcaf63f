//! What is sent to a service: who says they are whom in which headers, and a form, which may be none.

use axum::extract::{Extension, FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use oauth::Parameters;

use super::fault::Fault;
use crate::body::Form;
use crate::context::Context;
use crate::error::JsonError;

/// A request whose form is only looked at once it is known who sent it.
pub(super) struct Sent {
    pub headers: HeaderMap,
    pub context: Context,
    form: Result<Form, JsonError>,
}

impl Sent {
    /// The form.
    pub(super) fn form(self) -> Result<Parameters, Fault> {
        Ok(self.form?.parameters)
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = <Extension<Context> as FromRequestParts<S>>::Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let Extension(context) = Extension::from_request_parts(&mut parts, state).await?;
        let headers = parts.headers.clone();
        let form = Form::from_request(Request::from_parts(parts, body), state).await;
        Ok(Self { headers, context, form })
    }
}
