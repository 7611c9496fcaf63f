//! One table, and the few calls that are made on it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, ConsumedCapacity, Delete, KeysAndAttributes, Put, ReturnConsumedCapacity,
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use aws_types::SdkConfig;

use crate::error::StoreError;
use crate::schema::{Key, PK, SK};

pub(crate) type Item = HashMap<String, AttributeValue>;
pub(crate) type Values = HashMap<String, AttributeValue>;

/// The most items that DynamoDB reads in one round trip.
const BATCH: usize = 100;
/// How often the part of a batch that DynamoDB left over is asked for again.
const BATCH_ATTEMPTS: usize = 3;

/// A table and the client that reaches it.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// A conditional write that was not made, with the item as it stands, if there is one.
pub(crate) enum Conditional<T> {
    Done(T),
    Failed(Option<Item>),
}

/// One of several writes that are made together.
pub(crate) enum Write {
    /// Nothing, under a condition on the item that is there.
    Check(Key, &'static str, Values),
    /// An item, under a condition on the one that is there.
    Put(Item, &'static str, Values),
    /// No item any more, under a condition on the one that is there.
    Delete(Key, &'static str, Values),
}

/// What became of several writes.
pub(crate) enum Together {
    /// All of them.
    Done,
    /// None: this one's condition failed, and no earlier one's.
    Failed(usize),
}

/// A change under a condition: the expressions and what stands for their placeholders.
pub(crate) struct Update {
    pub key: Key,
    pub update: String,
    pub condition: String,
    pub values: Values,
}

impl Write {
    /// An item that must not exist yet.
    pub(crate) fn put_new(item: Item) -> Self {
        Self::Put(item, "attribute_not_exists(pk)", Values::new())
    }

    /// An item that must exist already.
    pub(crate) fn put_again(item: Item) -> Self {
        Self::Put(item, "attribute_exists(pk)", Values::new())
    }

    fn item(self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let refused = |error: BuildError| StoreError::Refused {
            operation: "TransactWriteItems",
            cause: error.to_string(),
        };
        let write = TransactWriteItem::builder();
        Ok(match self {
            Self::Check(key, condition, values) => {
                let check = ConditionCheck::builder().table_name(table).set_key(Some(key.into()));
                let check =
                    check.condition_expression(condition).set_expression_attribute_values(some(values));
                write.condition_check(check.build().map_err(refused)?).build()
            }
            Self::Put(item, condition, values) => {
                let put = Put::builder().table_name(table).set_item(Some(item));
                let put = put.condition_expression(condition).set_expression_attribute_values(some(values));
                write.put(put.build().map_err(refused)?).build()
            }
            Self::Delete(key, condition, values) => {
                let delete = Delete::builder().table_name(table).set_key(Some(key.into()));
                let delete =
                    delete.condition_expression(condition).set_expression_attribute_values(some(values));
                write.delete(delete.build().map_err(refused)?).build()
            }
        })
    }
}

impl Table {
    /// The table called `name`, reached as the SDK's shared configuration says.
    #[must_use]
    pub fn connect(shared: &SdkConfig, name: impl Into<String>) -> Self {
        Self::new(Client::new(shared), name)
    }

    /// The table called `name`, reached by `client`.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Reads one item: one unit for each 4 KiB.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key.into()));
        let request = request.consistent_read(true).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = request.send().await.map_err(|error| StoreError::from_sdk("GetItem", &error))?;
        trace("GetItem", output.consumed_capacity());
        Ok(output.item)
    }

    /// Reads any number of items, a hundred in a round trip: one unit for each 4 KiB of each.
    pub(crate) async fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            items.extend(self.get_all(batch.to_vec()).await?);
        }
        Ok(items)
    }

    /// Reads up to a hundred items in one round trip: one unit for each 4 KiB of each.
    pub(crate) async fn get_all(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted = keys.into_iter().map(Item::from).collect::<Vec<_>>();
        for _ in 0..BATCH_ATTEMPTS {
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let keys = keys.map_err(|error| StoreError::Refused {
                operation: "BatchGetItem",
                cause: error.to_string(),
            })?;
            let request = self.client.batch_get_item().request_items(&self.name, keys);
            let request = request.return_consumed_capacity(ReturnConsumedCapacity::Total);
            let output =
                request.send().await.map_err(|error| StoreError::from_sdk("BatchGetItem", &error))?;
            trace("BatchGetItem", output.consumed_capacity().first());
            items.extend(output.responses.unwrap_or_default().into_values().flatten());
            let left = output.unprocessed_keys.unwrap_or_default().into_values().next();
            wanted = left.map(|left| left.keys).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
        }
        let cause = "keys were left unprocessed".to_owned();
        Err(StoreError::Unavailable { operation: "BatchGetItem", cause })
    }

    /// Writes an item that must not exist yet.
    pub(crate) async fn put_new(&self, item: Item) -> Result<Conditional<()>, StoreError> {
        self.put(item, "attribute_not_exists(pk)", None).await
    }

    /// Writes an item over the one that fits the condition.
    pub(crate) async fn replace(
        &self,
        item: Item,
        condition: &str,
        values: Values,
    ) -> Result<Conditional<()>, StoreError> {
        self.put(item, condition, Some(values)).await
    }

    /// Where the condition fails on an item equal to the one to be written, this very write has been made and its answer lost.
    async fn put(
        &self,
        item: Item,
        condition: &str,
        values: Option<Values>,
    ) -> Result<Conditional<()>, StoreError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let request = request
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let error = match request.send().await {
            Ok(output) => {
                trace("PutItem", output.consumed_capacity());
                return Ok(Conditional::Done(()));
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                let existing = failure.item().cloned();
                let mine = existing.clone().is_some_and(|existing| ordered(existing) == ordered(item));
                Ok(if mine { Conditional::Done(()) } else { Conditional::Failed(existing) })
            }
            _ => Err(StoreError::from_sdk("PutItem", &error)),
        }
    }

    /// Makes several writes, all or none.
    ///
    /// The SDK's idempotency token makes a repeated call answer as the first did.
    pub(crate) async fn write_together(&self, writes: Vec<Write>) -> Result<Together, StoreError> {
        const OPERATION: &str = "TransactWriteItems";
        let request = self.client.transact_write_items();
        let mut request = request.return_consumed_capacity(ReturnConsumedCapacity::Total);
        for write in writes {
            request = request.transact_items(write.item(&self.name)?);
        }
        match request.send().await {
            Ok(output) => {
                trace(OPERATION, output.consumed_capacity().first());
                Ok(Together::Done)
            }
            Err(error) => match failed_condition(error.as_service_error()) {
                Some(index) => Ok(Together::Failed(index)),
                None => Err(match passing(error.as_service_error()) {
                    Some(reason) => {
                        StoreError::Unavailable { operation: OPERATION, cause: reason.to_owned() }
                    }
                    None => StoreError::from_sdk(OPERATION, &error),
                }),
            },
        }
    }

    /// Reads a partition in the order of its sort keys, as far as these begin with `prefix`: one unit for each 4 KiB of it all.
    pub(crate) async fn query(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let (condition, values) = match prefix {
            "" => ("pk = :pk", values([(":pk", text(pk))])),
            _ => (
                "pk = :pk AND begins_with(sk, :prefix)",
                values([(":pk", text(pk)), (":prefix", text(prefix))]),
            ),
        };
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let request = self.client.query().table_name(&self.name).key_condition_expression(condition);
            let request = request.set_expression_attribute_values(Some(values.clone()));
            let request = request.consistent_read(true).set_exclusive_start_key(from);
            let request = request.return_consumed_capacity(ReturnConsumedCapacity::Total);
            let output = request.send().await.map_err(|error| StoreError::from_sdk("Query", &error))?;
            trace("Query", output.consumed_capacity());
            items.extend(output.items.unwrap_or_default());
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// Changes an item, or makes it, under no condition.
    pub(crate) async fn change(&self, key: Key, update: String, values: Values) -> Result<(), StoreError> {
        let request = self.client.update_item().table_name(&self.name).set_key(Some(key.into()));
        let request = request.update_expression(update).set_expression_attribute_values(Some(values));
        let output = request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let output = output.map_err(|error| StoreError::from_sdk("UpdateItem", &error))?;
        trace("UpdateItem", output.consumed_capacity());
        Ok(())
    }

    /// Changes an item under a condition and returns it as it is then.
    pub(crate) async fn update(&self, update: Update) -> Result<Conditional<Item>, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(update.key.into()))
            .update_expression(update.update)
            .condition_expression(update.condition)
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let error = match request.send().await {
            Ok(output) => {
                trace("UpdateItem", output.consumed_capacity());
                return Ok(Conditional::Done(output.attributes.unwrap_or_default()));
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                Ok(Conditional::Failed(failure.item().cloned()))
            }
            _ => Err(StoreError::from_sdk("UpdateItem", &error)),
        }
    }

    /// Deletes an item under a condition; `Failed` where there was none, or another one.
    pub(crate) async fn delete(
        &self,
        key: Key,
        condition: &str,
        values: Values,
    ) -> Result<Conditional<()>, StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.into()))
            .condition_expression(condition)
            .set_expression_attribute_values(some(values))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let error = match request.send().await {
            Ok(output) => {
                trace("DeleteItem", output.consumed_capacity());
                return Ok(Conditional::Done(()));
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(failure)) => {
                Ok(Conditional::Failed(failure.item().cloned()))
            }
            _ => Err(StoreError::from_sdk("DeleteItem", &error)),
        }
    }

    /// Deletes an item, if it is there.
    pub(crate) async fn erase(&self, key: Key) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key.into()));
        let output = request.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let output = output.map_err(|error| StoreError::from_sdk("DeleteItem", &error))?;
        trace("DeleteItem", output.consumed_capacity());
        Ok(())
    }
}

fn failed_condition(error: Option<&TransactWriteItemsError>) -> Option<usize> {
    reasons(error).position(|reason| reason == Some("ConditionalCheckFailed"))
}

/// Why a transaction was cancelled, where that passes by itself; the SDK does not repeat it.
fn passing(error: Option<&TransactWriteItemsError>) -> Option<&str> {
    const PASSING: [&str; 3] = ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];
    reasons(error).flatten().find(|reason| PASSING.contains(reason))
}

/// Why a transaction was cancelled, for each of its items in their order.
fn reasons(error: Option<&TransactWriteItemsError>) -> impl Iterator<Item = Option<&str>> {
    let cancelled = match error {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    };
    cancelled.iter().map(|reason| reason.code())
}

/// DynamoDB returns a set in any order.
fn ordered(mut item: Item) -> Item {
    for value in item.values_mut() {
        if let AttributeValue::Ss(set) = value {
            set.sort_unstable();
        }
    }
    item
}

impl From<Key> for Item {
    fn from(key: Key) -> Self {
        [(PK.to_owned(), AttributeValue::S(key.pk)), (SK.to_owned(), AttributeValue::S(key.sk))].into()
    }
}

/// DynamoDB takes no empty map of placeholders.
fn some(values: Values) -> Option<Values> {
    (!values.is_empty()).then_some(values)
}

/// Placeholders and what they stand for.
pub(crate) fn values<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Values {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn binary(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(bytes.into())
}

pub(crate) fn trace(operation: &'static str, consumed: Option<&ConsumedCapacity>) {
    let units = consumed.and_then(ConsumedCapacity::capacity_units);
    tracing::debug!(dynamodb.operation = operation, dynamodb.units = units, "dynamodb call");
}
