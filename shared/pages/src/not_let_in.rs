//! The page for a person whom an application does not let in.
//!
//! It says what is missing and nothing else: which applications, functions or customers there are besides is not
//! for somebody to learn who came to this one.

use askama::Template;

use crate::destination::Destination;
use crate::{ClientView, Page, filters, policy, write};

/// Says who is not let in where, what is missing for it, and leads back to the application.
#[derive(Template)]
#[template(path = "not_let_in.html", whitespace = "minimize")]
pub struct NotLetIn<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// Who is signed in.
    pub username: &'a str,
    /// Which application it is. Its customer is the one for which the function must be held.
    pub client: ClientView<'a>,
    /// The function that is missing.
    pub function: &'a str,
    /// The way back.
    pub back: Back<'a>,
    /// The path of this service under which another account can be chosen.
    pub switch_account: &'a str,
}

/// How the application is told (RFC 6749 §4.1.2.1): only if the person goes back to it.
#[derive(Clone, Copy, Debug)]
pub enum Back<'a> {
    /// By an address: the redirect URI with the error.
    Link(&'a str),
    /// By a form that is posted to the redirect URI, as names and values (OAuth 2.0 Form Post Response Mode 1.0).
    Form(&'a [(&'a str, &'a str)]),
}

impl<'a> NotLetIn<'a> {
    /// The address that leads back, unless a form does or it leads nowhere.
    fn link(&self) -> Option<&'a str> {
        match self.back {
            Back::Link(uri) => Some(uri).filter(|uri| Destination::of(uri).sources().is_some()),
            Back::Form(_) => None,
        }
    }

    /// What the form that leads back carries, unless it leads nowhere.
    fn fields(&self) -> Option<&'a [(&'a str, &'a str)]> {
        match self.back {
            Back::Form(fields) => Some(fields).filter(|_| self.client.destination().is_web()),
            Back::Link(_) => None,
        }
    }
}

impl Page for NotLetIn<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        match self.back {
            Back::Link(_) => policy::without_forms(),
            Back::Form(_) => policy::with_form(Some(self.client.redirect_uri)),
        }
    }
}
