//! What endpoints are made from.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use domain::{Clock, Entropy, Settings, UnixTime};
use jose::{KeyError, KeyWrapping, Purpose};
use serde::Serialize;
use store::{Store, StoreError};

use crate::apikeys::ApiKeys;
use crate::authorize::Authorize;
use crate::clients::Clients;
use crate::directory::Directory;
use crate::error::Failure;
use crate::introspect::Introspect;
use crate::kustvakt::admin::KustvaktAdmin;
use crate::kustvakt::authorize::KustvaktAuthorize;
use crate::kustvakt::clients::KustvaktClients;
use crate::kustvakt::plugins::KustvaktPlugins;
use crate::kustvakt::tokens::KustvaktTokens;
use crate::layers;
use crate::login::Login;
use crate::metadata::Metadata;
use crate::register::Register;
use crate::revoke::Revoke;
use crate::token::Token;
use crate::userinfo::Userinfo;

/// Everything there is to use. An endpoint takes what it needs when it connects, and nothing else.
#[derive(Clone)]
pub struct Platform {
    /// What every endpoint has.
    pub ambient: Ambient,
    /// The table.
    pub store: Store,
    /// What opens the service's own keys.
    pub wrapping: Arc<dyn KeyWrapping>,
}

/// What every endpoint has: settings, time and randomness.
#[derive(Clone)]
pub struct Ambient {
    /// The operator's decisions.
    pub settings: Arc<Settings>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Ambient {
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }
}

/// An endpoint: its capabilities, its paths and its routes.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The name of its function, in `functions/` and in its policy.
    const NAME: &'static str;

    /// The paths that this endpoint answers: what deployed routes are to be held against.
    const PATHS: &'static [&'static str];

    /// The methods that scripts of other origins may use here; none, unless the endpoint goes by tokens and never by cookies.
    const CORS: &'static [Method] = &[];

    /// What the service's own keys are for that this endpoint opens, if any: what its policy lets it unwrap.
    const OPENS: &'static [Purpose] = &[];

    /// Of which of them it makes the first key, where there is none: what its policy lets it wrap.
    const MAKES: &'static [Purpose] = Self::OPENS;

    /// Connects to what the endpoint uses, and to nothing else.
    fn connect(platform: &Platform) -> impl Future<Output = Result<Self, StartupError>> + Send;

    /// The handlers.
    fn routes(self) -> Router;
}

/// What a schedule asks for, and no request: its capabilities and what it does.
pub trait Task: Send + Sync + Sized + 'static {
    /// The name of its function, in `functions/` and in its policy.
    const NAME: &'static str;

    /// What the service's own keys are for that this task makes, if any: what its policy lets it wrap. It opens none.
    const WRAPS: &'static [Purpose] = &[];

    /// What it says it has done.
    type Report: Serialize;

    /// Connects to what the task uses, and to nothing else.
    fn connect(platform: &Platform) -> impl Future<Output = Result<Self, StartupError>> + Send;

    /// Does it. A schedule may ask twice, or again after half of it was done.
    fn run(&self) -> impl Future<Output = Result<Self::Report, Failure>> + Send;
}

/// Connects an endpoint and puts the layers around it that all endpoints share.
///
/// # Errors
/// See [`StartupError`].
pub async fn router<E: Endpoint>(platform: &Platform) -> Result<Router, StartupError> {
    let endpoint = E::connect(platform).await?;
    Ok(layers::around(endpoint.routes(), E::CORS, &platform.ambient))
}

/// Every endpoint under one router, as the local stack and the tests run them. Each connects to a platform of its own, which
/// `platform` makes for its name: deployed functions share nothing but the table either.
///
/// # Errors
/// See [`StartupError`].
pub async fn routers(platform: &impl Fn(&'static str) -> Platform) -> Result<Router, StartupError> {
    Ok(Router::new()
        .merge(named::<Authorize>(platform).await?)
        .merge(named::<Login>(platform).await?)
        .merge(named::<Token>(platform).await?)
        .merge(named::<Introspect>(platform).await?)
        .merge(named::<Revoke>(platform).await?)
        .merge(named::<Userinfo>(platform).await?)
        .merge(named::<Register>(platform).await?)
        .merge(named::<Clients>(platform).await?)
        .merge(named::<ApiKeys>(platform).await?)
        .merge(named::<Directory>(platform).await?)
        .merge(named::<KustvaktAuthorize>(platform).await?)
        .merge(named::<KustvaktClients>(platform).await?)
        .merge(named::<KustvaktTokens>(platform).await?)
        .merge(named::<KustvaktPlugins>(platform).await?)
        .merge(named::<KustvaktAdmin>(platform).await?)
        .merge(named::<Metadata>(platform).await?))
}

async fn named<E: Endpoint>(platform: &impl Fn(&'static str) -> Platform) -> Result<Router, StartupError> {
    router::<E>(&platform(E::NAME)).await
}

/// Why an endpoint can't start. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The table is out of reach, missing or closed to this function.
    #[error("cannot use the table: {0}")]
    Store(#[from] StoreError),
    /// The service's own keys can't be made or opened.
    #[error("cannot open the service's own keys (is the wrapping key the one they were made with?): {0}")]
    Key(#[from] KeyError),
}
