//! What DynamoDB says of the table itself: for operators, not for requests.
//!
//! Each of these is a call of its own, so that whoever may make one and not another still learns something.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    BillingMode, KeyType, PointInTimeRecoveryStatus, ScalarAttributeType, TableDescription, TableStatus,
    TimeToLiveStatus,
};

use crate::error::StoreError;
use crate::schema::{PK, SK, TTL};
use crate::table::Table;

/// The table as DynamoDB describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `ACTIVE`, or in whatever other state it is.
    pub status: String,
    /// Whether it is ready for use.
    pub active: bool,
    /// Whether its keys are the schema's: the strings [`PK`] and [`SK`].
    pub keyed: bool,
    /// Whether it is paid for by the request.
    pub on_demand: bool,
    /// Whether it can't be deleted by mistake.
    pub deletion_protection: bool,
}

/// What becomes of items that have expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// They are deleted.
    On,
    /// They are deleted by another attribute than [`TTL`].
    By(String),
    /// They stay.
    Off,
}

impl Table {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The table's description; none where there is no such table.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn describe(&self) -> Result<Option<Description>, StoreError> {
        let request = self.client.describe_table().table_name(&self.name);
        match request.send().await {
            Ok(output) => Ok(output.table().map(describe)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::from_sdk("DescribeTable", &error)),
        }
    }

    /// What becomes of items that have expired.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn expiry(&self) -> Result<Expiry, StoreError> {
        let output = self.client.describe_time_to_live().table_name(&self.name).send().await;
        let output = output.map_err(|error| StoreError::from_sdk("DescribeTimeToLive", &error))?;
        let description = output.time_to_live_description();
        let on = description
            .and_then(|ttl| ttl.time_to_live_status())
            .is_some_and(|status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
        Ok(match description.and_then(|ttl| ttl.attribute_name()).filter(|_| on) {
            Some(TTL) => Expiry::On,
            Some(other) => Expiry::By(other.to_owned()),
            None => Expiry::Off,
        })
    }

    /// Whether the table can be restored as it was at any moment of the past weeks.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn point_in_time_recovery(&self) -> Result<bool, StoreError> {
        let output = self.client.describe_continuous_backups().table_name(&self.name).send().await;
        let output = output.map_err(|error| StoreError::from_sdk("DescribeContinuousBackups", &error))?;
        let backups = output.continuous_backups_description();
        let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description());
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status());
        Ok(status == Some(&PointInTimeRecoveryStatus::Enabled))
    }
}

fn describe(table: &TableDescription) -> Description {
    let status = table.table_status();
    let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    Description {
        status: status.map_or("unknown", TableStatus::as_str).to_owned(),
        active: matches!(status, Some(TableStatus::Active | TableStatus::Updating)),
        keyed: keyed(table),
        on_demand: mode == Some(&BillingMode::PayPerRequest),
        deletion_protection: table.deletion_protection_enabled().unwrap_or_default(),
    }
}

fn keyed(table: &TableDescription) -> bool {
    let keys = table.key_schema().iter().map(|key| (key.attribute_name(), key.key_type()));
    let strings = [PK, SK].iter().all(|name| {
        table.attribute_definitions().iter().any(|attribute| {
            attribute.attribute_name() == *name && *attribute.attribute_type() == ScalarAttributeType::S
        })
    });
    strings && keys.eq([(PK, &KeyType::Hash), (SK, &KeyType::Range)])
}
