//! Clients: registrations that can't undo each other, and a cache that is never older than it says.

use domain::client::{Authentication, Client};
use domain::token::Token;
use store::clients::{CACHE, Change};

use crate::given::Scene;

fn next_version(client: &Client, name: &str) -> Client {
    let mut next = client.clone();
    next.version += 1;
    next.about.name = name.to_owned();
    next
}

#[tokio::test]
async fn a_client_is_read_as_it_was_registered() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let public = Client {
        id: scene.other_client(),
        authentication: Authentication::Public,
        registration: None,
        post_logout_redirect_uris: vec![],
        scope: oauth::Scope::default(),
        ..scene.client.clone()
    };
    for client in [&scene.client, &public] {
        clients.register(client).await.unwrap();
        assert_eq!(clients.find(client.id).await.unwrap().as_ref(), Some(client));
    }
    assert_eq!(clients.find(scene.other_client()).await.unwrap(), None);
}

#[tokio::test]
async fn a_client_id_is_registered_once() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    let intruder = Client { authentication: Authentication::Public, ..scene.client.clone() };
    clients.register(&intruder).await.unwrap_err();
    assert_eq!(clients.find(scene.client.id).await.unwrap().as_ref(), Some(&scene.client));
}

#[tokio::test]
async fn a_change_from_an_outdated_version_is_not_made() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    let (one, other) = (next_version(&scene.client, "One"), next_version(&scene.client, "Other"));
    assert_eq!(clients.change(&scene.client, &one).await.unwrap(), Change::Made);
    assert_eq!(clients.change(&scene.client, &other).await.unwrap(), Change::Outdated);
    assert_eq!(clients.find(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(clients.change(&one, &next_version(&one, "Two")).await.unwrap(), Change::Made);
}

#[tokio::test]
async fn a_deleted_client_can_not_be_changed_back() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    assert!(clients.deregister(&scene.client, &scene.registration.digest()).await.unwrap());
    assert!(!clients.deregister(&scene.client, &scene.registration.digest()).await.unwrap());
    assert_eq!(
        clients.change(&scene.client, &next_version(&scene.client, "Back")).await.unwrap(),
        Change::Outdated
    );
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn only_its_own_registration_token_deletes_a_client() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    let forged = Token::generate(scene.client.id, scene.entropy());
    assert!(!clients.deregister(&scene.client, &forged.digest()).await.unwrap());
    assert_eq!(clients.find(scene.client.id).await.unwrap().as_ref(), Some(&scene.client));
    clients.deregister(&scene.client, &scene.registration.digest()).await.unwrap();
    assert_eq!(clients.find(scene.client.id).await.unwrap(), None);
}

#[tokio::test]
async fn another_sandbox_feels_a_change_when_its_memory_is_over() {
    let scene = Scene::new().await;
    let (here, there) = (&scene.table.store.clients, scene.table.sandbox().clients);
    here.register(&scene.client).await.unwrap();
    let recalled = async || there.recall(scene.client.id, scene.now()).await.unwrap().unwrap().version;
    assert_eq!(recalled().await, 1);
    here.change(&scene.client, &next_version(&scene.client, "Changed")).await.unwrap();
    scene.advance(CACHE.0 - 1);
    assert_eq!(recalled().await, 1);
    scene.advance(1);
    assert_eq!(recalled().await, 2);
}

#[tokio::test]
async fn the_sandbox_that_changes_a_client_feels_it_at_once() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    clients.recall(scene.client.id, scene.now()).await.unwrap().unwrap();
    clients.change(&scene.client, &next_version(&scene.client, "Changed")).await.unwrap();
    let recalled = clients.recall(scene.client.id, scene.now()).await.unwrap().unwrap();
    assert_eq!(recalled.about.name, "Changed");
    clients.deregister(&scene.client, &scene.registration.digest()).await.unwrap();
    assert_eq!(clients.recall(scene.client.id, scene.now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_remembered() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    assert_eq!(clients.recall(scene.client.id, scene.now()).await.unwrap(), None);
    clients.register(&scene.client).await.unwrap();
    assert!(clients.recall(scene.client.id, scene.now()).await.unwrap().is_some());
}
