//! The error codes of every channel in one closed table (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 7591
//! section 3.2.2, OpenID Connect Core section 3.1.2.6).

use std::fmt;

/// An `error` value, with the status and the words that go with it.
///
/// The words are constants, so that nothing a request holds can reach an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// The client did not authenticate.
    InvalidClient,
    /// The code or refresh token is not good, or not good for this request.
    InvalidGrant,
    /// This client may not use this grant or response type.
    UnauthorizedClient,
    /// A grant type that is not served.
    UnsupportedGrantType,
    /// A response type that is not served.
    UnsupportedResponseType,
    /// A scope that is unknown or not this client's.
    InvalidScope,
    /// The user said no.
    AccessDenied,
    /// Something failed on this side.
    ServerError,
    /// Storage is throttled or away.
    TemporarilyUnavailable,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `prompt=none`, and consent is missing.
    ConsentRequired,
    /// The `request` parameter is not served.
    RequestNotSupported,
    /// The `request_uri` parameter is not served.
    RequestUriNotSupported,
    /// The `registration` parameter is not served.
    RegistrationNotSupported,
    /// The access token is not good.
    InvalidToken,
    /// The access token's scope does not reach.
    InsufficientScope,
    /// A redirect URI that may not be registered.
    InvalidRedirectUri,
    /// Client metadata that may not be registered.
    InvalidClientMetadata,
}

impl ErrorCode {
    /// Every code, for tests and documentation.
    pub const ALL: [Self; 19] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::RegistrationNotSupported,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::InvalidRedirectUri,
        Self::InvalidClientMetadata,
    ];

    /// The `error` value, the HTTP status of a direct answer, and the `error_description` used unless a [`Refusal`] says more.
    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidRequest => {
                ("invalid_request", 400, "A parameter is missing, repeated or malformed.")
            }
            Self::InvalidClient => ("invalid_client", 401, "Client authentication failed."),
            Self::InvalidGrant => (
                "invalid_grant",
                400,
                "The code or token is invalid, expired, used, revoked or another client's.",
            ),
            Self::UnauthorizedClient => {
                ("unauthorized_client", 400, "This client is not registered for that grant or response type.")
            }
            Self::UnsupportedGrantType => {
                ("unsupported_grant_type", 400, "This grant type is not supported.")
            }
            Self::UnsupportedResponseType => {
                ("unsupported_response_type", 400, "This response type is not supported.")
            }
            Self::InvalidScope => ("invalid_scope", 400, "A scope is unknown, malformed or not granted."),
            Self::AccessDenied => ("access_denied", 403, "The request was denied."),
            Self::ServerError => ("server_error", 500, "Something went wrong on our side."),
            Self::TemporarilyUnavailable => {
                ("temporarily_unavailable", 503, "The service is busy. Try again shortly.")
            }
            Self::LoginRequired => ("login_required", 400, "The user has to sign in."),
            Self::ConsentRequired => ("consent_required", 400, "The user has to consent."),
            Self::RequestNotSupported => ("request_not_supported", 400, "Request objects are not supported."),
            Self::RequestUriNotSupported => {
                ("request_uri_not_supported", 400, "Request objects by reference are not supported.")
            }
            Self::RegistrationNotSupported => {
                ("registration_not_supported", 400, "The registration parameter is not supported.")
            }
            Self::InvalidToken => ("invalid_token", 401, "The access token is invalid, expired or revoked."),
            Self::InsufficientScope => {
                ("insufficient_scope", 403, "The access token's scope does not allow this.")
            }
            Self::InvalidRedirectUri => {
                ("invalid_redirect_uri", 400, "A redirect URI may not be registered.")
            }
            Self::InvalidClientMetadata => {
                ("invalid_client_metadata", 400, "A client metadata value is not acceptable.")
            }
        }
    }

    /// The value of the `error` member or parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status of an answer that carries this code directly.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// The `error_description`, the same for whatever caused it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.row().2
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request refused: what the caller is told, and the reason that only the log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code that the caller sees.
    pub code: ErrorCode,
    /// The `error_description` that the caller sees.
    pub description: &'static str,
    /// Why, exactly: for the log and for tests, never for the answer.
    pub reason: &'static str,
}

impl Refusal {
    /// A refusal whose public words are the code's own.
    #[must_use]
    pub const fn new(code: ErrorCode, reason: &'static str) -> Self {
        Self { code, description: code.description(), reason }
    }

    /// A refusal that also tells the caller what to change; only for what the caller can see anyway.
    #[must_use]
    pub const fn saying(self, description: &'static str) -> Self {
        Self { description, ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    /// "Values for the `error` parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E."
    /// (RFC 6749 section 5.2; the same for `error_description`.)
    #[test]
    fn codes_and_descriptions_keep_to_the_characters_of_the_rfc() {
        let allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
        for code in ErrorCode::ALL {
            assert!(code.as_str().chars().all(allowed), "{code}");
            assert!(code.description().chars().all(allowed), "{code}");
        }
    }

    #[test]
    fn codes_are_distinct() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
    }
}
