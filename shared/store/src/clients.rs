//! Clients: one item each, cached for a short while where they authenticate.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::client::{About, Authentication, Client};
use domain::secret::{ClientSecret, Digest, RegistrationToken};
use domain::time::Seconds;
use domain::{ClientId, UnixTime};
use oauth::redirect::RedirectUri;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType, SigningAlgorithm};
use serde::{Deserialize, Serialize};

use crate::attributes::{Binary, Tokens};
use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Conditional, Item, Table, binary, number, values};

/// How long a client that authenticates may be out of date: what a changed or deleted registration takes to be felt everywhere.
pub const CACHE: Seconds = Seconds(30);
/// The most clients remembered.
const CACHED: usize = 1000;

#[derive(Serialize, Deserialize)]
struct ClientItem {
    pk: String,
    sk: String,
    version: u64,
    created_at: UnixTime,
    about: About,
    method: AuthenticationMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Binary<32>>,
    application_type: ApplicationType,
    grant_types: BTreeSet<GrantType>,
    redirect_uris: Vec<RedirectUri>,
    post_logout_redirect_uris: Vec<RedirectUri>,
    #[serde(default, skip_serializing_if = "Tokens::is_empty")]
    allowed: Tokens,
    id_token_algorithm: SigningAlgorithm,
    require_pkce: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration: Option<Binary<32>>,
}

/// Clients, as authenticated callers and registrations.
#[derive(Clone, Debug)]
pub struct Clients {
    table: Table,
    cache: Cache,
}

/// What became of a change to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made.
    Made,
    /// The registration was changed or deleted in the meantime; nothing was written.
    Outdated,
}

impl Clients {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, cache: Cache::default() }
    }

    /// The client, at most [`CACHE`] old: no round trip where it is remembered.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recall(&self, id: ClientId, now: UnixTime) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(client) = self.cache.get(id, now) {
            return Ok(Some(client));
        }
        let client = self.find(id).await?.map(Arc::new);
        if let Some(client) = &client {
            self.cache.put(Arc::clone(client), now);
        }
        Ok(client)
    }

    /// The client as it is now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.table.get(Key::client(id)).await?.map(|item| read(id, item)).transpose()
    }

    /// Registers a client that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn register(&self, client: &Client) -> Result<(), StoreError> {
        match self.table.put_new(item(client)?).await? {
            Conditional::Done(()) => Ok(()),
            Conditional::Failed(_) => {
                Err(StoreError::Corrupt { entity: "client", cause: "a new client exists already".to_owned() })
            }
        }
    }

    /// Replaces a registration by its next version; two changes at once can't undo each other.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, client: &Client) -> Result<Change, StoreError> {
        let before = values([(":before", number(client.version.saturating_sub(1)))]);
        let replaced = self.table.replace(item(client)?, "version = :before", before).await?;
        self.cache.forget(client.id);
        Ok(match replaced {
            Conditional::Done(()) => Change::Made,
            Conditional::Failed(_) => Change::Outdated,
        })
    }

    /// Deletes a registration that `token` proves. Says whether there was one; a deletion that is repeated because its answer was lost
    /// finds none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deregister(
        &self,
        id: ClientId,
        token: &Digest<RegistrationToken>,
    ) -> Result<bool, StoreError> {
        let values = values([(":registration", binary(token.as_bytes()))]);
        let deleted = self.table.delete(Key::client(id), "registration = :registration", values).await?;
        self.cache.forget(id);
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

/// Clients that authenticated a moment ago, so that a busy one costs no read.
#[derive(Clone, Debug, Default)]
struct Cache {
    clients: Arc<Mutex<HashMap<ClientId, Cached>>>,
}

/// A client, and when it was read.
type Cached = (Arc<Client>, UnixTime);

impl Cache {
    fn get(&self, id: ClientId, now: UnixTime) -> Option<Arc<Client>> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let (client, read_at) = clients.get(&id)?;
        (!(*read_at + CACHE).is_past(now)).then(|| Arc::clone(client))
    }

    fn put(&self, client: Arc<Client>, now: UnixTime) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CACHED {
            clients.retain(|_, (_, read_at)| !(*read_at + CACHE).is_past(now));
        }
        if clients.len() < CACHED {
            clients.insert(client.id, (client, now));
        }
    }

    fn forget(&self, id: ClientId) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

fn item(client: &Client) -> Result<HashMap<String, AttributeValue>, StoreError> {
    let key = Key::client(client.id);
    let secret = match &client.authentication {
        Authentication::Public => None,
        Authentication::Secret { digest, .. } => Some(Binary(*digest.as_bytes())),
    };
    let item = ClientItem {
        pk: key.pk,
        sk: key.sk,
        version: client.version,
        created_at: client.created_at,
        about: client.about.clone(),
        method: client.authentication.method(),
        secret,
        application_type: client.application_type,
        grant_types: client.grant_types.clone(),
        redirect_uris: client.redirect_uris.clone(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
        allowed: (&client.scope).into(),
        id_token_algorithm: client.id_token_algorithm,
        require_pkce: client.require_pkce,
        registration: client.registration.map(|token| Binary(*token.as_bytes())),
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("client"))
}

pub(crate) fn read(id: ClientId, item: Item) -> Result<Client, StoreError> {
    let item: ClientItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("client"))?;
    let authentication = match (item.method, item.secret) {
        (AuthenticationMethod::None, None) => Authentication::Public,
        (
            method @ (AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost),
            Some(secret),
        ) => Authentication::Secret { method, digest: Digest::<ClientSecret>::from_bytes(secret.0) },
        _ => {
            let cause = "authentication method and secret do not go together".to_owned();
            return Err(StoreError::Corrupt { entity: "client", cause });
        }
    };
    Ok(Client {
        id,
        about: item.about,
        authentication,
        application_type: item.application_type,
        grant_types: item.grant_types,
        redirect_uris: item.redirect_uris,
        post_logout_redirect_uris: item.post_logout_redirect_uris,
        scope: item.allowed.into(),
        id_token_algorithm: item.id_token_algorithm,
        require_pkce: item.require_pkce,
        registration: item.registration.map(|token| Digest::from_bytes(token.0)),
        version: item.version,
        created_at: item.created_at,
    })
}
