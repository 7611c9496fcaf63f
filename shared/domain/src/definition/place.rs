//! What a definition refers to: the customer and the domain of a client, and whatever else it is held against.

use serde_json::{Map, Value};

use crate::client::Client;
use crate::customer::{Customer, Domain};
use crate::fields::Fields;
use crate::function::Functions;
use crate::id::Number;
use crate::name::{CustomerName, DomainName};

/// Something of the directory, by its number or by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<N> {
    /// By its number.
    Number(Number),
    /// By its name.
    Name(N),
}

impl<N> Reference<N> {
    /// Reads a reference; none where the text is neither.
    #[must_use]
    pub fn parse<E>(text: &str, name: impl FnOnce(&str) -> Result<N, E>) -> Option<Self> {
        Number::parse(text).map(Self::Number).or_else(|| name(text).ok().map(Self::Name))
    }
}

/// What an object refers to and is to be looked up; functions are known as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referred {
    /// The customer to bind the client to.
    pub customer: Option<Reference<CustomerName>>,
    /// The domain the client is in.
    pub domain: Option<Reference<DomainName>>,
}

impl Referred {
    /// What `object` refers to, as far as it can be read; whether it can is asked later.
    #[must_use]
    pub fn of(object: &Map<String, Value>) -> Self {
        let text = |member| object.get(member).and_then(Value::as_str);
        Self {
            customer: text("customer").and_then(|text| Reference::parse(text, CustomerName::parse)),
            domain: text("domain").and_then(|text| Reference::parse(text, DomainName::parse)),
        }
    }
}

/// What an object is held against.
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    /// Every function there is.
    pub functions: &'a Functions,
    /// The customer that the object refers to, where it does and there is one.
    pub customer: Option<&'a Customer>,
    /// The domain that the object refers to, where it does and there is one.
    pub domain: Option<&'a Domain>,
    /// The domain of a client that none is said of: that of whoever defines it.
    pub own_domain: &'a DomainName,
}

/// The customer and the domain of a new client.
pub(super) fn place(
    fields: &mut Fields<'_>,
    directory: &Directory<'_>,
) -> (Option<CustomerName>, DomainName) {
    let domain = match (fields.text("domain"), directory.domain) {
        (Some(_), Some(domain)) => &domain.name,
        (Some(_), None) => {
            fields.refuse("domain", NO_DOMAIN);
            directory.own_domain
        }
        (None, _) => directory.own_domain,
    };
    let customer = match (fields.text("customer"), directory.customer) {
        (Some(_), Some(customer)) if customer.domain == *domain => Some(customer.short_name.clone()),
        (Some(_), Some(_)) => {
            fields.refuse("customer", "must be a customer of the client's domain");
            None
        }
        (Some(_), None) => {
            fields.refuse("customer", NO_CUSTOMER);
            None
        }
        (None, _) => None,
    };
    (customer, domain.clone())
}

const NO_DOMAIN: &str = "must be the name or number of a domain";
const NO_CUSTOMER: &str = "must be the short name or number of a customer";

/// A client stays where it was defined.
pub(super) fn same_place(fields: &mut Fields<'_>, directory: &Directory<'_>, client: &Client) {
    if fields.text("customer").is_some() {
        let named = directory.customer.map(|customer| &customer.short_name);
        if named.is_none() || named != client.customer() {
            fields.refuse("customer", "can't be changed");
        }
    }
    if fields.text("domain").is_some() && directory.domain.map(|domain| &domain.name) != Some(&client.domain)
    {
        fields.refuse("domain", "can't be changed");
    }
}
