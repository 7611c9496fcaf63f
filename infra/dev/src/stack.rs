//! The stack from top to bottom: a listener, a table, the endpoints, the demo.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use domain::entropy::SystemEntropy;
use domain::time::SystemClock;
use domain::{Entropy, Issuer, Settings};
use jose::{LocalKey, WrappedKey};
use server::platform::Ambient;
use server::{Platform, StartupError, routers};
use store::{Store, Table};
use testkit::{Aws, Gate, Http};

use crate::database::Database;
use crate::demo::credentials::Credentials;
use crate::demo::{data, pages};
use crate::environment::{Environment, Storage};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::serving::{self, Endpoints, Stopping};
use crate::{log, print};

/// Starts the stack, serves until somebody says stop, and stops.
///
/// # Errors
/// Whatever keeps it from starting: see [`Failure`].
pub(crate) async fn run(mut environment: Environment) -> Result<(), Failure> {
    log::begin(std::mem::take(&mut environment.log), environment.colours().1);
    let listener = serving::listen(environment.listen, "PORT")?;
    let listening = listener.local_addr().map_err(Failure::Serve)?;
    let (settings, home) = (Arc::new(environment.settings(listening)?), environment.home(listening)?);
    let aws = environment.aws.map(|address| serving::listen(address, "AWS_PORT")).transpose()?;
    warn(&environment);

    let memory = matches!(environment.storage, Storage::Embedded { kept: false, .. });
    let folder = if memory { None } else { Some(Folder::take(&environment.folder)?) };
    let before = Credentials::read(&environment.folder)?;
    let database = Database::start(&environment.storage, folder.as_ref()).await?;
    database.provision(&environment.table_name).await?;
    let platform = platform(&environment, Arc::clone(&settings), folder.as_ref(), &database)?;
    let gate = Gate::new(&environment.table_name)?;
    let endpoints = if environment.functions.is_none() {
        Some(endpoints(&environment, &platform, folder.as_ref(), (&database, &gate)).await?)
    } else {
        None
    };
    let credentials = data::establish(&platform.store, &platform.ambient, &home, before.as_ref()).await?;
    leave(&credentials, &environment, memory)?;

    // Whoever reads the welcome may say stop, and is then heard.
    let stopping = Stopping::listen()?;
    let found = aws.as_ref().map(TcpListener::local_addr).transpose().map_err(Failure::Serve)?;
    let at = print::At { home: &home, dynamodb: database.address(), aws: found };
    print::welcome(&environment, &settings, at, &credentials);
    let aws = aws.zip(database.endpoint()).map(|(listener, dynamodb)| {
        (listener, Aws::new(gate, dynamodb, Arc::clone(&platform.wrapping)).router())
    });
    let pages = (listener, demo(&platform, endpoints, home, credentials));
    serve(pages, aws, &platform.ambient.entropy, &stopping).await?;
    database.stop().await;
    print::progress("Stopped.");
    Ok(())
}

/// The demo's pages, and the endpoints where they are in this process.
fn demo(platform: &Platform, endpoints: Option<Router>, home: Issuer, credentials: Credentials) -> Router {
    let caller = match &endpoints {
        Some(endpoints) => Endpoints::Here(endpoints.clone(), Arc::clone(&platform.ambient.entropy)),
        None => Endpoints::There(platform.ambient.settings.issuer.clone(), Http::default()),
    };
    endpoints.unwrap_or_default().merge(pages::routes(pages::Demo::new(platform, home, credentials, caller)))
}

/// Serves both until somebody says stop.
async fn serve(
    (listener, pages): (TcpListener, Router),
    aws: Option<(TcpListener, Router)>,
    entropy: &Arc<dyn Entropy>,
    stopping: &Stopping,
) -> Result<(), Failure> {
    let aws = async {
        match aws {
            Some((listener, aws)) => {
                serving::serve(listener, aws, Arc::clone(entropy), stopping.clone()).await
            }
            None => Ok(()),
        }
    };
    let pages = serving::serve(listener, pages, Arc::clone(entropy), stopping.clone());
    tokio::try_join!(pages, aws).map(|_| ())
}

/// All endpoints in this process, each held to its function's policy.
async fn endpoints(
    environment: &Environment,
    platform: &Platform,
    folder: Option<&Folder>,
    (database, gate): (&Database, &Gate),
) -> Result<Router, Failure> {
    announce_new_table(platform).await?;
    let function = |name| {
        let table = Table::new(database.function(name, gate), &environment.table_name);
        let wrapping = gate.wrapping(name, Arc::clone(&platform.wrapping));
        Platform { store: Store::new(&table), wrapping, ..platform.clone() }
    };
    routers(&function).await.map_err(|error| explain(error, environment, folder))
}

/// What is convenient here and careless elsewhere.
fn warn(environment: &Environment) {
    if !environment.listen.ip().is_loopback() {
        let bind = environment.listen.ip();
        tracing::warn!(%bind, "BIND: others can reach this, and everybody knows the demo's passwords");
    }
    if let Storage::Embedded { listen: Some(address), .. } = &environment.storage
        && !address.ip().is_loopback()
    {
        let bind = address.ip();
        tracing::warn!(%bind, "DYNAMODB_BIND: whoever reaches it owns the data, since it checks no signatures");
    }
    if let Some(address) = environment.aws
        && !address.ip().is_loopback()
    {
        let bind = address.ip();
        tracing::warn!(%bind, "AWS_BIND: whoever reaches it may do what any function may, since it checks no signatures");
    }
}

fn platform(
    environment: &Environment,
    settings: Arc<Settings>,
    folder: Option<&Folder>,
    database: &Database,
) -> Result<Platform, Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let key = match folder {
        Some(folder) => folder.wrapping_key(entropy.as_ref())?,
        None => entropy.bytes(),
    };
    let table = Table::new(database.client.clone(), &environment.table_name);
    Ok(Platform {
        ambient: Ambient { settings, clock: Arc::new(SystemClock), entropy: Arc::clone(&entropy) },
        store: Store::new(&table),
        wrapping: Arc::new(LocalKey::from_bytes(key, entropy)),
    })
}

async fn announce_new_table(platform: &Platform) -> Result<(), Failure> {
    if platform.store.keys.signing::<WrappedKey>().await?.is_empty() {
        print::progress("Making signing keys, users and clients \u{2026}");
    }
    Ok(())
}

/// A key that does not open has most often been wrapped with another wrapping key.
fn explain(error: StartupError, environment: &Environment, folder: Option<&Folder>) -> Failure {
    match (error, folder) {
        (StartupError::Key(_), Some(folder)) => Failure::WrappingKey {
            wrapping: folder.wrapping_key_path(),
            table: environment.table_name.clone(),
        },
        (error, _) => Failure::Startup(error),
    }
}

/// Leaves the credentials where programs find them. Where nothing else is kept, nothing depends on it.
fn leave(credentials: &Credentials, environment: &Environment, memory: bool) -> Result<(), Failure> {
    match credentials.write(&environment.folder) {
        Err(failure) if memory => {
            tracing::warn!(%failure, "the credentials are on this terminal only");
            Ok(())
        }
        written => written,
    }
}
