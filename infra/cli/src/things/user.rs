//! `gatelet user`: people, and scripts' own accounts.

mod options;
mod view;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::directory::user as rules;
use domain::entropy::SystemEntropy;
use domain::password::PasswordHash;
use domain::shown::User as View;
use domain::time::SystemClock;
use domain::user::{User, Username};
use domain::{Clock as _, UserId};
use store::clients::Creation;
use store::users::Listing;

use super::find::Directory;
use super::{Changed, Listed, Made, Removed, Shown, find, gone, taken, written};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::output::Output;
use crate::password;
use options::{Grants, Options, Standing};

/// Users: people who sign in, and scripts' own accounts
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(Box<Add>),
    List(List),
    Show(Show),
    Set(Box<Set>),
    Remove(Remove),
}

/// Make a user
///
/// The password is asked for on the terminal. A user may do nothing but sign in until functions are granted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet user add alice --name 'Alice Example' --email alice@example.com --function report-reader
  gatelet user add carol --customer acme --customer-function acme=report-reader
  gatelet user add root2 --function administrator --security-level administrative
  gatelet user add nightly-backup --name 'Nightly backup' --no-password")]
struct Add {
    /// The name to sign in with, which never changes: 1 to 64 of the characters A-Z a-z 0-9 . _ ~ + -
    #[arg(value_name = "USERNAME")]
    username: String,
    #[command(flatten)]
    options: Options,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "no_password")]
    password_stdin: bool,
    /// Choose no password: the account signs in nowhere, and acts by API keys and keys of its own
    #[arg(long)]
    no_password: bool,
}

/// List users
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet user list --keyword example.com
  gatelet user list --json | jq -r '.data[] | select(.blocked) | .username'")]
struct List {
    /// Only those whose user name, full name or e-mail address has this in it; repeat it for several that all must be there
    #[arg(long, value_name = "WORD")]
    keyword: Vec<String>,
    /// Show the first so many only
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// Show a user
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet user show alice")]
struct Show {
    /// The name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
}

/// Change a user
///
/// What is not given stays; an empty text takes away what need not be there, as in --email ''. Groups and functions that are given replace
/// those there were: --grant and --revoke change single functions.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet user set alice --grant report-reader --grant acme=report-writer
  gatelet user set alice --blocked
  gatelet user set alice --blocked=false --email alice@example.org
  gatelet user set alice --password")]
struct Set {
    /// The name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    grants: Grants,
    #[command(flatten)]
    standing: Standing,
    /// Choose another password, which is asked for on the terminal
    #[arg(long)]
    password: bool,
    /// Choose another password, and read it from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Remove a user
///
/// Sessions, API keys, keys and everything that was granted in the user's name are worth nothing from then on. The name is free again.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet user remove alice")]
struct Remove {
    /// The name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    confirmation: Confirmation,
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
        Verb::Add(arguments) => output.report(&add(*arguments, connection).await?),
        Verb::List(arguments) => output.report(&list(&arguments, connection).await?),
        Verb::Show(arguments) => output.report(&show(&arguments, connection).await?),
        Verb::Set(arguments) => output.report(&set(*arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: Add, connection: &Connection) -> Result<Made<View>, Failure> {
    let members = arguments.options.members().with("username", "USERNAME", Some(arguments.username));
    let directory = Directory::read(connection).await?;
    let (id, now) = (UserId::generate(&SystemEntropy), SystemClock.now());
    let user = members.judged("user add", |fields| rules::create(fields, id, now, &directory.known()))?;
    // The write decides; nobody shall think of a password in vain.
    if connection.read(connection.store.users.id_of(&user.username).await).await?.is_some() {
        return Err(taken::<View>(user.username.as_str()));
    }
    let hash = match arguments.no_password {
        true => PasswordHash::of_nobody(),
        false => chosen(&user.username, arguments.password_stdin)?,
    };
    let made = connection.store.users.create(&user, &hash).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => Ok(Made { data: View::of(&user, &directory.known()) }),
        Creation::NameTaken => Err(taken::<View>(user.username.as_str())),
    }
}

fn chosen(username: &Username, from_stdin: bool) -> Result<PasswordHash, Failure> {
    let password = password::choose(username, from_stdin)?;
    PasswordHash::new(&password, &SystemEntropy).map_err(|error| Failure::Broken(error.to_string()))
}

async fn list(arguments: &List, connection: &Connection) -> Result<Listed<View>, Failure> {
    let keywords: Vec<_> = arguments.keyword.iter().map(|word| word.to_lowercase()).collect();
    let users = connection.read(connection.store.users.list().await).await?;
    let mut found: Vec<_> = users
        .into_iter()
        .filter(|(name, user)| matches(&keywords, name, user))
        .map(|(_, user)| user.user_id)
        .collect();
    let count = found.len();
    found.truncate(arguments.limit.unwrap_or(usize::MAX));
    let users = connection.read(connection.store.users.find_all(&found).await).await?;
    let directory = Directory::read(connection).await?;
    let views = users.iter().map(|user| View::of(user, &directory.known())).collect();
    let listed = Listed::all(views);
    Ok(if keywords.is_empty() { listed.first_of(count) } else { listed.matching(count) })
}

fn matches(keywords: &[String], username: &Username, user: &Listing) -> bool {
    let texts = [Some(username.as_str()), user.name.as_deref(), user.email.as_deref()];
    let texts = texts.map(|text| text.unwrap_or_default().to_lowercase());
    keywords.iter().all(|keyword| texts.iter().any(|text| text.contains(keyword)))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let (user, directory) =
        tokio::join!(find::user(connection, &arguments.user), Directory::read(connection));
    Ok(Shown { data: View::of(&user?, &directory?.known()) })
}

async fn set(arguments: Set, connection: &Connection) -> Result<Changed<View>, Failure> {
    let (before, directory) =
        tokio::join!(find::user(connection, &arguments.user), Directory::read(connection));
    let (before, directory) = (before?, directory?);
    let password = arguments.password || arguments.password_stdin;
    let members = arguments.standing.onto(arguments.options.members());
    let members = arguments.grants.onto(members, &before, &directory)?;
    if !password {
        members.some("user set")?;
    }
    let now = SystemClock.now();
    let after =
        members.judged("user set", |fields| rules::change(fields, &before, None, now, &directory.known()))?;
    let hash = if password { Some(chosen(&before.username, arguments.password_stdin)?) } else { None };
    let changed = after != before;
    if changed {
        let wrote = connection.store.users.change(&after).await;
        written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    }
    if let Some(hash) = &hash {
        let wrote = connection.store.logins.set_password(&before, hash).await;
        gone::<View>(connection.wrote(wrote, AGAIN).await?, before.username.as_str())?;
    }
    Ok(Changed { changed: changed || hash.is_some(), data: View::of(&after, &directory.known()) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    let directory = Directory::read(connection).await?;
    arguments.confirmation.ask(&format!("Remove user {} from {}?", described(&user), connection.place()))?;
    let removed = connection.store.users.remove(&user).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, user.username.as_str())?;
    Ok(Removed { data: View::of(&user, &directory.known()) })
}

/// By both names, where there are two.
fn described(user: &User) -> String {
    match &user.profile.name {
        Some(name) => format!("{} ({name})", user.username),
        None => user.username.to_string(),
    }
}
