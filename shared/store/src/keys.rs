//! The service's own keys: made once, whoever makes them, and rotated once, however many rotate them.
//!
//! What a key consists of is the caller's business: here it is a value that serializes, private part wrapped. Of its attributes only
//! those are known that change: `usable_from`, `retires_at`, and `sealed`, the private part.

use std::fmt;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use domain::UnixTime;
use oauth::words::SigningAlgorithm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::schema::{Key, SEALING, SIGNING};
use crate::table::{Conditional, Item, Table, Update, number, text, trace, values};

/// The generation that comes first.
const FIRST: u32 = 1;

/// A line of keys that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Those that sign with an algorithm.
    Signing(SigningAlgorithm),
    /// Those that seal.
    Sealing,
}

impl Line {
    fn place(self, generation: u32) -> Key {
        match self {
            Self::Signing(algorithm) => Key::signing(algorithm.as_str(), generation),
            Self::Sealing => Key::sealing(generation),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing(algorithm) => algorithm.as_str(),
            Self::Sealing => SEALING,
        })
    }
}

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
        self.all(SIGNING).await
    }

    /// Every sealing key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sealing<K: DeserializeOwned>(&self) -> Result<Vec<K>, StoreError> {
        self.all(SEALING).await
    }

    /// Keeps the first signing key of its algorithm, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_signing<K>(&self, algorithm: SigningAlgorithm, key: K) -> Result<K, StoreError>
    where
        K: Serialize + DeserializeOwned,
    {
        self.publish(Line::Signing(algorithm), FIRST, key).await
    }

    /// Keeps the first sealing key, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn establish_sealing<K: Serialize + DeserializeOwned>(&self, key: K) -> Result<K, StoreError> {
        self.publish(Line::Sealing, FIRST, key).await
    }

    /// Keeps the key of a generation, and returns the one that is kept: this one, or the one that was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn publish<K>(&self, line: Line, generation: u32, key: K) -> Result<K, StoreError>
    where
        K: Serialize + DeserializeOwned,
    {
        let place = line.place(generation);
        let item = KeyItem { pk: place.pk, sk: place.sk, key };
        let attributes = serde_dynamo::to_item(&item).map_err(StoreError::corrupt("key"))?;
        match self.table.put_new(attributes).await? {
            Conditional::Failed(Some(faster)) => read(faster),
            Conditional::Done(()) | Conditional::Failed(None) => Ok(item.key),
        }
    }

    /// Has a key be used sooner than was settled; never later. Whether it is used by then.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn advance(&self, line: Line, generation: u32, from: UnixTime) -> Result<bool, StoreError> {
        let update = Update {
            key: line.place(generation),
            update: "SET usable_from = :from".to_owned(),
            condition: "usable_from > :from".to_owned(),
            values: values([(":from", number(from))]),
        };
        // A key that is there is usable by then, by this write or by another.
        let written = self.table.update(update).await?;
        Ok(matches!(written, Conditional::Done(_) | Conditional::Failed(Some(_))))
    }

    /// Settles the end of a key that is not used any more, once. A signing key's private part is destroyed; a sealing key still opens.
    /// Whether the end is settled.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn retire(&self, line: Line, generation: u32, end: UnixTime) -> Result<bool, StoreError> {
        let update = match line {
            Line::Signing(_) => "SET retires_at = :end REMOVE sealed",
            Line::Sealing => "SET retires_at = :end",
        };
        let update = Update {
            key: line.place(generation),
            update: update.to_owned(),
            condition: "attribute_exists(pk) AND attribute_not_exists(retires_at)".to_owned(),
            values: values([(":end", number(end))]),
        };
        let written = self.table.update(update).await?;
        Ok(matches!(written, Conditional::Done(_) | Conditional::Failed(Some(_))))
    }

    /// Removes a key. It does not matter whether it is there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, line: Line, generation: u32) -> Result<(), StoreError> {
        self.table.erase(line.place(generation)).await
    }

    async fn all<K: DeserializeOwned>(&self, partition: &str) -> Result<Vec<K>, StoreError> {
        let request = self.table.client.query().table_name(&self.table.name).consistent_read(true);
        let request = request
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(partition))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = request.send().await.map_err(|error| StoreError::from_sdk("Query", &error))?;
        trace("Query", output.consumed_capacity());
        output.items.unwrap_or_default().into_iter().map(read).collect()
    }
}

fn read<K: DeserializeOwned>(item: Item) -> Result<K, StoreError> {
    let item: KeyItem<K> = serde_dynamo::from_item(item).map_err(StoreError::corrupt("key"))?;
    Ok(item.key)
}
