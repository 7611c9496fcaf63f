//! The client that calls an endpoint, authenticated by the method it registered (RFC 6749 section 2.3).

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::client::{AuthenticationRefusal, Client, Proof};
use domain::password::{PasswordHash, Verdict};
use domain::{ClientId, UnixTime};
use oauth::client_authentication::{PresentedSecret, UnverifiedClient};
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::Clients;

use zeroize::Zeroizing;

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
        if let Proof::Compare(hash) = client.authentication.verify(&presented).map_err(Refusal::from)? {
            compare(hash, presented.secret.as_ref()).await?;
        }
        Ok(Self { client })
    }
}

/// Hashing takes tens of milliseconds: on a thread of its own, so that others are answered meanwhile.
async fn compare(hash: &PasswordHash, presented: Option<&PresentedSecret>) -> Result<(), Failure> {
    let hash = hash.clone();
    let readings: Vec<_> = presented
        .iter()
        .flat_map(|secret| secret.readings())
        .map(|text| Zeroizing::new(text.to_owned()))
        .collect();
    let right = tokio::task::spawn_blocking(move || {
        readings.iter().any(|reading| hash.verify(reading) != Verdict::Wrong)
    });
    match right.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::from(AuthenticationRefusal::WrongSecret).into()),
        Err(_) => Err(Failure::Broken("secret hashing broke off")),
    }
}
