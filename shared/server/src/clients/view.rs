//! Clients as Argus shows them: to each their own part.

use std::sync::Arc;

use domain::client::Client;
use domain::customer::{Customer, Domain, DomainName};
use domain::directory::Known;
use domain::function::{Functions, permission};
use domain::permissions::Permissions;
use domain::shown;

use crate::principal::Principal;

/// Shows clients to somebody, by the names and numbers that the directory has for what they refer to.
#[derive(Debug)]
pub(super) struct Views {
    permissions: Permissions,
    functions: Arc<Functions>,
    customers: Vec<Customer>,
    domains: Vec<Domain>,
    home: DomainName,
}

impl Views {
    /// For `principal`, with what the directory knows. Customers and domains that clients refer to and that are not among these are
    /// shown by their bare names; the default domain is always known.
    pub(super) fn new(
        principal: &Principal,
        functions: Arc<Functions>,
        customers: impl IntoIterator<Item = Customer>,
        domains: impl IntoIterator<Item = Domain>,
    ) -> Self {
        Self {
            permissions: principal.permissions.clone(),
            functions,
            customers: customers.into_iter().collect(),
            domains: [Domain::default_one()].into_iter().chain(domains).collect(),
            home: principal.user.domain.clone(),
        }
    }

    /// The client.
    pub(super) fn of(&self, client: &Client) -> shown::Client {
        let known = Known {
            functions: &self.functions,
            customers: &self.customers,
            domains: &self.domains,
            home: &self.home,
        };
        let detailed = self.permissions.has_for(permission::VIEW_CLIENT_DETAILS, client.customer());
        shown::Client::of(client, &known, detailed)
    }
}
