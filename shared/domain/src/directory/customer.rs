//! Customers and domains, as administrators write them.

use super::{Known, NAME, NO_DOMAIN, SHOWN, TAKEN, referred, shown, unchanged};
use crate::customer::{Customer, CustomerName, Domain, DomainName};
use crate::fields::Fields;
use crate::id::Number;

/// What is said of a domain or customer that others refer to.
pub const IN_USE: &str = "is in use";

/// What is said of the domain that is always there.
pub const BUILT_IN: &str = "is always there and can't be removed";

/// A new domain: `name`.
pub fn create_domain(fields: &mut Fields<'_>, id: Number) -> Option<Domain> {
    fields.require("name");
    let name = fields.parsed("name", NAME, |text| DomainName::parse(text).ok())?;
    if name == DomainName::default() {
        fields.refuse("name", TAKEN);
    }
    fields.is_fine().then_some(Domain { id, name })
}

/// A new customer: `shortName`, `name`, and `domain`, which is that of whoever makes it where none is named.
pub fn create(fields: &mut Fields<'_>, id: Number, known: &Known<'_>) -> Option<Customer> {
    fields.require("shortName");
    let short_name = fields.parsed("shortName", NAME, |text| CustomerName::parse(text).ok());
    fields.require("name");
    let name = fields.parsed("name", SHOWN, shown);
    let domain = referred(fields, "domain", NO_DOMAIN, |reference| known.domain(reference));
    let domain = domain.map_or_else(|| known.home.clone(), |domain| domain.name.clone());
    let customer = Customer { id, short_name: short_name?, name: name?, domain, version: 1 };
    fields.is_fine().then_some(customer)
}

/// A customer as it is to be: `name`. It is `before` itself where nothing changes, and its next version otherwise.
pub fn change(fields: &mut Fields<'_>, before: &Customer, known: &Known<'_>) -> Option<Customer> {
    unchanged(fields, "shortName", before.short_name.as_str());
    let domain = referred(fields, "domain", NO_DOMAIN, |reference| known.domain(reference));
    if domain.is_some_and(|domain| domain.name != before.domain) {
        fields.refuse("domain", super::FIXED);
    }
    let name = fields.parsed("name", SHOWN, shown);
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    if after != *before {
        after.version += 1;
    }
    fields.is_fine().then_some(after)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{change, create, create_domain};
    use crate::customer::{Customer, Domain, DomainName};
    use crate::directory::Known;
    use crate::fields::{FieldError, Fields};
    use crate::function::Functions;
    use crate::id::Number;

    fn with<T>(
        members: &Value,
        read: impl FnOnce(&mut Fields<'_>, &Known<'_>) -> Option<T>,
    ) -> Result<T, Vec<FieldError>> {
        let home = DomainName::parse("HOME").unwrap();
        let domains = [Domain::default_one(), Domain { id: Number::fixed(5), name: home.clone() }];
        let functions = Functions::default();
        let known = Known { functions: &functions, customers: &[], domains: &domains, home: &home };
        let mut fields = Fields::new(members.as_object().unwrap());
        let read = read(&mut fields, &known);
        fields.finish(read)
    }

    fn made(members: &Value) -> Result<Customer, Vec<FieldError>> {
        with(members, |fields, known| create(fields, Number::fixed(7), known))
    }

    #[test]
    fn a_customer_is_in_the_domain_that_is_named_or_at_home() {
        for (domain, read) in [
            (Value::Null, "HOME"),
            (json!("DEFAULT"), "DEFAULT"),
            (json!(5), "HOME"),
            (json!("1"), "DEFAULT"),
        ] {
            let customer =
                made(&json!({"shortName": "mine", "name": " My customer ", "domain": domain})).unwrap();
            assert_eq!((customer.domain.as_str(), customer.name.as_str()), (read, "My customer"));
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_customer_is_said() {
        let errors = made(&json!({"shortName": "12", "name": "", "domain": "nowhere"})).unwrap_err();
        let named: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(named, ["shortName", "name", "domain"]);
        assert_eq!(made(&json!({})).unwrap_err().len(), 2);
    }

    #[test]
    fn only_the_name_of_a_customer_changes() {
        let before = made(&json!({"shortName": "mine", "name": "Mine"})).unwrap();
        let changed = |members: Value| with(&members, |fields, known| change(fields, &before, known));
        for same in [json!({}), json!({"shortName": "mine", "name": "Mine", "domain": "HOME"})] {
            assert_eq!(changed(same).unwrap(), before);
        }
        let after = changed(json!({"name": "Ours"})).unwrap();
        assert_eq!((after.name.as_str(), after.version), ("Ours", 2));
        let errors = changed(json!({"shortName": "ours", "domain": "DEFAULT"})).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.message).collect::<Vec<_>>(), ["never changes"; 2]);
    }

    #[test]
    fn a_domain_has_a_name_of_its_own() {
        let made =
            |name: Value| with(&json!({"name": name}), |fields, _| create_domain(fields, Number::fixed(9)));
        assert_eq!(made(json!("EU")).unwrap().name.as_str(), "EU");
        for (name, message) in [
            (json!("DEFAULT"), "is taken"),
            (json!(null), "must be given"),
            (json!(3), "must be a string"),
            (json!("3"), super::NAME),
        ] {
            assert_eq!(made(name).unwrap_err()[0].message, message);
        }
    }
}
