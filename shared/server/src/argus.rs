//! What the endpoints share that speak as Argus does: the envelope of their answers, and the paths.

pub(crate) mod envelope;
pub mod paths;

pub(crate) use envelope::{Envelope, Rejection};
