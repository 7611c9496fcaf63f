//! The schema: one table, every key pattern, and what each item is for.
//!
//! | item | `pk` | `sk` | ends by TTL |
//! | --- | --- | --- | --- |
//! | client | `client#CLIENT` | `client` | – |
//! | grant of a client's own | `own#CLIENT` | `grant#GRANT` | with its access token |
//! | user | `user#USER` | `user` | – |
//! | session | `user#USER` | `session#SESSION` | at its end |
//! | consent | `user#USER` | `consent#CLIENT` | – |
//! | grant of a user | `user#USER` | `grant#GRANT` | with its last token |
//! | API key | `user#USER` | `apikey#PREFIX` | at its end |
//! | key that signs a user's JWTs | `user#USER` | `key#KEY` | – |
//! | login: name → user, password hash | `login#USERNAME` | `login` | – |
//! | guard: something that happens once | `guard#WHAT` | `guard` | when the thing can't be repeated anyway |
//! | client that a user registered | `owner#USER` | CLIENT | – |
//! | plugin that a user has installed | `installed#USER` | `SUPER CLIENT#PLUGIN` | – |
//! | rate: calls with one credential in one window | `rate#WHAT#WINDOW` | `rate` | with the window |
//! | function | `directory#function` | NAME | – |
//! | customer | `directory#customer` | SHORT NAME | – |
//! | domain | `directory#domain` | NAME | – |
//! | client in the directory: name → client | `directory#client` | SHORT NAME, or its id | – |
//! | plugin in the directory | `directory#plugin` | CLIENT | – |
//! | user in the directory: name → user | `directory#user` | USERNAME | – |
//! | mark: there has been a first administrator | `bootstrap` | `bootstrap` | – |
//! | signing key | `signing` | `ALG#GENERATION` | – |
//! | sealing key | `sealing` | `GENERATION` | – |
//!
//! Identifiers are hyphenated UUIDs. `expires_at` is the TTL attribute, in unix seconds. Digests are 32 bytes of binary. The prefix of
//! `pk` is what an IAM policy's `dynamodb:LeadingKeys` can tell apart, so what must not be read together has another prefix:
//! password hashes, above all; and what a function may write from what it must not, as `token` the grants of clients and not
//! the clients. `signing` and `sealing` are one partition each on purpose: a handful of items, read every few minutes by a
//! sandbox. They don't end by TTL: who rotates the keys removes them, and only when nothing depends on them. The directory's partitions
//! are for those who administer, and for listing without a scan; of them, the endpoints that answer users read only functions, and
//! remember them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use domain::api_key::ApiKeyPrefix;
use domain::user::Username;
use domain::user_key::KeyId;
use domain::{ClientId, GrantId, Owner, SessionId, UserId};

use crate::error::StoreError;

/// Partition key.
pub const PK: &str = "pk";
/// Sort key.
pub const SK: &str = "sk";
/// The attribute that TTL goes by, in unix seconds.
pub const TTL: &str = "expires_at";

/// What the sort keys of grants begin with.
pub(crate) const GRANT: &str = "grant#";
/// What the sort keys of API keys begin with.
pub(crate) const API_KEY: &str = "apikey#";
/// What the sort keys of sessions begin with.
pub(crate) const SESSION: &str = "session#";
/// What the sort keys of keys that sign users' JWTs begin with.
pub(crate) const USER_KEY: &str = "key#";

/// What the directory lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Function,
    Customer,
    Domain,
    Client,
    Plugin,
    User,
}

impl Listed {
    /// The partition key of the list.
    pub(crate) const fn partition(self) -> &'static str {
        match self {
            Self::Function => "directory#function",
            Self::Customer => "directory#customer",
            Self::Domain => "directory#domain",
            Self::Client => "directory#client",
            Self::Plugin => "directory#plugin",
            Self::User => "directory#user",
        }
    }
}

/// The partition of a user: grants, sessions, consents, API keys and keys.
pub(crate) fn partition_of(user: UserId) -> String {
    format!("user#{user}")
}

/// The partition of the clients that a user registered.
pub(crate) fn owned_by(user: UserId) -> String {
    format!("owner#{user}")
}

/// The partition of the plugins that a user has installed.
pub(crate) fn installed_by(user: UserId) -> String {
    format!("installed#{user}")
}

/// The partition of the signing keys.
pub(crate) const SIGNING: &str = "signing";
/// The partition of the sealing keys.
pub(crate) const SEALING: &str = "sealing";

/// The key of one item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(crate) fn client(client: ClientId) -> Self {
        Self::new(format!("client#{client}"), "client")
    }

    pub(crate) fn user(user: UserId) -> Self {
        Self::new(format!("user#{user}"), "user")
    }

    pub(crate) fn session(user: UserId, session: SessionId) -> Self {
        Self::new(format!("user#{user}"), format!("session#{session}"))
    }

    pub(crate) fn consent(user: UserId, client: ClientId) -> Self {
        Self::new(format!("user#{user}"), format!("consent#{client}"))
    }

    pub(crate) fn grant(owner: Owner, grant: GrantId) -> Self {
        let pk = match owner {
            Owner::User(user) => format!("user#{user}"),
            Owner::Client(client) => format!("own#{client}"),
        };
        Self::new(pk, format!("{GRANT}{grant}"))
    }

    pub(crate) fn owned(user: UserId, client: ClientId) -> Self {
        Self::new(owned_by(user), client.to_string())
    }

    pub(crate) fn installed(user: UserId, super_client: ClientId, plugin: ClientId) -> Self {
        Self::new(installed_by(user), format!("{super_client}#{plugin}"))
    }

    pub(crate) fn rate(what: &str, window: u64) -> Self {
        Self::new(format!("rate#{what}#{window}"), "rate")
    }

    pub(crate) fn login(username: &Username) -> Self {
        Self::new(format!("login#{username}"), "login")
    }

    pub(crate) fn api_key(user: UserId, prefix: &ApiKeyPrefix) -> Self {
        Self::new(format!("user#{user}"), format!("{API_KEY}{prefix}"))
    }

    pub(crate) fn user_key(user: UserId, key: &KeyId) -> Self {
        Self::new(format!("user#{user}"), format!("{USER_KEY}{key}"))
    }

    pub(crate) fn listed(what: Listed, name: impl Into<String>) -> Self {
        Self::new(what.partition().to_owned(), name)
    }

    pub(crate) fn bootstrap() -> Self {
        Self::new("bootstrap".to_owned(), "bootstrap")
    }

    pub(crate) fn guard(what: &str) -> Self {
        Self::new(format!("guard#{what}"), "guard")
    }

    pub(crate) fn signing(algorithm: &str, generation: u32) -> Self {
        Self::new(SIGNING.to_owned(), format!("{algorithm}#{generation:08}"))
    }

    pub(crate) fn sealing(generation: u32) -> Self {
        Self::new(SEALING.to_owned(), format!("{generation:08}"))
    }
}

/// Makes the table as `template.yaml` has it, and turns TTL on, where that is not done yet.
///
/// # Errors
/// Where DynamoDB is out of reach or refuses.
pub async fn provision(client: &Client, table: &str) -> Result<(), StoreError> {
    create(client, table).await?;
    let described = client.describe_time_to_live().table_name(table).send().await;
    let described = described.map_err(|error| StoreError::from_sdk("DescribeTimeToLive", &error))?;
    let status = described.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    // AWS refuses to enable what is enabled.
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
    let ttl = ttl.map_err(|error| refused("UpdateTimeToLive", &error))?;
    let update = client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await;
    update.map(drop).map_err(|error| StoreError::from_sdk("UpdateTimeToLive", &error))
}

async fn create(client: &Client, table: &str) -> Result<(), StoreError> {
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, key_type) in [(PK, KeyType::Hash), (SK, KeyType::Range)] {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(key_type).build();
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build();
        request = request
            .key_schema(key.map_err(|error| refused("CreateTable", &error))?)
            .attribute_definitions(attribute.map_err(|error| refused("CreateTable", &error))?);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => Ok(()),
        Err(error) => Err(StoreError::from_sdk("CreateTable", &error)),
    }
}

fn refused(operation: &'static str, error: &dyn std::error::Error) -> StoreError {
    StoreError::Refused { operation, cause: error.to_string() }
}
