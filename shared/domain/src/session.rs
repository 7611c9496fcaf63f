//! Sessions: that a user signed in, when and from where.

use std::net::IpAddr;

use crate::id::{SessionId, UserId};
use crate::secret::{Digest, SessionToken};
use crate::time::UnixTime;
use crate::token::SessionKeys;

/// A user's session in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub user: UserId,
    /// The session.
    pub id: SessionId,
    /// Proves the cookie.
    pub token: Digest<SessionToken>,
    /// When the user last proved who they are (OpenID Connect `auth_time`).
    pub auth_time: UnixTime,
    /// When it ends by itself.
    pub expires_at: UnixTime,
    /// The address the user signed in from, as the gateway saw it.
    pub address: Option<IpAddr>,
}

impl Session {
    /// The session's keys.
    #[must_use]
    pub const fn keys(&self) -> SessionKeys {
        SessionKeys { user: self.user, session: self.id }
    }

    /// Whether it lasts at `now`. An ended session may still be in the table: TTL deletes late.
    #[must_use]
    pub fn is_live(&self, now: UnixTime) -> bool {
        !self.expires_at.is_past(now)
    }
}
