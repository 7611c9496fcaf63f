//! What things refer to, for people.

use domain::client::SecurityLevel;
use domain::id::Number;

/// A security level in words, the same as on the command line.
pub(super) const fn level(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::External => "external",
        SecurityLevel::Standard => "standard",
        SecurityLevel::Administrative => "administrative",
    }
}

/// The number of something that may have been removed.
pub(super) fn number(number: Option<Number>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
