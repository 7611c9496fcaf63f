//! The pages that ask whether to sign out, and say that it is done (OpenID Connect RP-Initiated Logout 1.0 §2).

use askama::Template;

use crate::destination::Destination;
use crate::{Page, filters, policy, write};

/// The question. It posts `csrf` and the fields given.
///
/// "At the Logout Endpoint, the OP SHOULD ask the End-User whether to log out of the OP as well."
#[derive(Template)]
#[template(path = "logout.html", whitespace = "minimize")]
pub struct Logout<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The path that the form is posted to.
    pub action: &'a str,
    /// The value that ties the form to this browser.
    pub csrf: &'a str,
    /// Who is signed in, if it is known.
    pub username: Option<&'a str>,
    /// What else the form carries, as names and values: the parameters of the logout request.
    pub fields: &'a [(&'a str, &'a str)],
    /// The `post_logout_redirect_uri`, already found among the registered ones.
    pub redirect_uri: Option<&'a str>,
}

impl<'a> Logout<'a> {
    fn destination(&self) -> Option<Destination<'a>> {
        self.redirect_uri.map(Destination::of)
    }
}

impl Page for Logout<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::with_form(self.redirect_uri)
    }
}

/// Says that the session has ended.
#[derive(Template)]
#[template(path = "signed_out.html", whitespace = "minimize")]
pub struct SignedOut<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// Where a person may go on to.
    pub continue_to: Option<Link<'a>>,
}

/// A name, and the address behind it.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// What is there, for people.
    pub name: &'a str,
    /// The address. Unless it is `http` or `https`, nothing is linked.
    pub uri: &'a str,
}

impl<'a> SignedOut<'a> {
    fn link(&self) -> Option<Link<'a>> {
        self.continue_to.filter(|link| Destination::of(link.uri).is_web())
    }
}

impl Page for SignedOut<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::without_forms()
    }
}
