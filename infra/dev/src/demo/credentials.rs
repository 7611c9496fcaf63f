//! The demo's credentials as a file, `demo.json`: for programs that want to sign in, and for the next start.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::folder;

/// The file's name in the folder.
pub(crate) const FILE: &str = "demo.json";

/// Everything that signing in takes. It is for a demonstration only: everybody knows these passwords.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// The issuer.
    pub issuer: String,
    /// Who can sign in.
    pub users: Vec<User>,
    /// Applications that are registered.
    pub clients: Vec<Client>,
    /// What scripts present.
    #[serde(default)]
    pub api_keys: Vec<ApiKey>,
}

/// A person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
}

/// An API key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    /// Whose it is.
    pub username: String,
    /// The key.
    pub key: String,
    /// Whether its user administers the service.
    pub administrator: bool,
}

/// An application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    /// Its name.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret, if it can keep one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// How it authenticates.
    pub token_endpoint_auth_method: String,
    /// The grant types it may use.
    pub grant_types: Vec<String>,
    /// Where answers may be sent; the first is a page of this server.
    pub redirect_uris: Vec<String>,
}

impl Client {
    /// The page of this server that answers are sent to.
    pub(crate) fn callback(&self) -> &str {
        self.redirect_uris.first().map_or("", String::as_str)
    }
}

impl Credentials {
    /// The application that can keep a secret, or the one that can't.
    pub(crate) fn client(&self, public: bool) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_secret.is_none() == public)
    }

    /// The API key of somebody.
    pub(crate) fn api_key(&self, username: &str) -> Option<&ApiKey> {
        self.api_keys.iter().find(|key| key.username == username)
    }

    /// What an earlier start left in the folder.
    ///
    /// # Errors
    /// Where there is a file that can't be read.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| {
                let problem = "is not what was written there: delete it, and the demo begins anew";
                Failure::Malformed { path, problem }
            }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(cause) => Err(Failure::File { doing: "read", path, cause }),
        }
    }

    /// Leaves them in the folder, for the owner alone.
    ///
    /// # Errors
    /// Where the folder can't be written to.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        folder::make(folder)?;
        let mut json =
            serde_json::to_vec_pretty(self).map_err(|_| Failure::Demo("its credentials are not JSON"))?;
        json.push(b'\n');
        folder::write_private(&folder.join(FILE), &json)
    }
}
