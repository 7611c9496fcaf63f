//! HTTP in, HTTP out: one module for each endpoint, and what they share.
//!
//! An [`Endpoint`] is a struct whose fields are what it may use. The same routers run under Lambda, in the local stack and in tests. A
//! [`Task`] is what no request asks for, and a schedule does.

pub mod apikeys;
pub mod argus;
pub mod audit;
pub mod authorize;
mod bearer;
mod body;
mod caller;
mod claims;
pub mod clients;
pub mod context;
mod cookies;
pub mod directory;
pub mod error;
mod id_token;
pub mod introspect;
mod introspection;
pub mod keyring;
pub mod kustvakt;
mod layers;
pub mod login;
pub mod metadata;
pub mod metrics;
mod passwords;
pub mod platform;
mod presented;
mod principal;
pub mod register;
mod respond;
pub mod revoke;
pub mod rotate;
pub mod token;
pub mod userinfo;

pub use context::Context;
pub use error::Reason;
pub use platform::{Endpoint, Platform, StartupError, Task, router, routers};
