//! Users, and apart from them what signing in needs.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::Put;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use domain::function::FunctionName;
use domain::password::PasswordHash;
use domain::user::{Login, Profile, User, Username};
use domain::{UnixTime, UserId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Conditional, Item, Table, Together, Update, text, values};

#[derive(Serialize, Deserialize)]
struct UserItem {
    pk: String,
    sk: String,
    username: Username,
    enabled: bool,
    blocked: bool,
    profile: Profile,
    // DynamoDB has no empty sets; and users from before there were functions have none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", with = "serde_dynamo::string_set")]
    functions: BTreeSet<FunctionName>,
    updated_at: UnixTime,
}

#[derive(Serialize, Deserialize)]
struct LoginItem {
    pk: String,
    sk: String,
    user_id: UserId,
    password_hash: PasswordHash,
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

/// Sign-in names and password hashes.
#[derive(Clone, Debug)]
pub struct Logins {
    table: Table,
}

/// What became of a new user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is there.
    Created,
    /// Somebody has the name; nothing was written.
    NameTaken,
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

    /// Makes a user and the login under its name, both or neither.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, user: &User, password: &PasswordHash) -> Result<Creation, StoreError> {
        match self.table.put_together(puts(user, password)?.into()).await? {
            Together::Done => Ok(Creation::Created),
            Together::Failed(0) => Ok(Creation::NameTaken),
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
        let mark = put(serde_dynamo::to_item(mark).map_err(StoreError::corrupt("bootstrap"))?);
        let [login, user] = puts(administrator, password)?;
        match self.table.put_together(vec![mark, login, user]).await? {
            Together::Done => Ok(Bootstrap::Made),
            Together::Failed(0) => Ok(Bootstrap::Before),
            Together::Failed(1) => Ok(Bootstrap::NameTaken),
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

    /// Writes what is known of a user over what was known before.
    ///
    /// # Errors
    /// See [`StoreError`]; `false` where there is no such user.
    pub async fn change(&self, user: &User) -> Result<bool, StoreError> {
        let item = user_item(Key::user(user.id), user)?;
        let values = values([(":username", text(&user.username))]);
        let replaced = self.table.replace(item, "username = :username", values).await?;
        Ok(matches!(replaced, Conditional::Done(())))
    }
}

impl Logins {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// What signing in under `username` needs.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, username: &Username) -> Result<Option<Login>, StoreError> {
        let Some(item) = self.table.get(Key::login(username)).await? else { return Ok(None) };
        let item: LoginItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("login"))?;
        Ok(Some(Login { username: username.clone(), user: item.user_id, password: item.password_hash }))
    }

    /// Replaces a hash made with dated parameters, unless the password was changed in the meantime.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn rehash(&self, login: &Login, password: &PasswordHash) -> Result<(), StoreError> {
        let hash = |hash| serde_dynamo::to_attribute_value(hash).map_err(StoreError::corrupt("login"));
        let update = Update {
            key: Key::login(&login.username),
            update: "SET password_hash = :new".to_owned(),
            condition: "password_hash = :old".to_owned(),
            values: values([(":old", hash(&login.password)?), (":new", hash(password)?)]),
        };
        self.table.update(update).await.map(drop)
    }
}

/// The writes that make a login and its user, in this order.
fn puts(user: &User, password: &PasswordHash) -> Result<[PutBuilder; 2], StoreError> {
    let key = Key::login(&user.username);
    let login = LoginItem { pk: key.pk, sk: key.sk, user_id: user.id, password_hash: password.clone() };
    let login = serde_dynamo::to_item(login).map_err(StoreError::corrupt("login"))?;
    Ok([put(login), put(user_item(Key::user(user.id), user)?)])
}

fn put(item: Item) -> PutBuilder {
    Put::builder().set_item(Some(item)).condition_expression("attribute_not_exists(pk)")
}

fn exists_already() -> StoreError {
    StoreError::Corrupt { entity: "user", cause: "a new user exists already".to_owned() }
}

fn user_item(key: Key, user: &User) -> Result<Item, StoreError> {
    let item = UserItem {
        pk: key.pk,
        sk: key.sk,
        username: user.username.clone(),
        enabled: user.enabled,
        blocked: user.blocked,
        profile: user.profile.clone(),
        functions: user.functions.clone(),
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
        updated_at: item.updated_at,
    })
}
