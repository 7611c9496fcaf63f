//! What things refer to, as the JSON interfaces show it: by name and, as long as the directory has it, by number.

use std::collections::BTreeSet;

use domain::client::SecurityLevel;
use domain::customer::{CustomerName, DomainName};
use domain::function::FunctionName;
use domain::id::Number;
use serde::Serialize;

use super::find::Directory;

/// A function or a domain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Named {
    /// Its number; none any more if it was removed.
    pub id: Option<Number>,
    /// Its name.
    pub name: String,
}

/// A customer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerRef {
    /// Its number; none any more if it was removed.
    pub id: Option<Number>,
    /// Its short name.
    pub short_name: String,
    /// Its name.
    pub name: String,
    /// The domain it is in.
    pub domain: Named,
}

/// A security level in words, the same as on the command line.
pub(super) const fn level(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::External => "external",
        SecurityLevel::Standard => "standard",
        SecurityLevel::Administrative => "administrative",
    }
}

impl Directory {
    pub(super) fn named_function(&self, name: &FunctionName) -> Named {
        Named { id: self.functions.get(name).map(|function| function.id), name: name.to_string() }
    }

    pub(super) fn named_functions(&self, names: &BTreeSet<FunctionName>) -> Vec<Named> {
        names.iter().map(|name| self.named_function(name)).collect()
    }

    pub(super) fn named_domain(&self, name: &DomainName) -> Named {
        let found = self.domains.iter().find(|domain| domain.name == *name);
        Named { id: found.map(|domain| domain.id), name: name.to_string() }
    }

    pub(super) fn named_customer(&self, name: &CustomerName) -> CustomerRef {
        let found = self.customers.iter().find(|customer| customer.short_name == *name);
        let domain = found.map(|customer| customer.domain.clone()).unwrap_or_default();
        CustomerRef {
            id: found.map(|customer| customer.id),
            short_name: name.to_string(),
            name: found.map_or_else(|| name.to_string(), |customer| customer.name.clone()),
            domain: self.named_domain(&domain),
        }
    }
}
