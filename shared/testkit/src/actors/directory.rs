//! What administrators have put into the directory before a story begins.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::client::SecurityLevel;
use domain::client::{Authentication, Bounds};
use domain::customer::{Customer, CustomerName, Domain, DomainName};
use domain::function::{ADMINISTRATOR, Function, FunctionName, Permission};
use domain::id::Number;
use domain::name::ClientName;
use domain::password::PasswordHash;
use domain::secret::ApiKeySecret;
use domain::token::Token;
use domain::{ClientId, Clock as _};
use oauth::Scope;
use oauth::redirect::RedirectUri;
use oauth::words::GrantType;
use store::clients::Creation;

use super::gatelet::ADDRESS;
use super::{Client, Gatelet, Person};
use crate::entropy::TestEntropy;

/// The secret of every client that was defined.
pub const SECRET: &str = "mySecretPassword";

/// What a client that was defined may ask for.
const SCOPE: &str =
    "openid profile email phone groups groupstring customer clientip offline_access notes:read notes:write";

/// Hashing takes tens of milliseconds, and it is the same secret for every client.
static HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::new(SECRET, &TestEntropy::seeded(3)).expect("a secret short enough"));

impl Gatelet {
    /// A function of these permissions.
    pub async fn function_of(&self, name: &str, permissions: &[&str]) -> Function {
        let permission = |name: &&str| Permission::parse(name).expect("a permission");
        let function = Function {
            id: Number::generate(&self.table.entropy),
            name: FunctionName::parse(name).expect("a function's name"),
            description: None,
            permissions: permissions.iter().map(permission).collect(),
            version: 1,
        };
        let created = self.table.store.functions.create(&function).await.expect("a table");
        assert_eq!(created, Creation::Made, "there is a function {name}");
        drop(self.table.recorder.take());
        function
    }

    /// A customer.
    pub async fn customer(&self, short_name: &str) -> Customer {
        let customer = Customer {
            id: Number::generate(&self.table.entropy),
            short_name: CustomerName::parse(short_name).expect("a short name"),
            name: format!("{short_name} of Example"),
            domain: DomainName::default(),
            version: 1,
        };
        let created = self.table.store.customers.create(&customer).await.expect("a table");
        assert_eq!(created, Creation::Made, "there is a customer {short_name}");
        drop(self.table.recorder.take());
        customer
    }

    /// A domain.
    pub async fn domain(&self, name: &str) -> Domain {
        let name = DomainName::parse(name).expect("a domain's name");
        let domain = Domain { id: Number::generate_small(&self.table.entropy), name };
        let created = self.table.store.customers.create_domain(&domain).await.expect("a table");
        assert_eq!(created, Creation::Made, "there is a domain {}", domain.name);
        drop(self.table.recorder.take());
        domain
    }

    /// Lets somebody hold a function, everywhere or for one customer.
    pub async fn grant(&self, person: &Person, function: &str, customer: Option<&str>) {
        let function = FunctionName::parse(function).expect("a function's name");
        self.change(person, |user| match customer {
            None => drop(user.functions.globally.insert(function)),
            Some(customer) => {
                let customer = CustomerName::parse(customer).expect("a short name");
                user.functions.by_customer.entry(customer).or_default().insert(function);
            }
        })
        .await;
    }

    /// Somebody with an account who administers the service.
    pub async fn administrator(&self, username: &str) -> Person {
        let person = self.person(username).await;
        self.grant(&person, ADMINISTRATOR, None).await;
        self.change(&person, |user| user.security_level = SecurityLevel::Administrative).await;
        person
    }

    /// A client as Argus's API defines them, with [`SECRET`]: it lets in whoever holds `required` for any customer, is handed no more
    /// than the permissions of `permission_scope`, and both it and its users' browsers call from [`ADDRESS`].
    pub async fn bounded_client(&self, short_name: &str, required: &str, permission_scope: &str) -> Client {
        self.bounded_client_but(short_name, required, permission_scope, |_| ()).await
    }

    /// The same, different in something.
    pub async fn bounded_client_but(
        &self,
        short_name: &str,
        required: &str,
        permission_scope: &str,
        change: impl FnOnce(&mut domain::client::Client),
    ) -> Client {
        let function = |name: &str| FunctionName::parse(name).expect("a function's name");
        let redirect_uri = format!("https://{short_name}.example/callback");
        let id = ClientId::generate(&self.table.entropy);
        let mut client = domain::client::Client {
            authentication: Authentication::Chosen { secret: HASH.clone() },
            grant_types: [
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ]
            .into(),
            redirect_uris: vec![RedirectUri::parse(&redirect_uri).expect("a redirect URI")],
            scope: Scope::parse(SCOPE).expect("a scope"),
            short_name: Some(ClientName::parse(short_name).expect("a short name")),
            bounds: Some(Bounds {
                customer: None,
                required_function: function(required),
                permission_scope: function(permission_scope),
                max_security_level: SecurityLevel::External,
            }),
            addresses: vec![ADDRESS.into()],
            same_address: true,
            ..domain::client::Client::new(id, self.table.clock.now())
        };
        short_name.clone_into(&mut client.about.name);
        change(&mut client);
        let created = self.table.store.clients.register(&client).await.expect("a table");
        assert_eq!(created, Creation::Made, "there is a client {short_name}");
        drop(self.table.recorder.take());
        let secret = (!client.is_public()).then_some(SECRET);
        Client::defined(self.clone(), &client, secret)
    }

    /// An API key of somebody's, good everywhere, for three months.
    pub async fn api_key(&self, person: &Person) -> String {
        self.api_key_but(person, |_| ()).await
    }

    /// An API key of somebody's, good for these functions only.
    pub async fn api_key_for(&self, person: &Person, functions: &[&str]) -> String {
        let function = |name: &&str| FunctionName::parse(name).expect("a function's name");
        let functions: BTreeSet<_> = functions.iter().map(function).collect();
        self.api_key_but(person, |key| key.functions = Some(functions)).await
    }

    /// An API key that is different in something.
    pub async fn api_key_but(&self, person: &Person, change: impl FnOnce(&mut ApiKey)) -> String {
        let secret = Token::<ApiKeySecret>::generate(person.id, &self.table.entropy);
        let now = self.table.clock.now();
        let mut key = ApiKey {
            user: person.id,
            prefix: ApiKeyPrefix::generate(&self.table.entropy),
            secret: secret.digest(),
            description: "A script".to_owned(),
            addresses: Vec::new(),
            functions: None,
            created_at: now,
            expires_at: Some(now + self.settings().lifetimes.api_key),
        };
        change(&mut key);
        let created = self.table.store.api_keys.create(&key).await.expect("a table");
        assert_eq!(created, Creation::Made);
        drop(self.table.recorder.take());
        secret.to_text(&key.prefix)
    }
}
