//! Changing a client, also where somebody else changes it at the same time.

use domain::client::Client;
use domain::definition::Act;
use oauth::{ErrorCode, Refusal};
use store::clients::{Change, Clients};

use super::fault::Fault;
use super::user::User;
use crate::platform::{Ambient, Platform};

/// How often a change is tried that another one comes before.
pub(super) const ATTEMPTS: usize = 8;

/// Clients, and who changes them when.
#[derive(Clone)]
pub(super) struct Changes {
    ambient: Ambient,
    pub clients: Clients,
}

impl Changes {
    pub(super) fn new(platform: &Platform) -> Self {
        Self { ambient: platform.ambient.clone(), clients: platform.store.clients.clone() }
    }

    /// Replaces a client by what `next` makes of it. What changes nothing writes nothing, and is none.
    pub(super) async fn make(
        &self,
        user: &User,
        id: Option<&str>,
        next: impl Fn(&Client) -> Result<Client, Fault>,
    ) -> Result<Option<Client>, Fault> {
        for _ in 0..ATTEMPTS {
            let client = super::find(&self.clients, id).await?;
            let changed = next(&client)?;
            if changed == client {
                return Ok(None);
            }
            let changed = changed.changed(self.act(user));
            if self.clients.change(&client, &changed).await? == Change::Made {
                return Ok(Some(changed));
            }
        }
        Err(contended())
    }

    /// Who does something now.
    pub(super) fn act(&self, user: &User) -> Act {
        Act { author: Some(user.author()), at: self.ambient.now() }
    }
}

/// It was changed by somebody else each time.
pub(super) fn contended() -> Fault {
    Refusal::new(ErrorCode::TemporarilyUnavailable, "client is changed by too many at once").into()
}
