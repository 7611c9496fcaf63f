//! Guards that are spent by themselves: where what may happen once writes nothing else.

use domain::UnixTime;
use domain::id::RequestId;
use serde::Serialize;

use crate::error::StoreError;
use crate::schema::Key;
use crate::sessions::{Guard, UNSPENT};
use crate::table::{Conditional, Table, number, values};

#[derive(Serialize)]
struct SpentItem<'a> {
    pk: String,
    sk: String,
    expires_at: UnixTime,
    /// The write knows itself by it when it is repeated because its answer was lost; another use of the same thing has another.
    spent_by: &'a RequestId,
}

/// Things that may happen once.
#[derive(Clone, Debug)]
pub struct Guards {
    table: Table,
}

impl Guards {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Spends a guard in the name of one request, which no other has. Says whether it was there to be spent; of several at once, one
    /// spends it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn spend(&self, guard: &Guard, by: &RequestId, now: UnixTime) -> Result<bool, StoreError> {
        let Key { pk, sk } = Key::guard(&guard.what);
        let item = SpentItem { pk, sk, expires_at: guard.expires_at, spent_by: by };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("guard"))?;
        let spent = self.table.replace(item, UNSPENT, values([(":now", number(now))])).await?;
        Ok(matches!(spent, Conditional::Done(())))
    }
}
