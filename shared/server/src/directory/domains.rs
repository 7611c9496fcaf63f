//! Domains: realms of customers, users and clients.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use domain::customer::{Domain, DomainName};
use domain::directory::{TAKEN, customer, find_domain};
use domain::fields::Fields;
use domain::id::Number;
use domain::shown::Named as View;
use store::clients::Creation;

use super::{Administrator, Directory, Named, made, named, shown};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::{Entry, Event};
use crate::body;

const KEYS: [Key<Domain>; 1] = [("name", |domain| domain.name.to_string())];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let mut domains = endpoint.customers.domains().await?;
    domains.retain(|domain| listing.is_met_by([domain.name.as_str()]));
    let (count, part) = listing.part(domains, &KEYS)?;
    Ok(listing.answer(count, part.iter().map(View::from).collect()))
}

pub(super) async fn add(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let object = body::object(&headers, body).await?;
    let mut fields = Fields::new(&object);
    let id = Number::generate_small(endpoint.ambient.entropy.as_ref());
    let domain = customer::create_domain(&mut fields, id);
    let domain = fields.finish(domain)?;
    if endpoint.customers.create_domain(&domain).await? == Creation::NameTaken {
        return Err(Rejection::field("name", TAKEN));
    }
    Event::DomainCreated { entry: Entry { name: domain.name.as_str(), by: by.id() } }.record();
    Ok(made(View::from(&domain)))
}

pub(super) async fn show(
    State(endpoint): State<Directory>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    Ok(shown(View::from(&endpoint.domain(path).await?)))
}

/// What others refer to stays: a domain of the same name that came later would take them over.
pub(super) async fn remove(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let domain = endpoint.domain(path).await?;
    if domain.name == DomainName::default() {
        return Err(Rejection::field("domain", customer::BUILT_IN));
    }
    let clients = endpoint.clients.list().await?;
    let users = endpoint.users.list().await?;
    let used = endpoint.customers.list().await?.iter().any(|customer| customer.domain == domain.name)
        || users.iter().any(|(_, user)| user.domain == domain.name)
        || clients.iter().any(|(_, client)| !client.deleted && client.domain == domain.name);
    if used {
        return Err(Rejection::field("domain", customer::IN_USE));
    }
    if !endpoint.customers.remove_domain(&domain.name).await? {
        return Err(Rejection::NotFound("domain removed in the meantime"));
    }
    Event::DomainRemoved { entry: Entry { name: domain.name.as_str(), by: by.id() } }.record();
    Ok(shown(View::from(&domain)))
}

impl Directory {
    async fn domain(&self, path: Named<String>) -> Result<Domain, Rejection> {
        let reference = named(path)?;
        let domains = self.customers.domains().await?;
        find_domain(&domains, &reference).cloned().ok_or(Rejection::NotFound("no such domain"))
    }
}
