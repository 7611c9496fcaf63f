//! The variables that a function needs, read from this process's as a function reads them.

use domain::configuration::{Configuration, OwnKeys};

use super::finding::Finding;

const CHECK: &str = "environment";

pub(super) fn check(asked: bool) -> Finding {
    if !asked {
        return Finding::not_checked(CHECK, "set a function's variables, and give --environment");
    }
    match Configuration::read(OwnKeys::Rotated, &variable) {
        Ok(configuration) => {
            let (issuer, table) = (&configuration.settings.issuer, &configuration.table_name);
            Finding::ok(CHECK, format!("a function would start, as {issuer} over table {table}"))
        }
        Err(error) => Finding::problem(
            CHECK,
            format!("a function would not start: {error}"),
            "compare with the variables in README.md, under As functions",
        ),
    }
}

/// Set to nothing, a variable counts as not set, as in a function.
#[expect(clippy::disallowed_methods, reason = "the one place that reads a function's variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
