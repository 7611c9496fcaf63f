//! `gatelet doctor`: what is wrong with a deployment, and what to do about it.
//!
//! Each check is a file that answers with [`Finding`]s. None writes, and one that can't be made says why and does not stop the others.

mod administrator;
mod clock;
mod credentials;
mod environment;
mod finding;
mod issuer;
mod keys;
mod table;
mod wrapping_key;

use std::process::ExitCode;

use clap::Args;
use domain::Clock as _;
use domain::time::SystemClock;
use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{BAD, DOUBTFUL, FAINT, GOOD, Output, Report, STRONG, Screen, paint};
use finding::{Finding, Status};

const EXAMPLES: &str = "\
Examples:
  gatelet doctor --table gatelet-prod --issuer https://id.example.com
  gatelet doctor --endpoint-url http://127.0.0.1:8000 --table gatelet --issuer http://127.0.0.1:9000
  gatelet doctor --table gatelet-prod --json | jq '.checks[] | select(.status == \"problem\")'

To try a function's variables before they are deployed:
  env ISSUER=https://id.example.com TABLE_NAME=gatelet-prod \u{2026} gatelet doctor --environment";

/// Say what is wrong with a deployment, and what to do about it
///
/// Nothing is written. What can't be checked is named, and is no problem by itself.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The issuer to fetch metadata and keys from
    #[arg(long, env = "ISSUER", value_name = "URL")]
    issuer: Option<String>,
    /// The KMS key that wraps the service's own keys
    #[arg(long, env = "WRAPPING_KEY", value_name = "ARN")]
    wrapping_key: Option<String>,
    /// How many days a signing key is in use before the next one is
    #[arg(long, env = "SIGNING_KEY_DAYS", value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3650))]
    signing_key_days: u64,
    /// Read this process's variables as a function reads its own
    #[arg(long)]
    environment: bool,
}

/// Everything that was found.
#[derive(Serialize)]
struct Diagnosis {
    table: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    problems: usize,
    warnings: usize,
    checks: Vec<Finding>,
    #[serde(skip)]
    place: String,
}

/// Checks everything, and answers 1 where something is wrong.
///
/// # Errors
/// Where what was found can't be printed.
pub(crate) async fn run(
    arguments: Arguments,
    connection: &Connection,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let now = SystemClock.now();
    let mut checks = vec![credentials::check(connection).await];
    let (findings, usable) = table::check(connection).await;
    checks.extend(findings);
    let (findings, signing) = keys::check(connection, usable, arguments.signing_key_days, now).await;
    checks.extend(findings);
    checks.push(administrator::check(connection, usable).await);
    checks.push(wrapping_key::check(connection, given(&arguments.wrapping_key).as_deref()).await);
    checks.extend(
        issuer::check(connection, given(&arguments.issuer).as_deref(), signing.as_deref(), now).await,
    );
    checks.push(clock::check(&connection.http.skews()));
    checks.push(environment::check(arguments.environment));

    let count = |status| checks.iter().filter(|finding| finding.status == status).count();
    let diagnosis = Diagnosis {
        table: connection.table.name().to_owned(),
        endpoint: connection.endpoint.clone(),
        region: connection.region().map(str::to_owned),
        problems: count(Status::Problem),
        warnings: count(Status::Warning),
        checks,
        place: connection.place(),
    };
    output.report(&diagnosis)?;
    Ok(if diagnosis.problems == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Report for Diagnosis {
    fn words(&self, _: Screen) -> String {
        let mut lines = vec![format!("Looking at {}", paint(STRONG, &self.place)), String::new()];
        for finding in &self.checks {
            let style = match finding.status {
                Status::Ok => GOOD,
                Status::Warning => DOUBTFUL,
                Status::Problem => BAD,
                Status::NotChecked => FAINT,
            };
            let status = paint(style, &format!("{:<11}", finding.status.words()));
            lines.push(format!("{status}  {:<22}  {}", finding.check, finding.says));
            if let Some(remedy) = &finding.remedy {
                lines.push(format!("{:37}{} {remedy}", "", paint(FAINT, "\u{2192}")));
            }
        }
        lines.push(String::new());
        let counted = |count, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        lines.push(match (self.problems, self.warnings) {
            (0, 0) => paint(GOOD, "Nothing is wrong."),
            (0, warnings) => {
                format!("{} {}.", paint(GOOD, "Nothing is wrong:"), counted(warnings, "warning"))
            }
            (problems, 0) => paint(BAD, &format!("{}.", counted(problems, "problem"))),
            (problems, warnings) => {
                paint(BAD, &format!("{}, {}.", counted(problems, "problem"), counted(warnings, "warning")))
            }
        });
        lines.join("\n")
    }
}
