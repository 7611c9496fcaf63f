//! `gatelet function`.

use serde_json::json;

use super::number;
use crate::given::Given;

#[tokio::test]
async fn a_function_from_beginning_to_end() {
    let given = Given::table().await;
    let mut made = given.told("function add reader --permission read --permission list --description Reads");
    let id = number(&mut made["data"]["id"]);
    let reader = json!({"id": 0, "name": "reader", "description": "Reads", "permissions": ["list", "read"]});
    assert_eq!(made, json!({"data": reader}));

    let mut list = given.told("function list");
    number(&mut list["data"][1]["id"]);
    let administrator = json!({
        "id": 1, "name": "administrator", "description": "Administers the service",
        "permissions": ["administer", "viewOAuthClients", "viewOAuthClientsDetails"],
    });
    assert_eq!(list, json!({"count": 2, "data": [administrator, reader]}));

    for reference in ["reader", &id.to_string()] {
        assert_eq!(given.told(&format!("function show {reference}"))["data"]["name"], "reader");
    }
    let changed = given.told("function set reader --permission read");
    assert_eq!((&changed["changed"], &changed["data"]["permissions"]), (&json!(true), &json!(["read"])));
    assert_eq!(changed["data"]["description"], "Reads", "what is not given stays");
    let none =
        given.run(&["function", "set", "reader", "--permission", "", "--description", "", "--json"]).json();
    assert_eq!((&none["data"]["permissions"], &none["data"]["description"]), (&json!([]), &json!(null)));
    assert_eq!(given.store.functions.list().await.unwrap().find("reader").unwrap().version, 3);

    assert_eq!(given.told("function remove reader --yes")["data"]["name"], "reader");
    assert_eq!(given.told("function list")["count"], 1);
}

#[tokio::test]
async fn nothing_changed_is_no_failure_and_no_write() {
    let given = Given::table().await;
    given.told("function add reader --permission read");
    let same = given.told("function set reader --permission read");
    assert_eq!(same["changed"], false);
    assert_eq!(
        given.does("function set reader --permission read").words(),
        "Nothing changed: function reader is like that already.\n"
    );
    assert_eq!(given.store.functions.list().await.unwrap().find("reader").unwrap().version, 1);
}

#[tokio::test]
async fn what_a_function_can_not_be() {
    let given = Given::table().await;
    given.told("function add reader");
    for (line, code, error, remedy) in [
        ("function add reader", 1, "there is a function reader already", ""),
        (
            "function add 12",
            2,
            "NAME must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone",
            "gatelet function add --help tells how they are written",
        ),
        (
            "function add administrator",
            2,
            "NAME is taken",
            "gatelet function add --help tells how they are written",
        ),
        (
            "function add a --permission b/c",
            2,
            "--permission must be names of 1 to 64 of the characters A-Z a-z 0-9 _ : . -",
            "gatelet function add --help tells how they are written",
        ),
        (
            "function show writer",
            1,
            "there is no function writer",
            "gatelet function list shows those that there are",
        ),
        (
            "function set reader",
            2,
            "there is nothing to change",
            "gatelet function set --help lists what can be",
        ),
        (
            "function set administrator --description x",
            1,
            "function administrator is always there and can't be changed",
            "",
        ),
        (
            "function remove administrator --yes",
            1,
            "function administrator is always there and can't be changed",
            "",
        ),
        (
            "function remove reader",
            2,
            "there is no terminal to ask on whether that shall really be done",
            "give --yes if it shall",
        ),
    ] {
        assert_eq!(given.refused(line, code), (error.to_owned(), remedy.to_owned()), "{line}");
    }
    assert_eq!(given.told("function list")["count"], 2);
}
