//! The command line.

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Parser, Subcommand};

use crate::things::{api_key, client, customer, domain, function, key, session, user};
use crate::{bootstrap, connection, doctor};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER: &str = "\
Exit codes:
  0  done, or nothing to change; doctor: nothing is wrong
  1  refused; doctor: something is wrong
  2  the command line is not right
  3  AWS is out of reach or refuses

On AWS, credentials and region are found as every AWS tool finds them.
For make dev's data, start it with DYNAMODB_PORT=8000, and give
  --endpoint-url http://127.0.0.1:8000 --table gatelet

Set NO_COLOR for no colours, whatever its value.";

/// Operates Gatelet: makes the first administrator, manages users, clients and what they refer to, and says what is wrong with a deployment
#[derive(Debug, Parser)]
#[command(name = "gatelet", version, styles = STYLES, after_help = AFTER, max_term_width = 120)]
pub(crate) struct Arguments {
    /// Print JSON, also where it fails
    #[arg(long, global = true, display_order = 80)]
    pub json: bool,
    #[command(flatten)]
    pub connection: connection::Options,
    #[command(subcommand)]
    pub command: Command,
}

/// What there is to do. Each is a file or folder of this crate.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Bootstrap(bootstrap::Arguments),
    Doctor(doctor::Arguments),
    User(user::Arguments),
    Customer(customer::Arguments),
    Domain(domain::Arguments),
    Function(function::Arguments),
    ApiKey(api_key::Arguments),
    Key(key::Arguments),
    Session(session::Arguments),
    Client(client::Arguments),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_fits_together() {
        super::Arguments::command().debug_assert();
    }
}
