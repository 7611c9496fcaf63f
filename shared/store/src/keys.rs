//! The service's own keys: made once, even if two sandboxes start at the same moment.
//!
//! What a key consists of is the caller's business: here it is a value that serializes, private part wrapped.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use oauth::words::SigningAlgorithm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::schema::{Key, SIGNING};
use crate::table::{Conditional, Item, Table, text, trace};

#[derive(Serialize, Deserialize)]
struct KeyItem<K> {
    pk: String,
    sk: String,
    #[serde(flatten)]
    key: K,
}

/// The service's own keys.
#[derive(Clone, Debug)]
pub struct Keys {
    table: Table,
}

impl Keys {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Every signing key, published or in use.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn signing<K: DeserializeOwned>(&self) -> Result<Vec<K>, StoreError> {
        let request = self.table.client.query().table_name(&self.table.name).consistent_read(true);
        let request = request
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(SIGNING))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = request.send().await.map_err(|error| StoreError::from_sdk("Query", &error))?;
        trace("Query", output.consumed_capacity());
        output.items.unwrap_or_default().into_iter().map(read).collect()
    }

    /// The sealing key, if it was made.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sealing<K: DeserializeOwned>(&self) -> Result<Option<K>, StoreError> {
        self.table.get(Key::sealing(1)).await?.map(read).transpose()
    }

    /// Keeps the first signing key of its algorithm, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_signing<K>(&self, algorithm: SigningAlgorithm, key: K) -> Result<K, StoreError>
    where
        K: Serialize + DeserializeOwned,
    {
        self.establish(Key::signing(algorithm.as_str(), 1), key).await
    }

    /// Keeps the first sealing key, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_sealing<K: Serialize + DeserializeOwned>(&self, key: K) -> Result<K, StoreError> {
        self.establish(Key::sealing(1), key).await
    }

    async fn establish<K: Serialize + DeserializeOwned>(&self, place: Key, key: K) -> Result<K, StoreError> {
        let item = KeyItem { pk: place.pk, sk: place.sk, key };
        let attributes = serde_dynamo::to_item(&item).map_err(StoreError::corrupt("key"))?;
        match self.table.put_new(attributes).await? {
            Conditional::Failed(Some(faster)) => read(faster),
            Conditional::Done(()) | Conditional::Failed(None) => Ok(item.key),
        }
    }
}

fn read<K: DeserializeOwned>(item: Item) -> Result<K, StoreError> {
    let item: KeyItem<K> = serde_dynamo::from_item(item).map_err(StoreError::corrupt("key"))?;
    Ok(item.key)
}
