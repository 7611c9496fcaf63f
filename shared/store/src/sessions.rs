//! Sessions: begun once per sign-in form, ended by their own cookie, or by whoever administers.

use std::net::IpAddr;

use domain::secret::{Digest, SessionToken};
use domain::session::Session;
use domain::token::SessionKeys;
use domain::{SessionId, UnixTime, UserId};
use serde::{Deserialize, Serialize};

use crate::attributes::Binary;
use crate::error::StoreError;
use crate::schema::{Key, SESSION, SK, partition_of};
use crate::table::{Conditional, Item, Table, Together, Values, Write, binary, number, values};

#[derive(Serialize, Deserialize)]
struct SessionItem {
    pk: String,
    sk: String,
    expires_at: UnixTime,
    digest: Binary<32>,
    auth_time: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

/// Something that may happen once: it is spent by the write that makes it happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// What may happen once.
    pub what: String,
    /// When it can't be tried again anyway.
    pub expires_at: UnixTime,
}

/// A guard that is there to be spent. What TTL has not deleted yet is over all the same.
pub(crate) const UNSPENT: &str = "attribute_not_exists(pk) OR expires_at <= :now";

#[derive(Serialize)]
struct GuardItem {
    pk: String,
    sk: String,
    expires_at: UnixTime,
}

/// Whether something that may happen once has just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Now.
    Now,
    /// Before; nothing was written.
    Before,
    /// Not yet, nor now: the session that it was for has ended in the meantime, or has another cookie; nothing was written.
    Ended,
}

/// Browser sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    table: Table,
}

impl Sessions {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Begins a session and spends `guard`, both or neither: a sign-in form that is sent again begins nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin(&self, session: &Session, guard: &Guard, now: UnixTime) -> Result<Spent, StoreError> {
        match self.spend(guard, Write::put_new(session_item(session)?), now).await? {
            Spent::Ended => {
                let cause = "a new session exists already".to_owned();
                Err(StoreError::Corrupt { entity: "session", cause })
            }
            spent => Ok(spent),
        }
    }

    /// Renews the session that `proof` proves: the same user has signed in again, and gets a new cookie. Whatever depends on the
    /// session goes on. Spends `guard` as [`Sessions::begin`] does; where the session has [`Spent::Ended`], the guard is still good.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn renew(
        &self,
        session: &Session,
        proof: &Digest<SessionToken>,
        guard: &Guard,
        now: UnixTime,
    ) -> Result<Spent, StoreError> {
        let proof = values([(":proof", binary(proof.as_bytes()))]);
        self.spend(guard, Write::Put(session_item(session)?, "digest = :proof", proof), now).await
    }

    async fn spend(&self, guard: &Guard, session: Write, now: UnixTime) -> Result<Spent, StoreError> {
        let guard = guard_write(guard, now)?;
        match self.table.write_together(vec![guard, session]).await? {
            Together::Done => Ok(Spent::Now),
            Together::Failed(0) => Ok(Spent::Before),
            Together::Failed(_) => Ok(Spent::Ended),
        }
    }

    /// Ends the session that the cookie proves. Says whether there was one; a deletion that is repeated because its answer was lost
    /// finds none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end(&self, keys: SessionKeys, token: &Digest<SessionToken>) -> Result<bool, StoreError> {
        let values = values([(":digest", binary(token.as_bytes()))]);
        let deleted =
            self.table.delete(Key::session(keys.user, keys.session), "digest = :digest", values).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }

    /// The user's sessions that last at `now`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self, user: UserId, now: UnixTime) -> Result<Vec<Session>, StoreError> {
        let items = self.table.query(&partition_of(user), SESSION).await?;
        let read = |item: Item| {
            let id =
                item.get(SK).and_then(|sk| sk.as_s().ok()?.strip_prefix(SESSION)).and_then(SessionId::parse);
            let session = id.ok_or_else(|| StoreError::Corrupt {
                entity: "session",
                cause: "its sort key names none".to_owned(),
            })?;
            read(SessionKeys { user, session }, item)
        };
        let sessions = items.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(sessions.into_iter().filter(|session| session.is_live(now)).collect())
    }

    /// Ends a session without its cookie. Says whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn cut_off(&self, keys: SessionKeys) -> Result<bool, StoreError> {
        let key = Key::session(keys.user, keys.session);
        let deleted = self.table.delete(key, "attribute_exists(pk)", Values::new()).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

/// Spends a guard.
pub(crate) fn guard_write(guard: &Guard, now: UnixTime) -> Result<Write, StoreError> {
    let key = Key::guard(&guard.what);
    let item = GuardItem { pk: key.pk, sk: key.sk, expires_at: guard.expires_at };
    let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("guard"))?;
    Ok(Write::Put(item, UNSPENT, values([(":now", number(now))])))
}

fn session_item(session: &Session) -> Result<Item, StoreError> {
    let key = Key::session(session.user, session.id);
    let item = SessionItem {
        pk: key.pk,
        sk: key.sk,
        expires_at: session.expires_at,
        digest: Binary(*session.token.as_bytes()),
        auth_time: session.auth_time,
        address: session.address,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("session"))
}

pub(crate) fn read(keys: SessionKeys, item: Item) -> Result<Session, StoreError> {
    let item: SessionItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("session"))?;
    Ok(Session {
        user: keys.user,
        id: keys.session,
        token: Digest::from_bytes(item.digest.0),
        auth_time: item.auth_time,
        expires_at: item.expires_at,
        address: item.address,
    })
}
