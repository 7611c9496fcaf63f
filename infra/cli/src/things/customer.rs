//! `gatelet customer`: those that users work for, and clients are bound to.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::customer::Customer;
use domain::directory::customer as rules;
use domain::entropy::SystemEntropy;
use domain::id::Number;
use domain::shown::Customer as View;
use store::clients::Creation;

use super::find::Directory;
use super::{Changed, Listed, Made, Removed, Shown, Thing, gone, taken, written};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::options::Members;
use crate::output::Output;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::refer::number;

/// Customers: those that users work for, and clients are bound to
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

/// Make a customer
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet customer add acme --name 'Acme of Example'")]
struct Add {
    /// Its short name, which never changes: 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and no number
    #[arg(value_name = "SHORT_NAME")]
    short_name: String,
    /// Its name, as shown to people
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    /// The domain it is in, which never changes; DEFAULT if none is named
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

/// List customers
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet customer list --json | jq -r '.data[].shortName'")]
struct List {}

/// Show a customer
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet customer show acme")]
struct Show {
    /// Its short name or number
    #[arg(value_name = "CUSTOMER")]
    customer: String,
}

/// Change a customer
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet customer set acme --name 'Acme, Inc.'")]
struct Set {
    /// Its short name or number
    #[arg(value_name = "CUSTOMER")]
    customer: String,
    /// Its name, as shown to people
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
}

/// Remove a customer for whom nobody works, and to whom no client is bound
///
/// Functions that users hold for it mean nothing until there is a customer of that short name again.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet customer remove acme")]
struct Remove {
    /// Its short name or number
    #[arg(value_name = "CUSTOMER")]
    customer: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("customer", "customers");
    const COLUMNS: &'static [Column] =
        &[Column::whole("short name"), Column::cut("name"), Column::whole("domain"), Column::whole("id")];

    fn name(&self) -> String {
        self.short_name.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![self.short_name.clone(), self.name.clone(), self.domain.name.clone(), number(self.id)]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("id", number(self.id))
            .with("name", self.name.clone())
            .with("domain", self.domain.name.clone())
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
        Verb::Set(arguments) => output.report(&set(arguments, connection).await?),
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: Add, connection: &Connection) -> Result<Made<View>, Failure> {
    let members = Members::default()
        .with("shortName", "SHORT_NAME", Some(arguments.short_name))
        .with("name", "--name", arguments.name)
        .with("domain", "--domain", arguments.domain);
    let directory = Directory::read(connection).await?;
    let id = Number::generate(&SystemEntropy);
    let customer = members.judged("customer add", |fields| rules::create(fields, id, &directory.known()))?;
    let made = connection.store.customers.create(&customer).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => Ok(Made { data: View::of(&customer, &directory.known()) }),
        Creation::NameTaken => Err(taken::<View>(customer.short_name.as_str())),
    }
}

async fn list(connection: &Connection) -> Result<Listed<View>, Failure> {
    let directory = Directory::read(connection).await?;
    let views = directory.customers.iter().map(|customer| View::of(customer, &directory.known())).collect();
    Ok(Listed::all(views))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let directory = Directory::read(connection).await?;
    Ok(Shown { data: View::of(directory.customer(&arguments.customer)?, &directory.known()) })
}

async fn set(arguments: Set, connection: &Connection) -> Result<Changed<View>, Failure> {
    let members = Members::default().with("name", "--name", arguments.name);
    members.some("customer set")?;
    let directory = Directory::read(connection).await?;
    let before = directory.customer(&arguments.customer)?;
    let after = members.judged("customer set", |fields| rules::change(fields, before, &directory.known()))?;
    let changed = after != *before;
    if changed {
        let wrote = connection.store.customers.change(&after).await;
        written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    }
    Ok(Changed { changed, data: View::of(&after, &directory.known()) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let directory = Directory::read(connection).await?;
    let customer = directory.customer(&arguments.customer)?;
    let name = customer.short_name.as_str();
    unused(customer, connection).await?;
    arguments.confirmation.ask(&format!("Remove customer {name} from {}?", connection.place()))?;
    let removed = connection.store.customers.remove(&customer.short_name).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, name)?;
    Ok(Removed { data: View::of(customer, &directory.known()) })
}

/// Sees to it that nobody works for the customer, and no client is bound to it.
async fn unused(customer: &Customer, connection: &Connection) -> Result<(), Failure> {
    let (users, clients) = tokio::join!(connection.store.users.list(), connection.store.clients.list());
    let (users, clients) = (connection.read(users).await?, connection.read(clients).await?);
    let is = |name: &Option<_>| name.as_ref() == Some(&customer.short_name);
    let uses = [
        ("user", users.iter().filter(|(_, user)| is(&user.customer)).count()),
        ("client", clients.iter().filter(|(_, client)| is(&client.customer) && !client.deleted).count()),
    ];
    super::unused::<View>(customer.short_name.as_str(), &uses)
}
