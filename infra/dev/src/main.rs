//! The whole of Gatelet in one local process: every endpoint on one address, over an embedded DynamoDB, with demo data.

use std::io::Write as _;
use std::process::ExitCode;

mod database;
mod demo;
mod environment;
mod failure;
mod folder;
mod log;
mod print;
mod serving;
mod stack;

use environment::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(argument) = std::env::args().nth(1) {
        return help(&argument);
    }
    let outcome = match Environment::read() {
        Ok(environment) => stack::run(environment).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            writeln!(std::io::stderr(), "gatelet-dev: {failure}").ok();
            failure.exit_code()
        }
    }
}

fn help(argument: &str) -> ExitCode {
    if matches!(argument, "-h" | "--help") {
        write!(std::io::stdout(), "{}", environment::HELP).ok();
        return ExitCode::SUCCESS;
    }
    writeln!(std::io::stderr(), "gatelet-dev: takes no arguments; --help lists the variables it reads").ok();
    ExitCode::from(2)
}
