//! Clients as Argus lists, defines and changes them.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use domain::ClientId;
use domain::client::{Author, Client};
use domain::customer::{Customer, Domain};
use domain::definition::{Act, Directory, Reference, Referred};
use domain::function::{FunctionName, Functions as FunctionSet, permission};
use domain::name::ClientName;
use domain::shown;
use store::StoreError;
use store::clients::Clients as Stored;
use store::directory::{Customers, Functions};

use crate::argus::{Rejection, paths};
use crate::context::Context;
use crate::error::Failure;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::{Principal, Principals};
use view::Views;

mod define;
mod list;
mod one;
mod view;
mod viewer;

/// Clients as Argus lists, defines and changes them.
#[derive(Clone)]
pub struct Clients {
    ambient: Ambient,
    principals: Principals,
    clients: Stored,
    customers: Customers,
    functions: Functions,
}

impl Endpoint for Clients {
    const NAME: &'static str = "clients";
    const PATHS: &'static [&'static str] = &[paths::CLIENTS, paths::CLIENT_SEARCH, paths::CLIENT];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        let store = &platform.store;
        Ok(Self {
            ambient: platform.ambient.clone(),
            principals: Principals::new(platform),
            clients: store.clients.clone(),
            customers: store.customers.clone(),
            functions: store.functions.clone(),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::CLIENTS, get(list::list).post(define::define))
            .route(paths::CLIENT_SEARCH, post(list::search))
            .route(paths::CLIENT, get(one::fetch).put(one::update).delete(one::delete))
            .with_state(self)
    }
}

/// The client that a path names, by its id or its short name. One that is not even text names none.
type Named = Result<Path<String>, PathRejection>;

/// What an object refers to, looked up.
struct Found {
    functions: FunctionSet,
    customer: Option<Customer>,
    domain: Option<Domain>,
}

impl Found {
    fn directory<'a>(&'a self, principal: &'a Principal) -> Directory<'a> {
        Directory {
            functions: &self.functions,
            customer: self.customer.as_ref(),
            domain: self.domain.as_ref(),
            own_domain: &principal.user.domain,
        }
    }
}

impl Clients {
    /// Authenticates an administrator.
    async fn administrator(&self, headers: &HeaderMap, context: &Context) -> Result<Principal, Failure> {
        let principal = self.principals.authenticate(headers, context).await?;
        principal.may(permission::ADMINISTER)?;
        Ok(principal)
    }

    /// The client of that id or short name as it is now, whoever may see it.
    async fn named(&self, named: Named) -> Result<Option<Client>, StoreError> {
        let Ok(Path(text)) = named else { return Ok(None) };
        let found = match (ClientId::parse(&text), ClientName::parse(&text)) {
            (Some(id), _) => self.clients.find(id).await?,
            (None, Ok(name)) => self.clients.find_named(&name).await?,
            (None, Err(_)) => None,
        };
        if let Some(client) = &found {
            tracing::Span::current().record("client.id", tracing::field::display(client.id));
        }
        Ok(found)
    }

    /// What an object refers to. A function counts from when it was made, and not from when it is remembered.
    async fn look_up(&self, referred: Referred) -> Result<Found, StoreError> {
        let customer = async {
            Ok(match referred.customer {
                Some(Reference::Name(name)) => self.customers.find(&name).await?,
                Some(Reference::Number(id)) => {
                    self.customers.list().await?.into_iter().find(|customer| customer.id == id)
                }
                None => None,
            })
        };
        let domain = async {
            Ok(match referred.domain {
                Some(Reference::Name(name)) => self.customers.domain(&name).await?,
                Some(Reference::Number(id)) => {
                    self.customers.domains().await?.into_iter().find(|domain| domain.id == id)
                }
                None => None,
            })
        };
        let (functions, customer, domain) = tokio::try_join!(self.functions.list(), customer, domain)?;
        Ok(Found { functions, customer, domain })
    }

    /// What `principal` sees of a client.
    async fn view(&self, principal: &Principal, client: &Client) -> Result<shown::Client, Failure> {
        let customer = async {
            match client.customer() {
                Some(name) => self.customers.find(name).await,
                None => Ok(None),
            }
        };
        let (customer, domain) = tokio::try_join!(customer, self.customers.domain(&client.domain))?;
        let functions = self.functions_of(client).await?;
        Ok(Views::new(principal, functions, customer, domain).of(client))
    }

    /// Every function there is, with those that `client` refers to even if they were made just now.
    async fn functions_of(&self, client: &Client) -> Result<Arc<FunctionSet>, Failure> {
        let known = self.principals.functions().await?;
        let is_known = |name: &FunctionName| known.get(name).is_some();
        let bounds = client.bounds.as_ref();
        if bounds.is_none_or(|own| is_known(&own.required_function) && is_known(&own.permission_scope)) {
            return Ok(known);
        }
        Ok(Arc::new(self.functions.list().await?))
    }

    /// Who does something now.
    fn act(&self, principal: &Principal) -> Act {
        let author = Author { id: principal.user.id, username: principal.user.username.clone() };
        Act { author: Some(author), at: self.ambient.now() }
    }
}

/// Hashes a secret: that takes tens of milliseconds, so on a thread of its own, where others are answered meanwhile.
async fn hashed<T: Send + 'static, E: Send + 'static>(
    hash: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Failure> {
    let hashed =
        tokio::task::spawn_blocking(hash).await.map_err(|_| Failure::Broken("secret hashing broke off"))?;
    hashed.map_err(|_| Failure::Broken("secret can't be hashed"))
}

/// The name of one client is the name of no other.
fn name_taken() -> Rejection {
    Rejection::field("shortName", "must not be the short name of another client, deleted or not")
}
