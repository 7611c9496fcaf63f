//! What a user has granted: which of it is in use, and taking it back.

use domain::grant::Grant;
use domain::{ClientId, GrantId, Owner, UnixTime, UserId};
use store::StoreError;
use store::consents::Consents;
use store::grants::Grants;
use store::sessions::Sessions;

use crate::audit::Event;
use crate::platform::Platform;

/// What users have granted.
#[derive(Clone)]
pub(super) struct Granted {
    consents: Consents,
    grants: Grants,
    sessions: Sessions,
}

impl Granted {
    pub(super) fn new(platform: &Platform) -> Self {
        let store = &platform.store;
        Self {
            consents: store.consents.clone(),
            grants: store.grants.clone(),
            sessions: store.sessions.clone(),
        }
    }

    /// The user's grants that somebody holds good tokens of, the oldest tokens first. One that depends on a session is over with it.
    pub(super) async fn in_use(&self, user: UserId, now: UnixTime) -> Result<Vec<Grant>, StoreError> {
        let (mut grants, sessions) = tokio::try_join!(self.grants.of(user), self.sessions.list(user, now))?;
        let lasts = |session| sessions.iter().any(|known| known.id == session);
        grants.retain(|grant| grant.is_in_use(now) && grant.keys.session.is_none_or(lasts));
        grants.sort_by_key(|grant| (grant.active().map(|active| active.access.issued_at), grant.keys.grant));
        Ok(grants)
    }

    /// Ends one of the user's grants, if there is such a one.
    pub(super) async fn withdraw(&self, user: UserId, grant: GrantId) -> Result<(), StoreError> {
        let Some(grant) = self.grants.find(Owner::User(user), grant).await? else { return Ok(()) };
        self.end(&grant).await
    }

    /// Ends every grant of the user's to the client. The consent goes first, so that nothing new is granted by it meanwhile, and the user
    /// is asked again if the client comes back.
    pub(super) async fn withdraw_all(&self, user: UserId, client: ClientId) -> Result<(), StoreError> {
        self.consents.withdraw(user, client).await?;
        for grant in self.grants.of(user).await?.iter().filter(|grant| grant.client == client) {
            self.end(grant).await?;
        }
        Ok(())
    }

    async fn end(&self, grant: &Grant) -> Result<(), StoreError> {
        if self.grants.end(grant.keys, grant.client).await? {
            Event::GrantWithdrawn { keys: grant.keys, client: grant.client }.record();
        }
        Ok(())
    }
}
