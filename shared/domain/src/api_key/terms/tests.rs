use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Holder, Limits, Terms, lifetime};
use crate::entropy::{Entropy, SystemEntropy};
use crate::function::{Function, FunctionName, Functions, Granted};
use crate::id::{Number, UserId};
use crate::time::{Seconds, UnixTime};
use crate::user::{User, Username};

const OWN: Limits = Limits { ordinary: Seconds::days(90), longest: Some(Seconds::days(90)) };
const ANY: Limits = Limits { ordinary: Seconds::days(90), longest: None };

fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).unwrap()
}

fn names(texts: &[&str]) -> BTreeSet<FunctionName> {
    texts.iter().copied().map(name).collect()
}

fn functions() -> Functions {
    let function = |(id, text): (u64, &str)| Function {
        id: Number::fixed(id),
        name: name(text),
        description: None,
        permissions: [].into(),
        version: 1,
    };
    Functions::new([(1001, "read"), (1002, "write"), (1003, "other")].map(function))
}

/// Somebody who holds `read` everywhere and `write` for a customer.
fn user() -> User {
    let mut user = User::new(
        UserId::generate(&SystemEntropy as &dyn Entropy),
        Username::parse("alice").unwrap(),
        UnixTime(0),
    );
    user.functions = Granted::globally(names(&["read"]));
    user.functions.by_customer.insert("mycustomer".to_owned().try_into().unwrap(), names(&["write"]));
    user
}

fn read(object: &Value, limit: Option<&[&str]>) -> Result<Terms, Vec<(String, &'static str)>> {
    let (user, functions, limit) = (user(), functions(), limit.map(names));
    let holder = Holder { user: &user, limit: limit.as_ref(), functions: &functions };
    Terms::read(object.as_object().unwrap(), &holder, OWN)
        .map_err(|errors| errors.into_iter().map(|error| (error.field, error.message)).collect())
}

/// The request with other members, at the place where the key is good anywhere.
fn anywhere(mut object: Value) -> Value {
    object["description"] = json!("Backup");
    object["disableSourceRestriction"] = json!(true);
    object
}

fn refused(object: &Value) -> Vec<String> {
    read(object, None).unwrap_err().into_iter().map(|(field, _)| field).collect()
}

fn ranges(object: &Value) -> Vec<String> {
    read(object, None).unwrap().addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn a_key_is_for_something() {
    for description in [
        json!(null),
        json!(""),
        json!("  "),
        json!("<b>"),
        json!("50%"),
        json!("a\u{0}b"),
        json!(1),
        json!("x".repeat(1001)),
    ] {
        let object = json!({"description": description, "disableSourceRestriction": true});
        assert_eq!(refused(&object), ["description"], "{description}");
    }
    let usual = "Backup, nightly (R\u{f8}ros): \"a\\b\" = {c}; d?\n\te_f";
    let object = json!({"description": format!(" {usual} "), "disableSourceRestriction": true});
    assert_eq!(read(&object, None).unwrap().description, usual);
}

#[test]
fn a_key_is_bound_to_addresses_unless_the_request_says_it_is_not() {
    let given = |object: Value| {
        let mut object = object;
        object["description"] = json!("Backup");
        object
    };
    for (object, expected) in [
        (json!({"validSources": ["192.0.2.7"]}), vec!["192.0.2.7/32"]),
        (json!({"validSources": "192.0.2.0/24"}), vec!["192.0.2.0/24"]),
        (json!({"validSources": [{"address": "192.0.2.0", "maskBits": 24}]}), vec!["192.0.2.0/24"]),
        (json!({"validSources": [{"address": "::ffff:192.0.2.9"}]}), vec!["192.0.2.9/32"]),
        (
            json!({"source": {"provider": "staticIP", "staticOptions": {"ipAddresses": ["2001:db8::/32"]}}}),
            vec!["2001:db8::/32"],
        ),
        (
            json!({"source": {"provider": "staticIP"}, "validSources": ["192.0.2.7", "192.0.2.7"]}),
            vec!["192.0.2.7/32"],
        ),
        (json!({"source": {"provider": "disabled"}}), vec![]),
        (json!({"disableSourceRestriction": true}), vec![]),
    ] {
        assert_eq!(ranges(&given(object.clone())), expected, "{object}");
    }
    for (object, field) in [
        (json!({}), "validSources"),
        (json!({"disableSourceRestriction": false}), "validSources"),
        (json!({"validSources": []}), "validSources"),
        (json!({"validSources": [""]}), "validSources"),
        (json!({"validSources": ["example.com"]}), "validSources"),
        (json!({"validSources": [{"address": "192.0.2.0", "maskBits": 33}]}), "validSources"),
        (json!({"validSources": [{"maskBits": 24}]}), "validSources"),
        (json!({"validSources": vec!["192.0.2.7"; 101]}), "validSources"),
        (json!({"source": {"provider": "staticIP"}}), "validSources"),
        (json!({"source": {"provider": "disabled"}, "validSources": ["192.0.2.7"]}), "validSources"),
        (json!({"source": {"provider": "aws"}}), "source.provider"),
        (json!({"source": {"provider": "azure", "azureOptions": {}}}), "source.provider"),
        (json!({"source": {"provider": "github"}}), "source.provider"),
        (json!({"source": {"provider": "Disabled"}}), "source.provider"),
        (json!({"source": {}}), "source.provider"),
        (json!({"source": "disabled"}), "source"),
        (
            json!({"source": {"provider": "staticIP", "staticOptions": {}}}),
            "source.staticOptions.ipAddresses",
        ),
        (
            json!({"source": {"provider": "staticIP", "staticOptions": {"ipAddresses": []}}}),
            "source.staticOptions.ipAddresses",
        ),
    ] {
        assert_eq!(refused(&given(object.clone())), [field], "{object}");
    }
}

#[test]
fn a_key_ends_as_late_as_may_be() {
    let length = |object: Value, limits| lifetime(object.as_object().unwrap(), limits);
    let days = |days| Ok(Some(Seconds::days(days)));
    assert_eq!(length(json!({}), OWN), days(90));
    assert_eq!(length(json!({"expirationDays": 7, "disableExpiration": false}), OWN), days(7));
    assert_eq!(length(json!({"expirationDays": 90}), OWN), days(90));
    assert_eq!(length(json!({"expirationDays": 365}), ANY), days(365));
    for forever in [
        json!({"expirationDays": 0}),
        json!({"disableExpiration": true}),
        json!({"expirationDays": 0, "disableExpiration": true}),
    ] {
        assert_eq!(length(forever.clone(), ANY), Ok(None));
        assert!(length(forever.clone(), OWN).is_err(), "{forever}");
    }
    for wrong in [
        json!({"expirationDays": 91}),
        json!({"expirationDays": -1}),
        json!({"expirationDays": 1.5}),
        json!({"expirationDays": "7"}),
        json!({"disableExpiration": "yes"}),
        json!({"expirationDays": u64::MAX}),
        json!({"expirationDays": 7, "disableExpiration": true}),
    ] {
        assert!(length(wrong.clone(), OWN).is_err(), "{wrong}");
    }
    assert!(length(json!({"expirationDays": u64::MAX}), ANY).is_err());
    assert!(length(json!({"expirationDays": 7, "disableExpiration": true}), ANY).is_err());
}

#[test]
fn a_key_draws_on_functions_that_are_there_for_it() {
    let drawn = |constraints: Value, limit: Option<&[&str]>| {
        let object = anywhere(json!({"sessionConstraints": constraints}));
        let read = read(&object, limit);
        read.map(|terms| terms.functions).map_err(|errors| errors[0].0.clone())
    };
    assert_eq!(drawn(json!(null), None), Ok(None));
    assert_eq!(drawn(json!({}), None), Ok(None));
    assert_eq!(drawn(json!({"function": ["read"]}), None), Ok(Some(names(&["read"]))));
    assert_eq!(
        drawn(json!({"function": "write", "functionID": [1001]}), None),
        Ok(Some(names(&["read", "write"])))
    );
    assert_eq!(drawn(json!({"readOnly": false}), Some(&["read"])), Ok(Some(names(&["read"]))));
    assert_eq!(drawn(json!(null), Some(&["read"])), Ok(Some(names(&["read"]))));
    assert_eq!(drawn(json!({"function": ["read"]}), Some(&["read"])), Ok(Some(names(&["read"]))));
    for (constraints, limit, field) in [
        (json!({"function": ["other"]}), None, "function"),
        (json!({"function": ["none"]}), None, "function"),
        (json!({"function": ["administrator"]}), None, "function"),
        (json!({"function": ["read", "write"]}), Some(["read"].as_slice()), "function"),
        (json!({"functionID": [1002]}), Some(&["read"]), "functionID"),
        (json!({"functionID": [9]}), None, "functionID"),
        (json!({"functionID": ["1001"]}), None, "functionID"),
        (json!({"functionID": []}), None, "functionID"),
        (json!({"function": []}), None, "function"),
        (json!({"function": [1]}), None, "function"),
        (json!({"customerID": [7]}), None, "customerID"),
        (json!({"readOnly": true}), None, "readOnly"),
    ] {
        let field = format!("sessionConstraints.{field}");
        assert_eq!(drawn(constraints.clone(), limit), Err(field), "{constraints}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let object =
        json!({"expirationDays": 0, "source": {"provider": "aws"}, "sessionConstraints": {"readOnly": true}});
    assert_eq!(
        read(&object, None).unwrap_err(),
        [
            ("description".to_owned(), "must be given"),
            ("source.provider".to_owned(), "is not supported"),
            ("sessionConstraints.readOnly".to_owned(), "is not supported"),
            ("expirationDays".to_owned(), "a key without an end is not permitted"),
        ]
    );
}

#[test]
fn what_is_made_of_the_terms() {
    let (user, now) = (user(), UnixTime(1_000));
    let terms = read(&anywhere(json!({"expirationDays": 1})), Some(&["read"])).unwrap();
    let (key, secret) = terms.clone().key(&user, &SystemEntropy, now);
    assert_eq!((key.user, key.secret, key.created_at), (user.id, secret.digest(), now));
    assert_eq!((key.expires_at, &key.functions), (Some(now + Seconds::days(1)), &terms.functions));
    let forever = Terms { lifetime: None, ..terms };
    assert_eq!(forever.key(&user, &SystemEntropy, now).0.expires_at, None);
}

proptest! {
    /// A key made with a key never draws on more than that one (S55).
    #[test]
    fn s55_no_key_draws_on_more_than_the_one_it_was_made_with(
        asked in prop::collection::vec(prop::sample::select(vec!["read", "write", "other", "administrator"]), 0..4),
        limit in prop::option::of(prop::collection::vec(prop::sample::select(vec!["read", "write", "other"]), 0..3)),
    ) {
        let object = anywhere(json!({"sessionConstraints": {"function": asked}}));
        if let Ok(terms) = read(&object, limit.as_deref()) {
            let drawn = terms.functions.unwrap();
            prop_assert!(drawn.is_subset(&names(&["read", "write"])));
            prop_assert!(limit.is_none_or(|limit| drawn.is_subset(&names(&limit))));
        }
    }
}
