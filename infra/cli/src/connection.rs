//! The one way to the table: the AWS SDK's, or by plain http to a DynamoDB that is not AWS's.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use clap::Args;
use domain::time::SystemClock;
use store::{Store, StoreError, Table};

use crate::failure::Failure;
use crate::http::Http;

/// Where the table is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Options {
    /// The DynamoDB table
    #[arg(long, global = true, env = "TABLE_NAME", value_name = "NAME", display_order = 90)]
    table: Option<String>,
    /// Another DynamoDB than AWS's, such as that of make dev
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL_DYNAMODB", value_name = "URL", display_order = 91)]
    endpoint_url: Option<String>,
    /// The AWS region, if not the one that the AWS SDK finds
    #[arg(long, global = true, value_name = "REGION", display_order = 92)]
    region: Option<String>,
    /// The AWS profile, if not the one that the AWS SDK finds
    #[arg(long, global = true, value_name = "NAME", display_order = 93)]
    profile: Option<String>,
}

/// What to do where nobody knows whether something was written that can be written once.
pub(crate) const AGAIN: &str = "run it again: what was done is not done twice";

/// A table, and how it is reached.
pub(crate) struct Connection {
    /// The table itself.
    pub table: Table,
    /// The store in it.
    pub store: Store,
    /// Where it is, if not at AWS.
    pub endpoint: Option<String>,
    /// What the AWS SDK has found.
    pub shared: SdkConfig,
    /// What every call goes through.
    pub http: Http,
}

impl Options {
    /// Finds out how to reach the table; calls nobody.
    ///
    /// # Errors
    /// [`Failure::Usage`] where no table is named.
    pub(crate) async fn connect(self) -> Result<Connection, Failure> {
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        let missing = || Failure::Usage("which table? Give --table NAME, or set TABLE_NAME".to_owned());
        let name = given(self.table).ok_or_else(missing)?;
        let endpoint = given(self.endpoint_url);
        let http = Http::new(Arc::new(SystemClock));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .timeout_config(timeouts());
        if let Some(profile) = given(self.profile) {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if endpoint.as_deref().is_some_and(is_local) {
            loader = made_up(loader);
        }
        if let Some(region) = given(self.region) {
            loader = loader.region(Region::new(region));
        }
        let shared = loader.load().await;
        let table = Table::connect(&shared, name);
        Ok(Connection { store: Store::new(&table), table, endpoint, shared, http })
    }
}

impl Connection {
    /// Whether the table is in a DynamoDB that is not AWS's.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoint.as_deref().is_some_and(is_local)
    }

    /// The region, if there is one.
    pub(crate) fn region(&self) -> Option<&str> {
        self.shared.region().map(Region::as_ref)
    }

    /// What was read, or why nothing can be.
    pub(crate) async fn read<T>(&self, read: Result<T, StoreError>) -> Result<T, Failure> {
        match read {
            Ok(read) => Ok(read),
            Err(cause) => Err(self.unusable(cause).await),
        }
    }

    /// What became of a write. Whether one was made whose answer is lost, nobody knows: `remedy` says how to find out.
    pub(crate) async fn wrote<T>(&self, wrote: Result<T, StoreError>, remedy: &str) -> Result<T, Failure> {
        match wrote {
            Ok(wrote) => Ok(wrote),
            Err(cause @ StoreError::Unavailable { .. }) => {
                Err(Failure::Uncertain { place: self.place(), cause, remedy: remedy.to_owned() })
            }
            Err(cause) => Err(self.unusable(cause).await),
        }
    }

    async fn unusable(&self, cause: StoreError) -> Failure {
        let place = self.place();
        match (&cause, self.table.describe().await) {
            (StoreError::Refused { .. }, Ok(None)) => Failure::NoTable { place },
            _ => Failure::Store { place, cause },
        }
    }

    /// The table and where it is, in words.
    pub(crate) fn place(&self) -> String {
        let name = self.table.name();
        match (&self.endpoint, self.region()) {
            (Some(endpoint), _) => format!("table {name} at {endpoint}"),
            (None, Some(region)) => format!("table {name} in {region}"),
            (None, None) => format!("table {name}"),
        }
    }
}

/// Whoever answers plain http is not AWS.
fn is_local(endpoint: &str) -> bool {
    !endpoint.starts_with("https:")
}

/// Credentials and region from the environment's variables if they are set, and otherwise made up: nobody there checks them.
fn made_up(loader: ConfigLoader) -> ConfigLoader {
    let credentials = Credentials::new("local", "local", None, None, "made up");
    let variables = EnvironmentVariableCredentialsProvider::new();
    let credentials =
        CredentialsProviderChain::first_try("Environment", variables).or_else("MadeUp", credentials);
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new());
    loader.credentials_provider(credentials).region(region.or_else(Region::from_static("us-east-1")))
}

/// A person waits for the answer.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(15))
        .build()
}
