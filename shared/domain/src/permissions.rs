//! What a session may do: the permissions of the functions its user holds, cut down to what the session was handed.
//!
//! A delegated session (an access token) may do what its user may do *now*, within the client's permission scope, within the scope that
//! was granted. Nothing here ever adds to an operand, which property tests hold it to.

use std::collections::{BTreeMap, BTreeSet};

use oauth::Scope;

use crate::client::{Bounds, Client, SecurityLevel};
use crate::function::{FunctionName, Functions, Granted, permission};
use crate::name::{CustomerName, Permission};
use crate::user::User;

/// What may be done, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// For every customer or, where the session is confined to one, for that one.
    pub everywhere: BTreeSet<Permission>,
    /// What may be done for single customers beyond that.
    pub by_customer: BTreeMap<CustomerName, BTreeSet<Permission>>,
}

impl Permissions {
    /// Everything that these functions let do.
    #[must_use]
    pub fn of(granted: &Granted, functions: &Functions) -> Self {
        let of = |names: &BTreeSet<FunctionName>| -> BTreeSet<Permission> {
            names.iter().flat_map(|name| functions.permissions(name)).cloned().collect()
        };
        let by_customer = granted.by_customer.iter().map(|(customer, names)| (customer.clone(), of(names)));
        Self { everywhere: of(&granted.globally), by_customer: by_customer.collect() }.tidied()
    }

    /// What may be done for one customer, and nothing for any other.
    #[must_use]
    pub fn confined(mut self, customer: &CustomerName) -> Self {
        let own = self.by_customer.remove(customer).unwrap_or_default();
        self.everywhere.extend(own);
        Self { everywhere: self.everywhere, by_customer: BTreeMap::new() }
    }

    /// Those of them that `keep` keeps.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&Permission) -> bool) -> Self {
        self.everywhere.retain(&keep);
        self.by_customer.values_mut().for_each(|permissions| permissions.retain(&keep));
        self.tidied()
    }

    /// Whether `permission` is there for every customer, or for the one that the session is confined to.
    #[must_use]
    pub fn has(&self, permission: &str) -> bool {
        self.everywhere.iter().any(|own| own.as_str() == permission)
    }

    /// Whether `permission` is there for anybody at all.
    #[must_use]
    pub fn has_for_any(&self, permission: &str) -> bool {
        let mut all = self.by_customer.values().chain([&self.everywhere]).flatten();
        all.any(|own| own.as_str() == permission)
    }

    /// Whether `permission` is there for `customer`, or for every customer.
    #[must_use]
    pub fn has_for(&self, permission: &str, customer: Option<&CustomerName>) -> bool {
        let own = customer.and_then(|customer| self.by_customer.get(customer));
        self.has(permission) || own.is_some_and(|own| own.iter().any(|own| own.as_str() == permission))
    }

    /// Without what a customer's own permissions repeat.
    fn tidied(mut self) -> Self {
        for permissions in self.by_customer.values_mut() {
            permissions.retain(|permission| !self.everywhere.contains(permission));
        }
        self.by_customer.retain(|_, permissions| !permissions.is_empty());
        self
    }
}

/// What a user may do in person: with an API key, a session or a signed JWT.
#[must_use]
pub fn in_person(user: &User, limit: Option<&BTreeSet<FunctionName>>, functions: &Functions) -> Permissions {
    let granted = limit.map(|limit| user.functions.limited(limit));
    let permissions = Permissions::of(granted.as_ref().unwrap_or(&user.functions), functions);
    permissions.filtered(|own| {
        own.as_str() != permission::ADMINISTER || user.security_level == SecurityLevel::Administrative
    })
}

/// A user's session in a client's hands.
#[derive(Clone, Copy, Debug)]
pub struct Delegation<'a> {
    /// Who delegates.
    pub user: &'a User,
    /// The functions that it draws on, where those are fewer than the user's: an API key's.
    pub limit: Option<&'a BTreeSet<FunctionName>>,
    /// To whom.
    pub client: &'a Client,
    /// What was granted: of what was requested, and is permitted.
    pub scope: &'a Scope,
    /// The scopes of the operator's own APIs.
    pub api_scopes: &'a Scope,
}

impl Delegation<'_> {
    /// What the session may do.
    ///
    /// A permission that is named as one of the API scopes is there only if that scope was granted. To a client without a permission
    /// scope nothing else is handed over at all.
    #[must_use]
    pub fn permissions(&self, functions: &Functions) -> Permissions {
        let own = in_person(self.user, self.limit, functions);
        let granted = |own: &Permission| self.scope.contains(own.as_str());
        let Some(bounds) = &self.client.bounds else { return own.filtered(granted) };
        let within: BTreeSet<_> = functions.permissions(&bounds.permission_scope).collect();
        // The service is nobody's own: who is confined to a customer does not administer it, whatever they may do for the customer.
        let administers = self.level() == SecurityLevel::Administrative && bounds.customer.is_none();
        let confined = match &bounds.customer {
            Some(customer) => own.confined(customer),
            None => own,
        };
        confined.filtered(|own| {
            within.contains(own)
                && (granted(own) || !self.api_scopes.contains(own.as_str()))
                && (own.as_str() != permission::ADMINISTER || administers)
        })
    }

    /// The session's security level: the user's, up to the client's.
    #[must_use]
    pub fn level(&self) -> SecurityLevel {
        let most =
            self.client.bounds.as_ref().map_or(SecurityLevel::External, |bounds| bounds.max_security_level);
        self.user.security_level.min(most)
    }
}

impl Bounds {
    /// Whether somebody with these functions is let in.
    #[must_use]
    pub fn admit(&self, granted: &Granted) -> bool {
        granted.holds(&self.required_function, self.customer.as_ref())
    }
}

impl Client {
    /// Whether `user`, drawing on no more than `limit`, is let in: has the required function, for the client's customer where it has
    /// one. A client that requires none lets everybody in.
    #[must_use]
    pub fn admits(&self, user: &User, limit: Option<&BTreeSet<FunctionName>>) -> bool {
        self.bounds.as_ref().is_none_or(|bounds| match limit {
            Some(limit) => bounds.admit(&user.functions.limited(limit)),
            None => bounds.admit(&user.functions),
        })
    }

    /// The customer that its sessions are confined to.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerName> {
        self.bounds.as_ref()?.customer.as_ref()
    }
}

#[cfg(test)]
mod tests;
