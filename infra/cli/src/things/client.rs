//! `gatelet client`: applications, as administrators define them (Argus).

mod decision;
mod list;
mod options;
mod secret;
mod view;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::client::{Author, Client};
use domain::definition::{Act, Definition, Update};
use domain::entropy::SystemEntropy;
use domain::name::ClientName;
use domain::time::SystemClock;
use domain::{ClientId, Clock as _};
use store::clients::Creation;

use super::find::{self, Directory};
use super::{Changed, Made, Removed, Shown, taken, written};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::text::harmless;
use options::{Options, Place, Service};
use secret::{NewSecret, OtherSecret};
use view::{Owners, View};

/// Clients: applications that users sign in to
///
/// Those that administrators define, as Argus has them, those that registered themselves (RFC 7591), and those that users registered
/// (Kustvakt).
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(Box<Add>),
    List(list::List),
    Show(Show),
    Set(Box<Set>),
    Permit(decision::Permit),
    Privilege(decision::Privilege),
    Remove(Remove),
}

/// Define a client
///
/// It needs --name, --description, --main-uri, --required-function, --permission-scope and --client-ip-range. Its secret is asked for on
/// the terminal, unless it is generated or there shall be none.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet client add reports --name Reports --description 'Shows reports' --main-uri https://reports.example.com \\
    --redirect-uri https://reports.example.com/callback --required-function report-reader \\
    --permission-scope report-reader --permitted-scope openid --permitted-scope profile \\
    --client-ip-range 192.0.2.0/24 --generate-secret
  gatelet client add reports-app --public \u{2026}")]
struct Add {
    /// Its short name, which is as good as its id: 1 to 64 of the characters A-Z a-z 0-9 _ : . -
    #[arg(value_name = "SHORT_NAME")]
    short_name: String,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    secret: NewSecret,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    service: Service,
}

/// Show a client
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet client show reports")]
struct Show {
    /// Its short name or id
    #[arg(value_name = "CLIENT")]
    client: String,
}

/// Change a client
///
/// What is not given stays, and what may be repeated replaces what there was. A change is felt everywhere half a minute later. Customer and
/// domain never change.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet client set reports --redirect-uri https://reports.example.com/callback
  gatelet client set reports --generate-secret
  gatelet client set reports --hidden=false")]
struct Set {
    /// Its short name or id
    #[arg(value_name = "CLIENT")]
    client: String,
    /// Another short name
    #[arg(long, value_name = "SHORT_NAME")]
    short_name: Option<String>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    secret: OtherSecret,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    service: Service,
}

/// Remove a client
///
/// It is nobody's client any more, and is kept all the same: list --with-deleted shows it, and its short name stays taken.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet client remove reports")]
struct Remove {
    /// Its short name or id
    #[arg(value_name = "CLIENT")]
    client: String,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    by: By,
}

/// Who does it.
#[derive(Debug, Args)]
struct By {
    /// The user who is written down as the author; without it, nobody is
    #[arg(long = "as", value_name = "USER")]
    author: Option<String>,
}

impl By {
    async fn act(&self, connection: &Connection) -> Result<Act, Failure> {
        let author = match &self.author {
            Some(reference) => Some(find::user(connection, reference).await?),
            None => None,
        };
        let author = author.map(|user| Author { id: user.id, username: user.username });
        Ok(Act { author, at: SystemClock.now() })
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
        Verb::Add(arguments) => output.report(&add(*arguments, connection).await?),
        Verb::List(arguments) => output.report(&list::list(&arguments, connection).await?),
        Verb::Show(arguments) => output.report(&show(&arguments, connection).await?),
        Verb::Set(arguments) => output.report(&set(*arguments, connection).await?),
        Verb::Permit(arguments) => output.report(&decision::permit(&arguments, connection).await?),
        Verb::Privilege(arguments) => output.report(&decision::privilege(&arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: Add, connection: &Connection) -> Result<Made<View>, Failure> {
    const COMMAND: &str = "client add";
    let settings = arguments.service.settings()?;
    let directory = Directory::read(connection).await?;
    let act = arguments.by.act(connection).await?;
    let mut members = arguments.place.onto(arguments.options.members()?);
    members = members.with("shortName", "SHORT_NAME", Some(arguments.short_name.as_str()));
    let check = |members: &crate::options::Members| {
        Definition::check(members.object(), &directory.referred(members.object()), &settings)
    };
    // The write decides; nobody shall think of a secret in vain.
    free(&arguments.short_name, connection).await?;
    let chosen = arguments.secret.choose(&arguments.short_name, members, check, COMMAND)?;
    let definition = check(&chosen.members).map_err(|errors| chosen.members.failure(errors, COMMAND))?;
    let authentication = definition.authentication(&SystemEntropy);
    let authentication = authentication.map_err(|error| Failure::Broken(error.to_string()))?;
    let client = definition.into_client(ClientId::generate(&SystemEntropy), authentication, act);
    let made = connection.store.clients.register(&client).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => {
            Ok(Made { data: View::of(&client, &directory, &Owners::default()).with(chosen.generated) })
        }
        Creation::NameTaken => Err(taken::<View>(&arguments.short_name)),
    }
}

/// Sees to it that no client has the name, even if it was removed.
async fn free(name: &str, connection: &Connection) -> Result<(), Failure> {
    let Ok(name) = ClientName::parse(name) else { return Ok(()) };
    match connection.read(connection.store.clients.find_named(&name).await).await? {
        None => Ok(()),
        Some(client) if client.deleted => Err(Failure::refused_but(
            format!("there was a client {name}, which was removed and keeps its short name"),
            "choose another one",
        )),
        Some(_) => Err(taken::<View>(name.as_str())),
    }
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let (client, directory, owners) = found(connection, &arguments.client).await?;
    Ok(Shown { data: View::of(&client, &directory, &owners) })
}

async fn set(arguments: Set, connection: &Connection) -> Result<Changed<View>, Failure> {
    const COMMAND: &str = "client set";
    let settings = arguments.service.settings()?;
    let (before, directory, owners) = found(connection, &arguments.client).await?;
    let before = kept(before)?;
    let act = arguments.by.act(connection).await?;
    let members = arguments.options.members()?;
    let members = members.with("shortName", "--short-name", arguments.short_name.as_deref());
    let check = |members: &crate::options::Members| {
        Update::check(members.object(), &directory.referred(members.object()), &settings, &before)
    };
    let chosen = arguments.secret.choose(&arguments.client, members, check, COMMAND)?;
    chosen.members.some(COMMAND)?;
    let update = check(&chosen.members).map_err(|errors| chosen.members.failure(errors, COMMAND))?;
    let authentication = update.authentication(&before.authentication, &SystemEntropy);
    let authentication = authentication.map_err(|error| Failure::Broken(error.to_string()))?;
    let Some(after) = update.apply(&before, authentication, act) else {
        return Ok(Changed { changed: false, data: View::of(&before, &directory, &owners) });
    };
    let wrote = connection.store.clients.change(&before, &after).await;
    written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    Ok(Changed { changed: true, data: View::of(&after, &directory, &owners).with(chosen.generated) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let (before, directory, owners) = found(connection, &arguments.client).await?;
    let before = kept(before)?;
    let act = arguments.by.act(connection).await?;
    let name = harmless(&before.about.name);
    let question = format!("Remove client {} ({name}) from {}?", called(&before), connection.place());
    arguments.confirmation.ask(&question)?;
    let after = before.delete(act).unwrap_or_else(|| before.clone());
    let wrote = connection.store.clients.change(&before, &after).await;
    written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    Ok(Removed { data: View::of(&after, &directory, &owners) })
}

/// By its short name; by its id, where it has none.
fn called(client: &Client) -> String {
    client.short_name.as_ref().map_or_else(|| client.id.to_string(), ToString::to_string)
}

/// The client of this short name or id, and what is needed to show it.
async fn found(connection: &Connection, reference: &str) -> Result<(Client, Directory, Owners), Failure> {
    let (client, directory) = tokio::join!(client(connection, reference), Directory::read(connection));
    let client = client?;
    let owners = Owners::read(connection, [&client]).await?;
    Ok((client, directory?, owners))
}

/// The client of this short name or id.
async fn client(connection: &Connection, reference: &str) -> Result<Client, Failure> {
    let clients = &connection.store.clients;
    let found = match (ClientId::parse(reference), ClientName::parse(reference)) {
        (Some(id), _) => clients.find(id).await,
        (None, Ok(name)) => clients.find_named(&name).await,
        (None, Err(_)) => Ok(None),
    };
    connection.read(found).await?.ok_or_else(|| find::missing("client", reference, "client list"))
}

/// A client that was not removed.
fn kept(client: Client) -> Result<Client, Failure> {
    if client.deleted {
        Err(Failure::refused(format!("client {} was removed", called(&client))))
    } else {
        Ok(client)
    }
}
