//! The embedded DynamoDB: an engine over SQLite behind its own HTTP server, so that the SDK speaks to it as it speaks to AWS.
//!
//! It checks no signatures and lets every origin in: bind loopback unless containers must reach it. It never removes expired items by
//! itself: call [`Embedded::sweep`]. It knows no throttling and no transaction conflicts: [`crate::faults`] brings those.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{AppName, Config, Credentials, HttpClient, Region, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use domain::Clock;
pub use dynoxide::Database;
use dynoxide::DynoxideError;
use dynoxide::server::serve_with_shutdown;
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Every database of the process is served here: the engine works on the thread that a request arrives on, so a test's own runtime
/// must not be it, and a runtime for each test would cost more than the test.
static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    runtime::Builder::new_multi_thread().worker_threads(2).thread_name("dynamodb").enable_all().build()
});

/// Why there is no embedded DynamoDB.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The file is not a database, or can't be opened.
    #[error("the database can't be opened: {0}")]
    Open(#[source] DynoxideError),
    /// The path is not UTF-8, which the engine asks for.
    #[error("the database's path is not UTF-8")]
    Path,
    /// The address is taken, or not ours.
    #[error("the database can't listen: {0}")]
    Listen(#[from] io::Error),
    /// No threads to serve it on.
    #[error("the database has no threads to run on: {0}")]
    Threads(&'static io::Error),
    /// Expired items could not be removed.
    #[error("expired items can't be removed: {0}")]
    Sweep(#[source] DynoxideError),
}

/// An embedded DynamoDB that is being served, until it is dropped.
pub struct Embedded {
    database: Database,
    address: SocketAddr,
    /// The server stops when this goes.
    serving: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Embedded {
    /// A database in memory, on a loopback port of its own.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub fn memory() -> Result<Self, EmbeddedError> {
        Self::serve(Database::memory().map_err(EmbeddedError::Open)?, loopback()?)
    }

    /// A database in memory for which items expire by `clock`.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub fn memory_at(clock: impl Clock + 'static) -> Result<Self, EmbeddedError> {
        let database = Database::memory_with_clock(Arc::new(Expiry(clock)));
        Self::serve(database.map_err(EmbeddedError::Open)?, loopback()?)
    }

    /// A database in a file, made where there is none, on a loopback port of its own.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub fn file(path: &Path) -> Result<Self, EmbeddedError> {
        Self::serve(open(path)?, loopback()?)
    }

    /// Serves `database` to whoever reaches `listener`.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub fn serve(database: Database, listener: TcpListener) -> Result<Self, EmbeddedError> {
        let runtime = RUNTIME.as_ref().map_err(EmbeddedError::Threads)?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let entered = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        drop(entered);
        let (serving, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            // Whether told or dropped, it is the end.
            let _ = stopped.await;
        };
        let engine = database.clone();
        let served = runtime.spawn(async move {
            if let Err(cause) = serve_with_shutdown(listener, engine, stopped).await {
                tracing::error!(%cause, "the embedded DynamoDB stopped");
            }
        });
        Ok(Self { database, address, serving, served })
    }

    /// Stops serving, and waits until what is under way is done. Dropping stops without waiting.
    pub async fn stop(self) {
        drop(self.serving);
        if let Err(cause) = self.served.await {
            tracing::error!(%cause, "the embedded DynamoDB ended badly");
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL for an SDK on this machine.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// The engine itself, without HTTP between.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Removes the items whose TTL is over, as AWS does within days, and says how many there were.
    ///
    /// # Errors
    /// See [`EmbeddedError::Sweep`].
    pub fn sweep(&self) -> Result<usize, EmbeddedError> {
        self.database.sweep_ttl().map_err(EmbeddedError::Sweep)
    }

    /// An SDK client for it.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_over(plain_http(), None)
    }

    /// An SDK client for it, over an HTTP client of the caller's; one that says which function it is of, if it is of any.
    ///
    /// It repeats what fails as in production, three attempts in all, but without the pauses between them.
    #[must_use]
    pub fn client_over(&self, http: impl HttpClient + 'static, function: Option<&str>) -> Client {
        let retries = RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::ZERO);
        let mut config = Config::builder()
            .endpoint_url(self.endpoint())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "embedded"))
            .retry_config(retries)
            // One client's failures must not use up another's retries.
            .retry_partition(RetryPartition::custom("embedded").build())
            .http_client(SharedHttpClient::new(http));
        config.set_app_name(function.and_then(app_name));
        Client::from_conf(config.build())
    }
}

/// What the client of the function called `function` calls itself on the wire.
#[must_use]
pub fn app_name(function: &str) -> Option<AppName> {
    AppName::new(format!("gatelet-{function}")).ok()
}

/// Opens the database in a file, for [`Embedded::serve`].
///
/// # Errors
/// See [`EmbeddedError`].
pub fn open(path: &Path) -> Result<Database, EmbeddedError> {
    Database::new(path.to_str().ok_or(EmbeddedError::Path)?).map_err(EmbeddedError::Open)
}

/// HTTP without TLS: nothing is loaded that a database on this machine doesn't need.
#[must_use]
pub fn plain_http() -> SharedHttpClient {
    Builder::new().build_http()
}

/// HTTP with TLS where the address asks for it, as the SDK has it.
#[must_use]
pub fn any_http() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

fn loopback() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Our clock as the engine's.
struct Expiry<C>(C);

impl<C: Clock> dynoxide::storage_backend::Clock for Expiry<C> {
    fn now_unix_secs(&self) -> u64 {
        self.0.now().0
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().0 as f64
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::{Database, Embedded, EmbeddedError, open};

    #[tokio::test]
    async fn answers_until_it_is_stopped() {
        let embedded = Embedded::memory().unwrap();
        let client = embedded.client();
        assert!(client.list_tables().send().await.unwrap().table_names().is_empty());
        embedded.stop().await;
        let error = client.list_tables().send().await.unwrap_err();
        assert!(error.as_service_error().is_none(), "{error:?}");
    }

    #[tokio::test]
    async fn is_reached_over_loopback_where_it_listens_everywhere() {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let embedded = Embedded::serve(Database::memory().unwrap(), listener).unwrap();
        assert!(embedded.endpoint().starts_with("http://127.0.0.1:"), "{}", embedded.endpoint());
        embedded.client().list_tables().send().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_keeps_its_tables() {
        let folder = std::env::temp_dir().join(format!("gatelet-embedded-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("dynamodb.sqlite");
        for _ in 0..2 {
            let embedded = Embedded::file(&file).unwrap();
            store::schema::provision(&embedded.client(), "gatelet").await.unwrap();
            assert_eq!(embedded.client().list_tables().send().await.unwrap().table_names(), ["gatelet"]);
            embedded.stop().await;
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn says_what_can_not_be_opened() {
        let error = open(std::path::Path::new("/dev/null/table")).err().unwrap();
        assert!(matches!(error, EmbeddedError::Open(_)), "{error}");
    }
}
