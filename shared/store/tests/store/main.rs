//! The store's verbs against the embedded DynamoDB, through the SDK, over HTTP.
//!
//! One binary, one file per topic. A test named after a security assertion (`s21_…`) proves it where the database decides.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "what fails in a test fails the test"
)]

mod agreement;
mod api_keys;
mod budget;
mod clients;
mod directory;
mod errors;
mod expiry;
mod given;
mod granted;
mod inspection;
mod installations;
mod items;
mod keys;
mod lost_answers;
mod owned;
mod parallel;
mod rates;
mod redeeming;
mod refreshing;
mod revoking;
mod secrecy;
mod sessions;
mod standing;
mod user_keys;
mod users;
