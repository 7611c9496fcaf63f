//! Holds what all tests together used against what `template.yaml` grants: the last step of `make test`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;

use testkit::policy::Policies;
use testkit::rights::{Right, VARIABLE, compare, granted};

#[expect(
    clippy::disallowed_methods,
    reason = "the tests were told by the same variable where to put their notes"
)]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = std::env::var(VARIABLE).map_err(|_| format!("{VARIABLE} names no file: `make test` does"))?;
    let used = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let used = used.lines().map(str::parse).collect::<Result<BTreeSet<Right>, _>>()?;
    let policies = Policies::ours()?;
    let granted = granted(&policies);
    let difference = compare(&granted, &used);
    let mut out = io::stdout();
    for right in &difference.unused {
        writeln!(out, "template.yaml grants what no test uses: {right}")?;
    }
    for right in &difference.ungranted {
        writeln!(out, "a test used what template.yaml does not grant: {right}")?;
    }
    let same = difference.unused.is_empty() && difference.ungranted.is_empty();
    if same {
        writeln!(out, "All {} rights that template.yaml grants are used, and no other.", granted.len())?;
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
