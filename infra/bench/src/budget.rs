//! What a function's binary may weigh.

/// The most that each `bootstrap` may weigh, in KiB: what the bigger of the two architectures weighs, and about a tenth more.
///
/// Weight is what Lambda fetches before a cold start, and most often a dependency that nobody meant to bring in.
pub const BUDGETS: [(&str, u64); 17] = [
    ("apikeys", 7250),
    ("authorize", 7850),
    ("clients", 7650),
    ("directory", 7950),
    ("introspect", 6400),
    ("kustvakt-admin", 7500),
    ("kustvakt-authorize", 7500),
    ("kustvakt-clients", 7500),
    ("kustvakt-plugins", 7500),
    ("kustvakt-tokens", 7500),
    ("login", 7500),
    ("metadata", 6400),
    ("register", 6500),
    ("revoke", 6400),
    ("rotate", 6400),
    ("token", 7900),
    ("userinfo", 6400),
];
