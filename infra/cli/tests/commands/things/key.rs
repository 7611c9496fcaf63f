//! `gatelet key`.

use serde_json::json;

use super::moment;
use crate::given::Given;

/// Of RFC 8037 appendix A.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn file(name: &str, text: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn a_key_from_beginning_to_end() {
    let given = Given::with_people().await;
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": X});
    let path = file("public.jwk", &jwk.to_string());
    let mut made = given.told(&format!("key add alice --file {path} --description Backup"));
    moment(&mut made["data"]["createdTimestamp"]);
    let key = json!({
        "id": THUMBPRINT, "algorithm": "EdDSA", "publicKey": jwk, "description": "Backup", "createdTimestamp": 0,
    });
    assert_eq!(made, json!({"data": key}));
    assert_eq!(given.told(&format!("key add alice --file {path} --id backup"))["data"]["id"], "backup");
    assert_eq!(given.told("key list alice")["count"], 2);
    assert_eq!(given.told("key show alice backup")["data"]["publicKey"]["x"], X);
    given.told("key remove alice backup --yes");
    assert_eq!(given.told("key list alice")["data"][0]["id"], THUMBPRINT);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let given = Given::with_people().await;
    let public = file("again.jwk", &json!({"kty": "OKP", "crv": "Ed25519", "x": X}).to_string());
    let private = file("private.jwk", &json!({"kty": "OKP", "crv": "Ed25519", "x": X, "d": X}).to_string());
    given.told(&format!("key add alice --file {public} --id again"));
    let refused = |line: &str, code| given.refused(line, code).0;
    assert_eq!(
        refused(&format!("key add alice --file {public} --id again --description Other"), 1),
        "there is a key again already"
    );
    assert_eq!(
        refused(&format!("key add alice --file {private}"), 2),
        "--file is a private key: keep it to yourself, make another, and send the public one"
    );
    assert_eq!(
        refused(&format!("key add alice --file {public} --id a/b"), 2),
        "--id must be 1 to 64 letters, digits and _ . -"
    );
    assert!(refused("key add alice --file /nowhere", 2).starts_with("/nowhere can't be read: "));
    assert_eq!(refused("key show alice other", 1), "there is no key other");
    assert_eq!(
        refused("key remove alice again", 2),
        "there is no terminal to ask on whether that shall really be done"
    );
}
