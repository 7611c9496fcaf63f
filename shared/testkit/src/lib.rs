//! For tests and the local stack: the embedded DynamoDB, what is seen and what can be broken between it and the SDK, a clock and
//! randomness that do as they are told.
//!
//! [`TestTable`] is where a test begins: a fresh table in memory, its store, and handles on everything around it. Every call goes
//! through the same SDK, HTTP and JSON as in production; [`Recorder`] and [`Faults`] sit at the one seam between the SDK's retries and
//! the wire. [`actors`] put the whole service on top of it, and people and applications before it.

pub mod actors;
mod asked;
pub mod aws;
pub mod clock;
pub mod embedded;
pub mod entropy;
pub mod faults;
pub mod gate;
pub mod http;
pub mod kms;
pub mod policy;
pub mod recorder;
pub mod rights;
pub mod table;
pub mod template;
mod wire;

pub use aws::Aws;
pub use clock::TestClock;
pub use embedded::Embedded;
pub use entropy::TestEntropy;
pub use faults::{Fault, Faults};
pub use gate::Gate;
pub use http::Http;
pub use recorder::{Call, Calls, Recorder};
pub use table::TestTable;
