//! Consent: what a user has allowed a client, remembered until the user or the client takes it back.

use oauth::Scope;

use crate::id::{ClientId, UserId};
use crate::time::UnixTime;

/// A user's remembered answer to one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who allowed it.
    pub user: UserId,
    /// Whom.
    pub client: ClientId,
    /// What: every scope ever allowed and not taken back.
    pub scope: Scope,
    /// When it was last given.
    pub given_at: UnixTime,
}
