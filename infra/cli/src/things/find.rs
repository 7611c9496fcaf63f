//! What options and arguments refer to: by name, number or id, as the JSON interfaces take it.

use domain::UserId;
use domain::customer::{Customer, Domain, DomainName};
use domain::definition;
use domain::directory::Known;
use domain::function::{Function, Functions};
use domain::user::{User, Username};

use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::failure::Failure;

/// Everything that may be referred to by name or by number.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Every function.
    pub functions: Functions,
    /// Every customer.
    pub customers: Vec<Customer>,
    /// Every domain.
    pub domains: Vec<Domain>,
    /// The domain of what names none.
    home: DomainName,
}

impl Directory {
    /// The directory as it is now.
    ///
    /// # Errors
    /// Where the table can't be used.
    pub(crate) async fn read(connection: &Connection) -> Result<Self, Failure> {
        let store = &connection.store;
        let (functions, customers, domains) =
            tokio::join!(store.functions.list(), store.customers.list(), store.customers.domains());
        Ok(Self {
            functions: connection.read(functions).await?,
            customers: connection.read(customers).await?,
            domains: connection.read(domains).await?,
            home: DomainName::default(),
        })
    }

    /// What the rules are held against.
    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            functions: &self.functions,
            customers: &self.customers,
            domains: &self.domains,
            home: &self.home,
        }
    }

    /// What the rules for clients are held against, for an object that refers to some of it.
    pub(crate) fn referred(&self, object: &Map<String, Value>) -> definition::Directory<'_> {
        let text = |member| object.get(member).and_then(Value::as_str);
        definition::Directory {
            functions: &self.functions,
            customer: text("customer").and_then(|customer| self.known().customer(customer)),
            domain: text("domain").and_then(|domain| self.known().domain(domain)),
            own_domain: &self.home,
        }
    }

    /// The function of this name or number.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn function(&self, reference: &str) -> Result<&Function, Failure> {
        self.functions.find(reference).ok_or_else(|| missing("function", reference, "function list"))
    }

    /// The customer of this short name or number.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn customer(&self, reference: &str) -> Result<&Customer, Failure> {
        self.known().customer(reference).ok_or_else(|| missing("customer", reference, "customer list"))
    }

    /// The domain of this name or number.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn domain(&self, reference: &str) -> Result<&Domain, Failure> {
        self.known().domain(reference).ok_or_else(|| missing("domain", reference, "domain list"))
    }
}

/// The user of this name or id.
///
/// # Errors
/// Where there is none.
pub(crate) async fn user(connection: &Connection, reference: &str) -> Result<User, Failure> {
    let users = &connection.store.users;
    let found = match (UserId::parse(reference), Username::parse(reference)) {
        (Some(id), _) => users.find(id).await,
        (None, Ok(name)) => users.find_named(&name).await,
        (None, Err(_)) => Ok(None),
    };
    connection.read(found).await?.ok_or_else(|| missing("user", reference, "user list"))
}

/// There is no such thing.
pub(crate) fn missing(what: &str, reference: &str, list: &str) -> Failure {
    Failure::refused_but(
        format!("there is no {what} {reference}"),
        format!("gatelet {list} shows those that there are"),
    )
}
