//! The page for a person who comes to sign in without an application's request, and already is.

use askama::Template;

use crate::{Page, filters, policy, write};

/// Says who is signed in, and leads to signing out.
#[derive(Template)]
#[template(path = "signed_in.html", whitespace = "minimize")]
pub struct SignedIn<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// Who is signed in.
    pub username: &'a str,
    /// The path of the page that asks whether to sign out.
    pub logout: &'a str,
}

impl Page for SignedIn<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::without_forms()
    }
}
