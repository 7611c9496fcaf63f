//! What signing in needs: a name, and the hash of a password.

use domain::UserId;
use domain::password::PasswordHash;
use domain::user::{Login, User, Username};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::schema::Key;
use crate::table::{Conditional, Table, Update, Write, text, values};

#[derive(Serialize, Deserialize)]
struct LoginItem {
    pk: String,
    sk: String,
    user_id: UserId,
    password_hash: PasswordHash,
}

/// Sign-in names and password hashes.
#[derive(Clone, Debug)]
pub struct Logins {
    table: Table,
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

    /// Sets the password under which the user signs in. Says whether the user still has the name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_password(&self, user: &User, password: &PasswordHash) -> Result<bool, StoreError> {
        let hash = serde_dynamo::to_attribute_value(password).map_err(StoreError::corrupt("login"))?;
        let update = Update {
            key: Key::login(&user.username),
            update: "SET password_hash = :new".to_owned(),
            condition: "user_id = :user".to_owned(),
            values: values([(":new", hash), (":user", text(user.id))]),
        };
        Ok(matches!(self.table.update(update).await?, Conditional::Done(_)))
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

/// The write that makes a user's login.
pub(super) fn new(user: &User, password: &PasswordHash) -> Result<Write, StoreError> {
    let key = Key::login(&user.username);
    let login = LoginItem { pk: key.pk, sk: key.sk, user_id: user.id, password_hash: password.clone() };
    Ok(Write::put_new(serde_dynamo::to_item(login).map_err(StoreError::corrupt("login"))?))
}
