//! The client that calls an endpoint, authenticated by the method it registered (RFC 6749 section 2.3).
//!
//! A secret that somebody chose is hashed with Argon2id, which takes tens of milliseconds. A busy client doesn't pay that for each call:
//! a secret that was right is known again for as long as its client is remembered. A wrong one is hashed every time, so that guessing
//! stays slow; that a right one is answered sooner tells nobody what the answer itself does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::client::{AuthenticationRefusal, Client, Proof};
use domain::password::{KnownPassword, PasswordHash, Verdict};
use domain::{ClientId, UnixTime};
use oauth::client_authentication::{PresentedSecret, UnverifiedClient};
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::{CACHE, Clients};
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::platform::{Ambient, Platform};

/// The most secrets remembered.
const REMEMBERED: usize = 1000;

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
    proved: Arc<Mutex<HashMap<ClientId, Proved>>>,
}

/// A chosen secret that was right.
struct Proved {
    secret: KnownPassword,
    /// The client's version that it is the secret of.
    version: u64,
    until: UnixTime,
}

impl Callers {
    pub(crate) fn new(platform: &Platform) -> Self {
        let (ambient, clients) = (platform.ambient.clone(), platform.store.clients.clone());
        Self { ambient, clients, proved: Arc::default() }
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
        let presented = UnverifiedClient::from_request(header.map(|header| header.as_bytes()), form)?;
        let client = self.named(&presented.client_id).await?;
        let proof = client.authentication.verify(&presented).map_err(Refusal::from)?;
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
        if self.remembers(client, presented) {
            return Ok(());
        }
        let wrong = Refusal::from(AuthenticationRefusal::WrongSecret);
        let right = compare(hash, presented).await?.ok_or(wrong)?;
        self.remember(client, &right);
        Ok(())
    }

    fn remembers(&self, client: &Client, presented: &PresentedSecret) -> bool {
        let now = self.ambient.now();
        let all = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        let proved =
            all.get(&client.id).filter(|known| known.version == client.version && !known.until.is_past(now));
        proved.is_some_and(|known| presented.readings().any(|reading| known.secret.is(reading)))
    }

    fn remember(&self, client: &Client, secret: &str) {
        let now = self.ambient.now();
        let secret = KnownPassword::new(secret, self.ambient.entropy.as_ref());
        let proved = Proved { secret, version: client.version, until: now + CACHE };
        let mut all = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.retain(|_, known| !known.until.is_past(now));
        }
        if all.len() < REMEMBERED {
            all.insert(client.id, proved);
        }
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
