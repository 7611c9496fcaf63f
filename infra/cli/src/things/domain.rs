//! `gatelet domain`: realms of customers, users and clients.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::customer::{Domain, DomainName};
use domain::directory::customer as rules;
use domain::entropy::SystemEntropy;
use domain::id::Number;
use domain::shown::Named as View;
use store::clients::Creation;

use super::find::Directory;
use super::{Listed, Made, Removed, Shown, Thing, gone, taken};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::options::Members;
use crate::output::Output;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::refer::number;

/// Domains: realms of customers, users and clients
///
/// The domain DEFAULT is always there. A domain is its name, and there is nothing of it to set.
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

/// Make a domain
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet domain add EU")]
struct Add {
    /// Its name: 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and no number
    #[arg(value_name = "NAME")]
    name: String,
}

/// List domains
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet domain list --json | jq -r '.data[].name'")]
struct List {}

/// Show a domain
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet domain show EU")]
struct Show {
    /// Its name or number
    #[arg(value_name = "DOMAIN")]
    domain: String,
}

/// Remove a domain that nothing is in
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet domain remove EU")]
struct Remove {
    /// Its name or number
    #[arg(value_name = "DOMAIN")]
    domain: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("domain", "domains");
    const COLUMNS: &'static [Column] = &[Column::whole("name"), Column::whole("id")];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![self.name.clone(), number(self.id)]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default().with("id", number(self.id))
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
        Verb::Add(arguments) => output.report(&add(arguments, connection).await?),
        Verb::List(List {}) => output.report(&list(connection).await?),
        Verb::Show(arguments) => output.report(&show(&arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: Add, connection: &Connection) -> Result<Made<View>, Failure> {
    let members = Members::default().with("name", "NAME", Some(arguments.name));
    let id = Number::generate_small(&SystemEntropy);
    let domain = members.judged("domain add", |fields| rules::create_domain(fields, id))?;
    let made = connection.store.customers.create_domain(&domain).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => Ok(Made { data: View::from(&domain) }),
        Creation::NameTaken => Err(taken::<View>(domain.name.as_str())),
    }
}

async fn list(connection: &Connection) -> Result<Listed<View>, Failure> {
    let domains = connection.read(connection.store.customers.domains().await).await?;
    Ok(Listed::all(domains.iter().map(View::from).collect()))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let directory = Directory::read(connection).await?;
    Ok(Shown { data: View::from(directory.domain(&arguments.domain)?) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let directory = Directory::read(connection).await?;
    let domain = directory.domain(&arguments.domain)?;
    let name = domain.name.as_str();
    if domain.name == DomainName::default() {
        return Err(Failure::refused(format!("domain {name} {}", rules::BUILT_IN)));
    }
    unused(&directory, domain, connection).await?;
    arguments.confirmation.ask(&format!("Remove domain {name} from {}?", connection.place()))?;
    let removed = connection.store.customers.remove_domain(&domain.name).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, name)?;
    Ok(Removed { data: View::from(domain) })
}

/// Sees to it that nothing is in the domain.
async fn unused(directory: &Directory, domain: &Domain, connection: &Connection) -> Result<(), Failure> {
    let (users, clients) = tokio::join!(connection.store.users.list(), connection.store.clients.list());
    let (users, clients) = (connection.read(users).await?, connection.read(clients).await?);
    let uses = [
        ("customer", directory.customers.iter().filter(|customer| customer.domain == domain.name).count()),
        ("user", users.iter().filter(|(_, user)| user.domain == domain.name).count()),
        (
            "clients",
            clients.iter().filter(|(_, client)| client.domain == domain.name && !client.deleted).count(),
        ),
    ];
    super::unused::<View>(domain.name.as_str(), &uses)
}
