//! Rates: how often a credential is used in each window of time, one item for each window, which ends with it.
//!
//! The write that counts a call is the one that lets it through. A write that the SDK repeats because its answer was lost counts twice:
//! that lets one call fewer through, and never one more.

use domain::UnixTime;
use domain::time::Seconds;

use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Conditional, Table, Update, number, values};

/// How often something may be done in how long a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How often; at least once.
    pub calls: u32,
    /// In how long a time; at least a second.
    pub window: Seconds,
}

/// Whether a call is one of those that may still be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// It is, and was counted.
    Allowed,
    /// It isn't, and nothing was written: the next window begins then.
    Exhausted(UnixTime),
}

/// How often credentials are used.
#[derive(Clone, Debug)]
pub struct Rates {
    table: Table,
}

impl Rates {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Counts a use of `what`, unless as many as `rate` allows have been counted in this window: of several at once, no more are let
    /// through either.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn count(&self, what: &str, rate: Rate, now: UnixTime) -> Result<Allowance, StoreError> {
        let length = rate.window.0.max(1);
        let window = now.0 / length;
        let ends = UnixTime(window.saturating_add(1).saturating_mul(length));
        let update = Update {
            key: Key::rate(what, window),
            update: "SET expires_at = :ends ADD calls :one".to_owned(),
            condition: "attribute_not_exists(calls) OR calls < :limit".to_owned(),
            values: values([(":ends", number(ends)), (":one", number(1)), (":limit", number(rate.calls))]),
        };
        Ok(match self.table.update(update).await? {
            Conditional::Done(_) => Allowance::Allowed,
            Conditional::Failed(_) => Allowance::Exhausted(ends),
        })
    }
}
