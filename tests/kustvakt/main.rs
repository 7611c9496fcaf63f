//! Kustvakt's interface from outside: what its clients and front ends send, and what they are answered.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails in a test fails the test"
)]

mod admin;
mod authorize;
mod callers;
mod clients;
mod errors;
mod flows;
#[path = "../rfc/log.rs"]
mod log;
mod plugins;
mod registration;
mod scene;
mod tokens;
