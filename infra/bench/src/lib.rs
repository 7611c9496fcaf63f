//! How big the functions are, and how fast they start: beside `bare`, a function that does nothing.
//!
//! Sizes are deterministic and held to budgets. Times are shown and never judged: they are this machine's, at this moment.

pub mod budget;
pub mod cold;
pub mod failure;
pub mod memory;
pub mod runtime_api;
pub mod sandbox;
pub mod scene;
pub mod size;
pub mod statistics;
pub mod table;
pub mod workspace;

pub use failure::Failure;
