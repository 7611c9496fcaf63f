//! What Argus's own examples name: a customer, two functions, who holds them, and API keys for an administrator and for somebody
//! ordinary. Made at the first start; what there is already is left as it is.

use std::collections::BTreeSet;

use domain::UserId;
use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::client::SecurityLevel;
use domain::customer::{Customer, CustomerName, DomainName};
use domain::function::{Function, FunctionName, Granted, Permission, permission};
use domain::id::Number;
use domain::secret::ApiKeySecret;
use domain::token::Token;
use domain::user::{User, Username};
use server::platform::Ambient;
use store::Store;

use super::credentials;
use crate::failure::Failure;

/// Who administers.
pub(crate) const ADMINISTRATOR: &str = "ada";
/// Who works for the customer, and may use its applications.
pub(crate) const ORDINARY: &str = "alice";
/// The customer.
const CUSTOMER: &str = "mycustomer";
/// What the customer's applications require.
const ACCESS: &str = "myAccessFunction";
/// What they are handed.
const VIEWER: &str = "DATASTORE-VIEWER";

/// Makes the customer and the functions.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn establish(store: &Store, ambient: &Ambient) -> Result<(), Failure> {
    let entropy = ambient.entropy.as_ref();
    let customer = Customer {
        id: Number::generate(entropy),
        short_name: customer()?,
        name: "My customer".to_owned(),
        domain: DomainName::default(),
        version: 1,
    };
    store.customers.create(&customer).await?;
    for (name, description, permissions) in [
        (
            ACCESS,
            "Lets into the customer's applications",
            [permission::VIEW_CLIENTS, "viewDatastore", "editDatastore"].as_slice(),
        ),
        (VIEWER, "May read the datastore", &["viewDatastore"]),
    ] {
        let permissions: Option<BTreeSet<_>> =
            permissions.iter().map(|name| Permission::parse(name).ok()).collect();
        let function = Function {
            id: Number::generate(entropy),
            name: function(name)?,
            description: Some(description.to_owned()),
            permissions: permissions.ok_or(Failure::Demo("a permission is malformed"))?,
            version: 1,
        };
        store.functions.create(&function).await?;
    }
    Ok(())
}

/// What somebody of the demo may do: everything, or use the customer's applications, or nothing but sign in.
///
/// # Errors
/// Never, as long as the names here are names.
pub(crate) fn holding(user: User) -> Result<User, Failure> {
    Ok(match user.username.as_str() {
        ADMINISTRATOR => User {
            functions: Granted::globally([FunctionName::administrator()]),
            security_level: SecurityLevel::Administrative,
            ..user
        },
        ORDINARY => User {
            functions: Granted {
                by_customer: [(customer()?, [function(ACCESS)?].into())].into(),
                ..Granted::default()
            },
            customer: Some(customer()?),
            ..user
        },
        _ => user,
    })
}

/// Whose API key it is: the id that the user has again in a new table.
pub(crate) fn owner(key: &credentials::ApiKey) -> Option<UserId> {
    Token::<ApiKeySecret>::parse(&key.key).map(|(_, secret)| secret.keys)
}

/// An API key of somebody's, as `known` has it or a new one. None where the user isn't the demo's.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn api_key(
    store: &Store,
    ambient: &Ambient,
    username: &str,
    known: Option<&credentials::ApiKey>,
) -> Result<Option<credentials::ApiKey>, Failure> {
    let (entropy, now) = (ambient.entropy.as_ref(), ambient.clock.now());
    let name = Username::parse(username).map_err(|_| Failure::Demo("a username is malformed"))?;
    let Some(user) = store.users.find_named(&name).await? else { return Ok(None) };
    let known = known.and_then(|known| Token::<ApiKeySecret>::parse(&known.key));
    // It names its user by id, and an account of that name may be somebody else's by now.
    let known = known.filter(|(_, secret)| secret.keys == user.id);
    let (prefix, secret) = known.unwrap_or_else(|| {
        (ApiKeyPrefix::generate(entropy), Token::<ApiKeySecret>::generate(user.id, entropy))
    });
    let found = store.api_keys.find(user.id, &prefix).await?;
    let key = ApiKey {
        user: user.id,
        secret: secret.digest(),
        description: "The demo's".to_owned(),
        addresses: Vec::new(),
        functions: None,
        created_at: found.as_ref().map_or(now, |found| found.created_at),
        expires_at: Some(now + ambient.settings.lifetimes.api_key),
        prefix,
    };
    match found {
        None => drop(store.api_keys.create(&key).await?),
        Some(found) if found.expires_at.is_some_and(|end| end.is_past(now)) => {
            store.api_keys.change(&key).await?;
        }
        Some(_) => {}
    }
    Ok(Some(credentials::ApiKey {
        username: username.to_owned(),
        key: secret.to_text(&key.prefix),
        administrator: user.is_administrator(),
    }))
}

fn customer() -> Result<CustomerName, Failure> {
    CustomerName::parse(CUSTOMER).map_err(|_| Failure::Demo("a customer's name is malformed"))
}

fn function(name: &str) -> Result<FunctionName, Failure> {
    FunctionName::parse(name).map_err(|_| Failure::Demo("a function's name is malformed"))
}
