//! Clients: one item each, cached for a short while where they authenticate.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::claims::ClaimProvider;
use domain::client::{About, Authentication, Author, Bounds, Client, CodeProtection, Owned, Plugin};
use domain::name::{ClientName, CustomerName, DomainName, FunctionName};
use domain::password::PasswordHash;
use domain::secret::{ClientSecret, Digest, RegistrationToken};
use domain::time::Seconds;
use domain::{ClientId, UnixTime, UserId};
use ipnet::IpNet;
use oauth::redirect::RedirectUri;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType, SigningAlgorithm};
use serde::{Deserialize, Serialize};

use crate::attributes::{Binary, Tokens};
use crate::error::StoreError;
use crate::schema::{Key, Listed, SK, owned_by};
use crate::standing::Items;
use crate::table::{Item, Table, Together, Values, Write, binary, number, values};

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
    updated_at: UnixTime,
    about: About,
    /// None where there is a secret that may be presented in either place.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<AuthenticationMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_secret: Option<PasswordHash>,
    application_type: ApplicationType,
    grant_types: BTreeSet<GrantType>,
    redirect_uris: Vec<RedirectUri>,
    post_logout_redirect_uris: Vec<RedirectUri>,
    #[serde(default, skip_serializing_if = "Tokens::is_empty")]
    allowed: Tokens,
    id_token_algorithm: SigningAlgorithm,
    code_protection: CodeProtection,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_name: Option<ClientName>,
    domain: DomainName,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<Bounds>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<IpNet>,
    #[serde(default, skip_serializing_if = "is_false")]
    same_address: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    custom_claims: Vec<ClaimProvider>,
    #[serde(default, skip_serializing_if = "is_false")]
    hidden: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Seconds>,
    /// A plugin's source, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    permitted: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    privileged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by: Option<Author>,
}

/// A client as the directory lists it: what it is found, chosen and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The client.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// The customer it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The domain it is in.
    pub domain: DomainName,
    /// The function it requires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_function: Option<FunctionName>,
    /// Whether lists leave it out unless they are asked for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deleted: bool,
    /// When it was registered.
    pub created_at: UnixTime,
    /// When it was last changed.
    pub updated_at: UnixTime,
}

#[derive(Serialize, Deserialize)]
struct ListingItem {
    pk: String,
    sk: String,
    #[serde(flatten)]
    client: Listing,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Clients, as authenticated callers and registrations.
#[derive(Clone, Debug)]
pub struct Clients {
    table: Table,
    cache: Cache,
}

/// What became of something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is there.
    Made,
    /// Something has the name; nothing was written.
    NameTaken,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made.
    Made,
    /// It was changed or deleted in the meantime; nothing was written.
    Outdated,
    /// Something else has the new name; nothing was written.
    NameTaken,
}

impl Clients {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, cache: Cache::default() }
    }

    /// The client, at most [`CACHE`] old and not deleted: no round trip where it is remembered.
    ///
    /// A client that a user registered is looked up each time, and so is a super client: a secret that its owner replaces, a plugin that is
    /// no longer permitted, a client that is removed or trusted no longer are felt at once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recall(&self, id: ClientId, now: UnixTime) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(client) = self.cache.get(id, now) {
            return Ok(Some(client));
        }
        let client = self.find(id).await?.filter(|client| !client.deleted).map(Arc::new);
        if let Some(client) = client.as_ref().filter(|client| client.owned.is_none() && !client.privileged) {
            self.cache.put(Arc::clone(client), now);
        }
        Ok(client)
    }

    /// Every client in the directory by its short name or, where it has none, its id; in that order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self) -> Result<Vec<(String, Listing)>, StoreError> {
        let items = self.table.query(Listed::Client.partition(), "").await?;
        let read = |item| {
            let item: ListingItem =
                serde_dynamo::from_item(item).map_err(StoreError::corrupt("client in the directory"))?;
            Ok((item.sk, item.client))
        };
        items.into_iter().map(read).collect()
    }

    /// These clients as they are now, in this order; without those that are gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find_all(&self, ids: &[ClientId]) -> Result<Vec<Client>, StoreError> {
        let items = self.table.get_many(ids.iter().map(|&id| Key::client(id)).collect()).await?;
        let mut items = Items(items);
        let found = ids.iter().map(|&id| items.take(&Key::client(id), |item| read(id, item)));
        found.filter_map(Result::transpose).collect()
    }

    /// The client of this short name as it is now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find_named(&self, name: &ClientName) -> Result<Option<Client>, StoreError> {
        let Some(item) = self.table.get(Key::listed(Listed::Client, name.as_str())).await? else {
            return Ok(None);
        };
        let item: ListingItem =
            serde_dynamo::from_item(item).map_err(StoreError::corrupt("client in the directory"))?;
        self.find(item.client.client_id).await
    }

    /// The client as it is now, even if it was deleted.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.table.get(Key::client(id)).await?.map(|item| read(id, item)).transpose()
    }

    /// The clients that a user registered, some of which may be gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn owned_by(&self, user: UserId) -> Result<Vec<ClientId>, StoreError> {
        entries(self.table.query(&owned_by(user), "").await?)
    }

    /// Every plugin, some of which may be gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn plugins(&self) -> Result<Vec<ClientId>, StoreError> {
        entries(self.table.query(Listed::Plugin.partition(), "").await?)
    }

    /// Registers a client that is new, and lists it: in the directory, for its owner and, if it is a plugin, among plugins.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn register(&self, client: &Client) -> Result<Creation, StoreError> {
        let mut writes = vec![Write::put_new(item(client)?), Write::put_new(listing(client)?)];
        writes.extend(listed_beside(client).into_iter().map(|key| Write::put_new(key.into())));
        match self.table.write_together(writes).await? {
            Together::Done => Ok(Creation::Made),
            Together::Failed(1) => Ok(Creation::NameTaken),
            Together::Failed(_) => {
                Err(StoreError::Corrupt { entity: "client", cause: "a new client exists already".to_owned() })
            }
        }
    }

    /// Replaces `before` by its next version; two changes at once can't undo each other.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, before: &Client, client: &Client) -> Result<Change, StoreError> {
        let version = values([(":before", number(before.version))]);
        let put = Write::Put(item(client)?, "version = :before", version);
        let (old, new) = (listed(before), listed(client));
        let writes = if old == new {
            vec![put, Write::put_again(listing(client)?)]
        } else {
            let delete = Write::Delete(old, "attribute_exists(pk)", Values::new());
            vec![put, Write::put_new(listing(client)?), delete]
        };
        let written = self.table.write_together(writes).await;
        self.cache.forget(client.id);
        Ok(match written? {
            Together::Done => Change::Made,
            Together::Failed(0) => Change::Outdated,
            Together::Failed(_) => Change::NameTaken,
        })
    }

    /// Deletes a registration that `token` proves. Says whether there was one; a deletion that is repeated because its answer was lost
    /// finds none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deregister(
        &self,
        client: &Client,
        token: &Digest<RegistrationToken>,
    ) -> Result<bool, StoreError> {
        let proof = values([(":registration", binary(token.as_bytes()))]);
        self.erase(client, "registration = :registration", proof).await
    }

    /// Removes a client as it is here, and wherever it is listed. Says whether it was there and still the same.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, client: &Client) -> Result<bool, StoreError> {
        self.erase(client, "version = :version", values([(":version", number(client.version))])).await
    }

    async fn erase(
        &self,
        client: &Client,
        condition: &'static str,
        values: Values,
    ) -> Result<bool, StoreError> {
        let there = |key| Write::Delete(key, "attribute_exists(pk)", Values::new());
        let mut writes =
            vec![Write::Delete(Key::client(client.id), condition, values), there(listed(client))];
        writes.extend(listed_beside(client).into_iter().map(there));
        let written = self.table.write_together(writes).await;
        self.cache.forget(client.id);
        Ok(matches!(written?, Together::Done))
    }
}

/// Where else a client is listed that a user registered.
fn listed_beside(client: &Client) -> Vec<Key> {
    let owned = client.owned.iter().map(|owned| Key::owned(owned.by, client.id));
    let plugin = client.plugin().map(|_| Key::listed(Listed::Plugin, client.id.to_string()));
    owned.chain(plugin).collect()
}

/// The clients that entries are for.
fn entries(items: Vec<Item>) -> Result<Vec<ClientId>, StoreError> {
    let read = |item: Item| {
        let id = item.get(SK).and_then(|sk| ClientId::parse(sk.as_s().ok()?));
        let nobody = || "its sort key names no client".to_owned();
        id.ok_or_else(|| StoreError::Corrupt { entity: "entry of a client", cause: nobody() })
    };
    items.into_iter().map(read).collect()
}

/// Where the directory lists a client.
fn listed(client: &Client) -> Key {
    let name = client.short_name.as_ref().map_or_else(|| client.id.to_string(), ToString::to_string);
    Key::listed(Listed::Client, name)
}

fn listing(client: &Client) -> Result<Item, StoreError> {
    let key = listed(client);
    let item = ListingItem {
        pk: key.pk,
        sk: key.sk,
        client: Listing {
            client_id: client.id,
            name: client.about.name.clone(),
            customer: client.customer().cloned(),
            domain: client.domain.clone(),
            required_function: client.bounds.as_ref().map(|bounds| bounds.required_function.clone()),
            hidden: client.hidden,
            deleted: client.deleted,
            created_at: client.created_at,
            updated_at: client.updated_at,
        },
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("client in the directory"))
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
    let (secret, chosen_secret) = match &client.authentication {
        Authentication::Public => (None, None),
        Authentication::Secret { digest, .. } => (Some(Binary(*digest.as_bytes())), None),
        Authentication::Chosen { secret } => (None, Some(secret.clone())),
    };
    let item = ClientItem {
        pk: key.pk,
        sk: key.sk,
        version: client.version,
        created_at: client.created_at,
        updated_at: client.updated_at,
        about: client.about.clone(),
        method: match &client.authentication {
            Authentication::Secret { method, .. } => *method,
            other => Some(other.method()),
        },
        secret,
        chosen_secret,
        application_type: client.application_type,
        grant_types: client.grant_types.clone(),
        redirect_uris: client.redirect_uris.clone(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
        allowed: (&client.scope).into(),
        id_token_algorithm: client.id_token_algorithm,
        code_protection: client.code_protection,
        short_name: client.short_name.clone(),
        domain: client.domain.clone(),
        bounds: client.bounds.clone(),
        addresses: client.addresses.clone(),
        same_address: client.same_address,
        custom_claims: client.custom_claims.clone(),
        hidden: client.hidden,
        deleted: client.deleted,
        owner: client.owned.as_ref().map(|owned| owned.by),
        refresh_token: client.owned.as_ref().and_then(|owned| owned.refresh_token),
        plugin: client.plugin().map(|plugin| plugin.source.to_string()),
        permitted: client.plugin().is_some_and(|plugin| plugin.permitted),
        privileged: client.privileged,
        registration: client.registration.map(|token| Binary(*token.as_bytes())),
        created_by: client.created_by.clone(),
        updated_by: client.updated_by.clone(),
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("client"))
}

pub(crate) fn read(id: ClientId, item: Item) -> Result<Client, StoreError> {
    let item: ClientItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("client"))?;
    let authentication = match (item.method, item.secret, item.chosen_secret) {
        (Some(AuthenticationMethod::None), None, None) => Authentication::Public,
        (Some(AuthenticationMethod::ClientSecretBasic), None, Some(secret)) => {
            Authentication::Chosen { secret }
        }
        (
            method @ (None
            | Some(AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost)),
            Some(secret),
            None,
        ) => Authentication::Secret { method, digest: Digest::<ClientSecret>::from_bytes(secret.0) },
        _ => {
            let cause = "authentication method and secret do not go together".to_owned();
            return Err(StoreError::Corrupt { entity: "client", cause });
        }
    };
    let source = item.plugin.map(|source| serde_json::from_str(&source)).transpose();
    let source = source.map_err(|_| {
        let cause = "a plugin's source is no JSON".to_owned();
        StoreError::Corrupt { entity: "client", cause }
    })?;
    let plugin = source.map(|source| Plugin { source, permitted: item.permitted });
    let owned = item.owner.map(|by| Owned { by, refresh_token: item.refresh_token, plugin });
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
        code_protection: item.code_protection,
        short_name: item.short_name,
        domain: item.domain,
        bounds: item.bounds,
        addresses: item.addresses,
        same_address: item.same_address,
        custom_claims: item.custom_claims,
        hidden: item.hidden,
        deleted: item.deleted,
        owned,
        privileged: item.privileged,
        registration: item.registration.map(|token| Digest::from_bytes(token.0)),
        version: item.version,
        created_at: item.created_at,
        created_by: item.created_by,
        updated_at: item.updated_at,
        updated_by: item.updated_by,
    })
}
