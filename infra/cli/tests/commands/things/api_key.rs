//! `gatelet api-key`.

use domain::UserId;
use domain::api_key::ApiKeyPrefix;
use domain::secret::ApiKeySecret;
use domain::time::Seconds;
use domain::token::Token;
use domain::user::Username;
use serde_json::json;

use super::{moment, number};
use crate::given::{Given, now};

async fn alice(given: &Given) -> UserId {
    given.store.users.id_of(&Username::parse("alice").unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_key_is_shown_once_and_is_good() {
    let given = Given::with_people().await;
    let mut made = given
        .told("api-key add alice --description Backup --address 192.0.2.7 --address 2001:db8::/32 --days 30");
    let text = made["data"]["apiKeyString"].take();
    let (prefix, secret) = Token::<ApiKeySecret>::parse(text.as_str().unwrap()).unwrap();
    let alice = alice(&given).await;
    let key = given.store.api_keys.find(alice, &prefix).await.unwrap().unwrap();
    assert_eq!(key.approve(&secret.digest(), Some([192, 0, 2, 7].into()), now()), Ok(()));
    assert_eq!(key.expires_at, Some(key.created_at + Seconds::days(30)));
    assert_eq!(made["data"]["keyDescriptor"]["validUntil"], key.expires_at.unwrap().0 * 1000);
    made["data"]["keyDescriptor"]["validUntil"] = json!(0);
    moment(&mut made["data"]["keyDescriptor"]["createdTimestamp"]);
    let descriptor = json!({
        "prefix": prefix, "description": "Backup", "createdTimestamp": 0, "validUntil": 0,
        "validSources": [
            {"address": "192.0.2.7", "maskBits": 32, "ipv6": false, "host": true, "multicast": false, "public": true},
            {"address": "2001:db8::", "maskBits": 32, "ipv6": true, "host": false, "multicast": false, "public": true},
        ],
        "source": {
            "provider": "staticIP", "staticOptions": {"ipAddresses": ["192.0.2.7/32", "2001:db8::/32"]},
        },
    });
    assert_eq!(made, json!({"data": {"apiKeyString": null, "keyDescriptor": descriptor}}));
    let shown =
        given.does(&format!("api-key show alice {prefix}")).out + &given.does("api-key list alice").out;
    assert!(!shown.contains("gtlu_"), "{shown}");
}

#[tokio::test]
async fn a_key_lasts_as_long_as_it_is_said() {
    let given = Given::with_people().await;
    given.told("user set alice --grant report-reader");
    let mut made = given.told("api-key add alice --description Reports --anywhere --function report-reader");
    let descriptor = &mut made["data"]["keyDescriptor"];
    number(&mut descriptor["constraints"]["functions"][0]["id"]);
    assert_eq!(
        descriptor["constraints"],
        json!({"functions": [{"id": 0, "name": "report-reader"}], "readOnly": false})
    );
    let prefix = descriptor["prefix"].as_str().unwrap().to_owned();
    let good = (descriptor["validUntil"].as_u64(), descriptor["createdTimestamp"].as_u64());
    assert_eq!(good.0.unwrap() - good.1.unwrap(), 90 * 24 * 3_600_000);
    let set = |days: &str| given.told(&format!("api-key set alice {prefix} {days}"));
    assert_eq!(set("--days 0")["data"]["validUntil"], 0);
    assert_eq!(set("--days 0")["changed"], false);
    assert!(set("")["data"]["validUntil"].as_u64() >= good.0);
    assert_eq!(
        given.told(&format!("api-key remove alice {prefix} --yes"))["data"]["prefix"],
        prefix.as_str()
    );
    let known = ApiKeyPrefix::parse(&prefix).unwrap();
    assert_eq!(given.store.api_keys.find(alice(&given).await, &known).await.unwrap(), None);
    assert_eq!(given.does("api-key list alice").words(), "There are no API keys of alice.\n");
}

#[tokio::test]
async fn what_is_wrong_is_said_of_the_option() {
    let given = Given::with_people().await;
    for (line, code, error) in [
        ("api-key add alice", 2, "--description must be given"),
        ("api-key add alice --description x", 2, "--address (or --anywhere) must be given"),
        (
            "api-key add alice --description x --address example.com",
            2,
            "--address (or --anywhere) must be 1 to 100 IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
        ),
        (
            "api-key add alice --description x --anywhere --function report-reader",
            2,
            "--function must be functions that the user holds and this credential draws on",
        ),
        ("api-key add nobody --description x --anywhere", 1, "there is no user nobody"),
        ("api-key show alice 1ab/2c", 1, "there is no API key 1ab/2c"),
        ("api-key set alice nonsense --days 1", 1, "there is no API key nonsense"),
    ] {
        assert_eq!(given.refused(line, code).0, error, "{line}");
    }
    let both = given.does("api-key add alice --description x --anywhere --address 192.0.2.1");
    assert_eq!((both.code, both.err.contains("cannot be used with")), (Some(2), true), "{both:?}");
}
