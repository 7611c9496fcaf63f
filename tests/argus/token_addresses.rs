//! Where a client may call from when it asks for tokens (Argus's `clientIPRange`).

use serde_json::json;
use testkit::actors::{ADDRESS, Client, SECRET};

use crate::token_scene::{STANDARD, Scene, TOKEN};

const INSIDE: [&str; 6] = [
    "192.0.2.1",
    "192.0.2.255",
    "::ffff:192.0.2.1",
    "2001:db8:1::1",
    "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
    // The range is written as mapped addresses.
    "198.51.100.77",
];
const OUTSIDE: [&str; 7] = [
    "192.0.3.1",
    "203.0.113.7",
    "::ffff:203.0.113.7",
    // Compatible is not mapped (RFC 4291 section 2.5.5).
    "::192.0.2.1",
    "2001:db8:2::1",
    "::1",
    "198.51.101.77",
];
const REFUSED: (u16, &str, &str) = (401, "invalid_client", "client calls from outside its addresses");

async fn ranged(scene: &Scene) -> Client {
    let ranges = ["192.0.2.0/24", "2001:db8:1::/48", "::ffff:198.51.100.0/120"];
    let change = |client: &mut domain::client::Client| {
        client.addresses = ranges.iter().map(|range| range.parse().unwrap()).collect();
    };
    let client = scene.gatelet.bounded_client_but("ranged", "myAccessFunction", "DATASTORE-VIEWER", change);
    client.await.calling_from(INSIDE[0])
}

#[tokio::test]
async fn s53_a_client_asks_for_tokens_from_its_own_addresses_alone() {
    let scene = Scene::new().await;
    let client = ranged(&scene).await;
    for path in [STANDARD, TOKEN] {
        let asks =
            |address: &str| client.calling_from(address).post(path).with("grant_type", "client_credentials");
        for address in INSIDE {
            assert_eq!(asks(address).await.status(), 200, "{address}");
        }
        let before = scene.gatelet.table.items();
        for address in OUTSIDE {
            let (status, error, reason) = REFUSED;
            let answer = asks(address).await;
            answer.is_refused(status, error, reason);
            assert_eq!(answer.json()["error_description"], "Client authentication failed.");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"gatelet\""));
            // The header is anybody's word.
            let forwarded = asks(address).header("X-Forwarded-For", INSIDE[0]).await;
            forwarded.is_refused(status, error, reason);
        }
        assert_eq!(scene.gatelet.table.items(), before);
    }
}

#[tokio::test]
async fn s53_codes_and_refresh_tokens_stay_good_when_they_come_from_elsewhere() {
    let scene = Scene::new().await;
    let client = ranged(&scene).await;
    let asked = client.authorization_url();
    let code = scene.gatelet.browser().grant(&asked, &scene.alice).await.code().to_owned();
    let (status, error, reason) = REFUSED;
    let stray = client.calling_from(OUTSIDE[0]);
    stray.redeem(&asked, &code).await.is_refused(status, error, reason);
    let tokens = client.redeem(&asked, &code).await.tokens();
    stray.refresh(tokens.refresh()).await.is_refused(status, error, reason);
    client.calling_from(INSIDE[3]).refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn s53_the_secret_is_judged_first() {
    let scene = Scene::new().await;
    let client = ranged(&scene).await;
    let asks = scene.gatelet.post(TOKEN).with("grant_type", "client_credentials");
    let asks = asks.from_address(OUTSIDE[0].parse().unwrap()).with("client_id", &client.id);
    let wrong = asks.clone().with("client_secret", "another").await;
    wrong.is_refused(401, "invalid_client", "client secret is wrong");
    let (status, error, reason) = REFUSED;
    asks.with("client_secret", SECRET).await.is_refused(status, error, reason);
}

#[tokio::test]
async fn s53_the_range_is_for_asking_for_tokens_and_for_the_clients_own_calls() {
    let scene = Scene::new().await;
    let client = ranged(&scene).await;
    let stray = client.calling_from(&ADDRESS.to_string());
    // A user's script calls from wherever the user is.
    let answer = scene.script(&client).header("Argus-API-Key", &scene.key).await;
    let token = answer.member("access_token").unwrap_or_else(|| panic!("{answer:?}"));
    for path in ["/oauth2/introspect", "/authentication/v1/oauth/token/introspect", TOKEN] {
        let answer = stray.post(path).with("token", &token).await;
        assert_eq!((answer.status(), &answer.json()["active"]), (200, &json!(true)), "{answer:?}");
    }
    assert_eq!(stray.revoke(&token).await.status(), 200);
    assert!(!stray.is_active(&token).await);
}

#[tokio::test]
async fn s53_a_public_client_has_a_range_too() {
    let scene = Scene::new().await;
    let change = |client: &mut domain::client::Client| {
        client.authentication = domain::client::Authentication::Public;
        client.addresses = vec!["192.0.2.0/24".parse().unwrap()];
    };
    let client =
        scene.gatelet.bounded_client_but("spa", "myAccessFunction", "DATASTORE-VIEWER", change).await;
    let asked = client.authorization_url();
    let code = scene.gatelet.browser().grant(&asked, &scene.alice).await.code().to_owned();
    let (status, error, reason) = REFUSED;
    client.redeem(&asked, &code).await.is_refused(status, error, reason);
    client.calling_from("192.0.2.9").redeem(&asked, &code).await.tokens();
}
