//! The one way back to a client: a registered redirect URI, and the answers that travel there (RFC 6749 sections 4.1.2 and 4.1.2.1).

use axum::http::StatusCode;
use axum::response::Response;
use domain::Settings;
use domain::authorization::{AuthorizationRequest, ReturnAddress};
use domain::client::Client;
use oauth::words::ResponseMode;
use oauth::{Parameters, Refusal};
use pages::FormPost;
use url::form_urlencoded::Serializer;

use crate::error::Failure;
use crate::respond::{page, see_other};

/// A redirect URI that the client has registered, with the response mode and `state` of the request.
pub(super) struct KnownRedirect {
    address: ReturnAddress,
}

impl KnownRedirect {
    /// The redirect URI of a fresh request.
    pub(super) fn of_request(client: &Client, parameters: &Parameters) -> Result<Self, Refusal> {
        let uri = client.redirect_uri(parameters.get("redirect_uri"))?;
        // An unknown mode is refused later, in the default one.
        let mode =
            parameters.get("response_mode").and_then(ResponseMode::parse).unwrap_or(ResponseMode::Query);
        let state = parameters.get("state").map(str::to_owned);
        Ok(Self { address: ReturnAddress { redirect_uri: uri.to_owned(), response_mode: mode, state } })
    }

    /// The redirect URI of a request that comes back from signing in: registered then, and still registered now.
    pub(super) fn of_pending(client: &Client, request: &AuthorizationRequest) -> Result<Self, Refusal> {
        client.redirect_uri(Some(&request.redirect_uri))?;
        Ok(Self { address: request.address() })
    }

    pub(super) const fn address(&self) -> &ReturnAddress {
        &self.address
    }

    /// Sends `parameters`, the `state` and the issuer to the client.
    pub(super) fn answer(self, parameters: &[(&str, &str)], settings: &Settings) -> Response {
        let mut fields = parameters.to_vec();
        // "REQUIRED if the "state" parameter was present in the client authorization request. The exact value received."
        fields.extend(self.address.state.as_deref().map(|state| ("state", state)));
        // "authorization servers MUST indicate their identity in the authorization response" (RFC 9207 section 2)
        fields.push(("iss", settings.issuer.as_str()));
        match self.address.response_mode {
            ResponseMode::Query => see_other(&with_query(&self.address.redirect_uri, &fields)),
            ResponseMode::FormPost => {
                let action = &self.address.redirect_uri;
                page(StatusCode::OK, &FormPost { service: &settings.service_name, action, fields: &fields })
            }
        }
    }

    /// Sends an error to the client.
    pub(super) fn refuse(self, failure: &Failure, settings: &Settings) -> Response {
        let (code, description) = failure.public();
        let fields = [("error", code.as_str()), ("error_description", description)];
        failure.attach(self.answer(&fields, settings))
    }
}

/// "The query component […] MUST be retained when adding additional query parameters." (RFC 6749 section 3.1.2)
fn with_query(uri: &str, fields: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, existing)) if existing.is_empty() || existing.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn retains_the_query_that_is_there() {
        for (uri, with) in [
            ("https://app.example/cb", "https://app.example/cb?code=x"),
            ("https://app.example/cb?a=b", "https://app.example/cb?a=b&code=x"),
            ("https://app.example/cb?", "https://app.example/cb?code=x"),
            ("com.example.app:/cb", "com.example.app:/cb?code=x"),
        ] {
            assert_eq!(with_query(uri, &[("code", "x")]), with);
        }
    }
}
