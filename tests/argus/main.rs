//! Argus's interface from outside: what its clients and scripts send, and what they are answered.

mod clients_define;
mod clients_given;
mod clients_one;
mod clients_update;
mod reached;
