//! Plain http to others on this machine.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// An HTTP client. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Http(Arc<Client<HttpConnector, Body>>);

impl Default for Http {
    fn default() -> Self {
        Self(Arc::new(Client::builder(TokioExecutor::new()).build_http()))
    }
}

impl Http {
    /// Sends a request.
    ///
    /// # Errors
    /// Where nobody answers.
    pub async fn send(&self, request: Request) -> Result<Response, axum::Error> {
        let response = self.0.request(request).await.map_err(axum::Error::new)?;
        Ok(response.map(Body::new))
    }
}
