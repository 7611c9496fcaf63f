//! One test for each security assertion, named after it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "what fails in a test fails the test"
)]

mod advertised;
mod audit;
mod authorize;
mod client_authentication;
mod codes;
mod correlation;
mod faults;
mod guessing;
mod input;
mod introspection;
mod issuer;
mod log;
mod logging;
mod pages;
mod pkce;
mod redirects;
mod refresh;
mod refresh_limits;
mod registration;
mod registration_management;
mod revocation;
mod rotation;
mod scene;
mod storage;
mod story;
mod token_endpoint;
mod userinfo;
