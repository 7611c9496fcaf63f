//! Functions: named sets of permissions (roles), granted to users everywhere or for one customer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::Number;
pub use crate::name::{CustomerName, FunctionName, Permission};

/// The function of those who administer the service. It is in no table: it is always there, and can't be changed.
pub const ADMINISTRATOR: &str = "administrator";
/// The number of [`ADMINISTRATOR`].
const ADMINISTRATOR_ID: Number = Number::fixed(1);

/// The permissions that mean something to the service itself. Any other means what an API says.
pub mod permission {
    /// To see the clients that one may be let in by.
    pub const VIEW_CLIENTS: &str = "viewOAuthClients";
    /// To see also where a client may come from, where it is answered, and what it is handed.
    pub const VIEW_CLIENT_DETAILS: &str = "viewOAuthClientsDetails";
    /// To change the directory and clients, whoever's they are. Only [`super::ADMINISTRATOR`] has it.
    pub const ADMINISTER: &str = "administer";
}

/// A role: a name for a set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its number.
    pub id: Number,
    /// Its name.
    pub name: FunctionName,
    /// What it is for.
    pub description: Option<String>,
    /// What it lets do.
    pub permissions: BTreeSet<Permission>,
    /// Counts changes, so that two at once can't undo each other.
    pub version: u64,
}

impl FunctionName {
    /// [`ADMINISTRATOR`].
    #[must_use]
    pub fn administrator() -> Self {
        named(ADMINISTRATOR)
    }

    /// Whether it is [`ADMINISTRATOR`].
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.as_str() == ADMINISTRATOR
    }
}

#[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
fn named(name: &str) -> FunctionName {
    FunctionName::parse(name).expect("a name")
}

/// Every function there is.
#[derive(Clone, Debug)]
pub struct Functions {
    by_name: BTreeMap<FunctionName, Function>,
}

impl Functions {
    /// The functions of the table, and the one that is always there.
    #[must_use]
    pub fn new(stored: impl IntoIterator<Item = Function>) -> Self {
        let mut by_name: BTreeMap<_, _> =
            stored.into_iter().map(|function| (function.name.clone(), function)).collect();
        by_name.insert(FunctionName::administrator(), Self::administrator());
        Self { by_name }
    }

    fn administrator() -> Function {
        let own = [permission::VIEW_CLIENTS, permission::VIEW_CLIENT_DETAILS, permission::ADMINISTER];
        Function {
            id: ADMINISTRATOR_ID,
            name: FunctionName::administrator(),
            description: Some("Administers the service".to_owned()),
            permissions: own.into_iter().filter_map(|name| Permission::parse(name).ok()).collect(),
            version: 0,
        }
    }

    /// The function of this name.
    #[must_use]
    pub fn get(&self, name: &FunctionName) -> Option<&Function> {
        self.by_name.get(name)
    }

    /// The function that `reference` names, by name or by number.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<&Function> {
        match Number::parse(reference) {
            Some(id) => self.iter().find(|function| function.id == id),
            None => self.get(&FunctionName::parse(reference).ok()?),
        }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Function> {
        self.by_name.values()
    }

    /// The permissions of a function; none where it is gone.
    pub fn permissions(&self, name: &FunctionName) -> impl Iterator<Item = &Permission> {
        self.get(name).into_iter().flat_map(|function| &function.permissions)
    }
}

impl Default for Functions {
    fn default() -> Self {
        Self::new([])
    }
}

/// The functions that a user has been granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Granted {
    /// For every customer, and where there is none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub globally: BTreeSet<FunctionName>,
    /// For single customers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_customer: BTreeMap<CustomerName, BTreeSet<FunctionName>>,
}

impl Granted {
    /// These functions, for every customer.
    #[must_use]
    pub fn globally(functions: impl IntoIterator<Item = FunctionName>) -> Self {
        Self { globally: functions.into_iter().collect(), by_customer: BTreeMap::new() }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.globally.is_empty() && self.by_customer.values().all(BTreeSet::is_empty)
    }

    /// Whether `function` is among them: for `customer`, or for any customer at all where none is named.
    #[must_use]
    pub fn holds(&self, function: &FunctionName, customer: Option<&CustomerName>) -> bool {
        let held = |functions: &BTreeSet<FunctionName>| functions.contains(function);
        held(&self.globally)
            || match customer {
                Some(customer) => self.by_customer.get(customer).is_some_and(held),
                None => self.by_customer.values().any(held),
            }
    }

    /// Those of them that are in `limit`.
    #[must_use]
    pub fn limited(&self, limit: &BTreeSet<FunctionName>) -> Self {
        let within = |functions: &BTreeSet<FunctionName>| functions & limit;
        Self {
            globally: within(&self.globally),
            by_customer: self
                .by_customer
                .iter()
                .map(|(customer, functions)| (customer.clone(), within(functions)))
                .filter(|(_, functions)| !functions.is_empty())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ADMINISTRATOR, CustomerName, Function, FunctionName, Functions, Granted, permission};
    use crate::id::Number;

    fn function(name: &str) -> FunctionName {
        FunctionName::parse(name).unwrap()
    }

    #[test]
    fn the_administrator_is_always_there_and_as_it_is() {
        let impostor = Function {
            id: Number::fixed(9),
            name: FunctionName::administrator(),
            description: None,
            permissions: [].into(),
            version: 1,
        };
        let functions = Functions::new([impostor]);
        let own = functions.find(ADMINISTRATOR).unwrap();
        assert_eq!((own.permissions.len(), functions.find("1")), (3, Some(own)));
        assert!(own.permissions.iter().any(|own| own.as_str() == permission::ADMINISTER));
        assert_eq!(functions.find("9"), None);
    }

    #[test]
    fn a_function_is_held_everywhere_or_for_a_customer() {
        let (mine, other) =
            (CustomerName::parse("mycustomer").unwrap(), CustomerName::parse("other").unwrap());
        let granted = Granted {
            globally: [function("everywhere")].into(),
            by_customer: [(mine.clone(), [function("here")].into())].into(),
        };
        assert!(granted.holds(&function("everywhere"), Some(&other)));
        assert!(granted.holds(&function("here"), Some(&mine)) && granted.holds(&function("here"), None));
        assert!(!granted.holds(&function("here"), Some(&other)));
        let limited = granted.limited(&[function("here")].into());
        assert!(limited.globally.is_empty() && limited.holds(&function("here"), Some(&mine)));
        assert_eq!(granted.limited(&[].into()), Granted::default());
    }
}
