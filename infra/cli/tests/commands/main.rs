//! The program as its operators meet it: a real process at an embedded DynamoDB, what it prints and how it ends.
//!
//! One binary, one file per command.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "what fails in a test fails the test"
)]

mod bootstrap;
mod doctor;
mod given;
mod page;
mod site;
#[cfg(target_os = "linux")]
mod terminal;
mod things;
mod usage;
