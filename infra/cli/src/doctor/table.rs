//! The table as `template.yaml` makes it: keys, billing, TTL, backups, protection against deletion.

use store::StoreError;
use store::inspection::{Description, Expiry};

use super::finding::Finding;
use crate::connection::Connection;

const TABLE: &str = "table";
const EXPIRY: &str = "expiry (TTL)";
const RECOVERY: &str = "point-in-time recovery";
const PROTECTION: &str = "deletion protection";

/// What is found, and whether items can be read.
pub(super) async fn check(connection: &Connection) -> (Vec<Finding>, bool) {
    let description = match connection.table.describe().await {
        Ok(Some(description)) => description,
        Ok(None) => return (unknown(missing(connection)), false),
        Err(error @ StoreError::Unavailable { .. }) => {
            return (unknown(unreachable(connection, &error)), false);
        }
        Err(error) => {
            let remedy = "allow dynamodb:DescribeTable, or give other credentials with --profile";
            return (unknown(Finding::problem(TABLE, error.to_string(), remedy)), false);
        }
    };
    let usable = description.active && description.keyed;
    let findings = vec![
        table(&description),
        expiry(connection).await,
        recovery(connection).await,
        protection(connection, &description),
    ];
    (findings, usable)
}

fn missing(connection: &Connection) -> Finding {
    let remedy = if connection.is_local() {
        "is it the right one? make dev calls its table gatelet, and TABLE_NAME changes that"
    } else {
        "deploy it (make deploy), or give another --table, --region or --profile"
    };
    Finding::problem(TABLE, format!("there is no {}", connection.place()), remedy)
}

fn unreachable(connection: &Connection, error: &StoreError) -> Finding {
    let remedy = match &connection.endpoint {
        Some(endpoint) => {
            format!("does a DynamoDB listen at {endpoint}? make dev does, with DYNAMODB_PORT=8000")
        }
        None => "is this machine online, and the region right? Behind a proxy, set HTTPS_PROXY".to_owned(),
    };
    Finding::problem(TABLE, error.to_string(), remedy)
}

/// Where there is no table to look at, nothing more is known of it.
fn unknown(table: Finding) -> Vec<Finding> {
    let mut findings = vec![table];
    let rest = [EXPIRY, RECOVERY, PROTECTION];
    findings.extend(rest.map(|check| Finding::not_checked(check, "there is no table to look at")));
    findings
}

fn table(description: &Description) -> Finding {
    let status = description.status.to_lowercase();
    if !description.active {
        let remedy = "wait until it is active, or look into it in the AWS console";
        return Finding::problem(TABLE, format!("it is {status}"), remedy);
    }
    if !description.keyed {
        let remedy = "this is not Gatelet's table: give another --table";
        return Finding::problem(TABLE, "its keys are not the strings pk and sk", remedy);
    }
    if !description.on_demand {
        let remedy = "sign-ins come in waves: deploy template.yaml, which bills by the request";
        return Finding::warning(TABLE, format!("{status}, with provisioned capacity"), remedy);
    }
    Finding::ok(TABLE, format!("{status}, keys pk and sk, on demand"))
}

async fn expiry(connection: &Connection) -> Finding {
    let name = connection.table.name();
    let remedy = format!(
        "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName=expires_at"
    );
    match connection.table.expiry().await {
        Ok(Expiry::On) => Finding::ok(EXPIRY, "on, by expires_at"),
        Ok(Expiry::By(other)) => {
            let says =
                format!("on, but by {other}: what has ended is never deleted, and other things may be");
            Finding::problem(EXPIRY, says, format!("turn that off; an hour later, {remedy}"))
        }
        Ok(Expiry::Off) => Finding::problem(EXPIRY, "off: what has ended is never deleted", remedy),
        Err(error) => Finding::not_checked(EXPIRY, error.to_string()),
    }
}

async fn recovery(connection: &Connection) -> Finding {
    if connection.is_local() {
        return Finding::not_checked(RECOVERY, "a DynamoDB that is not AWS's keeps no backups");
    }
    let name = connection.table.name();
    match connection.table.point_in_time_recovery().await {
        Ok(true) => Finding::ok(RECOVERY, "on"),
        Ok(false) => {
            let remedy = format!(
                "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            );
            Finding::warning(RECOVERY, "off: what is lost stays lost", remedy)
        }
        Err(error) => Finding::not_checked(RECOVERY, error.to_string()),
    }
}

fn protection(connection: &Connection, description: &Description) -> Finding {
    if description.deletion_protection {
        return Finding::ok(PROTECTION, "on");
    }
    if connection.is_local() {
        return Finding::not_checked(PROTECTION, "a DynamoDB that is not AWS's is for trying things out");
    }
    let name = connection.table.name();
    let remedy = format!("aws dynamodb update-table --table-name {name} --deletion-protection-enabled");
    Finding::warning(PROTECTION, "off: one call deletes every account", remedy)
}
