//! `gatelet client permit` and `gatelet client privilege`: what administrators decide of clients (Kustvakt), and take back again.

use clap::Args;
use domain::client::Client;

use super::view::View;
use super::{By, called, found, kept};
use crate::connection::{AGAIN, Connection};
use crate::failure::Failure;
use crate::things::{Changed, written};

/// Permit a plugin
///
/// A client that a user registered for others to install in theirs (Kustvakt) can't be used until it is permitted. Taken back, it is as if
/// it had never been permitted, at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet client permit 0f4c3b1e-9a55-4d0e-8a53-6a1f3c9d2b70 --as root
  gatelet client permit 0f4c3b1e-9a55-4d0e-8a53-6a1f3c9d2b70 --revoke")]
pub(super) struct Permit {
    #[command(flatten)]
    decision: Decision,
}

/// Make a super client of a client
///
/// A super client is trusted to manage its users' clients, grants and plugins for them (Kustvakt). Only one that keeps a secret can be,
/// since anybody could pose as another. It is felt everywhere half a minute later, and taken back at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelet client privilege reports --as root
  gatelet client privilege reports --revoke")]
pub(super) struct Privilege {
    #[command(flatten)]
    decision: Decision,
}

/// Of which client it is decided, and by whom.
#[derive(Debug, Args)]
struct Decision {
    /// Its short name or id
    #[arg(value_name = "CLIENT")]
    client: String,
    /// Take it back
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    by: By,
}

/// Permits a plugin, or not any more.
///
/// # Errors
/// Where it is no plugin, or the table can't be used.
pub(super) async fn permit(arguments: &Permit, connection: &Connection) -> Result<Changed<View>, Failure> {
    let decision = &arguments.decision;
    let next = |client: &Client| {
        let no_plugin = || Failure::refused(format!("client {} is no plugin", called(client)));
        client.permitted(!decision.revoke).ok_or_else(no_plugin)
    };
    decision.take(next, connection).await
}

/// Makes a super client of a client, or an ordinary one again.
///
/// # Errors
/// Where it is public, or the table can't be used.
pub(super) async fn privilege(
    arguments: &Privilege,
    connection: &Connection,
) -> Result<Changed<View>, Failure> {
    let decision = &arguments.decision;
    let privileged = !decision.revoke;
    let next = |client: &Client| match client.is_public() && privileged {
        true => Err(Failure::refused(format!(
            "client {} is public, and a super client must keep a secret",
            called(client)
        ))),
        false => Ok(Client { privileged, ..client.clone() }),
    };
    decision.take(next, connection).await
}

impl Decision {
    /// Replaces the client by what `next` makes of it.
    async fn take(
        &self,
        next: impl FnOnce(&Client) -> Result<Client, Failure>,
        connection: &Connection,
    ) -> Result<Changed<View>, Failure> {
        let (before, directory, owners) = found(connection, &self.client).await?;
        let before = kept(before)?;
        let act = self.by.act(connection).await?;
        let next = next(&before)?;
        if next == before {
            return Ok(Changed { changed: false, data: View::of(&before, &directory, &owners) });
        }
        let after = next.changed(act);
        let wrote = connection.store.clients.change(&before, &after).await;
        written::<View>(connection.wrote(wrote, AGAIN).await?)?;
        Ok(Changed { changed: true, data: View::of(&after, &directory, &owners) })
    }
}
