//! What went over the wire: operations, what they touched, and what they cost.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::asked::{self, Asked, prefix};

/// One round trip: the SDK's repetitions are further ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The DynamoDB operation, such as `GetItem`.
    pub operation: String,
    /// What it did to which items.
    pub touches: BTreeSet<Touch>,
    /// Capacity units read, as the answer says. Answers to failed calls don't say, though AWS charges some of them.
    pub reads: f64,
    /// Capacity units written, likewise.
    pub writes: f64,
    /// The HTTP status; none where nothing was reached. Where the answer was lost, the status of the lost answer.
    pub status: Option<u16>,
}

/// One thing that a call does to one kind of item: what an IAM policy permits or refuses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// The action as IAM names it: an action inside a transaction needs its own permission, not one for transactions.
    pub action: String,
    /// The partition key as far as its `#` (`user#`), all of it where it has none, nothing where a call touches no items.
    pub prefix: String,
}

/// The calls of some stretch of time, in the order they ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls(pub Vec<Call>);

impl Calls {
    /// How often the wire was used.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.0.len()
    }

    /// Capacity units read.
    #[must_use]
    pub fn read_units(&self) -> f64 {
        self.0.iter().map(|call| call.reads).sum()
    }

    /// Capacity units written.
    #[must_use]
    pub fn write_units(&self) -> f64 {
        self.0.iter().map(|call| call.writes).sum()
    }

    /// The operations, one for each round trip.
    #[must_use]
    pub fn operations(&self) -> Vec<&str> {
        self.0.iter().map(|call| call.operation.as_str()).collect()
    }

    /// Everything that was done to anything.
    #[must_use]
    pub fn touches(&self) -> BTreeSet<&Touch> {
        self.0.iter().flat_map(|call| &call.touches).collect()
    }
}

/// Remembers the calls that pass. Clones share the memory.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Call>>>);

impl Recorder {
    /// The calls since this was asked last.
    #[must_use]
    pub fn take(&self) -> Calls {
        Calls(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    pub(crate) fn add(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

impl Call {
    pub(crate) fn new(operation: &str, asked: &Value, status: Option<u16>, answered: &Value) -> Self {
        let units = units(answered);
        let reads = matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems");
        Self {
            operation: operation.to_owned(),
            touches: touches(operation, asked),
            reads: if reads { units } else { 0.0 },
            writes: if reads { 0.0 } else { units },
            status,
        }
    }
}

/// `ConsumedCapacity` is one for an item and a list, one for each table, for a batch or a transaction.
fn units(answered: &Value) -> f64 {
    let of = |consumed: &Value| consumed.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default();
    match answered.get("ConsumedCapacity") {
        Some(Value::Array(tables)) => tables.iter().map(of).sum(),
        Some(consumed) => of(consumed),
        None => 0.0,
    }
}

fn touches(operation: &str, asked: &Value) -> BTreeSet<Touch> {
    let mut touches = BTreeSet::new();
    for Asked { action, keys, .. } in asked::asked(operation, asked) {
        let touch = |prefix| Touch { action: action.clone(), prefix };
        if keys.is_empty() {
            touches.insert(touch(String::new()));
        }
        touches.extend(keys.iter().map(|key| touch(prefix(key))));
    }
    touches
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Call, Calls};

    fn touches(operation: &str, asked: &Value) -> Vec<String> {
        let call = Call::new(operation, asked, Some(200), &Value::Null);
        call.touches.iter().map(|touch| format!("{} {}", touch.action, touch.prefix)).collect()
    }

    #[test]
    fn touches_are_what_a_policy_would_be_asked() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        assert_eq!(touches("GetItem", &json!({"Key": key("client#1")})), ["GetItem client#"]);
        assert_eq!(touches("PutItem", &json!({"Item": key("user#1")})), ["PutItem user#"]);
        let query = json!({"ExpressionAttributeValues": {":pk": {"S": "signing"}}});
        assert_eq!(touches("Query", &query), ["Query signing"]);
        let batch = json!({"RequestItems": {"t": {"Keys": [key("user#1"), key("client#1"), key("user#2")]}}});
        assert_eq!(touches("BatchGetItem", &batch), ["BatchGetItem client#", "BatchGetItem user#"]);
        let transaction =
            json!({"TransactItems": [{"Put": {"Item": key("guard#1")}}, {"Delete": {"Key": key("user#1")}}]});
        assert_eq!(touches("TransactWriteItems", &transaction), ["DeleteItem user#", "PutItem guard#"]);
        assert_eq!(touches("DescribeTimeToLive", &json!({})), ["DescribeTimeToLive "]);
    }

    #[test]
    fn units_add_up_on_their_side() {
        let one = json!({"ConsumedCapacity": {"CapacityUnits": 1.5}});
        let several = json!({"ConsumedCapacity": [{"CapacityUnits": 2.0}, {"CapacityUnits": 1.0}]});
        let calls = Calls(vec![
            Call::new("UpdateItem", &Value::Null, Some(200), &one),
            Call::new("BatchGetItem", &Value::Null, Some(200), &several),
        ]);
        assert_eq!((calls.round_trips(), calls.read_units(), calls.write_units()), (2, 3.0, 1.5));
    }
}
