//! The DynamoDB behind the stack: embedded and swept, or another.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedHttpClient};
use axum::http::Uri;
use store::{StoreError, schema};
use testkit::embedded::{Database as Engine, EmbeddedError, any_http, app_name, open, plain_http};
use testkit::{Embedded, Gate};

use crate::environment::Storage;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::serving::listen;

/// How often the embedded DynamoDB looks for what has expired: late, as AWS is, so that nobody comes to rely on it.
const SWEEP: Duration = Duration::from_secs(60);

/// A DynamoDB that answers.
pub(crate) struct Database {
    /// Reaches it.
    pub client: Client,
    http: SharedHttpClient,
    embedded: Option<Embedded>,
    elsewhere: Option<String>,
}

impl Database {
    /// Starts the embedded DynamoDB, or finds the other one.
    ///
    /// # Errors
    /// Where it does not open or can't listen.
    pub(crate) async fn start(storage: &Storage, folder: Option<&Folder>) -> Result<Self, Failure> {
        match storage {
            Storage::Embedded { listen: address, .. } => {
                let engine = match folder {
                    Some(folder) => open(&folder.database())?,
                    None => Engine::memory().map_err(EmbeddedError::Open)?,
                };
                let address = address.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
                let embedded = Embedded::serve(engine, listen(address, "DYNAMODB_PORT")?)?;
                sweep(embedded.database().clone());
                let (client, http) = (embedded.client(), plain_http());
                Ok(Self { client, http, embedded: Some(embedded), elsewhere: None })
            }
            Storage::Elsewhere(endpoint) => {
                let http = any_http();
                let client = elsewhere(endpoint, http.clone()).await;
                Ok(Self { client, http, embedded: None, elsewhere: Some(endpoint.clone()) })
            }
        }
    }

    /// Reaches it as the function called `name`, through the gate.
    pub(crate) fn function(&self, name: &str, gate: &Gate) -> Client {
        let mut config = self.client.config().to_builder().http_client(gate.http(self.http.clone()));
        config.set_app_name(app_name(name));
        Client::from_conf(config.build())
    }

    /// Makes the table where there is none.
    ///
    /// # Errors
    /// Where DynamoDB is out of reach or refuses.
    pub(crate) async fn provision(&self, table: &str) -> Result<(), Failure> {
        schema::provision(&self.client, table).await.map_err(|cause| self.failure(cause))
    }

    /// What the store could not do, with the DynamoDB that could not do it.
    pub(crate) fn failure(&self, cause: StoreError) -> Failure {
        match &self.elsewhere {
            Some(endpoint) => Failure::Elsewhere { endpoint: endpoint.clone(), cause },
            None => Failure::Store(cause),
        }
    }

    /// Where the embedded DynamoDB listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.embedded.as_ref().map(Embedded::address)
    }

    /// Where a program on this machine finds the embedded DynamoDB.
    pub(crate) fn endpoint(&self) -> Option<Uri> {
        self.embedded.as_ref().and_then(|embedded| embedded.endpoint().parse().ok())
    }

    /// Stops the embedded DynamoDB once it has answered what was asked.
    pub(crate) async fn stop(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Removes what has expired, now and then, for as long as the process runs.
fn sweep(engine: Engine) {
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(SWEEP);
        loop {
            interval.tick().await;
            let engine = engine.clone();
            match tokio::task::spawn_blocking(move || engine.sweep_ttl()).await {
                Ok(Ok(count)) => tracing::debug!(count, "expired items removed"),
                Ok(Err(cause)) => tracing::warn!(%cause, "expired items can't be removed"),
                Err(cause) => tracing::warn!(%cause, "the sweep broke off"),
            }
        }
    });
}

/// Another DynamoDB by its URL. Whoever answers plain http is not AWS: there, credentials and region come from the environment's
/// variables if they are set, and otherwise are made up. For https, the SDK finds them as it always does.
async fn elsewhere(endpoint: &str, http: SharedHttpClient) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(10))
        .build();
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).endpoint_url(endpoint).timeout_config(timeouts);
    loader = loader.http_client(http);
    if !endpoint.starts_with("https:") {
        let variables = EnvironmentVariableCredentialsProvider::new();
        let made_up = Credentials::new("local", "local", None, None, "made up");
        let credentials =
            CredentialsProviderChain::first_try("Environment", variables).or_else("MadeUp", made_up);
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new());
        loader =
            loader.credentials_provider(credentials).region(region.or_else(Region::from_static("us-east-1")));
    }
    Client::new(&loader.load().await)
}
