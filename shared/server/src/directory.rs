//! The directory, for administrators: domains, customers, functions and users.
//!
//! Only the permission `administer` leads here, to read as well as to write: what is read are other people's accounts. Nothing here reads
//! a password's hash.

mod api_keys;
mod customers;
mod domains;
mod functions;
mod passwords;
mod sessions;
mod user_keys;
mod users;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use domain::UserId;
use domain::customer::{Customer, Domain, DomainName};
use domain::directory::Known;
use domain::function::{Functions as FunctionSet, permission};
use domain::user::{User, Username};
use oauth::{ErrorCode, Refusal};
use serde::Serialize;
use store::clients::Clients;
use store::directory::{Customers, Functions};
use store::sessions::Sessions;
use store::user_keys::UserKeys;
use store::users::{Logins, Users};

use crate::apikeys::keys::Keys;
use crate::argus::{Envelope, Rejection, paths};
use crate::context::Context;
use crate::error::Failure;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::{Principal, Principals};

/// How often a change is begun again because somebody else's came first.
const ATTEMPTS: usize = 4;

/// The directory, for administrators: domains, customers, functions and users.
#[derive(Clone)]
pub struct Directory {
    ambient: Ambient,
    principals: Principals,
    functions: Functions,
    customers: Customers,
    clients: Clients,
    users: Users,
    logins: Logins,
    sessions: Sessions,
    keys: Keys,
    user_keys: UserKeys,
}

impl Endpoint for Directory {
    const NAME: &'static str = "directory";
    const PATHS: &'static [&'static str] = &[
        paths::DOMAINS,
        paths::DOMAIN,
        paths::CUSTOMERS,
        paths::CUSTOMER,
        paths::FUNCTIONS,
        paths::FUNCTION,
        paths::USERS,
        paths::USER,
        paths::USER_PASSWORD,
        paths::USER_API_KEYS,
        paths::USER_API_KEY,
        paths::USER_KEYS,
        paths::USER_KEY,
        paths::USER_SESSIONS,
        paths::USER_SESSION,
    ];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            principals: Principals::new(platform),
            functions: platform.store.functions.clone(),
            customers: platform.store.customers.clone(),
            clients: platform.store.clients.clone(),
            users: platform.store.users.clone(),
            logins: platform.store.logins.clone(),
            sessions: platform.store.sessions.clone(),
            keys: Keys::new(platform),
            user_keys: platform.store.user_keys.clone(),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::DOMAINS, get(domains::list).post(domains::add))
            .route(paths::DOMAIN, get(domains::show).delete(domains::remove))
            .route(paths::CUSTOMERS, get(customers::list).post(customers::add))
            .route(paths::CUSTOMER, get(customers::show).put(customers::change).delete(customers::remove))
            .route(paths::FUNCTIONS, get(functions::list).post(functions::add))
            .route(paths::FUNCTION, get(functions::show).put(functions::change).delete(functions::remove))
            .route(paths::USERS, get(users::list).post(users::add))
            .route(paths::USER, get(users::show).put(users::change).delete(users::remove))
            .route(paths::USER_PASSWORD, put(passwords::set))
            .route(paths::USER_API_KEYS, get(api_keys::list).post(api_keys::create))
            .route(paths::USER_API_KEY, put(api_keys::renew).delete(api_keys::revoke))
            .route(paths::USER_KEYS, get(user_keys::list).post(user_keys::register))
            .route(paths::USER_KEY, delete(user_keys::remove))
            .route(paths::USER_SESSIONS, get(sessions::list).delete(sessions::end_all))
            .route(paths::USER_SESSION, delete(sessions::end))
            .route_layer(from_fn_with_state(self.clone(), admit))
            .with_state(self)
    }
}

/// Whoever asked, who administers.
#[derive(Clone, Debug)]
struct Administrator(Principal);

impl Administrator {
    fn id(&self) -> UserId {
        self.0.user.id
    }

    /// Credentials are made by people themselves, and by no client that somebody has let act.
    fn in_person(&self) -> Result<(), Refusal> {
        let denied = Refusal::new(ErrorCode::AccessDenied, "an access token makes no credentials");
        self.0.is_in_person().then_some(()).ok_or(denied)
    }
}

/// Lets administrators pass, and nobody else: no handler is reached without.
async fn admit(State(endpoint): State<Directory>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let administrator = match parts.extensions.get::<Context>() {
        Some(context) => endpoint.principals.authenticate(&parts.headers, context).await,
        None => Err(Failure::Broken("request without a context")),
    };
    let admitted = administrator.and_then(|principal| {
        principal.may(permission::ADMINISTER)?;
        Ok(Administrator(principal))
    });
    match admitted {
        Ok(administrator) => {
            parts.extensions.insert(administrator);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(failure) => Rejection::from(failure).into_response(),
    }
}

/// What there is, for members that refer to it and for showing what refers to it.
struct Present {
    functions: FunctionSet,
    customers: Vec<Customer>,
    domains: Vec<Domain>,
    home: DomainName,
}

impl Present {
    fn known(&self) -> Known<'_> {
        Known {
            functions: &self.functions,
            customers: &self.customers,
            domains: &self.domains,
            home: &self.home,
        }
    }
}

impl Directory {
    /// What there is at this moment: nothing remembered, since rules are judged by it.
    async fn present(&self, by: &Administrator) -> Result<Present, Failure> {
        Ok(Present {
            functions: self.functions.list().await?,
            customers: self.customers.list().await?,
            domains: self.customers.domains().await?,
            home: by.0.user.domain.clone(),
        })
    }

    /// The user that a path names, by `sub` or by the name to sign in with.
    async fn user(&self, path: Named<String>) -> Result<User, Rejection> {
        self.referred(&named(path)?).await
    }

    async fn referred(&self, reference: &str) -> Result<User, Rejection> {
        let found = match UserId::parse(reference) {
            Some(id) => self.users.find(id).await?,
            None => match Username::parse(reference) {
                Ok(name) => self.users.find_named(&name).await?,
                Err(_) => None,
            },
        };
        found.ok_or(Rejection::NotFound("no such user"))
    }
}

/// What a path names. What is not even text names nothing.
type Named<T> = Result<Path<T>, PathRejection>;

fn named<T>(path: Named<T>) -> Result<T, Rejection> {
    path.map(|Path(named)| named).map_err(|_| Rejection::NotFound("path is not text"))
}

/// An answer about something that was made.
fn made<T: Serialize>(data: T) -> Envelope<T> {
    Envelope::one(StatusCode::CREATED, data)
}

/// An answer about something as it is, or was before it was removed.
fn shown<T: Serialize>(data: T) -> Envelope<T> {
    Envelope::one(StatusCode::OK, data)
}

/// An answer about something that is as it was before: Argus's "no update performed".
fn unchanged<T: Serialize>(data: T) -> Envelope<T> {
    Envelope::one(StatusCode::from_u16(220).unwrap_or(StatusCode::OK), data)
}

/// Somebody else's change came first, each time.
fn contended() -> Rejection {
    let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, "changed by others again and again");
    refusal.saying("Others are changing the same. Try again shortly.").into()
}
