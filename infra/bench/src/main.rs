//! `gatelet-bench size` and `gatelet-bench cold`.

use std::io::Write as _;
use std::process::ExitCode;

use gatelet_bench::{Failure, cold, size};

const HELP: &str = "\
gatelet-bench size   what each function's binary weighs, beside its budget; fails where one weighs more
gatelet-bench cold   how long each function takes from its start to its first answer, and what a call costs

cold reads RUNS (20), how often each function is started, and CALLS (50), how often each is called then.
";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["size"] => size::run(),
        ["cold"] => measure().await,
        ["-h" | "--help"] => Ok(HELP.to_owned()),
        _ => Err(Failure::Usage(HELP)),
    };
    match outcome {
        Ok(report) => {
            write!(std::io::stdout(), "{report}").ok();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            writeln!(std::io::stderr(), "{failure}").ok();
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
        }
    }
}

async fn measure() -> Result<String, Failure> {
    let (runs, calls) = (number("RUNS", 20)?, number("CALLS", 50)?);
    cold::run(runs, calls).await
}

/// How often, as the environment has it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn number(name: &'static str, unless_set: usize) -> Result<usize, Failure> {
    let Some(text) = std::env::var_os(name).filter(|text| !text.is_empty()) else { return Ok(unless_set) };
    let number =
        text.to_str().and_then(|text| text.parse().ok()).filter(|number| (1..=10_000).contains(number));
    number.ok_or(Failure::Variable(name))
}
