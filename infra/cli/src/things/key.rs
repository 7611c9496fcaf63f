//! `gatelet key`: keys that sign users' own JWTs, of each the public half.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::Clock as _;
use domain::shown::UserKey as View;
use domain::time::SystemClock;
use domain::user::User;
use domain::user_key::{MOST, UserKey};
use store::clients::Creation;

use super::{Listed, Made, Removed, Shown, Thing, find, gone, taken};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::options::Members;
use crate::output::Output;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::times::{exact, short};

/// Keys that sign users' own JWTs, instead of a password or an API key (RFC 7523)
///
/// The service knows the public half alone: the private one stays with the user. A key is registered or it isn't, and there is nothing of
/// it to set.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(Add),
    List(List),
    Show(Show),
    Remove(Remove),
}

/// Register a public key for a user
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  openssl genpkey -algorithm ed25519 -out private.pem && openssl pkey -in private.pem -pubout -out public.pem
  gatelet key add alice --file public.pem --description 'Nightly backup'")]
struct Add {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    /// The public key: PEM (BEGIN PUBLIC KEY) or a JSON Web Key, of RSA, P-256 or Ed25519
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// What it is called in the header of what it signs (kid); its thumbprint (RFC 7638), if nothing is said
    #[arg(long, value_name = "KID")]
    id: Option<String>,
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
}

/// List a user's keys
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet key list alice")]
struct List {
    /// Whose: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
}

/// One key.
#[derive(Debug, Args)]
struct One {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    /// Its id
    #[arg(value_name = "KID")]
    id: String,
}

/// Show a key
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet key show alice backup-2026 --json | jq .data.publicKey")]
struct Show {
    #[command(flatten)]
    key: One,
}

/// Remove a key: nothing that it signed is accepted from then on
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet key remove alice backup-2026")]
struct Remove {
    #[command(flatten)]
    key: One,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("key", "keys");
    const COLUMNS: &'static [Column] = &[
        Column::whole("id (kid)"),
        Column::whole("algorithm"),
        Column::cut("description"),
        Column::whole("registered (UTC)"),
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.algorithm.to_owned(),
            self.description.clone().unwrap_or_default(),
            short(self.created_timestamp),
        ]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("algorithm", self.algorithm.to_owned())
            .with("description", self.description.clone())
            .with("registered", exact(self.created_timestamp))
    }
}

/// Does what was asked for.
///
/// # Errors
/// Where it is refused, or the table can't be used.
pub(crate) async fn run(
    arguments: Arguments,
    connection: &Connection,
    output: &Output,
) -> Result<ExitCode, Failure> {
    match arguments.verb {
        Verb::Add(arguments) => output.report(&add(&arguments, connection).await?),
        Verb::List(arguments) => output.report(&list(&arguments, connection).await?),
        Verb::Show(arguments) => output.report(&show(&arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &Add, connection: &Connection) -> Result<Made<View>, Failure> {
    let path = &arguments.file;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::open(format!("{} can't be read: {error}", path.display()), "name the file with --file")
    })?;
    let members = Members::default()
        .with("publicKey", "--file", Some(text))
        .with("id", "--id", arguments.id.as_deref())
        .with("description", "--description", arguments.description.as_deref());
    let user = find::user(connection, &arguments.user).await?;
    let key = jose::public_key::registered(members.object(), user.id, SystemClock.now());
    let key = key.map_err(|errors| members.failure(errors, "key add"))?;
    if connection.read(connection.store.user_keys.list(user.id).await).await?.len() >= MOST {
        return Err(Failure::refused_but(
            format!("{} has {MOST} keys, which is the most", user.username),
            "remove one that is not needed",
        ));
    }
    let made = connection.store.user_keys.create(&key).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => Ok(Made { data: View::from(&key) }),
        Creation::NameTaken => Err(taken::<View>(key.id.as_str())),
    }
}

async fn list(arguments: &List, connection: &Connection) -> Result<Listed<View>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    let keys = connection.read(connection.store.user_keys.list(user.id).await).await?;
    Ok(Listed::of(user.username.as_str(), keys.iter().map(View::from).collect()))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let (_, key) = arguments.key.find(connection).await?;
    Ok(Shown { data: View::from(&key) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let (user, key) = arguments.key.find(connection).await?;
    arguments.confirmation.ask(&format!("Remove key {} of {}?", key.id, user.username))?;
    let removed = connection.store.user_keys.remove(user.id, &key.id).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, key.id.as_str())?;
    Ok(Removed { data: View::from(&key) })
}

impl One {
    async fn find(&self, connection: &Connection) -> Result<(User, UserKey), Failure> {
        let user = find::user(connection, &self.user).await?;
        let keys = connection.read(connection.store.user_keys.list(user.id).await).await?;
        let found = keys.into_iter().find(|key| key.id.as_str() == self.id);
        let list = format!("key list {}", user.username);
        let key = found.ok_or_else(|| find::missing("key", &self.id, &list))?;
        Ok((user, key))
    }
}
