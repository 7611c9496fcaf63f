//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod addresses;
mod employee;
mod id_tokens;
mod introspection;
mod permissions;
mod reached;
mod userinfo;
