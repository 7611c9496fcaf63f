//! What a function's binary may weigh.

/// The most that each `bootstrap` may weigh, in KiB: what the bigger of the two architectures weighs, and about a tenth more.
///
/// Weight is what Lambda fetches before a cold start, and most often a dependency that nobody meant to bring in.
pub const BUDGETS: [(&str, u64); 9] = [
    ("authorize", 7000),
    ("introspect", 7000),
    ("login", 7000),
    ("metadata", 7000),
    ("register", 7000),
    ("revoke", 7000),
    ("rotate", 7000),
    ("token", 7000),
    ("userinfo", 7000),
];
