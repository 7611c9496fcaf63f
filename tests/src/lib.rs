//! Flows, rules and events, tested from outside.
