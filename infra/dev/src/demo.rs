//! The demonstration: people and applications to try Gatelet with, the flows as commands, and pages that show each step.

pub(crate) mod credentials;
pub(crate) mod data;
pub(crate) mod directory;
pub(crate) mod flows;
pub(crate) mod pages;

mod application;
mod attempt;
mod callback;

#[cfg(test)]
mod tests;
