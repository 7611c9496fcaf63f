//! Clients that users register: listed for their owner and among plugins for as long as they are there, and looked up each time.

use std::sync::Arc;

use domain::client::{Authentication, Author, Client, Owned, Plugin};
use domain::issuer::Issuer;
use domain::kustvakt::Registration;
use domain::secret::{ClientSecret, Digest};
use domain::settings::Settings;
use domain::time::Seconds;
use domain::token::Token;
use domain::{ClientId, UserId};
use oauth::words::AuthenticationMethod;
use proptest::prelude::*;
use serde_json::{Value, json};
use store::clients::{Change, Creation};
use store::{Store, StoreError};
use testkit::Fault;

use crate::agreement::check;
use crate::clients::{defined, next_version};
use crate::given::Scene;
use crate::parallel::at_once;

/// A client as the scene's user registers it, by what they say of it.
fn registered(scene: &Scene, said: &Value) -> Client {
    let settings = Settings::new(Issuer::parse("https://id.example").unwrap());
    let registration = Registration::check(said.as_object().unwrap(), &settings).unwrap();
    let authentication = match registration.confidential {
        true => Authentication::Secret { method: None, digest: new_secret(scene) },
        false => Authentication::Public,
    };
    let owner = Author { id: scene.user.id, username: scene.user.username.clone() };
    registration.into_client(scene.other_client(), authentication, owner, scene.now())
}

fn new_secret(scene: &Scene) -> Digest<ClientSecret> {
    Token::generate((), scene.entropy()).digest()
}

/// A client that keeps a secret, and may present it in either place.
pub fn confidential(scene: &Scene) -> Client {
    registered(
        scene,
        &json!({
            "name": "Corpus search",
            "type": "CONFIDENTIAL",
            "description": "Searches corpora",
            "url": "https://app.example.com/",
            "redirect_uri": "https://app.example.com/callback",
            "refresh_token_expiry": 86_400,
        }),
    )
}

/// A client that keeps no secret.
pub fn public(scene: &Scene) -> Client {
    registered(
        scene,
        &json!({
            "name": "Corpus search on a phone",
            "type": "PUBLIC",
            "description": "Searches corpora",
            "redirect_uri": "http://127.0.0.1/callback",
        }),
    )
}

/// A plugin that nobody has permitted yet.
pub fn plugin(scene: &Scene) -> Client {
    registered(
        scene,
        &json!({
            "name": "Word cloud",
            "type": "CONFIDENTIAL",
            "description": "Draws what was found",
            "url": "https://plugin.example.com/",
            "source": {"key": "value", "list": [1, null, {"ü": "\u{1F600}"}]},
        }),
    )
}

/// The next version of a plugin: permitted, or not any more.
pub fn permitted(plugin: &Client, permitted: bool) -> Client {
    Client { version: plugin.version + 1, ..plugin.permitted(permitted).unwrap() }
}

/// The same client of another user.
fn of(user: UserId, client: Client) -> Client {
    let owned = client.owned.as_ref().map(|owned| Owned { by: user, ..owned.clone() });
    Client { owned, ..client }
}

/// What is listed beside the directory's own list: for the scene's user, and among plugins.
async fn listed(scene: &Scene) -> (Vec<ClientId>, Vec<ClientId>) {
    let clients = &scene.table.store.clients;
    (clients.owned_by(scene.user.id).await.unwrap(), clients.plugins().await.unwrap())
}

fn sorted(mut ids: Vec<ClientId>) -> Vec<ClientId> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn what_a_user_registers_is_read_as_it_was_registered() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let method = Some(AuthenticationMethod::ClientSecretPost);
    let in_one_place = Authentication::Secret { method, digest: new_secret(&scene) };
    for client in [
        confidential(&scene),
        Client { authentication: in_one_place, privileged: true, ..confidential(&scene) },
        public(&scene),
        plugin(&scene),
        plugin(&scene).permitted(true).unwrap(),
    ] {
        assert_eq!(clients.register(&client).await.unwrap(), Creation::Made);
        assert_eq!(clients.find(client.id).await.unwrap().as_ref(), Some(&client));
        assert_eq!(clients.recall(client.id, scene.now()).await.unwrap(), Some(Arc::new(client)));
    }
}

/// JSON of any shape, null and bare values too.
fn sources() -> impl Strategy<Value = Value> {
    let bare = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    bare.prop_recursive(4, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let object = proptest::collection::btree_map(any::<String>(), inner, 0..4);
        prop_oneof![list, object.prop_map(|members| members.into_iter().collect::<Value>())]
    })
}

#[test]
fn a_plugin_consists_of_what_its_owner_says() {
    check((sources(), any::<bool>()), async |scene, (source, permitted)| {
        let Client { owned: Some(owned), .. } = plugin(scene) else { panic!("nobody's") };
        let of_it = Some(Plugin { source, permitted });
        let client = Client { owned: Some(Owned { plugin: of_it, ..owned }), ..plugin(scene) };
        scene.table.store.clients.register(&client).await.unwrap();
        assert_eq!(scene.table.store.clients.find(client.id).await.unwrap(), Some(client));
    });
}

#[test]
fn a_refresh_token_lasts_as_long_as_was_registered() {
    check(proptest::option::of(any::<u64>()), async |scene, seconds| {
        let Client { owned: Some(owned), .. } = confidential(scene) else { panic!("nobody's") };
        let owned = Some(Owned { refresh_token: seconds.map(Seconds), ..owned });
        let client = Client { owned, ..confidential(scene) };
        scene.table.store.clients.register(&client).await.unwrap();
        assert_eq!(scene.table.store.clients.find(client.id).await.unwrap(), Some(client));
    });
}

#[tokio::test]
async fn a_client_is_listed_for_who_registered_it_and_for_nobody_else() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    assert_eq!(listed(&scene).await, (vec![], vec![]));
    let other = UserId::generate(scene.entropy());
    let mine = [confidential(&scene), public(&scene), plugin(&scene)];
    let theirs = [of(other, confidential(&scene)), of(other, plugin(&scene))];
    let nobodys = [scene.client.clone(), defined(&scene, "argus.client")];
    for client in mine.iter().chain(&theirs).chain(&nobodys) {
        assert_eq!(clients.register(client).await.unwrap(), Creation::Made);
    }
    let ids = |clients: &[Client]| sorted(clients.iter().map(|client| client.id).collect());
    let plugins = sorted(vec![mine[2].id, theirs[1].id]);
    assert_eq!(listed(&scene).await, (ids(&mine), plugins));
    assert_eq!(clients.owned_by(other).await.unwrap(), ids(&theirs));
    assert_eq!(clients.list().await.unwrap().len(), 7, "the directory has them all");
}

#[tokio::test]
async fn a_client_that_is_removed_is_listed_nowhere() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let stays = confidential(&scene);
    clients.register(&stays).await.unwrap();
    let before = scene.table.items();
    for client in [confidential(&scene), public(&scene), plugin(&scene)] {
        clients.register(&client).await.unwrap();
        assert!(clients.remove(&client).await.unwrap());
        assert_eq!(scene.table.items(), before);
        assert!(!clients.remove(&client).await.unwrap(), "there is none any more");
    }
    assert_eq!(listed(&scene).await, (vec![stays.id], vec![]));
}

#[tokio::test]
async fn a_client_that_was_changed_in_the_meantime_is_not_removed() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let seen = plugin(&scene);
    clients.register(&seen).await.unwrap();
    let now = permitted(&seen, true);
    assert_eq!(clients.change(&seen, &now).await.unwrap(), Change::Made);
    let before = scene.table.items();
    assert!(!clients.remove(&seen).await.unwrap());
    assert_eq!(scene.table.items(), before);
    // A change keeps it where it is listed, and so whoever sees it as it is can remove all of it.
    assert_eq!(listed(&scene).await, (vec![now.id], vec![now.id]));
    assert!(clients.remove(&now).await.unwrap());
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn a_client_is_registered_with_all_its_entries_or_not_at_all() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    for in_the_way in [format!("owner#{}", scene.user.id), "directory#plugin".to_owned()] {
        let client = plugin(&scene);
        scene.put(&in_the_way, &client.id.to_string(), &[]).await;
        let before = scene.table.items();
        let error = clients.register(&client).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { entity: "client", .. }), "{error:?}");
        assert_eq!(scene.table.items(), before, "{in_the_way}");
    }
    let named = Client { short_name: defined(&scene, "taken").short_name, ..confidential(&scene) };
    clients.register(&defined(&scene, "taken")).await.unwrap();
    let before = scene.table.items();
    assert_eq!(clients.register(&named).await.unwrap(), Creation::NameTaken);
    assert_eq!(scene.table.items(), before);
}

#[tokio::test]
async fn a_removal_that_is_cancelled_leaves_everything() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let client = plugin(&scene);
    clients.register(&client).await.unwrap();
    let before = scene.table.items();
    scene.table.faults.next("TransactWriteItems", Fault::TransactionCancelled("TransactionConflict"));
    let error = clients.remove(&client).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(scene.table.items(), before);
    assert!(clients.remove(&client).await.unwrap());
}

#[tokio::test]
async fn a_registration_token_removes_a_client_from_its_owners_list_too() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let (token, id) = (scene.registration.digest(), scene.client.id);
    let client = Client { id, registration: Some(token), ..plugin(&scene) };
    clients.register(&client).await.unwrap();
    let before = scene.table.items();
    let forged = Token::generate(id, scene.entropy()).digest();
    assert!(!clients.deregister(&client, &forged).await.unwrap());
    assert_eq!(scene.table.items(), before);
    assert!(clients.deregister(&client, &token).await.unwrap());
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn no_token_removes_a_client_that_has_none() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let client = confidential(&scene);
    clients.register(&client).await.unwrap();
    assert!(!clients.deregister(&client, &scene.registration.digest()).await.unwrap());
    assert_eq!(clients.find(client.id).await.unwrap(), Some(client));
}

/// What recalling a client takes, in round trips.
async fn recalling(scene: &Scene, sandbox: &Store, client: &Client) -> usize {
    drop(scene.table.recorder.take());
    let recalled = sandbox.clients.recall(client.id, scene.now()).await.unwrap();
    assert_eq!(recalled.as_deref(), Some(client));
    scene.table.recorder.take().round_trips()
}

#[tokio::test]
async fn a_client_of_a_users_and_a_super_client_are_looked_up_each_time_and_others_are_remembered() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    for client in [&scene.client, &defined(&scene, "portal")] {
        store.clients.register(client).await.unwrap();
        let trips = [recalling(&scene, store, client).await, recalling(&scene, store, client).await];
        assert_eq!(trips, [1, 0], "{}", client.about.name);
    }
    let front_end = Client { privileged: true, ..defined(&scene, "front.end") };
    for client in [front_end, confidential(&scene), public(&scene), plugin(&scene)] {
        store.clients.register(&client).await.unwrap();
        let trips = [recalling(&scene, store, &client).await, recalling(&scene, store, &client).await];
        assert_eq!(trips, [1, 1], "{}", client.about.name);
    }
}

#[tokio::test]
async fn another_sandbox_feels_a_new_secret_at_once() {
    let scene = Scene::new().await;
    let (here, there) = (&scene.table.store, scene.table.sandbox());
    let client = confidential(&scene);
    here.clients.register(&client).await.unwrap();
    recalling(&scene, &there, &client).await;
    let authentication = Authentication::Secret { method: None, digest: new_secret(&scene) };
    let next = Client { authentication, ..next_version(&client, "Corpus search") };
    assert_ne!(next.authentication, client.authentication);
    assert_eq!(here.clients.change(&client, &next).await.unwrap(), Change::Made);
    recalling(&scene, &there, &next).await;
}

#[tokio::test]
async fn another_sandbox_feels_at_once_that_a_plugin_is_not_permitted_any_more() {
    let scene = Scene::new().await;
    let (here, there) = (&scene.table.store, scene.table.sandbox());
    let client = plugin(&scene).permitted(true).unwrap();
    here.clients.register(&client).await.unwrap();
    recalling(&scene, &there, &client).await;
    let withdrawn = permitted(&client, false);
    assert_eq!(here.clients.change(&client, &withdrawn).await.unwrap(), Change::Made);
    recalling(&scene, &there, &withdrawn).await;
    assert!(!withdrawn.is_permitted());
}

#[tokio::test]
async fn another_sandbox_feels_a_removal_at_once() {
    let scene = Scene::new().await;
    let (here, there) = (&scene.table.store, scene.table.sandbox());
    for client in [confidential(&scene), public(&scene), plugin(&scene)] {
        here.clients.register(&client).await.unwrap();
        recalling(&scene, &there, &client).await;
        assert!(here.clients.remove(&client).await.unwrap());
        assert_eq!(there.clients.recall(client.id, scene.now()).await.unwrap(), None);
    }
    // One that an administrator deletes is kept, and nobody's all the same.
    let client = plugin(&scene);
    here.clients.register(&client).await.unwrap();
    recalling(&scene, &there, &client).await;
    let gone = Client { deleted: true, ..next_version(&client, "Gone") };
    assert_eq!(here.clients.change(&client, &gone).await.unwrap(), Change::Made);
    assert_eq!(there.clients.recall(client.id, scene.now()).await.unwrap(), None);
    assert_eq!(listed(&scene).await, (vec![client.id], vec![client.id]));
}

#[tokio::test]
async fn twenty_clients_that_one_user_registers_are_all_listed() {
    let scene = Arc::new(Scene::new().await);
    let made = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move {
            let client = plugin(&scene);
            assert_eq!(scene.table.store.clients.register(&client).await.unwrap(), Creation::Made);
            client.id
        }
    })
    .await;
    let all = sorted(made);
    assert_eq!(listed(&scene).await, (all.clone(), all));
}
