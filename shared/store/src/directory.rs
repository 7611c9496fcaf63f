//! The directory: functions, customers and domains, each kind in a partition of its own under its unique name.
//!
//! Functions are few, and every session is bounded by them: they are read together and remembered for a short while.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::UnixTime;
use domain::claims::Belonging;
use domain::customer::{Customer, CustomerName, Domain, DomainName};
use domain::function::{Function, FunctionName, Functions as Set, Permission};
use domain::id::Number;
use serde::{Deserialize, Serialize};

use crate::clients::{CACHE, Change, Creation};
use crate::error::StoreError;
use crate::schema::{Key, Listed};
use crate::standing::Items;
use crate::table::{Conditional, Item, Table, Values, number, values};

#[derive(Serialize, Deserialize)]
struct FunctionItem {
    pk: String,
    sk: FunctionName,
    id: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", with = "serde_dynamo::string_set")]
    permissions: BTreeSet<Permission>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct CustomerItem {
    pk: String,
    sk: CustomerName,
    id: Number,
    name: String,
    domain: DomainName,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct DomainItem {
    pk: String,
    sk: DomainName,
    id: Number,
}

/// Functions.
#[derive(Clone, Debug)]
pub struct Functions {
    table: Table,
    remembered: Arc<Mutex<Option<Read>>>,
}

/// All functions, and when they were read.
type Read = (Arc<Set>, UnixTime);

/// Customers and domains.
#[derive(Clone, Debug)]
pub struct Customers {
    table: Table,
}

impl Functions {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, remembered: Arc::default() }
    }

    /// All functions, at most [`CACHE`] old: no round trip where they are remembered.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recall(&self, now: UnixTime) -> Result<Arc<Set>, StoreError> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((functions, _)) = remembered.filter(|(_, read_at)| !(*read_at + CACHE).is_past(now)) {
            return Ok(functions);
        }
        let functions = Arc::new(self.list().await?);
        *self.remembered.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&functions), now));
        Ok(functions)
    }

    /// All functions as they are now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self) -> Result<Set, StoreError> {
        let items = self.table.query(Listed::Function.partition(), "").await?;
        Ok(Set::new(items.into_iter().map(function).collect::<Result<Vec<_>, _>>()?))
    }

    /// Makes a function that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, function: &Function) -> Result<Creation, StoreError> {
        create(&self.table, function_item(function)?).await
    }

    /// Replaces a function by its next version; two changes at once can't undo each other.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, function: &Function) -> Result<Change, StoreError> {
        change(&self.table, function_item(function)?, function.version).await
    }

    /// Removes a function. Says whether there was one. Whoever held it keeps the bare name: clients that require it go on letting them in,
    /// and it lets them do nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, name: &FunctionName) -> Result<bool, StoreError> {
        remove(&self.table, Key::listed(Listed::Function, name.as_str())).await
    }
}

impl Customers {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The customer of this short name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, name: &CustomerName) -> Result<Option<Customer>, StoreError> {
        let item = self.table.get(Key::listed(Listed::Customer, name.as_str())).await?;
        item.map(customer).transpose()
    }

    /// All customers, by short name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list(&self) -> Result<Vec<Customer>, StoreError> {
        let items = self.table.query(Listed::Customer.partition(), "").await?;
        items.into_iter().map(customer).collect()
    }

    /// Makes a customer that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create(&self, customer: &Customer) -> Result<Creation, StoreError> {
        create(&self.table, customer_item(customer)?).await
    }

    /// Replaces a customer by its next version; two changes at once can't undo each other.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change(&self, customer: &Customer) -> Result<Change, StoreError> {
        change(&self.table, customer_item(customer)?, customer.version).await
    }

    /// Removes a customer. Says whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove(&self, name: &CustomerName) -> Result<bool, StoreError> {
        remove(&self.table, Key::listed(Listed::Customer, name.as_str())).await
    }

    /// All domains, by name; the default one first, which is always there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn domains(&self) -> Result<Vec<Domain>, StoreError> {
        let items = self.table.query(Listed::Domain.partition(), "").await?;
        let stored = items.into_iter().map(domain);
        [Ok(Domain::default_one())].into_iter().chain(stored).collect()
    }

    /// The domain of this name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn domain(&self, name: &DomainName) -> Result<Option<Domain>, StoreError> {
        let default = Domain::default_one();
        if *name == default.name {
            return Ok(Some(default));
        }
        self.table.get(Key::listed(Listed::Domain, name.as_str())).await?.map(domain).transpose()
    }

    /// The customer and the domain that somebody belongs to, of those that are asked for: one round trip, or none where there is
    /// nothing to look for.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn belonging(
        &self,
        of: Option<&CustomerName>,
        in_: Option<&DomainName>,
    ) -> Result<Belonging, StoreError> {
        let default = in_.map(|_| Domain::default_one()).filter(|default| Some(&default.name) == in_);
        let customer_key = of.map(|name| Key::listed(Listed::Customer, name.as_str()));
        let domain_key =
            in_.filter(|_| default.is_none()).map(|name| Key::listed(Listed::Domain, name.as_str()));
        let keys: Vec<_> = customer_key.iter().chain(&domain_key).cloned().collect();
        if keys.is_empty() {
            return Ok(Belonging { customer: None, domain: default });
        }
        let mut items = Items(self.table.get_all(keys).await?);
        Ok(Belonging {
            customer: customer_key.map(|key| items.take(&key, customer)).transpose()?.flatten(),
            domain: domain_key.map(|key| items.take(&key, domain)).transpose()?.flatten().or(default),
        })
    }

    /// Makes a domain that is new.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create_domain(&self, domain: &Domain) -> Result<Creation, StoreError> {
        if domain.name == DomainName::default() {
            return Ok(Creation::NameTaken);
        }
        let key = Key::listed(Listed::Domain, domain.name.as_str());
        let item = DomainItem { pk: key.pk, sk: domain.name.clone(), id: domain.id };
        let item = serde_dynamo::to_item(item).map_err(StoreError::corrupt("domain"))?;
        create(&self.table, item).await
    }

    /// Removes a domain. Says whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_domain(&self, name: &DomainName) -> Result<bool, StoreError> {
        remove(&self.table, Key::listed(Listed::Domain, name.as_str())).await
    }
}

async fn create(table: &Table, item: Item) -> Result<Creation, StoreError> {
    Ok(match table.put_new(item).await? {
        Conditional::Done(()) => Creation::Made,
        Conditional::Failed(_) => Creation::NameTaken,
    })
}

async fn change(table: &Table, item: Item, version: u64) -> Result<Change, StoreError> {
    let before = values([(":before", number(version.saturating_sub(1)))]);
    Ok(match table.replace(item, "version = :before", before).await? {
        Conditional::Done(()) => Change::Made,
        Conditional::Failed(_) => Change::Outdated,
    })
}

async fn remove(table: &Table, key: Key) -> Result<bool, StoreError> {
    let deleted = table.delete(key, "attribute_exists(pk)", Values::new()).await?;
    Ok(matches!(deleted, Conditional::Done(())))
}

fn function_item(function: &Function) -> Result<Item, StoreError> {
    let item = FunctionItem {
        pk: Listed::Function.partition().to_owned(),
        sk: function.name.clone(),
        id: function.id,
        description: function.description.clone(),
        permissions: function.permissions.clone(),
        version: function.version,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("function"))
}

fn function(item: Item) -> Result<Function, StoreError> {
    let item: FunctionItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("function"))?;
    Ok(Function {
        id: item.id,
        name: item.sk,
        description: item.description,
        permissions: item.permissions,
        version: item.version,
    })
}

fn customer_item(customer: &Customer) -> Result<Item, StoreError> {
    let item = CustomerItem {
        pk: Listed::Customer.partition().to_owned(),
        sk: customer.short_name.clone(),
        id: customer.id,
        name: customer.name.clone(),
        domain: customer.domain.clone(),
        version: customer.version,
    };
    serde_dynamo::to_item(item).map_err(StoreError::corrupt("customer"))
}

fn customer(item: Item) -> Result<Customer, StoreError> {
    let item: CustomerItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("customer"))?;
    Ok(Customer {
        id: item.id,
        short_name: item.sk,
        name: item.name,
        domain: item.domain,
        version: item.version,
    })
}

fn domain(item: Item) -> Result<Domain, StoreError> {
    let item: DomainItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("domain"))?;
    Ok(Domain { id: item.id, name: item.sk })
}
