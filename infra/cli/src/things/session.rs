//! `gatelet session`: that users are signed in.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::entropy::SystemEntropy;
use domain::id::RequestId;
use domain::secret::SessionToken;
use domain::session::Session;
use domain::settings::Lifetimes;
use domain::shown::Session as View;
use domain::time::SystemClock;
use domain::token::{SessionKeys, Token};
use domain::user::User;
use domain::{Clock as _, SessionId};
use serde::Serialize;
use store::sessions::{Guard, Spent};

use super::{Listed, Made, Removed, RemovedAll, Shown, Thing, find, gone};
use crate::confirmation::Confirmation;
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::times::{exact, short};

/// Sessions: that users are signed in
///
/// What was granted while a session lasted ends with it, but for offline access. A session is as it was begun, and there is nothing of it
/// to set.
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

/// Begin a session for a user, and show its bearer token once
///
/// Whoever has the token acts as the user, with all that the user may do, for twelve hours or until the session is removed: it goes into
/// the header Authorization: Bearer of Argus's JSON interfaces, for scripts and for support. Nobody is asked for the user's password.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  TOKEN=$(gatelet session add alice --json | jq -r .data.token)
  curl -H \"Authorization: Bearer $TOKEN\" https://id.example.com/authentication/v1/oauth/client")]
struct Add {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
}

/// List a user's sessions
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet session list alice")]
struct List {
    /// Whose: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
}

/// Show a session
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gatelet session show alice 5d2f7cb6-3f0f-4a3c-9b1e-0f5c1d0c8a11")]
struct Show {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    /// Its id
    #[arg(value_name = "SESSION")]
    session: String,
}

/// End a session, or all of a user's: the user is signed out
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet session remove alice 5d2f7cb6-3f0f-4a3c-9b1e-0f5c1d0c8a11
  gatelet session remove alice --all --yes")]
struct Remove {
    /// Whose it is: the name to sign in with, or the id (sub)
    #[arg(value_name = "USER")]
    user: String,
    /// Its id
    #[arg(value_name = "SESSION", required_unless_present = "all", conflicts_with = "all")]
    session: Option<String>,
    /// End all of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("session", "sessions");
    const COLUMNS: &'static [Column] = &[
        Column::whole("id"),
        Column::whole("signed in (UTC)"),
        Column::whole("lasts until (UTC)"),
        Column::whole("from"),
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            short(self.authenticated_timestamp),
            short(self.expires_timestamp),
            self.address.map(|address| address.to_string()).unwrap_or_default(),
        ]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("signed in", exact(self.authenticated_timestamp))
            .with("lasts until", exact(self.expires_timestamp))
            .with("from", self.address.map(|address| address.to_string()))
    }
}

/// A session that has just begun, and the only answer that holds its token.
#[derive(Serialize)]
struct New {
    #[serde(flatten)]
    session: View,
    token: String,
}

impl Thing for New {
    const NOUNS: (&'static str, &'static str) = View::NOUNS;
    const COLUMNS: &'static [Column] = View::COLUMNS;

    fn name(&self) -> String {
        self.session.name()
    }

    fn row(&self) -> Vec<String> {
        self.session.row()
    }

    fn sheet(&self) -> Sheet {
        self.session.sheet()
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        Some(("bearer token", &self.token))
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
        Verb::Remove(Remove { all: true, user, confirmation, .. }) => {
            output.report(&remove_all(&user, &confirmation, connection).await?)
        }
        Verb::Remove(arguments) => output.report(&remove(&arguments, connection).await?),
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &Add, connection: &Connection) -> Result<Made<New>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    let name = &user.username;
    if !user.may_act() {
        return Err(Failure::refused_but(
            format!("{name} may not act"),
            format!("gatelet user show {name} tells whether the account is blocked or not in use"),
        ));
    }
    let (id, now) = (SessionId::generate(&SystemEntropy), SystemClock.now());
    let token = Token::<SessionToken>::generate(SessionKeys { user: user.id, session: id }, &SystemEntropy);
    let session = Session {
        user: user.id,
        id,
        token: token.digest(),
        auth_time: now,
        expires_at: now + Lifetimes::default().session,
        address: None,
    };
    // There is no form that could be sent again; what is spent is this call.
    let what = format!("session#{}", RequestId::generate(&SystemEntropy).as_str());
    let guard = Guard { what, expires_at: now };
    let begun = connection.store.sessions.begin(&session, &guard, now).await;
    let look = format!("gatelet session list {name} tells; remove a session whose token nobody was shown");
    match connection.wrote(begun, &look).await? {
        Spent::Now => Ok(Made { data: New { session: View::from(&session), token: token.to_text() } }),
        Spent::Before | Spent::Ended => {
            Err(Failure::Broken("the session did not begin: run it again".to_owned()))
        }
    }
}

/// The user's sessions, in the order they were begun in.
async fn sessions(user: &User, connection: &Connection) -> Result<Vec<Session>, Failure> {
    let sessions = connection.store.sessions.list(user.id, SystemClock.now()).await;
    let mut sessions = connection.read(sessions).await?;
    sessions.sort_by_key(|session| session.auth_time);
    Ok(sessions)
}

async fn list(arguments: &List, connection: &Connection) -> Result<Listed<View>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    let sessions = sessions(&user, connection).await?;
    Ok(Listed::of(user.username.as_str(), sessions.iter().map(View::from).collect()))
}

async fn show(arguments: &Show, connection: &Connection) -> Result<Shown<View>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    Ok(Shown { data: View::from(&session(&user, &arguments.session, connection).await?) })
}

async fn session(user: &User, reference: &str, connection: &Connection) -> Result<Session, Failure> {
    let id = SessionId::parse(reference);
    let found = sessions(user, connection).await?.into_iter().find(|session| Some(session.id) == id);
    let list = format!("session list {}", user.username);
    found.ok_or_else(|| find::missing("session", reference, &list))
}

async fn remove(arguments: &Remove, connection: &Connection) -> Result<Removed<View>, Failure> {
    let user = find::user(connection, &arguments.user).await?;
    let session = session(&user, arguments.session.as_deref().unwrap_or_default(), connection).await?;
    arguments.confirmation.ask(&format!("End session {} of {}?", session.id, user.username))?;
    let ended = connection.store.sessions.cut_off(session.keys()).await;
    gone::<View>(connection.wrote(ended, AGAIN).await?, &session.id.to_string())?;
    Ok(Removed { data: View::from(&session) })
}

async fn remove_all(
    user: &str,
    confirmation: &Confirmation,
    connection: &Connection,
) -> Result<RemovedAll<View>, Failure> {
    let user = find::user(connection, user).await?;
    let sessions = sessions(&user, connection).await?;
    if !sessions.is_empty() {
        let counted = super::counted(sessions.len(), "session");
        confirmation.ask(&format!("End {counted} of {}?", user.username))?;
    }
    let mut ended = Vec::with_capacity(sessions.len());
    for session in &sessions {
        let cut_off = connection.store.sessions.cut_off(session.keys()).await;
        if connection.wrote(cut_off, AGAIN).await? {
            ended.push(View::from(session));
        }
    }
    Ok(RemovedAll::of(user.username.as_str(), ended))
}
