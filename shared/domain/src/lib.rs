//! Users, clients, sessions and grants: entities as values, decisions as pure functions of values and `now`.
//!
//! Nothing here waits or stores. A decision answers with an enum that says which rule spoke; the store decides the same in a
//! condition, and a property test holds the two against each other.

pub mod address;
pub mod api_key;
pub mod authorization;
pub mod claims;
pub mod client;
pub mod configuration;
pub mod consent;
pub mod customer;
pub mod definition;
pub mod directory;
pub mod entropy;
pub mod fields;
pub mod function;
pub mod grant;
pub mod id;
pub mod issuer;
pub mod kustvakt;
pub mod name;
pub mod password;
pub mod permissions;
pub mod registration;
pub mod search;
pub mod secret;
pub mod session;
pub mod settings;
pub mod shown;
pub mod time;
pub mod token;
pub mod user;
pub mod user_key;

pub use entropy::Entropy;
pub use id::{ClientId, GrantId, Owner, SessionId, UserId};
pub use issuer::Issuer;
pub use settings::Settings;
pub use time::{Clock, UnixTime};
