//! The stack from top to bottom: a listener, a table, the endpoints, the demo.

use std::sync::Arc;

use domain::entropy::SystemEntropy;
use domain::time::SystemClock;
use domain::{Entropy, Settings};
use jose::{LocalKey, WrappedKey};
use server::platform::Ambient;
use server::{Platform, StartupError, routers};
use store::{Store, Table};

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
    let settings = Arc::new(environment.settings(listening)?);
    warn(&environment);

    let memory = matches!(environment.storage, Storage::Embedded { kept: false, .. });
    let folder = if memory { None } else { Some(Folder::take(&environment.folder)?) };
    let before = Credentials::read(&environment.folder)?;
    let database = Database::start(&environment.storage, folder.as_ref()).await?;
    database.provision(&environment.table_name).await?;
    let platform = platform(&environment, Arc::clone(&settings), folder.as_ref(), &database)?;
    announce_new_table(&platform).await?;
    let function = |name| {
        let table = Table::new(database.function(name), &environment.table_name);
        Platform { store: Store::new(&table), ..platform.clone() }
    };
    let endpoints =
        routers(&function).await.map_err(|error| explain(error, &environment, folder.as_ref()))?;
    let credentials = data::establish(&platform.store, &platform.ambient, before.as_ref()).await?;
    leave(&credentials, &environment, memory)?;

    let entropy = Arc::clone(&platform.ambient.entropy);
    // Whoever reads the welcome may say stop, and is then heard.
    let stopping = Stopping::listen()?;
    print::welcome(&environment, &settings, &database, &credentials);
    let caller = Endpoints::new(endpoints.clone(), Arc::clone(&entropy));
    let pages = pages::routes(pages::Demo::new(&platform, credentials, caller));
    serving::serve(listener, endpoints.merge(pages), entropy, stopping).await?;
    database.stop().await;
    print::progress("Stopped.");
    Ok(())
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
