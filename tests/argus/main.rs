//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod authorize_access;
mod authorize_json;
mod employee;
mod id_tokens;
mod implicit;
mod introspection;
mod reached;
