//! Users, and apart from them what signing in needs.

mod logins;

use domain::client::SecurityLevel;
use domain::function::Granted;
use domain::name::{CustomerName, DomainName};
use domain::password::PasswordHash;
use domain::user::{Profile, User, Username};
use domain::{UnixTime, UserId};
use serde::{Deserialize, Serialize};

use crate::clients::{Change, Creation};
use crate::error::StoreError;
use crate::schema::{Key, Listed};
use crate::standing::Items;
use crate::table::{Item, Table, Together, Values, Write, number, text, values};

pub use logins::Logins;

#[derive(Serialize, Deserialize)]
struct UserItem {
    pk: String,
    sk: String,
    username: Username,
    enabled: bool,
    blocked: bool,
    profile: Profile,
    functions: Granted,
    security_level: SecurityLevel,
    domain: DomainName,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerName>,
    version: u64,
    updated_at: UnixTime,
}

/// A user as the directory lists them: what they are found and chosen by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The user.
    pub user_id: UserId,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The customer the user works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The domain the user is in.
    pub domain: DomainName,
    /// Whether the account is in use at all.
    pub enabled: bool,
    /// Whether the account is shut for now.
    pub blocked: bool,
}

#[derive(Serialize, Deserialize)]
struct ListingItem {
    pk: String,
    sk: Username,
    #[serde(flatten)]
    user: Listing,
}

/// That the first administrator was made, and who that was.
#[derive(Serialize)]
struct BootstrapItem {
    pk: String,
    sk: String,
    user_id: UserId,
    made_at: UnixTime,
}

/// Users.
#[derive(Clone, Debug)]
pub struct Users {
    table: Table,
}

/// What became of the first administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootstrap {
    /// The administrator is there, and is the first.
    Made,
    /// The table had its first administrator before; nothing was written.
    Before,
    /// Somebody has the name; nothing was written.
    NameTaken,
}

impl Users {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The user as it is now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.table.get(Key::user(id)).await?.map(|item| read(id, item)).transpose()
    }

    /// The user of this name as it is now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find_named(&self, name: &Username) -> Result<Option<User>, StoreError> {
        match self.id_of(name).await? {
            Some(id) => self.find(id).await,
            None => Ok(None),
        }
    }

    /// Whose name it is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn id_of(&self, name: &Username) -> Result<Option<UserId>, StoreError> {
        let item = self.table.get(Key::listed(Listed::User, name.as_str())).await?;
        Ok(item.map(listing).transpose()?.map(|(_, listing)| listing.user_id))
    }

    /// Every user in the directory, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self) -> Result<Vec<(Username, Listing)>, StoreError> {
        self.table.query(Listed::User.partition(), "").await?.into_iter().map(listing).collect()
    }

    /// These users as they are now, in this order; without those that are gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let mut items = Items(self.table.get_many(ids.iter().map(|&id| Key::user(id)).collect()).await?);
        let found = ids.iter().map(|&id| items.take(&Key::user(id), |item| read(id, item)));
        found.filter_map(Result::transpose).collect()
    }

    /// Makes a user, its place in the directory, and the login under its name: all or nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, user: &User, password: &PasswordHash) -> Result<Creation, StoreError> {
        match self.table.write_together(writes(user, password)?.into()).await? {
            Together::Done => Ok(Creation::Made),
            Together::Failed(0 | 1) => Ok(Creation::NameTaken),
            Together::Failed(_) => Err(exists_already()),
        }
    }

    /// Makes the first administrator: user, login and the mark that there has been one, all or nothing. Of several at once, one is made.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn bootstrap(
        &self,
        administrator: &User,
        password: &PasswordHash,
    ) -> Result<Bootstrap, StoreError> {
        let key = Key::bootstrap();
        let (user_id, made_at) = (administrator.id, administrator.updated_at);
        let mark = BootstrapItem { pk: key.pk, sk: key.sk, user_id, made_at };
        let mark = Write::put_new(serde_dynamo::to_item(mark).map_err(StoreError::corrupt("bootstrap"))?);
        let [login, listing, user] = writes(administrator, password)?;
        match self.table.write_together(vec![mark, login, listing, user]).await? {
            Together::Done => Ok(Bootstrap::Made),
            Together::Failed(0) => Ok(Bootstrap::Before),
            Together::Failed(1 | 2) => Ok(Bootstrap::NameTaken),
            Together::Failed(_) => Err(exists_already()),
        }
    }

    /// Whether the first administrator was made. Only [`Users::bootstrap`] decides; this is for whoever would rather know before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn bootstrapped(&self) -> Result<bool, StoreError> {
        Ok(self.table.get(Key::bootstrap()).await?.is_some())
    }

    /// Replaces a user by its next version; two changes at once can't undo each other, and none changes the name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, user: &User) -> Result<Change, StoreError> {
        self.change_under(user, None).await
    }

    /// The same, if `by` still is as it was: of two administrators who shut out each other at once, one is left.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_as(&self, by: &User, user: &User) -> Result<Change, StoreError> {
        self.change_under(user, Some(by)).await
    }

    async fn change_under(&self, user: &User, by: Option<&User>) -> Result<Change, StoreError> {
        let before = values([
            (":before", number(user.version.saturating_sub(1))),
            (":username", text(&user.username)),
        ]);
        let mut writes = vec![
            Write::Put(user_item(user)?, "version = :before AND username = :username", before),
            Write::put_again(listing_item(user)?),
        ];
        writes.extend(by.map(still));
        Ok(match self.table.write_together(writes).await? {
            Together::Done => Change::Made,
            Together::Failed(_) => Change::Outdated,
        })
    }

    /// Removes a user, its place in the directory and its login, all or nothing. Says whether there was one. What it had granted means
    /// nothing any more without it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, user: &User) -> Result<bool, StoreError> {
        Ok(matches!(self.table.write_together(removal(user).into()).await?, Together::Done))
    }

    /// The same, if `by` still is as it was, as in [`Users::change_as`]. Nothing is written where [`Change::Outdated`]: the user is gone,
    /// or `by` is another by now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_as(&self, by: &User, user: &User) -> Result<Change, StoreError> {
        let mut writes = Vec::from(removal(user));
        writes.push(still(by));
        Ok(match self.table.write_together(writes).await? {
            Together::Done => Change::Made,
            Together::Failed(_) => Change::Outdated,
        })
    }
}

/// The writes that make a login, a place in the directory and a user, in this order.
fn writes(user: &User, password: &PasswordHash) -> Result<[Write; 3], StoreError> {
    Ok([logins::new(user, password)?, Write::put_new(listing_item(user)?), Write::put_new(user_item(user)?)])
}

/// That `by` is as it was.
fn still(by: &User) -> Write {
    Write::Check(Key::user(by.id), "version = :version", values([(":version", number(by.version))]))
}

fn removal(user: &User) -> [Write; 3] {
    let there = |key| Write::Delete(key, "attribute_exists(pk)", Values::new());
    [
        there(Key::user(user.id)),
        there(Key::listed(Listed::User, user.username.as_str())),
        there(Key::login(&user.username)),
    ]
}

fn listing_item(user: &User) -> Result<Item, StoreError> {
    let item = ListingItem {
        pk: Listed::User.partition().to_owned(),
        sk: user.username.clone(),
        user: Listing {
            user_id: user.id,
            name: user.profile.name.clone(),
            email: user.profile.email.clone(),
            customer: user.customer.clone(),
            domain: user.domain.clone(),
            enabled: user.enabled,
            blocked: user.blocked,
        },
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("user in the directory"))
}

fn listing(item: Item) -> Result<(Username, Listing), StoreError> {
    let item: ListingItem =
        serde_dynamo::from_item(item).map_err(StoreError::corrupt("user in the directory"))?;
    Ok((item.sk, item.user))
}

fn exists_already() -> StoreError {
    StoreError::Corrupt { entity: "user", cause: "a new user exists already".to_owned() }
}

fn user_item(user: &User) -> Result<Item, StoreError> {
    let key = Key::user(user.id);
    let item = UserItem {
        pk: key.pk,
        sk: key.sk,
        username: user.username.clone(),
        enabled: user.enabled,
        blocked: user.blocked,
        profile: user.profile.clone(),
        functions: user.functions.clone(),
        security_level: user.security_level,
        domain: user.domain.clone(),
        customer: user.customer.clone(),
        version: user.version,
        updated_at: user.updated_at,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("user"))
}

pub(crate) fn read(id: UserId, item: Item) -> Result<User, StoreError> {
    let item: UserItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("user"))?;
    Ok(User {
        id,
        username: item.username,
        enabled: item.enabled,
        blocked: item.blocked,
        profile: item.profile,
        functions: item.functions,
        security_level: item.security_level,
        domain: item.domain,
        customer: item.customer,
        version: item.version,
        updated_at: item.updated_at,
    })
}
