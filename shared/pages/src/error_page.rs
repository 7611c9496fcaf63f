//! The page for a failure that must not be redirected.
//!
//! RFC 6749 §4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and MUST NOT
//! automatically redirect the user-agent to the invalid redirection URI."

use askama::Template;

use crate::{Page, filters, policy, write};

/// Says what went wrong, what a person can do, and how to refer to it.
#[derive(Template)]
#[template(path = "error_page.html", whitespace = "minimize")]
pub struct ErrorPage<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The HTTP status code that the page is sent with.
    pub status: u16,
    /// What went wrong, in a few words.
    pub heading: &'a str,
    /// What went wrong, in a sentence or two.
    pub explanation: &'a str,
    /// The id under which the failure is logged.
    pub request_id: &'a str,
}

impl ErrorPage<'_> {
    /// What a person can do about it.
    fn advice(&self) -> &'static str {
        match self.status {
            429 | 503 => "Please wait a minute, then try again.",
            500..=599 => "The fault is on our side. Please try again in a few minutes.",
            _ => "Go back to the application that you came from, and start again there.",
        }
    }
}

impl Page for ErrorPage<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::without_forms()
    }
}
