//! Why there is nothing to show.

use std::io;
use std::path::PathBuf;

use testkit::template::TemplateError;

/// Anything that keeps a report from being made, or what a report finds to be wrong. One line, or a report and a line.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line is none.
    #[error("{0}")]
    Usage(&'static str),
    /// A variable's value is none that it may have.
    #[error("{0}: expected a number from 1 to 10000")]
    Variable(&'static str),
    /// Cargo could not be asked, or could not build.
    #[error("cargo {0} failed")]
    Cargo(&'static str),
    /// A file can't be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file is no program that Lambda could run.
    #[error("{} is no 64-bit Linux program for arm64 or x86_64", .0.display())]
    NoProgram(PathBuf),
    /// Binaries of one report are for different architectures.
    #[error("{} is for {found}, others are for {expected}: build them all anew", path.display())]
    Mixed {
        /// The one that differs.
        path: PathBuf,
        /// What it is for.
        found: &'static str,
        /// What those before it are for.
        expected: &'static str,
    },
    /// A function has no budget, or a budget no function.
    #[error("infra/bench/src/budget.rs and functions/ differ in {0}")]
    Budget(String),
    /// Something weighs more than it may.
    #[error(
        "{report}\nOver budget: {names}. What came in? If it is worth its weight, infra/bench/src/budget.rs says so."
    )]
    OverBudget {
        /// The report.
        report: String,
        /// Who.
        names: String,
    },
    /// There is nothing to call the function with.
    #[error("infra/bench/src/scene.rs has no call for the function {0}")]
    NoCall(String),
    /// The policies that functions are held to are not understood.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Nothing serves the Runtime API, or no process starts.
    #[error("{what}: {cause}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// A function did not do what a function does.
    #[error("{function}: {problem}; the last that it logged: {log}")]
    Function {
        /// Which.
        function: String,
        /// What it did instead.
        problem: String,
        /// Its last line.
        log: String,
    },
}
