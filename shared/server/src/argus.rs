//! What the endpoints share that speak as Argus does: the envelope of their answers, what lists are asked for, and the paths.

pub(crate) mod envelope;
pub(crate) mod listing;
pub mod paths;

pub(crate) use envelope::{Envelope, Rejection};
pub(crate) use listing::Listing;
