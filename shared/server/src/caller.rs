//! The client that calls an endpoint, authenticated by the method it registered (RFC 6749 section 2.3).
//!
//! A secret that somebody chose is hashed with Argon2id, which takes tens of milliseconds. A busy client doesn't pay that for each call:
//! a secret that was right is known again for as long as its client is remembered. A wrong one is hashed every time, so that guessing
//! stays slow; that a right one is answered sooner tells nobody what the answer itself does not.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::ClientId;
use domain::client::{AuthenticationRefusal, Client, Proof};
use domain::password::{PasswordHash, Verdict};
use oauth::client_authentication::{PresentedSecret, UnverifiedClient};
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::Clients;
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::platform::{Ambient, Platform};

mod proved;

use proved::Proved;

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

/// Knows clients by what they present.
#[derive(Clone)]
pub(crate) struct Callers {
    ambient: Ambient,
    clients: Clients,
    proved: Proved,
}

impl Callers {
    pub(crate) fn new(platform: &Platform) -> Self {
        let (ambient, clients) = (platform.ambient.clone(), platform.store.clients.clone());
        Self { ambient, clients, proved: Proved::default() }
    }

    /// Authenticates whoever sent the form.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Parameters,
    ) -> Result<Caller, Failure> {
        let mut authorization = headers.get_all(AUTHORIZATION).iter();
        let (header, second) = (authorization.next(), authorization.next());
        if second.is_some() {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "two Authorization headers");
            return Err(refusal.saying("More than one Authorization header is sent.").into());
        }
        self.verify(&UnverifiedClient::from_request(header.map(|header| header.as_bytes()), form)?).await
    }

    /// The client that `presented` names, if that is its own proof.
    pub(crate) async fn verify(&self, presented: &UnverifiedClient) -> Result<Caller, Failure> {
        let client = self.named(&presented.client_id).await?;
        let proof = client.authentication.verify(presented).map_err(Refusal::from)?;
        if let (Proof::Compare(hash), Some(secret)) = (proof, &presented.secret) {
            self.prove(&client, hash, secret).await?;
        }
        Ok(Caller { client })
    }

    /// The client of this `client_id`, which proves nothing.
    pub(crate) async fn named(&self, client_id: &str) -> Result<Arc<Client>, Failure> {
        let unknown = Refusal::new(ErrorCode::InvalidClient, "client unknown");
        let id = ClientId::parse(client_id).ok_or(unknown)?;
        tracing::Span::current().record("client.id", tracing::field::display(id));
        Ok(self.clients.recall(id, self.ambient.now()).await?.ok_or(unknown)?)
    }

    async fn prove(
        &self,
        client: &Client,
        hash: &PasswordHash,
        presented: &PresentedSecret,
    ) -> Result<(), Failure> {
        let now = self.ambient.now();
        if self.proved.any(client, presented.readings(), now) {
            return Ok(());
        }
        let wrong = Refusal::from(AuthenticationRefusal::WrongSecret);
        let right = compare(hash, presented).await?.ok_or(wrong)?;
        self.proved.remember(client, &right, now, self.ambient.entropy.as_ref());
        Ok(())
    }
}

/// The reading of the secret that fits the hash. Hashing is done on a thread of its own, so that others are answered meanwhile.
async fn compare(
    hash: &PasswordHash,
    presented: &PresentedSecret,
) -> Result<Option<Zeroizing<String>>, Failure> {
    for reading in presented.readings() {
        let (hash, reading) = (hash.clone(), Zeroizing::new(reading.to_owned()));
        tracing::debug!("client secret hashed");
        let compared =
            tokio::task::spawn_blocking(move || (hash.verify(&reading) != Verdict::Wrong).then_some(reading));
        let right = compared.await.map_err(|_| Failure::Broken("secret hashing broke off"))?;
        if right.is_some() {
            return Ok(right);
        }
    }
    Ok(None)
}
