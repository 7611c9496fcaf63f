//! `gatelet api-key`: what users' scripts present instead of a password.

mod view;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::Clock as _;
use domain::api_key::{ApiKey, ApiKeyPrefix, Holder, Limits, MOST, Terms, lifetime};
use domain::entropy::SystemEntropy;
use domain::settings::Lifetimes;
use domain::shown::ApiKey as View;
use domain::time::SystemClock;
use domain::user::User;
use serde_json::{Map, Value};
use store::clients::Creation;

use super::find::{self, Directory};
use super::{Changed, Listed, Made, Removed, Shown, gone, written};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::options::Members;
use crate::output::Output;
use view::New;

/// API keys: what users' scripts present instead of a password
///
/// In the header Argus-API-Key. A key is shown once, when it is made, and known by its prefix from then on.
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
    Set(Set),
    Remove(Remove),
}

/// Make an API key for a user, and show it once
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet api-key add alice --description 'Nightly backup' --address 192.0.2.0/24
  gatelet api-key add alice --description 'From my notebook' --anywhere --days 30 --function report-reader")]
struct Add {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
    /// An address or CIDR range that it may be used from; repeat it for each
    #[arg(long, value_name = "CIDR", conflicts_with = "anywhere")]
    address: Option<Vec<String>>,
    /// Let it be used from anywhere
    #[arg(long)]
    anywhere: bool,
    #[command(flatten)]
    life: Life,
    /// A function that it may draw on, of those that the user holds; repeat it for each. All of them, if none is named
    #[arg(long, value_name = "FUNCTION")]
    function: Option<Vec<String>>,
}

/// How long a key is good.
#[derive(Debug, Args)]
struct Life {
    /// How many days it is good from now on, and 0 for ever; 90, if nothing is said
    #[arg(long, value_name = "DAYS")]
    days: Option<u64>,
}

/// List a user's API keys
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet api-key list alice")]
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
    /// Its prefix
    #[arg(value_name = "PREFIX")]
    prefix: String,
}

/// Show what is known of an API key
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet api-key show alice 1ab/2c")]
struct Show {
    #[command(flatten)]
    key: One,
}

/// Let an API key be good for longer, or shorter
///
/// The key itself stays, and is not shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet api-key set alice 1ab/2c --days 30")]
struct Set {
    #[command(flatten)]
    key: One,
    #[command(flatten)]
    life: Life,
}

/// Revoke an API key
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet api-key remove alice 1ab/2c")]
struct Remove {
    #[command(flatten)]
    key: One,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Life {
    fn onto(&self, members: Members) -> Members {
        members.with("expirationDays", "--days", self.days)
    }

    /// An operator may let a key be good for ever.
    fn limits() -> Limits {
        Limits { ordinary: Lifetimes::default().api_key, longest: None }
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
        Verb::Set(arguments) => output.report(&set(&arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &Add, connection: &Connection) -> Result<Made<New>, Failure> {
    let (user, directory) =
        tokio::join!(find::user(connection, &arguments.user), Directory::read(connection));
    let (user, directory) = (user?, directory?);
    let constraints = |functions: &Vec<String>| -> Map<String, Value> {
        [("function".to_owned(), functions.clone().into())].into_iter().collect()
    };
    let members = Members::default()
        .with("description", "--description", arguments.description.as_deref())
        .with("disableSourceRestriction", "--anywhere", arguments.anywhere.then_some(true))
        .with_all("validSources", "--address (or --anywhere)", arguments.address.as_ref())
        .with("sessionConstraints", "--function", arguments.function.as_ref().map(constraints));
    let members = arguments.life.onto(members);
    let holder = Holder { user: &user, limit: None, functions: &directory.functions };
    let terms = Terms::read(members.object(), &holder, Life::limits());
    let terms = terms.map_err(|errors| members.failure(errors, "api-key add"))?;
    let now = SystemClock.now();
    if connection.read(connection.store.api_keys.list(user.id, now).await).await?.len() >= MOST {
        return Err(Failure::refused_but(
            format!("{} has {MOST} API keys, which is the most", user.username),
            "remove one that is not needed",
        ));
    }
    let (key, secret) = terms.key(&user, &SystemEntropy, now);
    let made = connection.store.api_keys.create(&key).await;
    let look = format!("gatelet api-key list {} tells; remove a key that nobody was shown", user.username);
    match connection.wrote(made, &look).await? {
        Creation::Made => Ok(Made { data: New::of(&key, &directory, secret.to_text(&key.prefix)) }),
        Creation::NameTaken => Err(Failure::Broken("a prefix came up twice: run it again".to_owned())),
    }
}

async fn list(arguments: &List, connection: &Connection) -> Result<Listed<View>, Failure> {
    let (user, directory) =
        tokio::join!(find::user(connection, &arguments.user), Directory::read(connection));
    let (user, directory) = (user?, directory?);
    let keys = connection.store.api_keys.list(user.id, SystemClock.now()).await;
    let keys = connection.read(keys).await?;
    let views = keys.iter().map(|key| View::of(key, &directory.functions)).collect();
    Ok(Listed::of(user.username.as_str(), views))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let (_, key, directory) = arguments.key.find(connection).await?;
    Ok(Shown { data: View::of(&key, &directory.functions) })
}

async fn set(arguments: &Set, connection: &Connection) -> Result<Changed<View>, Failure> {
    let members = arguments.life.onto(Members::default());
    let length = lifetime(members.object(), Life::limits());
    let length = length.map_err(|errors| members.failure(errors, "api-key set"))?;
    let (_, before, directory) = arguments.key.find(connection).await?;
    let now = SystemClock.now();
    let after = ApiKey { expires_at: length.map(|length| now + length), ..before.clone() };
    let changed = after != before;
    if changed {
        let wrote = connection.store.api_keys.change(&after).await;
        written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    }
    Ok(Changed { changed, data: View::of(&after, &directory.functions) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let (user, key, directory) = arguments.key.find(connection).await?;
    let view = View::of(&key, &directory.functions);
    let question = format!("Revoke API key {} of {} ({})?", key.prefix, user.username, key.description);
    arguments.confirmation.ask(&question)?;
    let removed = connection.store.api_keys.revoke(&key).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, key.prefix.as_str())?;
    Ok(Removed { data: view })
}

impl One {
    /// The user, the key, and what it may refer to.
    async fn find(&self, connection: &Connection) -> Result<(User, ApiKey, Directory), Failure> {
        let (user, directory) = tokio::join!(find::user(connection, &self.user), Directory::read(connection));
        let (user, directory) = (user?, directory?);
        let found = match ApiKeyPrefix::parse(&self.prefix) {
            Some(prefix) => connection.read(connection.store.api_keys.find(user.id, &prefix).await).await?,
            None => None,
        };
        let now = SystemClock.now();
        let live = found.filter(|key| !key.expires_at.is_some_and(|end| end.is_past(now)));
        let list = format!("api-key list {}", user.username);
        let key = live.ok_or_else(|| find::missing("API key", &self.prefix, &list))?;
        Ok((user, key, directory))
    }
}
