//! Argus's interface from outside: what its clients and scripts send, and what they are answered.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails in a test fails the test"
)]

mod addresses;
mod apikeys;
mod apikeys_bounds;
mod apikeys_scene;
mod authorize_access;
mod authorize_json;
mod clients_define;
mod clients_given;
mod clients_one;
mod clients_search;
mod clients_update;
mod directory_access;
mod directory_customers;
mod directory_functions;
mod directory_keys;
mod directory_page;
mod directory_passwords;
mod directory_scene;
mod directory_users;
mod directory_users_use;
mod employee;
mod id_tokens;
mod implicit;
mod introspection;
#[path = "../rfc/log.rs"]
mod log;
mod permissions;
mod principals;
mod reached;
mod signed_jwts;
mod token_addresses;
mod token_budget;
mod token_claims;
mod token_client_secret;
mod token_code;
mod token_introspection;
mod token_record;
mod token_refresh;
mod token_scene;
mod token_signed_jwt;
mod token_user_credentials;
mod userinfo;
