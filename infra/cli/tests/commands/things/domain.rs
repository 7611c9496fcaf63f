//! `gatelet domain`.

use serde_json::json;

use super::number;
use crate::given::Given;

#[tokio::test]
async fn a_domain_from_beginning_to_end() {
    let given = Given::table().await;
    let mut made = given.told("domain add EU");
    let id = number(&mut made["data"]["id"]);
    assert!(id < 1 << 31, "Argus knows domains by 31 bits: {id}");
    assert_eq!(made, json!({"data": {"id": 0, "name": "EU"}}));
    assert_eq!(given.told("domain list")["data"][0], json!({"id": 1, "name": "DEFAULT"}));
    assert_eq!(given.told(&format!("domain show {id}"))["data"]["name"], "EU");

    given.told("customer add acme --name Acme --domain EU");
    let used = given.refused("domain remove EU --yes", 1);
    assert_eq!(
        used,
        ("domain EU is in use: 1 customer".to_owned(), "change or remove them first".to_owned())
    );
    given.told("customer remove acme --yes");
    given.told("domain remove EU --yes");
    assert_eq!(given.told("domain list")["count"], 1);
    for (line, code, error) in [
        ("domain add DEFAULT", 2, "NAME is taken"),
        ("domain remove DEFAULT --yes", 1, "domain DEFAULT is always there and can't be removed"),
        ("domain show EU", 1, "there is no domain EU"),
    ] {
        assert_eq!(given.refused(line, code).0, error, "{line}");
    }
    let set = given.does("domain set EU");
    assert_eq!((set.code, set.err.contains("unrecognized subcommand 'set'")), (Some(2), true), "{set:?}");
}
