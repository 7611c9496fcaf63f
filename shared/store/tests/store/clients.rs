//! Clients: registrations that can't undo each other, names that are unique, and a cache that is never older than it says.

use std::sync::Arc;

use domain::ClientId;
use domain::claims::ClaimProvider;
use domain::client::{Authentication, Author, Bounds, Client, CodeProtection, SecurityLevel};
use domain::name::{ClientName, CustomerName, FunctionName};
use domain::token::Token;
use oauth::words::GrantType;
use store::clients::{CACHE, Change, Creation, Listing};

use crate::given::Scene;
use crate::parallel::at_once;
use crate::users::hash;

/// The next version of a client, under another name.
pub fn next_version(client: &Client, name: &str) -> Client {
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

/// A client as administrators define them, bound to a customer.
pub fn defined(scene: &Scene, short_name: &str) -> Client {
    let function = |name| FunctionName::parse(name).unwrap();
    let author = Some(Author { id: scene.user.id, username: scene.user.username.clone() });
    Client {
        id: scene.other_client(),
        authentication: Authentication::Chosen { secret: hash("c2FsdA") },
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials]
            .into(),
        code_protection: CodeProtection::ClientSecret,
        short_name: Some(ClientName::parse(short_name).unwrap()),
        bounds: Some(Bounds {
            customer: Some(CustomerName::parse("mycustomer").unwrap()),
            required_function: function("myAccessFunction"),
            permission_scope: function("DATASTORE-VIEWER"),
            max_security_level: SecurityLevel::Standard,
        }),
        addresses: vec!["192.0.2.0/24".parse().unwrap()],
        same_address: true,
        custom_claims: vec![ClaimProvider::AllUserGroups { stringified: false }],
        registration: None,
        created_by: author.clone(),
        updated_by: author,
        ..scene.client.clone()
    }
}

fn renamed(client: &Client, short_name: &str) -> Client {
    let short_name = Some(ClientName::parse(short_name).unwrap());
    Client { short_name, ..next_version(client, "Renamed") }
}

/// Under what names the directory lists which clients.
async fn names(scene: &Scene) -> Vec<(String, ClientId)> {
    let list = scene.table.store.clients.list().await.unwrap();
    list.into_iter().map(|(name, listing)| (name, listing.client_id)).collect()
}

#[tokio::test]
async fn a_client_that_is_bounded_is_read_as_it_was_registered() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let client = Client { hidden: true, ..defined(&scene, "argus.client") };
    assert_eq!(clients.register(&client).await.unwrap(), Creation::Made);
    assert_eq!(clients.find(client.id).await.unwrap().as_ref(), Some(&client));
    let name = client.short_name.clone().unwrap();
    assert_eq!(clients.find_named(&name).await.unwrap(), Some(client));
    assert_eq!(clients.find_named(&ClientName::parse("nobody").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn the_directory_lists_clients_by_short_name_or_id() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let named = Client { hidden: true, ..defined(&scene, "argus.client") };
    for client in [&named, &scene.client] {
        clients.register(client).await.unwrap();
    }
    let list = clients.list().await.unwrap();
    let bounds = named.bounds.clone().unwrap();
    let listing = Listing {
        client_id: named.id,
        name: named.about.name.clone(),
        customer: bounds.customer,
        domain: named.domain.clone(),
        required_function: Some(bounds.required_function),
        hidden: true,
        deleted: false,
        created_at: named.created_at,
        updated_at: named.updated_at,
    };
    let plain = Listing {
        client_id: scene.client.id,
        customer: None,
        required_function: None,
        hidden: false,
        ..listing.clone()
    };
    assert_eq!(list, [(scene.client.id.to_string(), plain), ("argus.client".to_owned(), listing)]);

    let ids = [named.id, scene.other_client(), scene.client.id];
    assert_eq!(clients.find_all(&ids).await.unwrap(), [named, scene.client.clone()]);
    assert_eq!(clients.find_all(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn a_short_name_is_taken_once_and_the_second_client_is_not_made() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&defined(&scene, "argus.client")).await.unwrap();
    let before = scene.table.items();
    assert_eq!(clients.register(&defined(&scene, "argus.client")).await.unwrap(), Creation::NameTaken);
    assert_eq!(scene.table.items(), before);
    // Names are compared with case.
    assert_eq!(clients.register(&defined(&scene, "Argus.client")).await.unwrap(), Creation::Made);
}

#[tokio::test]
async fn a_new_name_takes_the_place_of_the_old_one() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let (one, other) = (defined(&scene, "one"), defined(&scene, "other"));
    for client in [&one, &other] {
        clients.register(client).await.unwrap();
    }
    let before = scene.table.items();
    assert_eq!(clients.change(&one, &renamed(&one, "other")).await.unwrap(), Change::NameTaken);
    assert_eq!(scene.table.items(), before);

    let two = renamed(&one, "two");
    assert_eq!(clients.change(&one, &two).await.unwrap(), Change::Made);
    assert_eq!(names(&scene).await, [("other".to_owned(), other.id), ("two".to_owned(), one.id)]);
    assert_eq!(clients.find_named(one.short_name.as_ref().unwrap()).await.unwrap(), None);
    // Whoever saw it before that has come too late, and leaves nothing behind.
    assert_eq!(clients.change(&one, &renamed(&one, "late")).await.unwrap(), Change::Outdated);
    // The old name is free.
    assert_eq!(clients.register(&defined(&scene, "one")).await.unwrap(), Creation::Made);
    assert_eq!(names(&scene).await.len(), 3);
}

#[tokio::test]
async fn a_client_that_is_deleted_keeps_its_name_and_is_nobodys() {
    let scene = Scene::new().await;
    let (clients, there) = (&scene.table.store.clients, scene.table.sandbox().clients);
    let client = defined(&scene, "argus.client");
    clients.register(&client).await.unwrap();
    clients.recall(client.id, scene.now()).await.unwrap().unwrap();
    let gone = Client { deleted: true, ..next_version(&client, "Gone") };
    assert_eq!(clients.change(&client, &gone).await.unwrap(), Change::Made);
    assert_eq!(clients.recall(client.id, scene.now()).await.unwrap(), None);
    assert_eq!(there.recall(client.id, scene.now()).await.unwrap(), None);
    assert_eq!(clients.find(client.id).await.unwrap(), Some(gone));
    assert!(clients.list().await.unwrap()[0].1.deleted);
    assert_eq!(clients.register(&defined(&scene, "argus.client")).await.unwrap(), Creation::NameTaken);
}

#[tokio::test]
async fn a_short_name_is_given_to_one_of_twenty() {
    let scene = Arc::new(Scene::new().await);
    let made = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move {
            let client = defined(&scene, "argus.client");
            let made = scene.table.store.clients.register(&client).await.unwrap();
            (made == Creation::Made).then_some(client.id)
        }
    })
    .await;
    let made = made.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(made.len(), 1);
    assert_eq!(names(&scene).await, [("argus.client".to_owned(), made[0])]);
    assert_eq!(scene.table.items().len(), 2, "the client and its place in the directory");
}

#[tokio::test]
async fn of_twenty_new_names_a_client_has_one() {
    let scene = Arc::new(Scene::new().await);
    let client = Arc::new(defined(&scene, "before"));
    scene.table.store.clients.register(&client).await.unwrap();
    let answers = at_once(20, |index| {
        let (scene, client) = (Arc::clone(&scene), Arc::clone(&client));
        async move {
            let next = renamed(&client, &format!("name{index}"));
            scene.table.store.clients.change(&client, &next).await
        }
    })
    .await;
    // DynamoDB may also say that two of them were in each other's way; that is no success.
    let made = answers.iter().filter(|answer| matches!(answer, Ok(Change::Made))).count();
    assert_eq!((made, scene.table.items().len()), (1, 2), "{answers:?}");
    let stored = scene.table.store.clients.find(client.id).await.unwrap().unwrap();
    assert_eq!(names(&scene).await, [(stored.short_name.unwrap().to_string(), client.id)]);
}
