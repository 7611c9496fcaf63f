//! `gatelet`, the operator's program: makes the first administrator of a new table, manages users, clients and what they refer to, and
//! says what is wrong with a deployment.
//!
//! A command is one file or folder: its arguments, which clap reads, and a `run` that ends in a [`output::Report`] or a
//! [`failure::Failure`]. All of them reach the table in one way ([`connection`]) and print in one way ([`output`]); those that add, list,
//! show, set and remove are in [`things`], and judge their options by the rules of the JSON interfaces ([`options`]).

mod arguments;
mod bootstrap;
mod confirmation;
mod connection;
mod doctor;
mod failure;
mod http;
mod options;
mod output;
mod password;
mod things;
mod times;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::Failure;
use output::Output;
use things::{api_key, client, customer, function, key, session, user};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    match run(arguments, &output).await {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}

async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let connection = arguments.connection.connect().await?;
    match arguments.command {
        Command::Bootstrap(command) => bootstrap::run(command, &connection, output).await,
        Command::Doctor(command) => doctor::run(command, &connection, output).await,
        Command::ApiKey(command) => api_key::run(command, &connection, output).await,
        Command::Client(command) => client::run(command, &connection, output).await,
        Command::Customer(command) => customer::run(command, &connection, output).await,
        Command::Domain(command) => things::domain::run(command, &connection, output).await,
        Command::Function(command) => function::run(command, &connection, output).await,
        Command::Key(command) => key::run(command, &connection, output).await,
        Command::Session(command) => session::run(command, &connection, output).await,
        Command::User(command) => user::run(command, &connection, output).await,
    }
}
