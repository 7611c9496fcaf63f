//! Customers.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use domain::customer::Customer;
use domain::directory::{NO_DOMAIN, TAKEN, customer, find_customer};
use domain::fields::Fields;
use domain::id::Number;
use domain::shown::Customer as View;
use store::clients::{Change, Creation};

use super::{ATTEMPTS, Administrator, Directory, Named, Present, contended, made, named, shown, unchanged};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::{Entry, Event};
use crate::body;

const KEYS: [Key<Customer>; 2] =
    [("shortName", |customer| customer.short_name.to_string()), ("name", |customer| customer.name.clone())];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let present = endpoint.present(&by).await?;
    let known = present.known();
    let within = listing.referred("domain", NO_DOMAIN, |reference| known.domain(reference))?;
    let mut customers = present.customers.clone();
    customers.retain(|customer| {
        listing.is_met_by([customer.short_name.as_str(), &customer.name])
            && (within.is_empty() || within.iter().any(|domain| domain.name == customer.domain))
    });
    let (count, part) = listing.part(customers, &KEYS)?;
    Ok(listing.answer(count, part.iter().map(|customer| View::of(customer, &known)).collect()))
}

pub(super) async fn add(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let object = body::object(&headers, body).await?;
    let present = endpoint.present(&by).await?;
    let mut fields = Fields::new(&object);
    let id = Number::generate(endpoint.ambient.entropy.as_ref());
    let customer = customer::create(&mut fields, id, &present.known());
    let customer = fields.finish(customer)?;
    if endpoint.customers.create(&customer).await? == Creation::NameTaken {
        return Err(Rejection::field("shortName", TAKEN));
    }
    Event::CustomerCreated { entry: Entry { name: customer.short_name.as_str(), by: by.id() } }.record();
    Ok(made(View::of(&customer, &present.known())))
}

pub(super) async fn show(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let present = endpoint.present(&by).await?;
    let customer = find(&named(path)?, &present)?;
    Ok(shown(View::of(customer, &present.known())))
}

pub(super) async fn change(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let (reference, object) = (named(path)?, body::object(&headers, body).await?);
    for _ in 0..ATTEMPTS {
        let present = endpoint.present(&by).await?;
        let (before, known) = (find(&reference, &present)?, present.known());
        let mut fields = Fields::new(&object);
        let after = customer::change(&mut fields, before, &known);
        let after = fields.finish(after)?;
        if after == *before {
            return Ok(unchanged(View::of(before, &known)));
        }
        if endpoint.customers.change(&after).await? == Change::Made {
            let entry = Entry { name: after.short_name.as_str(), by: by.id() };
            Event::CustomerChanged { entry }.record();
            return Ok(shown(View::of(&after, &known)));
        }
    }
    Err(contended())
}

/// Whom users work for and clients are bound to stays: a customer of the same name that came later would take them over.
pub(super) async fn remove(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let present = endpoint.present(&by).await?;
    let customer = find(&named(path)?, &present)?;
    let (clients, users) = (endpoint.clients.list().await?, endpoint.users.list().await?);
    let name = Some(&customer.short_name);
    let used = users.iter().any(|(_, user)| user.customer.as_ref() == name)
        || clients.iter().any(|(_, client)| !client.deleted && client.customer.as_ref() == name);
    if used {
        return Err(Rejection::field("customer", customer::IN_USE));
    }
    if !endpoint.customers.remove(&customer.short_name).await? {
        return Err(Rejection::NotFound("customer removed in the meantime"));
    }
    Event::CustomerRemoved { entry: Entry { name: customer.short_name.as_str(), by: by.id() } }.record();
    Ok(shown(View::of(customer, &present.known())))
}

fn find<'a>(reference: &str, present: &'a Present) -> Result<&'a Customer, Rejection> {
    find_customer(&present.customers, reference).ok_or(Rejection::NotFound("no such customer"))
}
