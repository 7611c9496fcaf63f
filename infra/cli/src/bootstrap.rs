//! `gatelet bootstrap`: the first administrator, on a table that has none.
//!
//! That there is none is decided by the write that makes one: of several operators at once, one succeeds.

use std::process::ExitCode;

use clap::Args;
use domain::client::SecurityLevel;
use domain::entropy::SystemEntropy;
use domain::function::{ADMINISTRATOR, FunctionName, Granted};
use domain::password::PasswordHash;
use domain::time::SystemClock;
use domain::user::{Profile, User, Username};
use domain::{Clock as _, Issuer, UserId};
use oauth::metadata::paths;
use serde::Serialize;
use store::users::Bootstrap;

use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::output::{GOOD, Output, Report, STRONG, Screen, paint};
use crate::password;

const EXAMPLES: &str = "\
Examples:
  gatelet bootstrap --table gatelet-prod --username alice --email alice@example.com
  pass show gatelet/alice | gatelet bootstrap --table gatelet-prod --username alice --password-stdin
  gatelet bootstrap --endpoint-url http://127.0.0.1:8000 --table gatelet --username root";

/// Make the first administrator, on a table that has none
///
/// The password is asked for on the terminal. A table gets its first administrator once; everybody else is made by an administrator.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The name to sign in with
    #[arg(long, value_name = "NAME", value_parser = username)]
    username: Username,
    /// The full name, as shown to people
    #[arg(long, value_name = "WORDS", value_parser = text)]
    name: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS", value_parser = email)]
    email: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// The issuer, to say where to sign in
    #[arg(long, env = "ISSUER", value_name = "URL")]
    issuer: Option<String>,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    user: Administrator,
    table: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in: Option<String>,
    #[serde(skip)]
    place: String,
    /// The command that looks the rest over.
    #[serde(skip)]
    doctor: String,
}

#[derive(Serialize)]
struct Administrator {
    id: UserId,
    username: Username,
    functions: Vec<FunctionName>,
}

/// Makes the first administrator.
///
/// # Errors
/// Where there is one already, the name is taken, the password may not be chosen, or the table can't be used.
pub(crate) async fn run(
    arguments: Arguments,
    connection: &Connection,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let issuer = match arguments.issuer.as_deref().filter(|issuer| !issuer.is_empty()) {
        Some(text) => Some(Issuer::parse(text).map_err(|error| Failure::Usage(format!("{text}: {error}")))?),
        None => None,
    };
    // The write decides; nobody shall think of a password in vain.
    if connection.read(connection.store.users.bootstrapped().await).await? {
        return Err(before(connection));
    }
    let password = password::choose(&arguments.username, arguments.password_stdin)?;
    let hash = PasswordHash::new(&password, &SystemEntropy);
    let hash = hash.map_err(|error| Failure::Broken(error.to_string()))?;
    let user = administrator(arguments);
    make(connection, &user, &hash).await?;
    output.report(&Made {
        table: connection.table.name().to_owned(),
        sign_in: issuer.as_ref().map(|issuer| issuer.at(paths::LOGIN)),
        place: connection.place(),
        doctor: doctor(connection, issuer.as_ref()),
        user: Administrator {
            id: user.id,
            username: user.username,
            functions: user.functions.globally.into_iter().collect(),
        },
    })?;
    Ok(ExitCode::SUCCESS)
}

fn administrator(arguments: Arguments) -> User {
    User {
        profile: Profile { name: arguments.name, email: arguments.email, ..Profile::default() },
        functions: Granted::globally([FunctionName::administrator()]),
        security_level: SecurityLevel::Administrative,
        ..User::new(UserId::generate(&SystemEntropy), arguments.username, SystemClock.now())
    }
}

async fn make(connection: &Connection, user: &User, hash: &PasswordHash) -> Result<(), Failure> {
    let made = connection.store.users.bootstrap(user, hash).await;
    match connection.wrote(made, AGAIN).await? {
        Bootstrap::Made => Ok(()),
        Bootstrap::Before => Err(before(connection)),
        Bootstrap::NameTaken => Err(Failure::refused_but(
            format!("{} already has a user called {}", connection.place(), user.username),
            "choose another --username",
        )),
    }
}

fn before(connection: &Connection) -> Failure {
    Failure::refused_but(
        format!("{} has had its first administrator already", connection.place()),
        "gatelet user add makes others",
    )
}

impl Report for Made {
    fn words(&self, _: Screen) -> String {
        let (username, id) = (paint(STRONG, self.user.username.as_str()), self.user.id);
        let sign_in = self.sign_in.as_deref().map_or_else(
            || format!("sign in at {} of your issuer", paint(STRONG, paths::LOGIN)),
            |address| format!("sign in at {}", paint(STRONG, address)),
        );
        let made = paint(GOOD, "Made");
        let (place, doctor) = (&self.place, paint(STRONG, &self.doctor));
        [
            format!("{made} {username}, the first {ADMINISTRATOR} in {place}."),
            format!("  id  {id}"),
            String::new(),
            format!("Next, {sign_in}, and look the rest over:"),
            format!("  {doctor}"),
        ]
        .join("\n")
    }
}

fn doctor(connection: &Connection, issuer: Option<&Issuer>) -> String {
    let mut command = format!("gatelet doctor --table {}", connection.table.name());
    if let Some(endpoint) = &connection.endpoint {
        command.push_str(&format!(" --endpoint-url {endpoint}"));
    }
    command.push_str(&format!(" --issuer {}", issuer.map_or("ISSUER", Issuer::as_str)));
    command
}

fn username(text: &str) -> Result<Username, String> {
    let rule = "1 to 64 of the characters A-Z a-z 0-9 . _ ~ + -";
    Username::parse(text).map_err(|_| rule.to_owned())
}

fn text(text: &str) -> Result<String, String> {
    let shown = text.trim();
    let wrong = shown.is_empty() || shown.chars().count() > 200 || shown.chars().any(char::is_control);
    if wrong { Err("1 to 200 characters that can be shown".to_owned()) } else { Ok(shown.to_owned()) }
}

/// Something before an @ and something after it; whether it arrives is for a message to show.
fn email(text: &str) -> Result<String, String> {
    let spaced = text.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    match parts {
        Some(_) if !spaced && text.len() <= 254 => Ok(text.to_owned()),
        _ => Err("an address such as alice@example.com".to_owned()),
    }
}
