//! A client's chosen secret (Argus's `clientSecret`), wherever clients authenticate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::ClientId;
use domain::client::{Authentication, Client};
use domain::password::PasswordHash;
use testkit::actors::{Request, SECRET};

use crate::token_scene::{STANDARD, Scene, TOKEN};

const PATHS: [&str; 5] =
    [STANDARD, TOKEN, "/oauth2/introspect", "/authentication/v1/oauth/token/introspect", "/oauth2/revoke"];

/// A call that says nothing yet of who calls.
fn call(scene: &Scene, path: &str) -> Request {
    let call = scene.gatelet.post(path);
    match path {
        STANDARD | TOKEN => call.with("grant_type", "client_credentials"),
        _ => call.with("token", "garbage"),
    }
}

#[tokio::test]
async fn it_is_presented_in_the_form_or_in_the_header_at_every_path() {
    let scene = Scene::new().await;
    let id = &scene.portal.id;
    for path in PATHS {
        let form = |secret: &str| call(&scene, path).with("client_id", id).with("client_secret", secret);
        let header = |secret: &str| {
            call(&scene, path)
                .header("Authorization", format!("Basic {}", BASE64.encode(format!("{id}:{secret}"))))
        };
        // The example of Argus's documentation has a line feed at the end of the header's credentials.
        for request in [form(SECRET), header(SECRET), header(&format!("{SECRET}\n"))] {
            assert_eq!(request.await.status(), 200, "{path}");
        }
        form(&format!("{SECRET}\n")).await.is_refused(401, "invalid_client", "client secret is wrong");
        for wrong in ["another", "mySecretPasswor", "mySecretPassword\n\n", "MYSECRETPASSWORD"] {
            for request in [form(wrong), header(wrong)] {
                let answer = request.await;
                answer.is_refused(401, "invalid_client", "client secret is wrong");
                assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"gatelet\""));
            }
        }
        let both = header(SECRET).with("client_secret", SECRET).await;
        both.is_refused(400, "invalid_request", "two client authentication methods");
    }
}

#[tokio::test]
async fn it_may_have_characters_that_forms_and_headers_encode() {
    let scene = Scene::new().await;
    let secret = "a:b%20c +\u{e6}";
    let hash = PasswordHash::new(secret, &scene.gatelet.table.entropy).unwrap();
    let change = |client: &mut Client| client.authentication = Authentication::Chosen { secret: hash };
    let client =
        scene.gatelet.bounded_client_but("odd", "myAccessFunction", "DATASTORE-VIEWER", change).await;
    for _ in 0..2 {
        let encoded = call(&scene, TOKEN).basic(&client.id, secret);
        let raw = BASE64.encode(format!("{}:{secret}", client.id));
        let raw = call(&scene, TOKEN).header("Authorization", format!("Basic {raw}"));
        let form = call(&scene, TOKEN).with("client_id", &client.id).with("client_secret", secret);
        for request in [encoded, raw, form] {
            assert_eq!(request.await.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_new_secret_takes_the_place_of_one_that_was_just_used() {
    let scene = Scene::new().await;
    let asks =
        |secret: &str| call(&scene, TOKEN).with("client_id", &scene.portal.id).with("client_secret", secret);
    assert_eq!(asks(SECRET).await.status(), 200);
    let clients = &scene.gatelet.table.store.clients;
    let before = clients.find(ClientId::parse(&scene.portal.id).unwrap()).await.unwrap().unwrap();
    let secret = PasswordHash::new("another", &scene.gatelet.table.entropy).unwrap();
    let authentication = Authentication::Chosen { secret };
    let after = Client { authentication, version: before.version + 1, ..before.clone() };
    clients.change(&before, &after).await.unwrap();
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    asks(SECRET).await.is_refused(401, "invalid_client", "client secret is wrong");
    assert_eq!(asks("another").await.status(), 200);
}

#[tokio::test]
async fn s29_a_confidential_client_can_not_do_without() {
    let scene = Scene::new().await;
    for path in PATHS.into_iter().filter(|path| *path != TOKEN) {
        let answer = call(&scene, path).with("client_id", &scene.portal.id).await;
        answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
    }
}
