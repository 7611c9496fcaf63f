//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod introspection;
#[path = "../rfc/log.rs"]
mod log;
mod reached;
mod token_addresses;
mod token_budget;
mod token_client_secret;
mod token_code;
mod token_introspection;
mod token_record;
mod token_refresh;
mod token_scene;
mod token_user_credentials;
