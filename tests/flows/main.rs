//! Stories told end to end: people, browsers and applications at a whole service in one process.

mod budget;
mod clients;
mod consent;
mod forms;
mod keys;
mod logout;
mod passwords;
mod prompt;
mod response_modes;
mod rotation;
mod sessions;
mod sign_in;
