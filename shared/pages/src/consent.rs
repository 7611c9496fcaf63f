//! The page that asks whether an application may have what it asks for (OpenID Connect Core 1.0 §3.1.2.4).

use askama::Template;

use crate::{ClientView, Page, filters, policy, write};

/// The question. It posts `decision` (`allow` or `deny`), `request` and `csrf`.
///
/// "Once the End-User is authenticated, the Authorization Server MUST obtain an authorization decision before
/// releasing information to the Relying Party." A browser that has to choose a button by itself takes the first,
/// and so the first is the one that denies.
#[derive(Template)]
#[template(path = "consent.html", whitespace = "minimize")]
pub struct Consent<'a> {
    /// The name of this service, for people.
    pub service: &'a str,
    /// The path that the form is posted to.
    pub action: &'a str,
    /// The sealed authorization request.
    pub request: &'a str,
    /// The value that ties the form to this browser.
    pub csrf: &'a str,
    /// Who is signed in.
    pub username: &'a str,
    /// Who asks.
    pub client: ClientView<'a>,
    /// What for.
    pub scopes: &'a [ScopeView<'a>],
    /// The path of this service under which another account can be chosen.
    pub switch_account: Option<&'a str>,
}

/// A scope, in words.
#[derive(Clone, Copy, Debug)]
pub struct ScopeView<'a> {
    /// The scope token of the request (RFC 6749 §3.3).
    pub name: &'a str,
    /// What it gives, in plain words.
    pub words: &'a str,
}

impl Page for Consent<'_> {
    fn render(&self) -> String {
        write(self)
    }

    fn content_security_policy(&self) -> String {
        policy::with_form(Some(self.client.redirect_uri))
    }
}
