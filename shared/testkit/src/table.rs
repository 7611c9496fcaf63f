//! Where a test begins: a fresh table, its store, and handles on everything around it.

use dynoxide::DynoxideError;
use dynoxide::actions::scan::ScanRequest;
use serde_json::Value;
use store::schema::{PK, SK, provision};
use store::{Store, StoreError, Table};

use crate::clock::TestClock;
use crate::embedded::{Embedded, EmbeddedError, plain_http};
use crate::entropy::TestEntropy;
use crate::faults::Faults;
use crate::gate::Gate;
use crate::recorder::Recorder;
use crate::template::TemplateError;
use crate::wire::Wire;

/// The table's name.
pub const NAME: &str = "gatelet";

/// A provisioned table in memory that nobody else uses, gone with this value.
pub struct TestTable {
    /// The store in it.
    pub store: Store,
    /// What went over the wire since the table was made.
    pub recorder: Recorder,
    /// What shall go wrong on the wire.
    pub faults: Faults,
    /// The time, for the test and for the table's TTL.
    pub clock: TestClock,
    /// Bytes that are the same in every run.
    pub entropy: TestEntropy,
    /// The database, for what goes past the wire.
    pub embedded: Embedded,
    /// What keeps functions to their policies.
    pub gate: Gate,
    wire: Wire,
    table: Table,
}

/// Why there is no table to test with.
#[derive(Debug, thiserror::Error)]
pub enum TestTableError {
    /// No database.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// No table in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No policies.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The engine refused to show the items.
    #[error("the items can't be read: {0}")]
    Items(#[from] DynoxideError),
    /// The items are not JSON.
    #[error("the items can't be shown: {0}")]
    Json(#[from] serde_json::Error),
}

impl TestTable {
    /// A fresh table.
    ///
    /// # Panics
    /// Where there can't be one: a test can't go on without.
    #[expect(clippy::expect_used, reason = "a test can't go on without its table")]
    pub async fn new() -> Self {
        Self::try_new().await.expect("a table in memory")
    }

    async fn try_new() -> Result<Self, TestTableError> {
        let clock = TestClock::default();
        let embedded = Embedded::memory_at(clock.clone())?;
        let (recorder, faults) = (Recorder::default(), Faults::default());
        let gate = Gate::new(NAME)?;
        let http = gate.http(plain_http());
        let wire = Wire { http, recorder: recorder.clone(), faults: faults.clone() };
        let client = embedded.client_over(wire.clone(), None);
        provision(&client, NAME).await?;
        // What it took to make the table is no test's concern.
        drop(recorder.take());
        let table = Table::new(client, NAME);
        let (store, entropy) = (Store::new(&table), TestEntropy::default());
        Ok(Self { store, recorder, faults, clock, entropy, embedded, gate, wire, table })
    }

    /// Another sandbox's store on the same table: it shares the wire and nothing else.
    #[must_use]
    pub fn sandbox(&self) -> Store {
        Store::new(&self.table)
    }

    /// The store of a sandbox of the function called `name`, which says on the wire who it is, and is held to its policy.
    #[must_use]
    pub fn function(&self, name: &str) -> Store {
        Store::new(&Table::new(self.embedded.client_over(self.wire.clone(), Some(name)), NAME))
    }

    /// The table, for parts of the store that are made one by one.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Removes what has expired by the clock, as AWS does within days, and says how many items that were.
    ///
    /// # Errors
    /// See [`EmbeddedError::Sweep`].
    pub fn sweep(&self) -> Result<usize, EmbeddedError> {
        self.embedded.sweep()
    }

    /// Every item as DynamoDB's JSON, sorted by key. Goes past the wire: nothing is recorded.
    ///
    /// # Panics
    /// Where the engine fails.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test can't go on without its items")]
    pub fn items(&self) -> Vec<Value> {
        self.try_items().expect("items as JSON")
    }

    fn try_items(&self) -> Result<Vec<Value>, TestTableError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let scan = ScanRequest {
                table_name: NAME.to_owned(),
                exclusive_start_key: from,
                ..ScanRequest::default()
            };
            let page = self.embedded.database().scan(scan)?;
            for item in page.items.into_iter().flatten() {
                let mut item = serde_json::to_value(item)?;
                item.sort_all_objects();
                items.push(item);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        items.sort_by_key(|item: &Value| [PK, SK].map(|name| item.get(name).map(Value::to_string)));
        Ok(items)
    }
}

/// The size of an item in DynamoDB's JSON as AWS counts it, in bytes: names and values, a number as half its digits and one, three
/// for a list or a map and one for each of its members.
#[must_use]
pub fn size(item: &Value) -> usize {
    item.as_object()
        .map_or(0, |attributes| attributes.iter().map(|(name, value)| name.len() + value_size(value)).sum())
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let text = || value.as_str().map_or(0, str::len);
    let members = || value.as_array().into_iter().flatten();
    match kind.as_str() {
        "S" => text(),
        "N" => text().div_ceil(2) + 1,
        // In base64.
        "B" => value.as_str().map_or(0, |text| text.trim_end_matches('=').len() * 3 / 4),
        "SS" => members().filter_map(Value::as_str).map(str::len).sum(),
        "L" => 3 + members().map(|member| 1 + value_size(member)).sum::<usize>(),
        "M" => 3 + size(value) + value.as_object().map_or(0, |members| members.len()),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use domain::UserId;
    use serde_json::json;

    use super::{TestTable, size};
    use crate::faults::Fault;

    #[test]
    fn an_item_is_as_big_as_aws_says() {
        // The example of AWS's guide: "Item sizes and formats".
        assert_eq!(size(&json!({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}})), 23);
        assert_eq!(size(&json!({"n": {"N": "1800000000"}})), 1 + 6);
        assert_eq!(size(&json!({"b": {"B": "AAECAw=="}})), 1 + 4);
        assert_eq!(size(&json!({"s": {"SS": ["ab", "c"]}})), 1 + 3);
        assert_eq!(size(&json!({"m": {"M": {"a": {"BOOL": true}}}})), 1 + 3 + 1 + 1 + 1);
        assert_eq!(size(&json!({"l": {"L": [{"S": "ab"}]}})), 1 + 3 + 1 + 2);
    }

    #[tokio::test]
    async fn a_fresh_table_is_empty_and_has_cost_nothing() {
        let table = TestTable::new().await;
        assert!(table.items().is_empty());
        assert_eq!(table.recorder.take().round_trips(), 0);
    }

    #[tokio::test]
    async fn the_sdk_repeats_what_passes_and_gives_up_on_the_rest() {
        let table = TestTable::new().await;
        let user = UserId::generate(&table.entropy);
        for (fault, trips) in [
            (Fault::AnswerLost, 3),
            (Fault::Unreachable, 3),
            (Fault::Throttled, 3),
            (Fault::InternalError, 3),
            (Fault::AccessDenied, 1),
        ] {
            table.faults.always("GetItem", fault);
            table.store.users.find(user).await.unwrap_err();
            assert_eq!(table.recorder.take().round_trips(), trips, "{fault:?}");
            table.faults.clear();
            table.faults.next("GetItem", fault);
            assert_eq!(table.store.users.find(user).await.is_ok(), trips == 3, "{fault:?}");
            assert_eq!(table.recorder.take().round_trips(), trips.min(2), "{fault:?}");
        }
    }
}
