//! What may be written into the directory: the rule of every member, for the administrators' JSON interface and for the operator's program
//! alike. The members are those of Argus where it has them.
//!
//! A member that is absent leaves things as they are, and an empty text takes away what need not be there. What is wrong is noted under the
//! member's name, all of it at once. A function here answers nothing where it noted something; [`Fields::finish`] tells what.

pub mod customer;
pub mod function;
pub mod user;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::customer::{Customer, Domain, DomainName};
use crate::fields::Fields;
use crate::function::{Function, Functions};
use crate::id::Number;

/// The most characters of what is shown to people.
const LONGEST: usize = 200;

/// What the rule is for what is shown to people.
const SHOWN: &str = "must be 1 to 200 characters that can be shown";

/// What is said of a customer that isn't there.
pub const NO_CUSTOMER: &str = "must be the short name or number of a customer";

/// What is said of a domain that isn't there.
pub const NO_DOMAIN: &str = "must be the name or number of a domain";

/// What the rule is for the names of the directory.
const NAME: &str = "must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone";

/// What somebody else has already.
pub const TAKEN: &str = "is taken";

/// What can't be changed.
const FIXED: &str = "never changes";

/// What is in the directory already, for members that refer to it.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Every function.
    pub functions: &'a Functions,
    /// Every customer.
    pub customers: &'a [Customer],
    /// Every domain.
    pub domains: &'a [Domain],
    /// The domain of what names none: that of whoever makes it.
    pub home: &'a DomainName,
}

impl<'a> Known<'a> {
    /// The function that `reference` names, by name or by number.
    #[must_use]
    pub fn function(&self, reference: &str) -> Option<&'a Function> {
        self.functions.find(reference)
    }

    /// The customer that `reference` names, by short name or by number.
    #[must_use]
    pub fn customer(&self, reference: &str) -> Option<&'a Customer> {
        find_customer(self.customers, reference)
    }

    /// The domain that `reference` names, by name or by number.
    #[must_use]
    pub fn domain(&self, reference: &str) -> Option<&'a Domain> {
        find_domain(self.domains, reference)
    }
}

/// The customer that `reference` names, by short name or by number.
#[must_use]
pub fn find_customer<'a>(customers: &'a [Customer], reference: &str) -> Option<&'a Customer> {
    let id = Number::parse(reference);
    let named = |customer: &&Customer| match id {
        Some(id) => customer.id == id,
        None => customer.short_name.as_str() == reference,
    };
    customers.iter().find(named)
}

/// The domain that `reference` names, by name or by number.
#[must_use]
pub fn find_domain<'a>(domains: &'a [Domain], reference: &str) -> Option<&'a Domain> {
    let id = Number::parse(reference);
    let named = |domain: &&Domain| match id {
        Some(id) => domain.id == id,
        None => domain.name.as_str() == reference,
    };
    domains.iter().find(named)
}

/// Reads what is shown to people: without the space around it.
fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let fine = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    fine.then(|| text.to_owned())
}

/// A text that may be taken away again, by an empty one.
fn removable<T>(
    fields: &mut Fields<'_>,
    field: &str,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    fields.parsed(field, expected, |text| match text {
        "" => Some(None),
        _ => parse(text).map(Some),
    })
}

/// Something by its name, or by its number, which JSON may have as a number.
fn referred<T>(
    fields: &mut Fields<'_>,
    field: &str,
    expected: &'static str,
    find: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let found = fields.value(field).map(|value| found(value, find))?;
    if found.is_none() {
        fields.refuse(field, expected);
    }
    found
}

fn found<T>(value: &Value, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(name) => find(name),
        Value::Number(number) => find(&number.as_u64()?.to_string()),
        _ => None,
    }
}

/// All of an array by their names or numbers. A single one counts as an array of it.
fn found_all<T: Ord>(value: &Value, find: impl Fn(&str) -> Option<T>) -> Option<BTreeSet<T>> {
    match value {
        Value::Array(values) => values.iter().map(|value| found(value, &find)).collect(),
        one => found(one, find).map(|found| [found].into()),
    }
}

/// Notes that `field` is there and other than `now`, which it must not be.
fn unchanged(fields: &mut Fields<'_>, field: &str, now: &str) {
    if fields.text(field).is_some_and(|text| text != now) {
        fields.refuse(field, FIXED);
    }
}
