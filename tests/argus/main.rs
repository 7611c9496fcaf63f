//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod directory_access;
mod directory_customers;
mod directory_functions;
mod directory_passwords;
mod directory_scene;
mod directory_users;
mod reached;
