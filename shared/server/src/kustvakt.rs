//! Kustvakt's OAuth service: clients that users register themselves, and what a front end manages for its users through them.
//!
//! Its clients and front ends are served as they are, at its three prefixes. What they register is a [`domain::client::Client`] as any other,
//! and what it may do is decided where that is decided for every client; here is how Kustvakt spells it.
//!
//! A user proves who they are by name and password or by a token; a front end (*super client*) does so beside, in the form. What a token may
//! be used for is its scope's to say, compared by whole tokens. How often is counted in the table.

pub mod admin;
mod answers;
pub mod authorize;
mod change;
pub mod clients;
mod fault;
mod front_end;
mod granted;
pub mod paths;
pub mod plugins;
mod sent;
pub mod tokens;
mod user;
mod view;

use domain::ClientId;
use domain::client::Client;
use oauth::Parameters;
use store::clients::Clients;

pub(crate) use answers::{OAuthFault, success};
use fault::Fault;

/// The client of this id as it is now.
async fn find(clients: &Clients, id: Option<&str>) -> Result<Client, Fault> {
    let id = id.and_then(ClientId::parse).ok_or(Fault::ClientUnknown(None))?;
    tracing::Span::current().record("client.id", tracing::field::display(id));
    let found = clients.find(id).await?.filter(|client| !client.deleted);
    found.ok_or(Fault::ClientUnknown(Some(id)))
}

/// Those of the clients that lists have, by name.
fn listed(mut clients: Vec<Client>) -> Vec<Client> {
    clients.retain(|client| !client.privileged && !client.deleted);
    clients.sort_by(|one, other| (&one.about.name, one.id).cmp(&(&other.about.name, other.id)));
    clients
}

/// A yes or no, if it is there.
fn flag(form: &Parameters, name: &'static str) -> Result<Option<bool>, Fault> {
    match form.get(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Fault::Invalid(name)),
    }
}
