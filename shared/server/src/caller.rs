//! The client that calls an endpoint, authenticated by the method it registered (RFC 6749 section 2.3).

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::client::Client;
use domain::{ClientId, UnixTime};
use oauth::client_authentication::UnverifiedClient;
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::Clients;

use crate::error::Failure;

/// A client that has proved who it is, as far as its registered method proves anything.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    client: Arc<Client>,
}

impl std::ops::Deref for Caller {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Caller {
    /// Authenticates whoever sent the form.
    pub(crate) async fn authenticate(
        headers: &HeaderMap,
        form: &Parameters,
        clients: &Clients,
        now: UnixTime,
    ) -> Result<Self, Failure> {
        let mut authorization = headers.get_all(AUTHORIZATION).iter();
        let (header, second) = (authorization.next(), authorization.next());
        if second.is_some() {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "two Authorization headers");
            return Err(refusal.saying("More than one Authorization header is sent.").into());
        }
        let presented = UnverifiedClient::from_request(header.map(|header| header.as_bytes()), form)?;
        let unknown = Refusal::new(ErrorCode::InvalidClient, "client unknown");
        let id = ClientId::parse(&presented.client_id).ok_or(unknown)?;
        tracing::Span::current().record("client.id", tracing::field::display(id));
        let client = clients.recall(id, now).await?.ok_or(unknown)?;
        client.authentication.verify(&presented).map_err(Refusal::from)?;
        Ok(Self { client })
    }
}
