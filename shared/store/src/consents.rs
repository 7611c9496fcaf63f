//! Consents: one item for each user and client, which only grows until it is taken back.

use domain::consent::Consent;
use domain::{ClientId, UnixTime, UserId};
use serde::Deserialize;

use crate::attributes::Tokens;
use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Item, Table, number, values};

#[derive(Deserialize)]
struct ConsentItem {
    #[serde(default)]
    allowed: Tokens,
    given_at: UnixTime,
}

/// What users have allowed.
#[derive(Clone, Debug)]
pub struct Consents {
    table: Table,
}

impl Consents {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Adds to what the user allows the client. Adding twice is adding once, so no condition is needed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn allow(&self, consent: &Consent) -> Result<(), StoreError> {
        let mut values = values([(":now", number(consent.given_at))]);
        let mut update = "SET given_at = :now".to_owned();
        if !consent.scope.is_empty() {
            let scope = serde_dynamo::to_attribute_value(Tokens::from(&consent.scope));
            values.insert(":scope".to_owned(), scope.map_err(StoreError::corrupt("consent"))?);
            update.push_str(" ADD allowed :scope");
        }
        let key = Key::consent(consent.user, consent.client);
        self.table.change(key, update, values).await
    }

    /// Takes back what the user allowed the client, if anything: the next time it is asked again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn withdraw(&self, user: UserId, client: ClientId) -> Result<(), StoreError> {
        self.table.erase(Key::consent(user, client)).await
    }
}

pub(crate) fn read(user: UserId, client: ClientId, item: Item) -> Result<Consent, StoreError> {
    let item: ConsentItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("consent"))?;
    Ok(Consent { user, client, scope: item.allowed.into(), given_at: item.given_at })
}
