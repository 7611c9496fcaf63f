//! The page that carries an answer to the client as a form (OAuth 2.0 Form Post Response Mode 1.0 §2).

use askama::Template;

use crate::destination::Destination;
use crate::{Page, filters, policy, write};

/// The answer to an authorization request with `response_mode=form_post`.
///
/// "The action attribute of the form MUST be the Client's Redirection URI. The method of the form attribute MUST
/// be POST." The page submits itself; its button is for a browser in which nothing happens.
#[derive(Template)]
#[template(path = "form_post.html", whitespace = "minimize")]
pub struct FormPost<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The client's redirect URI, already found among the registered ones.
    pub action: &'a str,
    /// The parameters of the answer, as names and values.
    pub fields: &'a [(&'a str, &'a str)],
}

impl<'a> FormPost<'a> {
    fn destination(&self) -> Destination<'a> {
        Destination::of(self.action)
    }
}

impl Page for FormPost<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::with_script()
    }
}
