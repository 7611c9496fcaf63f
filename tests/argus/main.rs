//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod introspection;
mod reached;
