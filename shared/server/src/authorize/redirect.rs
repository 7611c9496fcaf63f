//! The one way back to a client: a registered redirect URI, and the answers that travel there (RFC 6749 sections 4.1.2 and 4.1.2.1).

use axum::http::StatusCode;
use axum::response::Response;
use domain::Settings;
use domain::authorization::{AuthorizationRequest, ReturnAddress};
use domain::client::Client;
use oauth::words::ResponseMode;
use oauth::{Parameters, Refusal};
use pages::{Back, FormPost};
use url::form_urlencoded::Serializer;

use crate::error::Failure;
use crate::respond::{page, see_other};

/// An answer on its way: names and values.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// A redirect URI that the client has registered, with the response mode and `state` of the request.
pub(crate) struct KnownRedirect {
    address: ReturnAddress,
}

impl KnownRedirect {
    /// The redirect URI of a fresh request.
    pub(crate) fn of_request(
        client: &Client,
        parameters: &Parameters,
        settings: &Settings,
    ) -> Result<Self, Refusal> {
        let uri = client.redirect_uri(parameters.get("redirect_uri"), settings)?;
        let response_type = parameters.get("response_type").unwrap_or_default();
        // A mode that isn't served is refused later, in the usual one.
        let asked = parameters.get("response_mode");
        let mode = asked.and_then(|mode| ResponseMode::asked(mode, response_type));
        let mode = mode.unwrap_or(ResponseMode::usual(response_type));
        let state = parameters.get("state").map(str::to_owned);
        Ok(Self { address: ReturnAddress { redirect_uri: uri.to_owned(), response_mode: mode, state } })
    }

    /// The redirect URI of a request that comes back from signing in: registered then, and still registered now.
    pub(crate) fn of_pending(
        client: &Client,
        request: &AuthorizationRequest,
        settings: &Settings,
    ) -> Result<Self, Refusal> {
        client.redirect_uri(Some(&request.redirect_uri), settings)?;
        Ok(Self { address: request.address() })
    }

    pub(crate) const fn address(&self) -> &ReturnAddress {
        &self.address
    }

    /// Sends `parameters`, the `state` and the issuer to the client.
    pub(crate) fn answer(&self, parameters: &[(&str, &str)], settings: &Settings) -> Response {
        let fields = self.complete(parameters, settings);
        match self.with(&fields) {
            Some(address) => see_other(&address),
            None => {
                let action = &self.address.redirect_uri;
                let (service, fields) = (&settings.service_name, fields.as_slice());
                page(StatusCode::OK, &FormPost { service, action, fields })
            }
        }
    }

    /// Sends an error to the client.
    pub(crate) fn refuse(&self, failure: &Failure, settings: &Settings) -> Response {
        failure.attach(self.answer(&error(failure), settings))
    }

    /// Shows a page from which a person may take an error to the client.
    pub(crate) fn offer(
        &self,
        failure: &Failure,
        settings: &Settings,
        show: impl FnOnce(Back<'_>) -> Response,
    ) -> Response {
        let fields = self.complete(&error(failure), settings);
        let response = match self.with(&fields) {
            Some(address) => show(Back::Link(&address)),
            None => show(Back::Form(&fields)),
        };
        failure.attach(response)
    }

    fn complete<'a>(&'a self, parameters: &[(&'a str, &'a str)], settings: &'a Settings) -> Fields<'a> {
        let mut fields = parameters.to_vec();
        // "REQUIRED if the "state" parameter was present in the client authorization request. The exact value received."
        fields.extend(self.address.state.as_deref().map(|state| ("state", state)));
        // "authorization servers MUST indicate their identity in the authorization response" (RFC 9207 section 2)
        fields.push(("iss", settings.issuer.as_str()));
        fields
    }

    /// The address that carries an answer; none where a form does.
    fn with(&self, fields: &[(&str, &str)]) -> Option<String> {
        let uri = &self.address.redirect_uri;
        match self.address.response_mode {
            ResponseMode::Query => Some(with_query(uri, fields)),
            // No registered redirect URI has a fragment of its own.
            ResponseMode::Fragment => Some(format!("{uri}#{}", encoded(fields))),
            ResponseMode::FormPost => None,
        }
    }
}

fn error(failure: &Failure) -> [(&'static str, &'static str); 2] {
    let (code, description) = failure.public();
    [("error", code.as_str()), ("error_description", description)]
}

fn encoded(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// "The query component […] MUST be retained when adding additional query parameters." (RFC 6749 section 3.1.2)
fn with_query(uri: &str, fields: &[(&str, &str)]) -> String {
    let query = encoded(fields);
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
