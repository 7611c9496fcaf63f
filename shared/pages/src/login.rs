//! The page that asks for a username and a password (OpenID Connect Core 1.0 §3.1.2.3).

use askama::Template;

use crate::{ClientView, Page, filters, policy, write};

/// The sign-in form. It posts `username`, `password`, `request` and `csrf`.
#[derive(Template)]
#[template(path = "login.html", whitespace = "minimize")]
pub struct Login<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The path that the form is posted to.
    pub action: &'a str,
    /// The sealed authorization request, or empty if the person came without one.
    pub request: &'a str,
    /// The value that ties the form to this browser.
    pub csrf: &'a str,
    /// The application that the person came from.
    pub client: Option<ClientView<'a>>,
    /// The username to begin with: the `login_hint`, or what was typed before.
    pub username: &'a str,
    /// Why the form is shown again.
    pub error: Option<LoginError>,
}

/// Why a sign-in did not succeed, in as much detail as a person may learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginError {
    /// Username and password do not belong together. Which of the two is wrong is not said.
    WrongCredentials,
    /// The form was open for longer than its values are valid.
    Expired,
    /// The form's single-use value has been spent.
    Repeated,
    /// Too many attempts: none is looked at for a while.
    TooManyAttempts,
    /// The service cannot check credentials at the moment.
    Unavailable,
}

impl LoginError {
    fn words(self) -> &'static str {
        match self {
            Self::WrongCredentials => "The username or password is not right.",
            Self::Expired => "This page has been open too long. Please sign in again.",
            Self::Repeated => "This form has been used already. Please sign in again.",
            Self::TooManyAttempts => "There have been too many attempts. Please wait a few minutes.",
            Self::Unavailable => "Signing in is not possible right now. Please try again in a minute.",
        }
    }

    /// Whether what was typed is at fault, rather than the form or the service.
    fn is_about_the_fields(self) -> bool {
        self == Self::WrongCredentials
    }
}

impl Login<'_> {
    fn fields_are_wrong(&self) -> bool {
        self.error.is_some_and(LoginError::is_about_the_fields)
    }
}

impl Page for Login<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::with_form(self.client.map(|client| client.redirect_uri))
    }
}
