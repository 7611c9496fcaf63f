//! Reads that see several items at once: who is at the browser, and how things stand with a token. One round trip each.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::client::Client;
use domain::consent::Consent;
use domain::grant::Grant;
use domain::session::Session;
use domain::token::{GrantKeys, SessionKeys};
use domain::user::User;
use domain::user_key::{KeyId, UserKey};
use domain::{ClientId, Owner, SessionId, UserId};

use crate::error::StoreError;
use crate::schema::{Key, PK, SK};
use crate::table::{Item, Table};
use crate::{api_keys, clients, consents, grants, sessions, user_keys, users};

/// Reads that see several items at once.
#[derive(Clone, Debug)]
pub struct Standing {
    table: Table,
}

/// What there is around an authorization request: everything that decides what happens next.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The client that asks.
    pub client: Option<Client>,
    /// The session that the cookie names; not proved yet.
    pub session: Option<Session>,
    /// The session's user.
    pub user: Option<User>,
    /// What the user has allowed the client.
    pub consent: Option<Consent>,
}

/// What there is around a token.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// The grant.
    pub grant: Option<Grant>,
    /// The session that the grant depends on.
    pub session: Option<Session>,
    /// The user who gave the grant.
    pub user: Option<User>,
}

impl Standing {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// What an authorization request meets: up to four items.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn visit(&self, client: ClientId, session: Option<SessionKeys>) -> Result<Visit, StoreError> {
        let mut keys = vec![Key::client(client)];
        if let Some(SessionKeys { user, session }) = session {
            keys.extend([Key::session(user, session), Key::user(user), Key::consent(user, client)]);
        }
        let mut items = Items(self.table.get_all(keys).await?);
        let mut visit = Visit {
            client: items
                .take(&Key::client(client), |item| clients::read(client, item))?
                .filter(|client| !client.deleted),
            ..Visit::default()
        };
        if let Some(keys) = session {
            visit.session = items.session(keys)?;
            visit.user = items.user(keys.user)?;
            let consent = Key::consent(keys.user, client);
            visit.consent = items.take(&consent, |item| consents::read(keys.user, client, item))?;
        }
        Ok(visit)
    }

    /// Who a session cookie names: the session and its user.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn visitor(&self, keys: SessionKeys) -> Result<(Option<Session>, Option<User>), StoreError> {
        let wanted = vec![Key::session(keys.user, keys.session), Key::user(keys.user)];
        let mut items = Items(self.table.get_all(wanted).await?);
        Ok((items.session(keys)?, items.user(keys.user)?))
    }

    /// A user's API key, and the user.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_key(
        &self,
        user: UserId,
        prefix: &ApiKeyPrefix,
    ) -> Result<(Option<ApiKey>, Option<User>), StoreError> {
        let key = Key::api_key(user, prefix);
        let mut items = Items(self.table.get_all(vec![key.clone(), Key::user(user)]).await?);
        Ok((items.take(&key, |item| api_keys::read(user, item))?, items.user(user)?))
    }

    /// A key that signs a user's JWTs, and the user.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user_key(
        &self,
        user: UserId,
        id: &KeyId,
    ) -> Result<(Option<UserKey>, Option<User>), StoreError> {
        let key = Key::user_key(user, id);
        let mut items = Items(self.table.get_all(vec![key.clone(), Key::user(user)]).await?);
        Ok((items.take(&key, |item| user_keys::read(user, item))?, items.user(user)?))
    }

    /// How things stand with a token: its grant, the session it depends on, the user who gave it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn holding(&self, keys: GrantKeys) -> Result<Holding, StoreError> {
        let grant = Key::grant(keys.owner, keys.grant);
        let mut wanted = Self::around(keys);
        wanted.push(grant.clone());
        let mut items = Items(self.table.get_all(wanted).await?);
        let grant = items.take(&grant, |item| grants::read(keys, item))?;
        Ok(Holding { grant, ..items.around(keys)? })
    }

    /// The session that a refresh depends on, and its user; the grant itself is for the write to judge.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn before_refresh(&self, keys: GrantKeys) -> Result<Holding, StoreError> {
        let wanted = Self::around(keys);
        if wanted.is_empty() {
            return Ok(Holding::default());
        }
        Items(self.table.get_all(wanted).await?).around(keys)
    }

    fn around(keys: GrantKeys) -> Vec<Key> {
        let Owner::User(user) = keys.owner else { return Vec::new() };
        let session = keys.session.map(|session| Key::session(user, session));
        session.into_iter().chain([Key::user(user)]).collect()
    }
}

/// The items of a batch, in whatever order they came.
pub(crate) struct Items(pub Vec<Item>);

impl Items {
    pub(crate) fn take<T>(
        &mut self,
        key: &Key,
        read: impl FnOnce(Item) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let has = |item: &Item, name: &str, value: &str| {
            item.get(name)
                .and_then(|value| AttributeValue::as_s(value).ok())
                .is_some_and(|text| text == value)
        };
        let index = self.0.iter().position(|item| has(item, PK, &key.pk) && has(item, SK, &key.sk));
        index.map(|index| read(self.0.swap_remove(index))).transpose()
    }

    fn session(&mut self, keys: SessionKeys) -> Result<Option<Session>, StoreError> {
        self.take(&Key::session(keys.user, keys.session), |item| sessions::read(keys, item))
    }

    fn user(&mut self, user: UserId) -> Result<Option<User>, StoreError> {
        self.take(&Key::user(user), |item| users::read(user, item))
    }

    fn around(&mut self, keys: GrantKeys) -> Result<Holding, StoreError> {
        let Owner::User(user) = keys.owner else { return Ok(Holding::default()) };
        let session = |session: SessionId| self.session(SessionKeys { user, session });
        let session = keys.session.map(session).transpose()?.flatten();
        Ok(Holding { grant: None, session, user: self.user(user)? })
    }
}
