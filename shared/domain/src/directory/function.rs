//! Functions, as administrators write them.

use std::collections::BTreeSet;

use super::{NAME, SHOWN, TAKEN, removable, shown, unchanged};
use crate::fields::Fields;
use crate::function::{Function, FunctionName, Permission, permission};
use crate::id::Number;

/// What is said of a function that is always there.
pub const BUILT_IN: &str = "is always there and can't be changed";

/// A new function: `name`, and what [`change`] reads.
pub fn create(fields: &mut Fields<'_>, id: Number) -> Option<Function> {
    fields.require("name");
    let name = fields.parsed("name", NAME, |text| FunctionName::parse(text).ok());
    if name.as_ref().is_some_and(FunctionName::is_administrator) {
        fields.refuse("name", TAKEN);
    }
    let (description, permissions) = read(fields);
    let (description, permissions) = (description.flatten(), permissions.unwrap_or_default());
    let function = Function { id, name: name?, description, permissions, version: 1 };
    fields.is_fine().then_some(function)
}

/// A function as it is to be: `description` and `permissions`. It is `before` itself where nothing changes, and its next version
/// otherwise.
pub fn change(fields: &mut Fields<'_>, before: &Function) -> Option<Function> {
    unchanged(fields, "name", before.name.as_str());
    let (description, permissions) = read(fields);
    let mut after = before.clone();
    after.description = description.unwrap_or(after.description);
    after.permissions = permissions.unwrap_or(after.permissions);
    if after != *before {
        after.version += 1;
    }
    fields.is_fine().then_some(after)
}

fn read(fields: &mut Fields<'_>) -> (Option<Option<String>>, Option<BTreeSet<Permission>>) {
    let description = removable(fields, "description", SHOWN, shown);
    let expected = "must be an array of names of 1 to 64 of the characters A-Z a-z 0-9 _ : . -";
    let permissions = fields.parsed_all("permissions", expected, |text| Permission::parse(text).ok());
    let administers = |permissions: &BTreeSet<Permission>| {
        permissions.iter().any(|permission| permission.as_str() == permission::ADMINISTER)
    };
    if permissions.as_ref().is_some_and(administers) {
        fields.refuse("permissions", "can't hold administer, which only the function administrator has");
    }
    (description, permissions)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{change, create};
    use crate::fields::{FieldError, Fields};
    use crate::function::Function;
    use crate::id::Number;

    fn made(members: &Value) -> Result<Function, Vec<FieldError>> {
        let mut fields = Fields::new(members.as_object().unwrap());
        let function = create(&mut fields, Number::fixed(7));
        fields.finish(function)
    }

    #[test]
    fn a_function_is_a_name_for_permissions() {
        let function = made(&json!({"name": "reader", "permissions": ["read", "list", "read"]})).unwrap();
        assert_eq!((function.name.as_str(), function.permissions.len(), function.version), ("reader", 2, 1));
        assert_eq!(made(&json!({"name": "bare"})).unwrap().permissions.len(), 0);
    }

    #[test]
    fn what_a_function_can_not_be() {
        for (members, field) in [
            (json!({}), "name"),
            (json!({"name": "12"}), "name"),
            (json!({"name": "two words"}), "name"),
            (json!({"name": "administrator"}), "name"),
            (json!({"name": "a", "description": "x".repeat(201)}), "description"),
            (json!({"name": "a", "permissions": ["a b"]}), "permissions"),
            (json!({"name": "a", "permissions": {"a": 1}}), "permissions"),
            (json!({"name": "a", "permissions": ["administer"]}), "permissions"),
        ] {
            let errors = made(&members).unwrap_err();
            assert_eq!(
                errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
                [field],
                "{members}"
            );
        }
    }

    #[test]
    fn a_change_that_changes_nothing_is_no_next_version() {
        let before =
            made(&json!({"name": "reader", "description": "Reads", "permissions": ["read"]})).unwrap();
        let changed = |members: Value| {
            let mut fields = Fields::new(members.as_object().unwrap());
            let after = change(&mut fields, &before);
            fields.finish(after)
        };
        for members in
            [json!({}), json!({"name": "reader", "permissions": ["read"]}), json!({"description": null})]
        {
            assert_eq!(changed(members).unwrap(), before);
        }
        let after = changed(json!({"description": "", "permissions": []})).unwrap();
        assert_eq!((after.version, after.description, after.permissions), (2, None, [].into()));
        assert_eq!(changed(json!({"name": "writer"})).unwrap_err()[0].message, "never changes");
    }
}
