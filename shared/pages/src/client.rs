//! The application that asks, as a person is shown it.

use crate::destination::Destination;

/// A client as its registration describes it (OpenID Connect Dynamic Client Registration 1.0 §2).
///
/// Every field is what somebody wrote about themselves: it is shown as text, and never as anything more.
#[derive(Clone, Copy, Debug)]
pub struct ClientView<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// What it says it does.
    pub description: Option<&'a str>,
    /// Its landing page. Only an `http` or `https` address becomes a link.
    pub main_uri: Option<&'a str>,
    /// The customer that it belongs to.
    pub customer: Option<&'a str>,
    /// The redirect URI of this request, already found among the registered ones: where the answer goes.
    pub redirect_uri: &'a str,
}

impl<'a> ClientView<'a> {
    /// Whether there is more to show than the name.
    pub(crate) fn has_details(&self) -> bool {
        self.description.is_some() || self.main_uri.is_some() || self.customer.is_some()
    }

    /// Where the answer goes.
    pub(crate) fn destination(&self) -> Destination<'a> {
        Destination::of(self.redirect_uri)
    }
}
