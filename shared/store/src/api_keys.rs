//! API keys: in their user's partition, so that a user's are one query.

use std::collections::BTreeSet;

use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::function::FunctionName;
use domain::secret::Digest;
use domain::{UnixTime, UserId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::attributes::Binary;
use crate::clients::{Change, Creation};
use crate::error::StoreError;
use crate::schema::{API_KEY, Key, partition_of};
use crate::table::{Conditional, Item, Table, binary, values};

#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    pk: String,
    sk: String,
    prefix: ApiKeyPrefix,
    digest: Binary<32>,
    description: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<IpNet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    functions: Option<BTreeSet<FunctionName>>,
    created_at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<UnixTime>,
}

/// API keys.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    table: Table,
}

impl ApiKeys {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The user's API key with this prefix. One that has expired may still be there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, user: UserId, prefix: &ApiKeyPrefix) -> Result<Option<ApiKey>, StoreError> {
        self.table.get(Key::api_key(user, prefix)).await?.map(|item| read(user, item)).transpose()
    }

    /// The user's API keys, by prefix; without those that have expired at `now`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self, user: UserId, now: UnixTime) -> Result<Vec<ApiKey>, StoreError> {
        let items = self.table.query(&partition_of(user), API_KEY).await?;
        let mut keys = items.into_iter().map(|item| read(user, item)).collect::<Result<Vec<_>, _>>()?;
        keys.retain(|key| !key.expires_at.is_some_and(|end| end.is_past(now)));
        Ok(keys)
    }

    /// Makes an API key that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, key: &ApiKey) -> Result<Creation, StoreError> {
        Ok(match self.table.put_new(item(key)?).await? {
            Conditional::Done(()) => Creation::Made,
            Conditional::Failed(_) => Creation::NameTaken,
        })
    }

    /// Replaces an API key that is there, with the same secret.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, key: &ApiKey) -> Result<Change, StoreError> {
        let secret = values([(":digest", binary(key.secret.as_bytes()))]);
        Ok(match self.table.replace(item(key)?, "digest = :digest", secret).await? {
            Conditional::Done(()) => Change::Made,
            Conditional::Failed(_) => Change::Outdated,
        })
    }

    /// Revokes an API key. Says whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke(&self, key: &ApiKey) -> Result<bool, StoreError> {
        let secret = values([(":digest", binary(key.secret.as_bytes()))]);
        let deleted =
            self.table.delete(Key::api_key(key.user, &key.prefix), "digest = :digest", secret).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

fn item(key: &ApiKey) -> Result<Item, StoreError> {
    let Key { pk, sk } = Key::api_key(key.user, &key.prefix);
    let item = ApiKeyItem {
        pk,
        sk,
        prefix: key.prefix.clone(),
        digest: Binary(*key.secret.as_bytes()),
        description: key.description.clone(),
        addresses: key.addresses.clone(),
        functions: key.functions.clone(),
        created_at: key.created_at,
        expires_at: key.expires_at,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("API key"))
}

pub(crate) fn read(user: UserId, item: Item) -> Result<ApiKey, StoreError> {
    let item: ApiKeyItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("API key"))?;
    Ok(ApiKey {
        user,
        prefix: item.prefix,
        secret: Digest::from_bytes(item.digest.0),
        description: item.description,
        addresses: item.addresses,
        functions: item.functions,
        created_at: item.created_at,
        expires_at: item.expires_at,
    })
}
