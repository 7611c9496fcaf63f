//! Whether anybody administers the service: until the first administrator is made, nobody can make another.

use super::finding::Finding;
use crate::connection::Connection;

const CHECK: &str = "first administrator";

pub(super) async fn check(connection: &Connection, usable: bool) -> Finding {
    if !usable {
        return Finding::not_checked(CHECK, "there is no table to look in");
    }
    match connection.store.users.bootstrapped().await {
        Ok(true) => Finding::ok(CHECK, "made"),
        Ok(false) => Finding::warning(
            CHECK,
            "not made yet",
            "gatelet bootstrap --username NAME, with the same options",
        ),
        Err(error) => Finding::not_checked(CHECK, error.to_string()),
    }
}
