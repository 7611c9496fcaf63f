//! Actors: the whole service in this process, and whoever comes to it. A test begins with them and reads as a story.
//!
//! [`Gatelet`] is the service: every endpoint over one table in memory. A [`Browser`] is a [`Person`]'s: it keeps cookies, follows
//! redirects and knows of a page only what its HTML says. A [`Client`] is an application that registered itself and now calls what
//! it was told of. Everything they do goes through public routes, so what a story shows is what the outside sees, plus two things
//! that only the inside knows: the private reason of a refusal ([`Answer::reason`]) and what it cost ([`Gatelet::spent`]).

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "an actor that can't go on ends its test, there and then"
)]

mod answer;
mod authorization;
mod browser;
mod client;
mod cookies;
mod directory;
mod gatelet;
mod html;
mod kustvakt;
mod page;
mod request;
mod signer;

pub use answer::{Answer, Tokens};
pub use authorization::AuthorizationUrl;
pub use browser::{Browser, Callback, Landing};
pub use client::{Client, Registration};
pub use cookies::{Cookie, Jar};
pub use directory::SECRET;
pub use gatelet::{ADDRESS, Gatelet, ISSUER, PASSWORD, Person, function, platform, settings};
pub use page::{Form, Page, Submission};
pub use request::Request;
pub use signer::Signer;
