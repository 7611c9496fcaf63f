//! `gatelet user`.

use domain::password::{PasswordHash, Verdict};
use domain::user::Username;
use serde_json::json;

use super::{moment, number};
use crate::given::{Given, PASSWORD};

async fn verdict(given: &Given, name: &str, password: &str) -> Verdict {
    let name = Username::parse(name).unwrap();
    given.store.logins.find(&name).await.unwrap().unwrap().password.verify(password)
}

#[tokio::test]
async fn a_user_is_made_of_options() {
    let given = Given::with_people().await;
    let line = "user add Carol --name Carol --email carol@example.com --phone +4712345678 \
        --picture https://example.com/carol.png --group b --group a --customer acme --security-level external \
        --function report-reader --customer-function acme=report-reader --password-stdin --json";
    let made = given.run_with(&line.split_whitespace().collect::<Vec<_>>(), PASSWORD);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""), "{made:?}");
    let mut made = made.json();
    let data = &mut made["data"];
    let user = given.store.users.find_named(&Username::parse("carol").unwrap()).await.unwrap().unwrap();
    assert_eq!((&data["sub"], &data["id"]), (&json!(user.id), &json!(user.id.number())));
    (data["sub"], data["id"]) = (json!(null), json!(null));
    moment(&mut data["lastUpdatedTimestamp"]);
    for path in ["/customer/id", "/functions/0/id", "/customerFunctions/acme/0/id"] {
        number(data.pointer_mut(path).unwrap());
    }
    let expected = json!({
        "id": null, "sub": null, "username": "carol", "name": "Carol",
        "email": "carol@example.com", "emailVerified": false, "phone": "+4712345678",
        "picture": "https://example.com/carol.png", "groups": ["a", "b"],
        "customer": {"id": 0, "shortName": "acme", "name": "Acme"}, "domain": {"id": 1, "name": "DEFAULT"},
        "functions": [{"id": 0, "name": "report-reader"}],
        "customerFunctions": {"acme": [{"id": 0, "name": "report-reader"}]},
        "securityLevel": "external", "enabled": true, "blocked": false, "lastUpdatedTimestamp": 0,
    });
    assert_eq!(made, json!({"data": expected}));
    assert_eq!(verdict(&given, "carol", PASSWORD).await, Verdict::Right);
    assert!(!given.does("user show carol").out.contains(PASSWORD));
}

#[tokio::test]
async fn a_user_changes_only_where_it_is_said() {
    let given = Given::with_people().await;
    let set = |line: &str| given.told(&format!("user set alice {line}"));
    assert_eq!(set("--email alice@example.com --name Alice")["changed"], true);
    assert_eq!(set("--name Alice")["changed"], false);
    let blocked = set("--blocked");
    assert_eq!((&blocked["data"]["blocked"], &blocked["data"]["name"]), (&json!(true), &json!("Alice")));
    assert_eq!(set("--blocked=false --enabled=false")["data"]["enabled"], false);
    let gone = given.run(&["user", "set", "alice", "--email", "", "--enabled", "--json"]).json();
    assert_eq!((&gone["data"]["email"], &gone["data"]["enabled"]), (&json!(null), &json!(true)));
    assert_eq!(verdict(&given, "alice", PASSWORD).await, Verdict::Right);
    let other = "another horse altogether";
    let words = given.run_with(&["user", "set", "alice", "--password-stdin"], other).words();
    assert!(words.starts_with("Changed user alice.\n"), "{words}");
    assert_eq!(verdict(&given, "alice", other).await, Verdict::Right);
}

#[tokio::test]
async fn functions_are_granted_and_revoked_one_by_one() {
    let given = Given::with_people().await;
    given.told("function add writer");
    let held = |line: &str| {
        let data = given.told(&format!("user set alice {line}"))["data"].take();
        let names = |value: &serde_json::Value| -> Vec<String> {
            let named = value.as_array().into_iter().flatten();
            named.map(|function| function["name"].as_str().unwrap().to_owned()).collect()
        };
        (names(&data["functions"]), names(&data["customerFunctions"]["acme"]))
    };
    let lists = |global: &[&str], acme: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        (owned(global), owned(acme))
    };
    assert_eq!(held("--grant writer --grant acme=report-reader"), lists(&["writer"], &["report-reader"]));
    assert_eq!(held("--grant report-reader"), lists(&["report-reader", "writer"], &["report-reader"]));
    given.told("function remove writer --yes");
    assert_eq!(held("--revoke writer --revoke acme=report-reader"), lists(&["report-reader"], &[]));
    assert_eq!(held("--customer-function acme=report-reader"), lists(&["report-reader"], &["report-reader"]));
    let none =
        given.run(&["user", "set", "alice", "--function", "", "--customer-function", "", "--json"]).json();
    assert_eq!((&none["data"]["functions"], &none["data"]["customerFunctions"]), (&json!([]), &json!({})));
}

#[tokio::test]
async fn what_is_wrong_is_said_of_the_option() {
    let given = Given::with_people().await;
    for (line, code, error) in [
        ("user add alice --no-password", 1, "there is a user alice already"),
        ("user show nobody", 1, "there is no user nobody"),
        ("user show no/body", 1, "there is no user no/body"),
        ("user set alice", 2, "there is nothing to change"),
        ("user set alice --email nowhere", 2, "--email must be an address such as alice@example.com"),
        ("user set alice --function nothing", 2, "--function must be names or numbers of functions"),
        ("user set alice --customer nobody", 2, "--customer must be the short name or number of a customer"),
        ("user set alice --grant nothing", 1, "there is no function nothing"),
        ("user set alice --grant nobody=report-reader", 1, "there is no customer nobody"),
        ("user remove alice", 2, "there is no terminal to ask on whether that shall really be done"),
        ("user add bob", 2, "there is no terminal to ask for the password on"),
    ] {
        assert_eq!(given.refused(line, code).0, error, "{line}");
    }
    let both = given.does("user add bob --email x --phone y --no-password").failure(2);
    assert_eq!(
        both,
        "gatelet: these options are not right:
  --email must be an address such as alice@example.com
  --phone must be a telephone number of at most 32 characters, such as +47 12 34 56 78
  \u{2192} gatelet user add --help tells how they are written.\n"
    );
    let administers = given.refused("user set alice --grant administrator", 2).0;
    assert!(administers.starts_with("--grant "), "{administers}");
    assert_eq!(
        given.told("user set alice --grant administrator --security-level administrative")["changed"],
        true
    );
}

#[tokio::test]
async fn an_account_without_password_signs_in_nowhere() {
    let given = Given::with_people().await;
    given.told("user add backup --no-password");
    let login = given.store.logins.find(&Username::parse("backup").unwrap()).await.unwrap().unwrap();
    assert_eq!(login.password, PasswordHash::of_nobody());
}

#[tokio::test]
async fn users_are_found_by_keywords() {
    let given = Given::with_people().await;
    for name in ["bob", "carol"] {
        given.told(&format!("user add {name} --email {name}@example.com --no-password"));
    }
    let names = |line: &str| {
        let told = given.told(line);
        let names =
            told["data"].as_array().unwrap().iter().map(|user| user["username"].clone()).collect::<Vec<_>>();
        (told["count"].as_u64().unwrap(), names)
    };
    assert_eq!(names("user list"), (3, vec![json!("alice"), json!("bob"), json!("carol")]));
    assert_eq!(names("user list --keyword EXAMPLE.com --keyword b"), (1, vec![json!("bob")]));
    assert_eq!(names("user list --keyword example.com --limit 1"), (2, vec![json!("bob")]));
    assert!(given.does("user list --limit 1").words().ends_with("\n\nThe first 1 of 3 users.\n"));
    assert_eq!(given.does("user list --keyword x --keyword y").words(), "No user matches.\n");
}

#[tokio::test]
async fn a_user_is_removed_with_the_login() {
    let given = Given::with_people().await;
    assert_eq!(given.told("user remove alice --yes")["data"]["username"], "alice");
    assert!(given.store.logins.find(&Username::parse("alice").unwrap()).await.unwrap().is_none());
    assert_eq!(given.does("user list").words(), "There are no users.\n");
    given.told("user add alice --no-password");
}
