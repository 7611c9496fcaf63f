//! The page that sends a person back to the client by other means than a redirect (RFC 6749 §1.7).
//!
//! "any other method available via the user-agent to accomplish this redirection is allowed": Chromium and
//! Safari hold the `form-action` of the page that was posted against every redirect that follows, the client's
//! own ones included, and a client whose redirect URI passes people on to another origin could never be reached.
//! This page ends that chain and begins a new one.

use askama::Template;

use crate::destination::Destination;
use crate::{Page, filters, policy, write};

/// The answer to a form whose outcome is for the client to receive.
#[derive(Template)]
#[template(path = "returning.html", whitespace = "minimize")]
pub struct Returning<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The client's redirect URI with the parameters of the answer.
    pub to: &'a str,
}

impl<'a> Returning<'a> {
    fn destination(&self) -> Destination<'a> {
        Destination::of(self.to)
    }
}

impl Page for Returning<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::without_forms()
    }
}
