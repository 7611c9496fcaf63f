//! Several clients: all that somebody may see, or those of them that they search for.
//!
//! The directory says which those are, in one query and without a scan; only the clients that are answered are read themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use domain::customer::{Customer, Domain};
use domain::function::Functions as FunctionSet;
use domain::id::Number;
use domain::name::{CustomerName, DomainName};
use domain::search::{Candidate, Search};
use domain::shown;
use store::clients::Listing;

use super::Clients;
use super::view::Views;
use super::viewer::Viewer;
use crate::argus::Rejection;
use crate::argus::envelope::{Envelope, Page};
use crate::body;
use crate::context::Context;
use crate::error::Failure;
use crate::principal::Principal;

/// Lists the clients that somebody may see, by what the query string says of them.
pub(super) async fn list(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    let principal = endpoint.principals.authenticate(&headers, &context).await?;
    let viewer = Viewer::new(&principal)?;
    let search = Search::parse_query(query.as_deref().unwrap_or_default())?;
    Ok(endpoint.found(&principal, viewer, &search).await?.into_response())
}

/// Searches among the clients that somebody may see.
pub(super) async fn search(
    State(endpoint): State<Clients>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Rejection> {
    let principal = endpoint.principals.authenticate(&headers, &context).await?;
    let viewer = Viewer::new(&principal)?;
    let search = Search::parse(&body::object(&headers, body).await?)?;
    Ok(endpoint.found(&principal, viewer, &search).await?.into_response())
}

impl Clients {
    /// What is found of what `viewer` may see: clients that they may not count as if they were not there.
    async fn found(
        &self,
        principal: &Principal,
        viewer: Viewer<'_>,
        search: &Search,
    ) -> Result<Envelope<Vec<shown::Client>>, Failure> {
        let (listed, functions, customers, domains) = tokio::try_join!(
            self.clients.list(),
            self.functions.list(),
            self.customers.list(),
            self.customers.domains(),
        )?;
        let numbers = Numbers::new(&functions, &customers, &domains);
        let seen = listed.iter().filter(|(_, listing)| viewer.sees_listed(listing));
        let found = search.find(seen.map(|(name, listing)| numbers.candidate(name, listing)));
        let ids: Vec<_> = found.page.iter().map(|client| client.id).collect();
        let mut clients = self.clients.find_all(&ids).await?;
        // They may have changed since the directory was read.
        clients.retain(|client| viewer.sees(client));
        let page = Page { limit: search.limit, offset: search.offset };
        let count = found.count;
        let views = Views::new(principal, Arc::new(functions), customers, domains);
        Ok(Envelope::list(page, count, clients.iter().map(|client| views.of(client)).collect()))
    }
}

/// The numbers of what clients refer to by name.
struct Numbers<'a> {
    functions: &'a FunctionSet,
    customers: BTreeMap<&'a CustomerName, Number>,
    domains: BTreeMap<&'a DomainName, Number>,
}

impl<'a> Numbers<'a> {
    fn new(functions: &'a FunctionSet, customers: &'a [Customer], domains: &'a [Domain]) -> Self {
        Self {
            functions,
            customers: customers.iter().map(|customer| (&customer.short_name, customer.id)).collect(),
            domains: domains.iter().map(|domain| (&domain.name, domain.id)).collect(),
        }
    }

    fn candidate<'b>(&self, short_name: &'b str, listing: &'b Listing) -> Candidate<'b> {
        let function = |name| self.functions.get(name).map(|function| function.id);
        Candidate {
            id: listing.client_id,
            short_name,
            name: &listing.name,
            customer: listing.customer.as_ref().map(|name| (name, self.customers.get(name).copied())),
            domain: (&listing.domain, self.domains.get(&listing.domain).copied()),
            required_function: listing.required_function.as_ref().map(|name| (name, function(name))),
            hidden: listing.hidden,
            deleted: listing.deleted,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
        }
    }
}
