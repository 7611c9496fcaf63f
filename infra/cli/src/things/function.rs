//! `gatelet function`: roles, each a name for a set of permissions.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::directory::function as rules;
use domain::entropy::SystemEntropy;
use domain::function::Function;
use domain::id::Number;
use domain::shown::Function as View;
use store::clients::Creation;

use super::find::Directory;
use super::{Changed, Listed, Made, Removed, Shown, Thing, gone, joined, taken, written};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::options::Members;
use crate::output::Output;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;

/// Roles: named sets of permissions, which users are granted everywhere or for one customer
///
/// The function administrator is always there, and can't be changed.
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

/// Make a function
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet function add report-reader --description 'Reads reports' --permission readReports --permission listReports")]
struct Add {
    /// Its name, which never changes: 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and no number
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
    /// A permission that it consists of; repeat it for each
    #[arg(long, value_name = "NAME")]
    permission: Option<Vec<String>>,
}

/// List functions
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet function list --json | jq -r '.data[].name'")]
struct List {}

/// Show a function
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet function show report-reader")]
struct Show {
    /// Its name or number
    #[arg(value_name = "FUNCTION")]
    function: String,
}

/// Change a function
///
/// What is not given stays. Permissions that are given replace those it had; --permission '' leaves none. Whoever holds the function may
/// do what it lets them half a minute later.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet function set report-reader --permission readReports")]
struct Set {
    /// Its name or number
    #[arg(value_name = "FUNCTION")]
    function: String,
    #[command(flatten)]
    options: Options,
}

/// Remove a function
///
/// Whoever held it keeps the bare name, which means nothing until there is such a function again.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet function remove report-reader --yes")]
struct Remove {
    /// Its name or number
    #[arg(value_name = "FUNCTION")]
    function: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("function", "functions");
    const COLUMNS: &'static [Column] =
        &[Column::whole("name"), Column::cut("description"), Column::cut("permissions")];

    fn name(&self) -> String {
        self.name.to_string()
    }

    fn row(&self) -> Vec<String> {
        vec![self.name.to_string(), self.description.clone().unwrap_or_default(), joined(&self.permissions)]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("id", self.id.to_string())
            .with("description", self.description.clone())
            .with_all("permissions", self.permissions.iter().map(ToString::to_string))
    }
}

impl Options {
    fn members(&self) -> Members {
        Members::default().with("description", "--description", self.description.as_deref()).with_all(
            "permissions",
            "--permission",
            self.permission.as_ref(),
        )
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
    let members = arguments.options.members().with("name", "NAME", Some(arguments.name));
    let id = Number::generate(&SystemEntropy);
    let function = members.judged("function add", |fields| rules::create(fields, id))?;
    let made = connection.store.functions.create(&function).await;
    match connection.wrote(made, AGAIN).await? {
        Creation::Made => Ok(Made { data: View::from(&function) }),
        Creation::NameTaken => Err(taken::<View>(function.name.as_str())),
    }
}

async fn list(connection: &Connection) -> Result<Listed<View>, Failure> {
    let functions = connection.read(connection.store.functions.list().await).await?;
    Ok(Listed::all(functions.iter().map(View::from).collect()))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let directory = Directory::read(connection).await?;
    Ok(Shown { data: View::from(directory.function(&arguments.function)?) })
}

async fn set(arguments: Set, connection: &Connection) -> Result<Changed<View>, Failure> {
    let members = arguments.options.members();
    members.some("function set")?;
    let directory = Directory::read(connection).await?;
    let before = own(directory.function(&arguments.function)?)?;
    let after = members.judged("function set", |fields| rules::change(fields, before))?;
    let changed = after != *before;
    if changed {
        let wrote = connection.store.functions.change(&after).await;
        written::<View>(connection.wrote(wrote, AGAIN).await?)?;
    }
    Ok(Changed { changed, data: View::from(&after) })
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let directory = Directory::read(connection).await?;
    let function = own(directory.function(&arguments.function)?)?;
    arguments.confirmation.ask(&format!("Remove function {} from {}?", function.name, connection.place()))?;
    let removed = connection.store.functions.remove(&function.name).await;
    gone::<View>(connection.wrote(removed, AGAIN).await?, function.name.as_str())?;
    Ok(Removed { data: View::from(function) })
}

/// A function that is in the table.
fn own(function: &Function) -> Result<&Function, Failure> {
    let built_in = || Failure::refused(format!("function {} {}", function.name, rules::BUILT_IN));
    if function.name.is_administrator() { Err(built_in()) } else { Ok(function) }
}
