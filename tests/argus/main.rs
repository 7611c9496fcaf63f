//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod authorize_access;
mod authorize_json;
mod directory_access;
mod directory_customers;
mod directory_functions;
mod directory_passwords;
mod directory_scene;
mod directory_users;
mod employee;
mod id_tokens;
mod implicit;
mod introspection;
#[path = "../rfc/log.rs"]
mod log;
mod reached;
mod token_addresses;
mod token_budget;
mod token_client_secret;
mod token_introspection;
mod token_record;
mod token_refresh;
mod token_scene;
mod token_user_credentials;
