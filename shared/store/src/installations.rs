//! Installations: the plugins that users have installed in super clients, one item each.

use domain::kustvakt::Installation;
use domain::{ClientId, UnixTime, UserId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::schema::{Key, SK, installed_by};
use crate::table::{Conditional, Item, Table, Together, Values, Write, values};
use aws_sdk_dynamodb::types::AttributeValue;

#[derive(Serialize, Deserialize)]
struct InstallationItem {
    pk: String,
    sk: String,
    installed_at: UnixTime,
}

/// What became of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It is there.
    Now,
    /// It was there before; nothing was written.
    Before,
    /// The plugin is gone or not permitted, is none, or is the super client itself; nothing was written.
    NotPermitted,
    /// The client that it was to be installed in is gone, or is no super client; nothing was written.
    NotPrivileged,
}

/// The plugins that users have installed.
#[derive(Clone, Debug)]
pub struct Installations {
    table: Table,
}

impl Installations {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Installs a plugin, if both clients are at that moment what they must be for it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn install(&self, installation: &Installation) -> Result<Installed, StoreError> {
        // DynamoDB refuses a transaction with two conditions on one item.
        if installation.plugin == installation.super_client {
            return Ok(Installed::NotPermitted);
        }
        let Key { pk, sk } = key(installation);
        let item = InstallationItem { pk, sk, installed_at: installation.installed_at };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("installation"))?;
        let yes = || values([(":yes", AttributeValue::Bool(true))]);
        let writes = vec![
            Write::Check(
                Key::client(installation.plugin),
                "permitted = :yes AND attribute_exists(plugin) AND attribute_not_exists(deleted)",
                yes(),
            ),
            Write::Check(
                Key::client(installation.super_client),
                "privileged = :yes AND attribute_not_exists(deleted)",
                yes(),
            ),
            Write::put_new(item),
        ];
        Ok(match self.table.write_together(writes).await? {
            Together::Done => Installed::Now,
            Together::Failed(0) => Installed::NotPermitted,
            Together::Failed(1) => Installed::NotPrivileged,
            Together::Failed(_) => Installed::Before,
        })
    }

    /// The plugins that the user has installed in this super client.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self, user: UserId, super_client: ClientId) -> Result<Vec<Installation>, StoreError> {
        let prefix = format!("{super_client}#");
        let items = self.table.query(&installed_by(user), &prefix).await?;
        let read = |item: Item| {
            let plugin = item.get(SK).and_then(|sk| ClientId::parse(sk.as_s().ok()?.strip_prefix(&prefix)?));
            let nameless = || "its sort key names no plugin".to_owned();
            let plugin =
                plugin.ok_or_else(|| StoreError::Corrupt { entity: "installation", cause: nameless() })?;
            let item: InstallationItem =
                serde_dynamo::from_item(item).map_err(StoreError::corrupt("installation"))?;
            Ok(Installation { user, super_client, plugin, installed_at: item.installed_at })
        };
        items.into_iter().map(read).collect()
    }

    /// Removes a plugin that the user has installed. Says whether it was; a deletion that is repeated because its answer was lost finds
    /// none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn uninstall(
        &self,
        user: UserId,
        super_client: ClientId,
        plugin: ClientId,
    ) -> Result<bool, StoreError> {
        let key = Key::installed(user, super_client, plugin);
        let deleted = self.table.delete(key, "attribute_exists(pk)", Values::new()).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

fn key(installation: &Installation) -> Key {
    Key::installed(installation.user, installation.super_client, installation.plugin)
}
