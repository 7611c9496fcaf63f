//! HTTP, for the SDK and for the issuer: the client inside the SDK, and a note of what time it is where the answers come from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::date_time::Format;
use domain::Clock;

/// An HTTP client. Clones share connections and notes.
#[derive(Clone)]
pub(crate) struct Http {
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Vec<Skew>>>,
}

/// How far this machine's clock is ahead of another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skew {
    /// The other machine.
    pub host: String,
    /// Seconds; negative where this clock is behind.
    pub ahead: i64,
}

/// An answer.
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// A client that compares clocks with `clock`. Proxies are the environment's (`HTTPS_PROXY`, `NO_PROXY`).
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(3))
            .read_timeout(Duration::from_secs(5))
            .build();
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .connector_settings(settings)
            .proxy_config(ProxyConfig::from_env())
            .build();
        Self { connector: SharedHttpConnector::new(connector), clock, seen: Arc::default() }
    }

    /// Fetches `url`.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub(crate) async fn get(&self, url: &str) -> Result<Answer, String> {
        let request = HttpRequest::get(url).map_err(|error| error.to_string())?;
        let mut response = self.call(request).await.map_err(|error| chain(&error))?;
        let body = ByteStream::new(response.take_body()).collect().await;
        let body = body.map_err(|error| chain(&error))?.into_bytes().to_vec();
        Ok(Answer { status: response.status().as_u16(), body })
    }

    /// The skew that each answer so far has shown.
    pub(crate) fn skews(&self) -> Vec<Skew> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, host: &str, response: &HttpResponse) {
        let header = |name| response.headers().get(name);
        let date = header("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(date) = date else { return };
        // How long the answer lay in a cache (RFC 9111 section 5.1).
        let age = header("age").and_then(|age| age.parse::<i64>().ok()).unwrap_or_default();
        let now = i64::try_from(self.clock.now().0).unwrap_or(i64::MAX);
        let ahead = now.saturating_sub(date.secs().saturating_add(age));
        let skew = Skew { host: host.to_owned(), ahead };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(skew);
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move { http.pass(request).await })
    }
}

impl Http {
    async fn pass(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let host = host(request.uri()).to_owned();
        let response = self.connector.call(request).await?;
        self.note(&host, &response);
        Ok(response)
    }
}

/// The authority in a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// An error and what it comes from, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_a_url() {
        assert_eq!(host("https://id.example/login?x"), "id.example");
        assert_eq!(host("http://127.0.0.1:8000"), "127.0.0.1:8000");
        assert_eq!(host("https://id.example?x"), "id.example");
    }
}
