//! What is told on the terminal at start: where to click, who can sign in, what to paste.

use std::io::Write as _;
use std::net::SocketAddr;

use domain::{Issuer, Settings};
use testkit::kms::KEY;

use crate::demo::credentials::{Credentials, FILE};
use crate::demo::{flows, pages};
use crate::environment::{Environment, Storage};
use crate::log::paint;

const BOLD: u8 = 1;
const FAINT: u8 = 2;
const LINK: u8 = 36;

/// Where things are to be found.
pub(crate) struct At<'a> {
    /// The demo's pages.
    pub home: &'a Issuer,
    /// The embedded DynamoDB.
    pub dynamodb: Option<SocketAddr>,
    /// What functions take for AWS.
    pub aws: Option<SocketAddr>,
}

/// A step that takes a moment.
pub(crate) fn progress(what: &str) {
    writeln!(std::io::stdout(), "{what}").ok();
}

/// Everything a newcomer needs.
pub(crate) fn welcome(environment: &Environment, settings: &Settings, at: At<'_>, credentials: &Credentials) {
    let (colour, _) = environment.colours();
    let mut text = vec![
        String::new(),
        format!("{} at {}", paint(colour, BOLD, "Gatelet is ready"), settings.issuer),
        String::new(),
        format!("  Click     {}", paint(colour, LINK, &at.home.at(pages::START))),
    ];
    text.extend(who(colour, credentials));
    text.extend(where_things_are(environment, &at));
    text.push(String::new());
    text.push(paint(colour, BOLD, "  Or paste, from top to bottom:"));
    for flow in flows::all(credentials, settings) {
        text.push(String::new());
        text.push(format!("  {}", paint(colour, FAINT, &format!("# {}", flow.title))));
        text.extend(flow.commands.iter().map(|command| format!("  {command}")));
    }
    text.push(String::new());
    text.push(format!("{}\n", paint(colour, FAINT, "Ctrl-C stops. Requests are logged below.")));
    writeln!(std::io::stdout(), "{}", text.join("\n")).ok();
}

fn who(colour: bool, credentials: &Credentials) -> Vec<String> {
    let mut lines = vec![String::new()];
    let people = credentials.users.iter().map(|user| {
        let name = format!("{:<8}", user.username);
        format!("  {}  password  {}", paint(colour, BOLD, &name), user.password)
    });
    lines.extend(people);
    lines.push(paint(colour, FAINT, "            for a demonstration only: everybody knows these passwords"));
    for key in &credentials.api_keys {
        let who = if key.administrator { ", who administers" } else { "" };
        lines.push(String::new());
        lines.push(format!("  {}", paint(colour, BOLD, &format!("API key of {}{who}", key.username))));
        lines.push(format!("            {}", key.key));
    }
    for client in &credentials.clients {
        let secret = client.client_secret.as_deref().unwrap_or("none: it is public");
        lines.push(String::new());
        lines.push(format!("  {}", paint(colour, BOLD, &client.name)));
        lines.push(format!("            client_id      {}", client.client_id));
        lines.push(format!("            client_secret  {secret}"));
    }
    lines
}

fn where_things_are(environment: &Environment, at: &At<'_>) -> Vec<String> {
    let folder = environment.folder.display();
    let mut lines = vec![String::new(), format!("  JSON      {folder}/{FILE} holds the same")];
    lines.push(match &environment.storage {
        Storage::Embedded { kept: true, .. } => format!("  Data      {folder}/, kept until you delete it"),
        Storage::Embedded { kept: false, .. } => "  Data      in memory, gone when this stops".to_owned(),
        Storage::Elsewhere(endpoint) => format!("  Data      table {} at {endpoint}", environment.table_name),
    });
    if let (Storage::Embedded { listen: Some(_), .. }, Some(address)) = (&environment.storage, at.dynamodb) {
        let table = &environment.table_name;
        lines.push(format!("  DynamoDB  http://{address}, table {table}, any credentials"));
    }
    if let Some(address) = at.aws {
        lines.push(format!("  AWS       http://{address}, table {}, key {KEY}", environment.table_name));
        lines.push(
            "            for functions, each as far as template.yaml lets it, with any credentials"
                .to_owned(),
        );
    }
    lines
}
