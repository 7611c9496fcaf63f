//! `gatelet client list`.

use clap::Args;
use store::clients::Listing;

use super::view::{Owners, View};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::things::Listed;
use crate::things::find::Directory;

/// List clients
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet client list --keyword report
  gatelet client list --json | jq -r '.data[] | .id + \" \" + .shortName'")]
pub(super) struct List {
    /// Only those whose short name, id or name has this in it; repeat it for several that all must be there
    #[arg(long, value_name = "WORD")]
    keyword: Vec<String>,
    /// Only those that are bound to this customer
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// Only those in this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Only those that require this function
    #[arg(long, value_name = "FUNCTION")]
    required_function: Option<String>,
    /// Those too that are hidden
    #[arg(long)]
    with_hidden: bool,
    /// Those too that were removed
    #[arg(long)]
    with_deleted: bool,
    /// Show the first so many only
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// The clients that are asked for.
///
/// # Errors
/// Where what they are asked for by is not there, or the table can't be used.
pub(super) async fn list(arguments: &List, connection: &Connection) -> Result<Listed<View>, Failure> {
    let (clients, directory) = tokio::join!(connection.store.clients.list(), Directory::read(connection));
    let (clients, directory) = (connection.read(clients).await?, directory?);
    let wanted = Wanted::of(arguments, &directory)?;
    let left_out = clients.iter().any(|(_, client)| !wanted.shows(client));
    let mut found: Vec<_> = clients
        .into_iter()
        .filter(|(name, client)| wanted.shows(client) && wanted.is(name, client))
        .map(|(_, client)| client.client_id)
        .collect();
    let count = found.len();
    found.truncate(arguments.limit.unwrap_or(usize::MAX));
    let clients = connection.read(connection.store.clients.find_all(&found).await).await?;
    let owners = Owners::read(connection, &clients).await?;
    let views = clients.iter().map(|client| View::of(client, &directory, &owners)).collect();
    let listed = Listed::all(views);
    Ok(match (wanted.narrows(), left_out) {
        (true, _) => listed.matching(count),
        (false, true) => listed.but("hidden and removed", count),
        (false, false) => listed.first_of(count),
    })
}

/// What is to be listed.
struct Wanted<'a> {
    keywords: Vec<String>,
    customer: Option<&'a str>,
    domain: Option<&'a str>,
    function: Option<&'a str>,
    hidden: bool,
    deleted: bool,
}

impl<'a> Wanted<'a> {
    fn of(arguments: &List, directory: &'a Directory) -> Result<Self, Failure> {
        let customer =
            arguments.customer.as_deref().map(|customer| directory.customer(customer)).transpose()?;
        let domain = arguments.domain.as_deref().map(|domain| directory.domain(domain)).transpose()?;
        let function = arguments.required_function.as_deref();
        let function = function.map(|function| directory.function(function)).transpose()?;
        Ok(Self {
            keywords: arguments.keyword.iter().map(|word| word.to_lowercase()).collect(),
            customer: customer.map(|customer| customer.short_name.as_str()),
            domain: domain.map(|domain| domain.name.as_str()),
            function: function.map(|function| function.name.as_str()),
            hidden: arguments.with_hidden,
            deleted: arguments.with_deleted,
        })
    }

    const fn narrows(&self) -> bool {
        !self.keywords.is_empty()
            || self.customer.is_some()
            || self.domain.is_some()
            || self.function.is_some()
    }

    const fn shows(&self, client: &Listing) -> bool {
        (self.hidden || !client.hidden) && (self.deleted || !client.deleted)
    }

    fn is(&self, name: &str, client: &Listing) -> bool {
        let texts = [name.to_lowercase(), client.client_id.to_string(), client.name.to_lowercase()];
        let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none() || wanted == has;
        is(self.customer, client.customer.as_ref().map(|customer| customer.as_str()))
            && is(self.domain, Some(client.domain.as_str()))
            && is(self.function, client.required_function.as_ref().map(|function| function.as_str()))
            && self.keywords.iter().all(|keyword| texts.iter().any(|text| text.contains(keyword)))
    }
}
