//! Users, as administrators manage them.

use serde_json::{Value, json};
use testkit::actors::Person;

use crate::directory_scene::{Office, data, refused};

const PASSWORD: &str = "correct horse battery";

/// A new user with these members beside the password.
pub fn with(members: &Value) -> Value {
    let mut body = members.clone();
    body["password"] = json!(PASSWORD);
    body
}

#[tokio::test]
async fn a_user_is_made_with_all_that_there_is_and_shown_so() {
    let office = Office::new().await;
    let function = office.gatelet.function_of("reader", &["read"]).await;
    let customer = office.gatelet.customer("mycustomer").await;
    let members = json!({
        "username": "Alice", "name": "Alice", "email": "alice@example.com", "emailVerified": true,
        "phone": "+47 12 34 56 78", "picture": "https://example.com/alice.png", "groups": ["writers", "readers"],
        "customer": customer.id, "securityLevel": "administrative", "enabled": true, "blocked": false,
        "functions": ["administrator", function.id], "customerFunctions": {"mycustomer": ["reader"]},
    });
    let answer = office.post("user", &with(&members)).await;
    let mut made = data(&answer, 201);
    assert!(!answer.text().contains(PASSWORD));
    let alice =
        Person { id: made["sub"].as_str().and_then(domain::UserId::parse).unwrap(), ..office.root.clone() };
    assert_eq!(made["id"], json!(alice.id.number()));
    for reference in ["alice", "ALICE", &alice.id.to_string()] {
        assert_eq!(data(&office.get(&format!("user/{reference}")).await, 200), made, "{reference}");
    }
    let numbers = [&made["functions"][1]["id"], &made["customerFunctions"]["mycustomer"][0]["id"]];
    assert_eq!(numbers, [&json!(function.id); 2]);
    assert_eq!(made["customer"]["id"], json!(customer.id));
    for pointer in ["/id", "/sub", "/functions/1/id", "/customerFunctions/mycustomer/0/id", "/customer/id"] {
        *made.pointer_mut(pointer).unwrap() = json!("[id]");
    }
    insta::assert_json_snapshot!(made, @r#"
    {
      "blocked": false,
      "customer": {
        "id": "[id]",
        "name": "mycustomer of Example",
        "shortName": "mycustomer"
      },
      "customerFunctions": {
        "mycustomer": [
          {
            "id": "[id]",
            "name": "reader"
          }
        ]
      },
      "domain": {
        "id": 1,
        "name": "DEFAULT"
      },
      "email": "alice@example.com",
      "emailVerified": true,
      "enabled": true,
      "functions": [
        {
          "id": 1,
          "name": "administrator"
        },
        {
          "id": "[id]",
          "name": "reader"
        }
      ],
      "groups": [
        "readers",
        "writers"
      ],
      "id": "[id]",
      "lastUpdatedTimestamp": 1800000000000,
      "name": "Alice",
      "phone": "+47 12 34 56 78",
      "picture": "https://example.com/alice.png",
      "securityLevel": "administrative",
      "sub": "[id]",
      "username": "alice"
    }
    "#);
}

#[tokio::test]
async fn a_user_of_whom_little_is_said() {
    let office = Office::new().await;
    let mut made = data(&office.post("user", &with(&json!({"username": "bob"}))).await, 201);
    for member in ["id", "sub"] {
        made[member].take();
    }
    insta::assert_json_snapshot!(made, @r#"
    {
      "blocked": false,
      "customer": null,
      "customerFunctions": {},
      "domain": {
        "id": 1,
        "name": "DEFAULT"
      },
      "email": null,
      "emailVerified": false,
      "enabled": true,
      "functions": [],
      "groups": [],
      "id": null,
      "lastUpdatedTimestamp": 1800000000000,
      "name": null,
      "phone": null,
      "picture": null,
      "securityLevel": "standard",
      "sub": null,
      "username": "bob"
    }
    "#);
}

#[tokio::test]
async fn each_member_of_a_user_has_its_rule() {
    let office = Office::new().await;
    office.gatelet.person("taken").await;
    office.gatelet.customer("mine").await;
    let username = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ ~ + -, and no user's id";
    let functions = "must be an array of names or numbers of functions";
    for (field, value, message) in [
        ("username", json!(null), "must be given"),
        ("username", json!(7), "must be a string"),
        ("username", json!("two words"), username),
        ("username", json!(office.root.id.to_string()), username),
        ("username", json!("TAKEN"), "is taken"),
        ("password", json!(null), "must be given"),
        ("password", json!("short"), "must have at least 15 characters"),
        ("password", json!("adminadminadmin"), "must not be one part over and over"),
        ("name", json!("a\u{7}b"), "must be 1 to 200 characters that can be shown"),
        ("email", json!("alice"), "must be an address such as alice@example.com"),
        ("emailVerified", json!("yes"), "must be true or false"),
        ("emailVerified", json!(true), "needs an email"),
        (
            "phone",
            json!("none"),
            "must be a telephone number of at most 32 characters, such as +47 12 34 56 78",
        ),
        ("picture", json!("javascript:alert(1)"), "must be an https address"),
        (
            "groups",
            json!(["a,b"]),
            "must be an array of at most 100 names of 1 to 200 characters, without commas",
        ),
        ("groups", json!([1]), "must be an array of strings"),
        ("customer", json!("nobody"), "must be the short name or number of a customer"),
        ("domain", json!("nowhere"), "must be the name or number of a domain"),
        ("enabled", json!(1), "must be true or false"),
        ("blocked", json!("no"), "must be true or false"),
        ("securityLevel", json!("high"), "must be external, standard or administrative"),
        ("functions", json!(["unknown"]), functions),
        (
            "functions",
            json!(["administrator"]),
            "can't hold administrator below the securityLevel administrative",
        ),
        (
            "customerFunctions",
            json!({"nobody": []}),
            "must be an object of arrays of functions, by customers",
        ),
        (
            "customerFunctions",
            json!({"mine": "administrator"}),
            "can't hold administrator: the service isn't administered for one customer",
        ),
    ] {
        let mut body = with(&json!({"username": "bob"}));
        body[field] = value;
        let answer = office.post("user", &body).await;
        assert_eq!(refused(&answer), [(field.to_owned(), message.to_owned())], "{body}");
    }
    let many = json!({"username": "bob", "email": "x", "blocked": 0});
    let fields: Vec<_> =
        refused(&office.post("user", &many).await).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["email", "blocked", "password"]);
    assert_eq!(office.get("user/bob").await.status(), 404);
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_says_when_nothing_does() {
    let office = Office::new().await;
    let before = data(&office.post("user", &with(&json!({"username": "bob", "name": "Bob"}))).await, 201);
    office.gatelet.table.clock.advance(domain::time::Seconds(60));
    let same =
        json!({"username": "BOB", "name": "Bob", "groups": [], "securityLevel": "standard", "phone": null});
    let unchanged = office.put("user/bob", &same).await;
    assert_eq!(data(&unchanged, 220), before);
    let envelope = unchanged.json();
    assert_eq!((&envelope["count"], &envelope["size"]), (&json!(0), &json!(0)));
    let body = json!({"email": "bob@example.com", "emailVerified": true, "groups": ["readers"]});
    let changed = data(&office.put("user/bob", &body).await, 200);
    assert_eq!((&changed["name"], &changed["email"]), (&json!("Bob"), &json!("bob@example.com")));
    let later = before["lastUpdatedTimestamp"].as_u64().unwrap() + 60_000;
    assert_eq!(changed["lastUpdatedTimestamp"], json!(later));
    let changed = data(&office.put("user/bob", &json!({"name": "", "email": "bob@example.org"})).await, 200);
    assert_eq!((&changed["name"], &changed["emailVerified"]), (&json!(null), &json!(false)));
    let wrong = json!({"username": "robert", "password": PASSWORD});
    let refusals = refused(&office.put("user/bob", &wrong).await);
    let expected = [("username", "never changes"), ("password", "is set by itself")];
    assert_eq!(refusals, expected.map(|(field, message)| (field.to_owned(), message.to_owned())));
}

#[tokio::test]
async fn whoever_administers_keeps_the_level_for_it() {
    let office = Office::new().await;
    office.colleague("bob").await;
    let level = refused(&office.put("user/bob", &json!({"securityLevel": "standard"})).await);
    let message = "must be administrative for whoever holds the function administrator".to_owned();
    assert_eq!(level, [("securityLevel".to_owned(), message)]);
    data(&office.put("user/bob", &json!({"securityLevel": "standard", "functions": []})).await, 200);
    let again = json!({"functions": 1, "securityLevel": "administrative"});
    let shown = data(&office.put("user/bob", &again).await, 200);
    assert_eq!(shown["functions"], json!([{"id": 1, "name": "administrator"}]));
}

#[tokio::test]
async fn nobody_shuts_out_themselves() {
    let office = Office::new().await;
    let own = "can't be done by the administrator whom it shuts out".to_owned();
    for (body, field) in [
        (json!({"enabled": false}), "enabled"),
        (json!({"blocked": true}), "blocked"),
        (json!({"functions": []}), "functions"),
        (json!({"functions": [], "securityLevel": "standard"}), "functions"),
    ] {
        let refusals = refused(&office.put("user/root", &body).await);
        assert_eq!(refusals, [(field.to_owned(), own.clone())], "{body}");
    }
    for path in ["user/root".to_owned(), format!("user/{}", office.root.id)] {
        assert_eq!(refused(&office.delete(&path).await), [("user".to_owned(), own.clone())]);
    }
    let office = office.colleague("bob").await;
    data(&office.put("user/root", &json!({"blocked": true})).await, 200);
}
