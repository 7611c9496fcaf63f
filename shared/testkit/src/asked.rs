//! What a call of DynamoDB asks for, as IAM sees it: actions, tables and partition keys.

use std::collections::BTreeSet;

use serde_json::Value;
use store::schema::PK;

/// One action of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The action without its service. One inside a transaction needs its own permission, not one for transactions ("IAM policies
    /// for transactions" in the DynamoDB Developer Guide).
    pub action: String,
    /// The table.
    pub table: Option<String>,
    /// The partition keys, of a batch all together.
    pub keys: BTreeSet<String>,
}

impl Asked {
    fn new(action: &str, table: Option<&str>, keys: BTreeSet<String>) -> Self {
        Self { action: action.to_owned(), table: table.map(str::to_owned), keys }
    }
}

/// The part of a partition key that a policy can tell apart: as far as its `#`, or the second one of a guard, which says of what kind it
/// is; all of it where it has none or is a list of the directory's.
pub(crate) fn prefix(key: &str) -> String {
    if key.starts_with("directory#") {
        return key.to_owned();
    }
    if let Some((kind, _)) = key.strip_prefix("guard#").and_then(|what| what.split_once('#')) {
        return format!("guard#{kind}#");
    }
    key.split_once('#').map_or_else(|| key.to_owned(), |(prefix, _)| format!("{prefix}#"))
}

/// What a call of `operation` with this body asks for.
pub(crate) fn asked(operation: &str, body: &Value) -> Vec<Asked> {
    match operation {
        "Query" => {
            let key = part(body, "ExpressionAttributeValues").get(format!(":{PK}")).and_then(text);
            vec![Asked::new(operation, table(body), key.into_iter().collect())]
        }
        "BatchGetItem" => {
            let tables = part(body, "RequestItems").as_object().into_iter().flatten();
            let asked = tables.map(|(name, table)| {
                let keys = part(table, "Keys").as_array().into_iter().flatten();
                Asked::new(operation, Some(name), keys.filter_map(partition_key).collect())
            });
            asked.collect()
        }
        "TransactWriteItems" | "TransactGetItems" => {
            let actions = part(body, "TransactItems").as_array().into_iter().flatten();
            let actions = actions.filter_map(Value::as_object).flatten();
            actions.map(|(action, about)| Asked::new(single(action), table(about), keys(about))).collect()
        }
        _ => vec![Asked::new(operation, table(body), keys(body))],
    }
}

/// The permission that an action inside a transaction needs.
fn single(action: &str) -> &str {
    match action {
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Delete" => "DeleteItem",
        "Get" => "GetItem",
        "ConditionCheck" => "ConditionCheckItem",
        other => other,
    }
}

fn table(about: &Value) -> Option<&str> {
    part(about, "TableName").as_str()
}

fn keys(about: &Value) -> BTreeSet<String> {
    let keyed = about.get("Key").unwrap_or_else(|| part(about, "Item"));
    partition_key(keyed).into_iter().collect()
}

fn partition_key(keyed: &Value) -> Option<String> {
    text(part(keyed, PK))
}

fn text(value: &Value) -> Option<String> {
    part(value, "S").as_str().map(str::to_owned)
}

fn part<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{asked, prefix};

    fn shown(operation: &str, body: &Value) -> Vec<String> {
        let asked = asked(operation, body).into_iter();
        let shown = asked.map(|asked| {
            let keys = asked.keys.into_iter().collect::<Vec<_>>().join(",");
            format!("{} {} {keys}", asked.action, asked.table.unwrap_or_default())
        });
        shown.collect()
    }

    #[test]
    fn a_prefix_names_nobody() {
        assert_eq!(["user#1", "signing", "guard#a#b"].map(prefix), ["user#", "signing", "guard#a#"]);
        assert_eq!(prefix("directory#function"), "directory#function");
    }

    #[test]
    fn a_batch_is_asked_for_as_a_whole_and_a_transaction_one_by_one() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        let get = json!({"TableName": "t", "Key": key("client#1")});
        assert_eq!(shown("GetItem", &get), ["GetItem t client#1"]);
        let put = json!({"TableName": "t", "Item": key("user#1")});
        assert_eq!(shown("PutItem", &put), ["PutItem t user#1"]);
        let query = json!({"TableName": "t", "ExpressionAttributeValues": {":pk": {"S": "signing"}}});
        assert_eq!(shown("Query", &query), ["Query t signing"]);
        let batch = json!({"RequestItems": {"t": {"Keys": [key("user#1"), key("client#1")]}}});
        assert_eq!(shown("BatchGetItem", &batch), ["BatchGetItem t client#1,user#1"]);
        let transaction = json!({"TransactItems": [{"Put": put}, {"ConditionCheck": get}]});
        assert_eq!(
            shown("TransactWriteItems", &transaction),
            ["PutItem t user#1", "ConditionCheckItem t client#1"]
        );
        assert_eq!(shown("ListTables", &json!({})), ["ListTables  "]);
    }
}
