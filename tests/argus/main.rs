//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod authorize_access;
mod authorize_json;
mod implicit;
mod reached;
