//! The bearer token of a request, from its header alone (RFC 6750 section 2.1).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use oauth::{ErrorCode, Refusal};

use crate::error::BearerError;

/// The token that the `Authorization` header presents.
///
/// A token in the query is ignored: "Clients MUST NOT pass access tokens in a URI query parameter" (RFC 9700 section 4.3.2).
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, BearerError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let header = values.next().ok_or(BearerError::Missing)?;
    let malformed = Refusal::new(ErrorCode::InvalidRequest, "Authorization header malformed");
    let text = header.to_str().map_err(|_| malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(BearerError::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BearerError::Missing);
    }
    if values.next().is_some() || token.trim().is_empty() {
        return Err(malformed.into());
    }
    Ok(token.trim())
}
