//! `gatelet customer`.

use serde_json::json;

use super::number;
use crate::given::Given;

#[tokio::test]
async fn a_customer_from_beginning_to_end() {
    let given = Given::table().await;
    given.told("domain add EU");
    let mut made = given.told("customer add acme --name Acme --domain EU");
    let id = number(&mut made["data"]["id"]);
    number(&mut made["data"]["domain"]["id"]);
    let acme = json!({"id": 0, "shortName": "acme", "name": "Acme", "domain": {"id": 0, "name": "EU"}});
    assert_eq!(made, json!({"data": acme}));
    assert_eq!(given.told(&format!("customer show {id}"))["data"]["shortName"], "acme");

    let changed = given.told("customer set acme --name Acme,Inc.");
    assert_eq!((&changed["changed"], &changed["data"]["name"]), (&json!(true), &json!("Acme,Inc.")));
    assert_eq!(given.told("customer set acme --name Acme,Inc.")["changed"], false);
    assert_eq!(given.told("customer list")["count"], 1);
    assert_eq!(given.told("customer remove acme -y")["data"]["shortName"], "acme");
    assert_eq!(given.told("customer list"), json!({"count": 0, "data": []}));
    assert_eq!(given.does("customer list").words(), "There are no customers.\n");
}

#[tokio::test]
async fn what_a_customer_can_not_be() {
    let given = Given::with_people().await;
    given.told("user set alice --customer acme");
    for (line, code, error) in [
        ("customer add acme --name Other", 1, "there is a customer acme already"),
        ("customer add other", 2, "--name must be given"),
        (
            "customer add 7 --name x --domain nowhere",
            2,
            "SHORT_NAME must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone; --domain must be the name or number of a domain",
        ),
        ("customer show other", 1, "there is no customer other"),
        ("customer remove acme --yes", 1, "customer acme is in use: 1 user"),
    ] {
        assert_eq!(given.refused(line, code).0, error, "{line}");
    }
}
