//! The rules of users, each by itself.

use serde_json::{Value, json};

use super::{OWN, change, create, password};
use crate::client::SecurityLevel;
use crate::customer::{Customer, CustomerName, Domain, DomainName};
use crate::directory::Known;
use crate::fields::{FieldError, Fields};
use crate::function::{Function, FunctionName, Functions};
use crate::id::{Number, UserId};
use crate::password::{LONGEST, SHORTEST};
use crate::time::UnixTime;
use crate::user::User;

const NOW: UnixTime = UnixTime(100);

fn with<T>(
    members: &Value,
    read: impl FnOnce(&mut Fields<'_>, &Known<'_>) -> Option<T>,
) -> Result<T, Vec<FieldError>> {
    let eu = DomainName::parse("EU").unwrap();
    let customer = |id, name: &str, domain: &DomainName| Customer {
        id: Number::fixed(id),
        short_name: CustomerName::parse(name).unwrap(),
        name: name.to_owned(),
        domain: domain.clone(),
        version: 1,
    };
    let functions = Functions::new([Function {
        id: Number::fixed(7),
        name: FunctionName::parse("reader").unwrap(),
        description: None,
        permissions: [].into(),
        version: 1,
    }]);
    let home = DomainName::default();
    let known = Known {
        functions: &functions,
        customers: &[customer(21, "mine", &home), customer(22, "european", &eu)],
        domains: &[Domain::default_one(), Domain { id: Number::fixed(3), name: eu }],
        home: &home,
    };
    let mut fields = Fields::new(members.as_object().unwrap());
    let read = read(&mut fields, &known);
    fields.finish(read)
}

fn id(last: u8) -> UserId {
    UserId::parse(&format!("8f14e45f-ceea-867a-9a3b-2e1c5d7f9b0{last}")).unwrap()
}

fn made(members: &Value) -> Result<User, Vec<FieldError>> {
    with(members, |fields, known| create(fields, id(1), UnixTime(1), known))
}

fn changed(before: &User, by: Option<UserId>, members: &Value) -> Result<User, Vec<FieldError>> {
    with(members, |fields, known| change(fields, before, by, NOW, known))
}

fn fields(result: Result<User, Vec<FieldError>>) -> Vec<String> {
    result.unwrap_err().into_iter().map(|error| error.field).collect()
}

fn alice() -> User {
    made(&json!({
        "username": "Alice", "name": "Alice", "email": "alice@example.com", "emailVerified": true,
        "phone": "+47 12 34 56 78", "picture": "https://example.com/alice.png", "groups": ["b", "a", "b"],
        "functions": "administrator", "securityLevel": "administrative",
        "customer": 21, "customerFunctions": {"mine": [7], "22": ["reader"], "21": []},
    }))
    .unwrap()
}

#[test]
fn a_user_is_made_of_its_members() {
    let alice = alice();
    assert_eq!((alice.username.as_str(), alice.version, alice.updated_at), ("alice", 1, UnixTime(1)));
    assert_eq!(alice.profile.groups, ["a", "b"]);
    assert_eq!(alice.customer.as_ref().unwrap().as_str(), "mine");
    assert!(alice.is_administrator() && alice.may_act());
    let by_customer: Vec<_> = alice.functions.by_customer.keys().map(CustomerName::as_str).collect();
    assert_eq!(by_customer, ["european", "mine"]);
    let bare = made(&json!({"username": "bob"})).unwrap();
    assert_eq!(bare, User::new(id(1), bare.username.clone(), UnixTime(1)));
}

#[test]
fn each_member_has_its_rule() {
    for (field, values) in [
        ("username", json!([null, "", "two words", "a/b", "x".repeat(65), id(2).to_string(), 7])),
        ("name", json!([" ", "x".repeat(201), "a\tb", 7])),
        (
            "email",
            json!([
                "alice",
                "@example.com",
                "alice@",
                "a b@example.com",
                format!("a@{}", "x".repeat(253)),
                []
            ]),
        ),
        ("emailVerified", json!(["yes", 1, true])),
        ("phone", json!(["none", "+", "1".repeat(33), 47])),
        (
            "picture",
            json!([
                "http://example.com/a",
                "a.png",
                "data:,x",
                "https://a@example.com/",
                format!("https://example.com/{}", "x".repeat(2048))
            ]),
        ),
        ("groups", json!(["a,b", [""], [7], {}, (0..101).map(|n| n.to_string()).collect::<Vec<_>>()])),
        ("customer", json!(["nobody", "Mine", 99, 1.5, [], "21.0"])),
        ("domain", json!(["nowhere", 99, ""])),
        ("enabled", json!(["yes", 0])),
        ("blocked", json!(["no", 1])),
        ("securityLevel", json!(["", "Standard", "high", 1])),
        ("functions", json!(["unknown", ["reader", "unknown"], [99], {}, "administrator"])),
        (
            "customerFunctions",
            json!([[], "reader", {"nobody": ["reader"]}, {"mine": ["unknown"]}, {"mine": ["administrator"]}]),
        ),
    ] {
        for value in values.as_array().unwrap() {
            let mut members = json!({"username": "bob"});
            members[field] = value.clone();
            assert_eq!(fields(made(&members)), [field], "{members}");
        }
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let members =
        json!({"username": "bob", "name": "\n", "email": "bob", "blocked": "no", "functions": ["x"]});
    assert_eq!(fields(made(&members)), ["name", "email", "blocked", "functions"]);
}

#[test]
fn a_change_that_changes_nothing_is_no_next_version() {
    let alice = alice();
    for same in [
        json!({}),
        json!({"username": "ALICE", "name": " Alice ", "groups": ["b", "a"], "domain": 1, "blocked": false}),
        json!({"name": null, "customerFunctions": {"21": ["7"], "european": "reader"}}),
    ] {
        assert_eq!(changed(&alice, None, &same).unwrap(), alice, "{same}");
    }
    let after =
        changed(&alice, None, &json!({"name": "", "phone": "", "picture": "", "groups": []})).unwrap();
    assert_eq!((after.version, after.updated_at), (2, NOW));
    assert_eq!((after.profile.name, after.profile.phone_number, after.profile.picture), (None, None, None));
    assert_eq!((after.profile.groups, after.profile.email.is_some()), (vec![], true));
    assert_eq!(
        fields(changed(&alice, None, &json!({"username": "bob", "password": "x"}))),
        ["username", "password"]
    );
}

#[test]
fn another_address_is_not_verified() {
    let alice = alice();
    let verified = |members| changed(&alice, None, &members).unwrap().profile.email_verified;
    assert!(verified(json!({"email": "alice@example.com"})) && verified(json!({"name": "A"})));
    assert!(!verified(json!({"email": "alice@example.org"})) && !verified(json!({"email": ""})));
    assert!(verified(json!({"email": "alice@example.org", "emailVerified": true})));
    assert_eq!(
        fields(changed(&alice, None, &json!({"email": "", "emailVerified": true}))),
        ["emailVerified"]
    );
}

#[test]
fn a_user_is_in_the_domain_of_its_customer() {
    let alice = alice();
    let place = |members: Value| {
        let after = changed(&alice, None, &members).unwrap();
        (after.customer.map(String::from).unwrap_or_default(), String::from(after.domain))
    };
    assert_eq!(place(json!({"customer": "european"})), ("european".to_owned(), "EU".to_owned()));
    assert_eq!(place(json!({"customer": ""})), (String::new(), "DEFAULT".to_owned()));
    assert_eq!(place(json!({"customer": "", "domain": "EU"})), (String::new(), "EU".to_owned()));
    for wrong in [json!({"domain": "EU"}), json!({"customer": "european", "domain": "DEFAULT"})] {
        assert_eq!(fields(changed(&alice, None, &wrong)), ["domain"]);
    }
}

#[test]
fn whoever_administers_has_the_level_for_it() {
    let bob = made(&json!({"username": "bob"})).unwrap();
    let functions = json!({"functions": ["administrator"]});
    assert_eq!(fields(changed(&bob, None, &functions)), ["functions"]);
    let both = json!({"functions": ["administrator"], "securityLevel": "administrative"});
    let bob = changed(&bob, None, &both).unwrap();
    assert!(bob.is_administrator());
    assert_eq!(fields(changed(&bob, None, &json!({"securityLevel": "standard"}))), ["securityLevel"]);
    let neither = json!({"functions": [], "securityLevel": "standard"});
    assert_eq!(changed(&bob, None, &neither).unwrap().security_level, SecurityLevel::Standard);
}

#[test]
fn nobody_shuts_out_themselves() {
    let alice = alice();
    for (members, field) in [
        (json!({"enabled": false}), "enabled"),
        (json!({"blocked": true}), "blocked"),
        (json!({"functions": ["reader"]}), "functions"),
        (json!({"functions": [], "securityLevel": "external"}), "functions"),
    ] {
        let errors = changed(&alice, Some(alice.id), &members).unwrap_err();
        assert_eq!(errors, [FieldError { field: field.to_owned(), message: OWN }]);
        assert!(changed(&alice, Some(id(2)), &members).is_ok() && changed(&alice, None, &members).is_ok());
    }
    assert!(changed(&alice, Some(alice.id), &json!({"functions": ["administrator", "reader"]})).is_ok());
}

#[test]
fn a_password_is_judged() {
    let judged = |value: Value| with(&json!({"password": value}), |fields, _| password(fields));
    assert_eq!(*judged(json!("fifteen letters")).unwrap(), "fifteen letters");
    let long = "long ago ".repeat(LONGEST);
    for (value, message) in [
        (json!(null), "must be given".to_owned()),
        (json!(7), "must be a string".to_owned()),
        (json!("fourteen chars"), format!("must have at least {SHORTEST} characters")),
        (json!(long), format!("must have at most {LONGEST} bytes")),
        (json!("a tab\tis not typed"), super::said_of(crate::password::Weakness::Untypable).to_owned()),
        (json!("passwordpassword"), "must not be one part over and over".to_owned()),
    ] {
        assert_eq!(judged(value).unwrap_err()[0].message, message);
    }
}
