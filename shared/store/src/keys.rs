//! The service's own keys: made once, even if two sandboxes start at the same moment.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use domain::UnixTime;
use domain::key::{WrappedKey, WrappedSealingKey};
use oauth::words::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::attributes::Blob;
use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Conditional, Item, Table, text, trace};

#[derive(Serialize, Deserialize)]
struct SigningItem {
    pk: String,
    sk: String,
    kid: String,
    algorithm: SigningAlgorithm,
    public: String,
    sealed: Blob,
    created_at: UnixTime,
    usable_from: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    retires_at: Option<UnixTime>,
}

#[derive(Serialize, Deserialize)]
struct SealingItem {
    pk: String,
    sk: String,
    id: String,
    sealed: Blob,
    created_at: UnixTime,
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
    pub async fn signing(&self) -> Result<Vec<WrappedKey>, StoreError> {
        let request = self.table.client.query().table_name(&self.table.name).consistent_read(true);
        let request = request
            .key_condition_expression("pk = :pk AND begins_with(sk, :signing)")
            .expression_attribute_values(":pk", text("keys"))
            .expression_attribute_values(":signing", text("signing#"))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = request.send().await.map_err(|error| StoreError::from_sdk("Query", &error))?;
        trace("Query", output.consumed_capacity());
        output.items.unwrap_or_default().into_iter().map(signing).collect()
    }

    /// The sealing key, if it was made.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sealing(&self) -> Result<Option<WrappedSealingKey>, StoreError> {
        self.table.get(Key::sealing(1)).await?.map(sealing).transpose()
    }

    /// Keeps the first signing key of its algorithm, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_signing(&self, key: WrappedKey) -> Result<WrappedKey, StoreError> {
        let Key { pk, sk } = Key::signing(key.algorithm.as_str(), 1);
        let item = SigningItem {
            pk,
            sk,
            kid: key.kid.clone(),
            algorithm: key.algorithm,
            public: key.public.clone(),
            sealed: Blob(key.sealed.clone()),
            created_at: key.created_at,
            usable_from: key.usable_from,
            retires_at: key.retires_at,
        };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("signing key"))?;
        match self.table.put_new(item).await? {
            Conditional::Failed(Some(faster)) => signing(faster),
            Conditional::Done(()) | Conditional::Failed(None) => Ok(key),
        }
    }

    /// Keeps the first sealing key, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_sealing(&self, key: WrappedSealingKey) -> Result<WrappedSealingKey, StoreError> {
        let Key { pk, sk } = Key::sealing(1);
        let item = SealingItem {
            pk,
            sk,
            id: key.id.clone(),
            sealed: Blob(key.sealed.clone()),
            created_at: key.created_at,
        };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("sealing key"))?;
        match self.table.put_new(item).await? {
            Conditional::Failed(Some(faster)) => sealing(faster),
            Conditional::Done(()) | Conditional::Failed(None) => Ok(key),
        }
    }
}

fn signing(item: Item) -> Result<WrappedKey, StoreError> {
    let item: SigningItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("signing key"))?;
    Ok(WrappedKey {
        kid: item.kid,
        algorithm: item.algorithm,
        public: item.public,
        sealed: item.sealed.0,
        created_at: item.created_at,
        usable_from: item.usable_from,
        retires_at: item.retires_at,
    })
}

fn sealing(item: Item) -> Result<WrappedSealingKey, StoreError> {
    let item: SealingItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("sealing key"))?;
    Ok(WrappedSealingKey { id: item.id, sealed: item.sealed.0, created_at: item.created_at })
}
