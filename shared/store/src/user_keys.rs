//! The keys that sign users' JWTs: in their user's partition, so that a user's are one query.

use domain::user_key::{KeyId, PublicKey, UserKey};
use domain::{UnixTime, UserId};
use serde::{Deserialize, Serialize};

use crate::clients::Creation;
use crate::error::StoreError;
use crate::schema::{Key, USER_KEY, partition_of};
use crate::table::{Conditional, Item, Table, Values};

#[derive(Serialize, Deserialize)]
struct UserKeyItem {
    pk: String,
    sk: String,
    key_id: KeyId,
    public: PublicKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    created_at: UnixTime,
}

/// The keys that sign users' JWTs.
#[derive(Clone, Debug)]
pub struct UserKeys {
    table: Table,
}

impl UserKeys {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The user's keys, by id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self, user: UserId) -> Result<Vec<UserKey>, StoreError> {
        let items = self.table.query(&partition_of(user), USER_KEY).await?;
        items.into_iter().map(|item| read(user, item)).collect()
    }

    /// Registers a key under an id that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, key: &UserKey) -> Result<Creation, StoreError> {
        Ok(match self.table.put_new(item(key)?).await? {
            Conditional::Done(()) => Creation::Made,
            Conditional::Failed(_) => Creation::NameTaken,
        })
    }

    /// Removes a key. Says whether there was one; nothing that it signed is accepted from then on.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, user: UserId, id: &KeyId) -> Result<bool, StoreError> {
        let deleted =
            self.table.delete(Key::user_key(user, id), "attribute_exists(pk)", Values::new()).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

fn item(key: &UserKey) -> Result<Item, StoreError> {
    let Key { pk, sk } = Key::user_key(key.user, &key.id);
    let item = UserKeyItem {
        pk,
        sk,
        key_id: key.id.clone(),
        public: key.public.clone(),
        description: key.description.clone(),
        created_at: key.created_at,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("user's key"))
}

pub(crate) fn read(user: UserId, item: Item) -> Result<UserKey, StoreError> {
    let item: UserKeyItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("user's key"))?;
    Ok(UserKey {
        user,
        id: item.key_id,
        public: item.public,
        description: item.description,
        created_at: item.created_at,
    })
}
