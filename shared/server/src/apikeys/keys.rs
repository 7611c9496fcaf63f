//! What is done with a user's API keys: by the user here, by administrators in the directory.

use domain::UserId;
use domain::api_key::{ApiKey, ApiKeyPrefix, Holder, Limits, MOST, Terms, lifetime};
use domain::shown;
use serde_json::{Map, Value};
use store::api_keys::ApiKeys;
use store::clients::{Change, Creation};

use super::view::{Created, KeyList, Renewed};
use crate::argus::Rejection;
use crate::audit::{Event, KeyOfUser};
use crate::error::Failure;
use crate::platform::{Ambient, Platform};

/// API keys, whoever's.
#[derive(Clone)]
pub(crate) struct Keys {
    ambient: Ambient,
    keys: ApiKeys,
}

/// Whose keys are dealt with, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// The user, and what a new key may draw on.
    pub holder: Holder<'a>,
    /// Who deals with them: the user, or an administrator.
    pub by: UserId,
}

impl Whose<'_> {
    fn on_record<'a>(&self, prefix: &'a ApiKeyPrefix) -> KeyOfUser<'a> {
        KeyOfUser { prefix, owner: self.holder.user.id, by: self.by }
    }

    fn shown(&self, key: &ApiKey) -> shown::ApiKey {
        shown::ApiKey::of(key, self.holder.functions)
    }
}

impl Keys {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { ambient: platform.ambient.clone(), keys: platform.store.api_keys.clone() }
    }

    /// The user's keys, without those that have expired.
    pub(crate) async fn list(&self, whose: &Whose<'_>) -> Result<KeyList, Failure> {
        let keys = self.keys.list(whose.holder.user.id, self.ambient.now()).await?;
        Ok(KeyList { keys: keys.iter().map(|key| whose.shown(key)).collect() })
    }

    /// Makes a key. The number of a user's keys is counted before the write, so that of several at once the last may be one too many: it
    /// keeps lists short, and protects nothing.
    pub(crate) async fn create(
        &self,
        whose: &Whose<'_>,
        wanted: &Map<String, Value>,
        limits: Limits,
    ) -> Result<Created, Rejection> {
        let (user, now) = (whose.holder.user, self.ambient.now());
        let terms = Terms::read(wanted, &whose.holder, limits)?;
        if self.keys.list(user.id, now).await?.len() >= MOST {
            return Err(Rejection::field("keys", "must be 50 at most: revoke one that is not needed"));
        }
        let (key, secret) = terms.key(user, self.ambient.entropy.as_ref(), now);
        match self.keys.create(&key).await? {
            Creation::Made => {}
            Creation::NameTaken => return Err(Failure::Broken("an API key's prefix came up twice").into()),
        }
        Event::ApiKeyCreated { key: whose.on_record(&key.prefix) }.record();
        Ok(Created { api_key_string: secret.to_text(&key.prefix), key_descriptor: whose.shown(&key) })
    }

    /// Lets a key be good for longer from now on, or shorter. The key itself stays, and is not shown.
    pub(crate) async fn renew(
        &self,
        whose: &Whose<'_>,
        prefix: &ApiKeyPrefix,
        wanted: &Map<String, Value>,
        limits: Limits,
    ) -> Result<Renewed, Rejection> {
        let (lifetime, now) = (lifetime(wanted, limits)?, self.ambient.now());
        let key = self.find(whose, prefix).await?;
        let key = ApiKey { expires_at: lifetime.map(|lifetime| now + lifetime), ..key };
        if self.keys.change(&key).await? != Change::Made {
            return Err(Rejection::NotFound("API key revoked in the meantime"));
        }
        Event::ApiKeyRenewed { key: whose.on_record(prefix) }.record();
        Ok(Renewed { renewed_key: whose.shown(&key) })
    }

    /// Revokes a key.
    pub(crate) async fn revoke(&self, whose: &Whose<'_>, prefix: &ApiKeyPrefix) -> Result<(), Rejection> {
        let key = self.find(whose, prefix).await?;
        if self.keys.revoke(&key).await? {
            Event::ApiKeyRevoked { key: whose.on_record(prefix) }.record();
        }
        Ok(())
    }

    /// The key of this prefix, which has not expired.
    async fn find(&self, whose: &Whose<'_>, prefix: &ApiKeyPrefix) -> Result<ApiKey, Rejection> {
        let (user, now) = (whose.holder.user.id, self.ambient.now());
        let good = |key: &ApiKey| !key.expires_at.is_some_and(|end| end.is_past(now));
        let key = self.keys.find(user, prefix).await?.filter(good);
        key.ok_or(Rejection::NotFound("API key unknown or expired"))
    }
}
