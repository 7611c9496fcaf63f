//! The one crate that knows DynamoDB: the schema, the items, and a verb for each thing the endpoints do with them.
//!
//! Every verb is one round trip. Whatever must happen once is decided by a condition in the write that does it; when the condition
//! fails, `ALL_OLD` comes back in the same answer, and the domain's pure decisions say why. The SDK repeats a call whose answer was
//! lost, so each conditional write recognises its own success. TTL deletes late: every read checks expiry itself.

pub mod api_keys;
mod attributes;
pub mod clients;
pub mod consents;
pub mod directory;
pub mod error;
pub mod grants;
pub mod guards;
pub mod inspection;
pub mod installations;
pub mod keys;
pub mod rates;
pub mod schema;
pub mod sessions;
pub mod standing;
mod table;
pub mod user_keys;
pub mod users;

pub use error::StoreError;
pub use table::Table;

/// The whole of the store. An endpoint takes out the parts it needs and drops the rest.
#[derive(Clone, Debug)]
pub struct Store {
    /// API keys.
    pub api_keys: api_keys::ApiKeys,
    /// Clients, as authenticated callers and registrations.
    pub clients: clients::Clients,
    /// What users have allowed.
    pub consents: consents::Consents,
    /// Customers and domains.
    pub customers: directory::Customers,
    /// Functions.
    pub functions: directory::Functions,
    /// Codes and tokens.
    pub grants: grants::Grants,
    /// Things that may happen once, and write nothing else.
    pub guards: guards::Guards,
    /// The plugins that users have installed.
    pub installations: installations::Installations,
    /// The service's own keys.
    pub keys: keys::Keys,
    /// Sign-in names and password hashes.
    pub logins: users::Logins,
    /// How often credentials are used.
    pub rates: rates::Rates,
    /// Browser sessions.
    pub sessions: sessions::Sessions,
    /// Reads that see several items at once.
    pub standing: standing::Standing,
    /// The keys that sign users' JWTs.
    pub user_keys: user_keys::UserKeys,
    /// Users.
    pub users: users::Users,
}

impl Store {
    /// The store in `table`.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self {
            api_keys: api_keys::ApiKeys::new(table.clone()),
            clients: clients::Clients::new(table.clone()),
            consents: consents::Consents::new(table.clone()),
            customers: directory::Customers::new(table.clone()),
            functions: directory::Functions::new(table.clone()),
            grants: grants::Grants::new(table.clone()),
            guards: guards::Guards::new(table.clone()),
            installations: installations::Installations::new(table.clone()),
            keys: keys::Keys::new(table.clone()),
            logins: users::Logins::new(table.clone()),
            rates: rates::Rates::new(table.clone()),
            sessions: sessions::Sessions::new(table.clone()),
            standing: standing::Standing::new(table.clone()),
            user_keys: user_keys::UserKeys::new(table.clone()),
            users: users::Users::new(table.clone()),
        }
    }
}
