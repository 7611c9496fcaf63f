//! What is noted of requests for tokens: how often a secret is hashed, and what is put on record.

use domain::ClientId;
use domain::client::{Authentication, Client};
use domain::password::PasswordHash;
use serde_json::{Value, json};
use testkit::actors::{Request, SECRET};

use crate::log;
use crate::token_scene::{STANDARD, Scene, TOKEN};

const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";

/// A call of the portal's with this secret.
fn call(scene: &Scene, path: &str, secret: &str) -> Request {
    let call = scene.gatelet.post(path).with("client_id", &scene.portal.id).with("client_secret", secret);
    match path {
        STANDARD | TOKEN => call.with("grant_type", "client_credentials"),
        _ => call.with("token", "garbage"),
    }
}

/// How often a call that ends so has a secret hashed: Argon2 takes tens of milliseconds, and each time says so in the log.
async fn hashed(request: Request, status: u16) -> usize {
    log::listen();
    assert_eq!(request.await.status(), status);
    log::heard().matches("client secret hashed").count()
}

#[tokio::test]
async fn a_secret_that_was_right_is_known_again_without_hashing_it() {
    let scene = Scene::new().await;
    // Functions share no memory: each has to hash it once.
    for (path, hashes) in [(TOKEN, 1), (STANDARD, 0), (TOKEN, 0), (INTROSPECT, 1), (REVOKE, 1)] {
        assert_eq!(hashed(call(&scene, path, SECRET), 200).await, hashes, "{path}");
    }
    for path in [TOKEN, STANDARD, INTROSPECT, REVOKE] {
        for _ in 0..3 {
            assert_eq!(hashed(call(&scene, path, SECRET), 200).await, 0, "{path}");
        }
        // Whoever guesses waits each time, whether or not the right one is known; and nobody forgets that one meanwhile.
        for wrong in ["another", "another", "mySecretPasswor"] {
            assert_eq!(hashed(call(&scene, path, wrong), 401).await, 1, "{path}");
        }
        assert_eq!(hashed(call(&scene, path, SECRET), 200).await, 0, "{path}");
    }
    // In the header it is the same secret.
    let by_header = || scene.gatelet.post(TOKEN).with("grant_type", "client_credentials");
    assert_eq!(hashed(by_header().basic(&scene.portal.id, SECRET), 200).await, 0);
}

#[tokio::test]
async fn a_secret_is_known_for_half_a_minute_and_for_one_client_and_version() {
    let scene = Scene::new().await;
    assert_eq!(hashed(call(&scene, TOKEN, SECRET), 200).await, 1);
    let other = scene.gatelet.bounded_client("other", "myAccessFunction", "DATASTORE-VIEWER").await;
    let asks = |id: &str| call(&scene, TOKEN, SECRET).with("client_id", id);
    assert_eq!(hashed(asks(&other.id), 200).await, 1, "that it is the same secret is nobody's knowledge");
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    assert_eq!(hashed(call(&scene, TOKEN, SECRET), 200).await, 1);
    assert_eq!(hashed(call(&scene, TOKEN, SECRET), 200).await, 0);

    let clients = &scene.gatelet.table.store.clients;
    let before = clients.find(ClientId::parse(&scene.portal.id).unwrap()).await.unwrap().unwrap();
    let secret = PasswordHash::new("another", &scene.gatelet.table.entropy).unwrap();
    let authentication = Authentication::Chosen { secret };
    let after = Client { authentication, version: before.version + 1, ..before.clone() };
    clients.change(&before, &after).await.unwrap();
    // In the second half of the minute, a client that was read anew meets a secret that is still remembered.
    scene.gatelet.table.clock.advance(domain::time::Seconds(29));
    assert_eq!(hashed(call(&scene, TOKEN, SECRET), 200).await, 0);
    scene.gatelet.table.clock.advance(domain::time::Seconds(1));
    assert_eq!(hashed(call(&scene, TOKEN, SECRET), 401).await, 1);
    assert_eq!(hashed(call(&scene, TOKEN, "another"), 200).await, 1);
    assert_eq!(hashed(call(&scene, TOKEN, "another"), 200).await, 0);
}

/// The only event since, as far as it says who did what.
fn event() -> Value {
    let record = log::record();
    let [event] = &record[..] else { panic!("{record:?}") };
    let mut told = json!({});
    for field in
        ["audit.event", "client.id", "user.id", "session.id", "grant.type", "scope", "reason", "level"]
    {
        if let Some(value) = event.get(field) {
            told[field] = value.clone();
        }
    }
    told
}

#[tokio::test]
async fn s53_who_calls_from_outside_the_range_is_on_record() {
    let scene = Scene::new().await;
    log::listen();
    let call = call(&scene, TOKEN, SECRET).from_address("192.0.2.1".parse().unwrap()).await;
    assert_eq!(call.status(), 401);
    let expected = json!({
        "audit.event": "token.refused",
        "client.id": scene.portal.id,
        "grant.type": "client_credentials",
        "reason": "client calls from outside its addresses",
        "level": "WARN",
    });
    assert_eq!(event(), expected);
}

#[tokio::test]
async fn what_a_script_gets_is_on_record_under_its_user() {
    let scene = Scene::new().await;
    log::listen();
    let answer = scene.by_key().with("scope", "openid profile").await;
    let mut expected = json!({
        "audit.event": "token.issued",
        "client.id": scene.portal.id,
        "user.id": scene.alice.id,
        "grant.type": "client_credentials",
        "scope": "openid profile",
        "level": "INFO",
    });
    assert_eq!(event(), expected);
    assert_eq!(log::counted(), [("TokensIssued".to_owned(), 1)]);
    let (_, secret) = scene.key.rsplit_once('/').unwrap();
    for text in [secret, &answer.member("access_token").unwrap(), &answer.member("id_token").unwrap()] {
        assert!(!log::heard().contains(text), "{text} is in the log");
    }
    scene.strip().await;
    log::listen();
    scene.by_key().await;
    let members = expected.as_object_mut().unwrap();
    members.remove("scope");
    members.insert("audit.event".to_owned(), json!("token.refused"));
    members.insert("reason".to_owned(), json!("user lacks the function that the client requires"));
    members.insert("level".to_owned(), json!("WARN"));
    assert_eq!(event(), expected);
}

#[tokio::test]
async fn a_session_that_asks_is_on_record_as_the_one_that_the_token_ends_with() {
    let scene = Scene::new().await;
    let (_, session) = scene.signed_in().await;
    log::listen();
    scene.script(&scene.portal).bearer(&session).await;
    assert!(event()["session.id"].is_string(), "{}", event());
    assert!(!log::heard().contains(&session));
}

#[tokio::test]
async fn introspection_is_nobodys_event_wherever_it_is_asked_for() {
    let scene = Scene::new().await;
    let token = scene.by_key().await.member("access_token").unwrap();
    log::listen();
    scene.portal.post(TOKEN).with("token", &token).await;
    scene.gatelet.post(TOKEN).with("token", &token).await;
    assert!(log::record().is_empty());
}
