//! Installations: a plugin is installed once, by a user in a super client, and only while both are what they must be for it.

use std::sync::Arc;

use domain::client::Client;
use domain::kustvakt::Installation;
use domain::{ClientId, UserId};
use store::clients::Change;
use store::installations::Installed;

use crate::clients::next_version;
use crate::given::Scene;
use crate::owned::{confidential, permitted, plugin};
use crate::parallel::at_once;

/// A super client, registered.
async fn super_client(scene: &Scene) -> Client {
    let client = Client { id: scene.other_client(), privileged: true, ..scene.client.clone() };
    scene.table.store.clients.register(&client).await.unwrap();
    client
}

/// A plugin that is permitted, registered.
async fn permitted_plugin(scene: &Scene) -> Client {
    let client = plugin(scene).permitted(true).unwrap();
    scene.table.store.clients.register(&client).await.unwrap();
    client
}

/// A super client and a plugin, and how the scene's user installs the one in the other.
pub async fn ready(scene: &Scene) -> (Client, Client, Installation) {
    let (front_end, plugin) = (super_client(scene).await, permitted_plugin(scene).await);
    let installation = installation(scene, &front_end, &plugin);
    (front_end, plugin, installation)
}

fn installation(scene: &Scene, front_end: &Client, plugin: &Client) -> Installation {
    Installation {
        user: scene.user.id,
        super_client: front_end.id,
        plugin: plugin.id,
        installed_at: scene.now(),
    }
}

async fn install(scene: &Scene, installation: &Installation) -> Installed {
    scene.table.store.installations.install(installation).await.unwrap()
}

async fn list(scene: &Scene, user: UserId, super_client: ClientId) -> Vec<Installation> {
    scene.table.store.installations.list(user, super_client).await.unwrap()
}

async fn change(scene: &Scene, before: &Client, client: &Client) {
    assert_eq!(scene.table.store.clients.change(before, client).await.unwrap(), Change::Made);
}

/// Another client, registered as it is here.
async fn registered(scene: &Scene, client: Client) -> Client {
    scene.table.store.clients.register(&client).await.unwrap();
    client
}

#[tokio::test]
async fn a_plugin_is_installed_once() {
    let scene = Scene::new().await;
    let (front_end, _, first) = ready(&scene).await;
    assert_eq!(install(&scene, &first).await, Installed::Now);
    scene.advance(1);
    let again = Installation { installed_at: scene.now(), ..first };
    assert_eq!(install(&scene, &again).await, Installed::Before);
    assert_eq!(list(&scene, scene.user.id, front_end.id).await, [first], "it is as old as it was");
}

#[tokio::test]
async fn what_is_no_permitted_plugin_is_not_installed() {
    let scene = Scene::new().await;
    let front_end = super_client(&scene).await;
    let never = plugin(&scene);
    let deleted = Client { deleted: true, ..plugin(&scene).permitted(true).unwrap() };
    let removed = permitted_plugin(&scene).await;
    assert!(scene.table.store.clients.remove(&removed).await.unwrap());
    for plugin in [
        registered(&scene, plugin(&scene)).await,
        registered(&scene, confidential(&scene)).await,
        registered(&scene, scene.client.clone()).await,
        registered(&scene, deleted).await,
        never,
        removed,
    ] {
        let before = scene.table.items();
        let installed = install(&scene, &installation(&scene, &front_end, &plugin)).await;
        assert_eq!(installed, Installed::NotPermitted, "{plugin:?}");
        assert_eq!(scene.table.items(), before, "{plugin:?}");
    }
}

#[tokio::test]
async fn nothing_is_installed_in_what_is_no_super_client() {
    let scene = Scene::new().await;
    let plugin = permitted_plugin(&scene).await;
    let never = Client { id: scene.other_client(), privileged: true, ..scene.client.clone() };
    let deleted = Client { id: scene.other_client(), deleted: true, ..never.clone() };
    let removed = super_client(&scene).await;
    assert!(scene.table.store.clients.remove(&removed).await.unwrap());
    for front_end in [
        registered(&scene, scene.client.clone()).await,
        registered(&scene, confidential(&scene)).await,
        registered(&scene, deleted).await,
        never,
        removed,
    ] {
        let before = scene.table.items();
        let installed = install(&scene, &installation(&scene, &front_end, &plugin)).await;
        assert_eq!(installed, Installed::NotPrivileged, "{front_end:?}");
        assert_eq!(scene.table.items(), before, "{front_end:?}");
    }
}

#[tokio::test]
async fn of_two_that_are_not_what_they_must_be_the_plugin_is_named() {
    let scene = Scene::new().await;
    let plugin = registered(&scene, plugin(&scene)).await;
    let refused = installation(&scene, &scene.client, &plugin);
    assert_eq!(install(&scene, &refused).await, Installed::NotPermitted);
}

/// A super client may be a plugin too, and is then one for others.
#[tokio::test]
async fn nothing_is_installed_in_itself() {
    let scene = Scene::new().await;
    let both = Client { privileged: true, ..plugin(&scene).permitted(true).unwrap() };
    let both = registered(&scene, both).await;
    let before = scene.table.items();
    assert_eq!(install(&scene, &installation(&scene, &both, &both)).await, Installed::NotPermitted);
    assert_eq!(scene.table.items(), before);
    let front_end = super_client(&scene).await;
    assert_eq!(install(&scene, &installation(&scene, &front_end, &both)).await, Installed::Now);
}

#[tokio::test]
async fn what_was_installed_before_is_not_judged_by_that() {
    let scene = Scene::new().await;
    let (front_end, plugin, first) = ready(&scene).await;
    assert_eq!(install(&scene, &first).await, Installed::Now);
    let withdrawn = permitted(&plugin, false);
    change(&scene, &plugin, &withdrawn).await;
    assert_eq!(install(&scene, &first).await, Installed::NotPermitted);
    change(&scene, &withdrawn, &permitted(&withdrawn, true)).await;
    assert_eq!(install(&scene, &first).await, Installed::Before);
    change(&scene, &front_end, &Client { privileged: false, ..next_version(&front_end, "Plain") }).await;
    assert_eq!(install(&scene, &first).await, Installed::NotPrivileged);
}

#[tokio::test]
async fn plugins_are_listed_for_their_user_and_super_client() {
    let scene = Scene::new().await;
    let (one, other) = (super_client(&scene).await, super_client(&scene).await);
    let plugins = [permitted_plugin(&scene).await, permitted_plugin(&scene).await];
    let stranger = UserId::generate(scene.entropy());
    assert_eq!(list(&scene, scene.user.id, one.id).await, []);
    let mut mine = plugins.iter().map(|plugin| installation(&scene, &one, plugin)).collect::<Vec<_>>();
    let elsewhere = installation(&scene, &other, &plugins[0]);
    let strangers = Installation { user: stranger, ..mine[1] };
    for installation in mine.iter().chain([&elsewhere, &strangers]) {
        assert_eq!(install(&scene, installation).await, Installed::Now);
    }
    mine.sort_by_key(|installation| installation.plugin.to_string());
    assert_eq!(list(&scene, scene.user.id, one.id).await, mine);
    assert_eq!(list(&scene, scene.user.id, other.id).await, [elsewhere]);
    assert_eq!(list(&scene, stranger, one.id).await, [strangers]);
    assert_eq!(list(&scene, stranger, other.id).await, []);
}

#[tokio::test]
async fn whoever_uninstalls_is_told_whether_it_was_there() {
    let scene = Scene::new().await;
    let (_, _, first) = ready(&scene).await;
    let other = UserId::generate(scene.entropy());
    let uninstall = async |user, super_client, plugin| {
        scene.table.store.installations.uninstall(user, super_client, plugin).await.unwrap()
    };
    assert!(!uninstall(first.user, first.super_client, first.plugin).await);
    install(&scene, &first).await;
    assert!(!uninstall(other, first.super_client, first.plugin).await);
    assert!(!uninstall(first.user, first.plugin, first.super_client).await);
    assert_eq!(list(&scene, first.user, first.super_client).await, [first]);
    assert!(uninstall(first.user, first.super_client, first.plugin).await);
    assert!(!uninstall(first.user, first.super_client, first.plugin).await);
    assert_eq!(list(&scene, first.user, first.super_client).await, []);
    scene.advance(1);
    let again = Installation { installed_at: scene.now(), ..first };
    assert_eq!(install(&scene, &again).await, Installed::Now);
    assert_eq!(list(&scene, first.user, first.super_client).await, [again]);
}

#[tokio::test]
async fn a_plugin_that_is_gone_can_be_uninstalled() {
    let scene = Scene::new().await;
    let (front_end, plugin, first) = ready(&scene).await;
    install(&scene, &first).await;
    assert!(scene.table.store.clients.remove(&plugin).await.unwrap());
    let installations = &scene.table.store.installations;
    assert!(installations.uninstall(scene.user.id, front_end.id, plugin.id).await.unwrap());
    assert_eq!(list(&scene, scene.user.id, front_end.id).await, []);
}

#[tokio::test]
async fn of_twenty_installations_one_is_made_now() {
    let scene = Arc::new(Scene::new().await);
    let (_, _, first) = ready(&scene).await;
    let answers = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move { install(&scene, &first).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|installed| **installed == Installed::Now).count(), 1);
    let rest = answers.iter().filter(|installed| **installed == Installed::Before).count();
    assert_eq!((rest, list(&scene, first.user, first.super_client).await), (19, vec![first]));
    let answers = at_once(20, |_| {
        let scene = Arc::clone(&scene);
        async move {
            let installations = &scene.table.store.installations;
            installations.uninstall(first.user, first.super_client, first.plugin).await.unwrap()
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|there| **there).count(), 1);
}

/// Runs `meanwhile` after somebody has decided to install and before the database has heard of it.
async fn overtaken(scene: Scene, installation: Installation, meanwhile: impl AsyncFn(&Scene)) -> Installed {
    let scene = Arc::new(scene);
    let mut held = scene.table.faults.hold("TransactWriteItems");
    let installing = Arc::clone(&scene);
    let installing = tokio::spawn(async move { install(&installing, &installation).await });
    held.reached().await;
    meanwhile(&scene).await;
    let before = scene.table.items();
    held.release();
    let installed = installing.await.unwrap();
    assert_eq!(scene.table.items(), before, "nothing is written");
    installed
}

#[tokio::test]
async fn a_permission_that_is_withdrawn_before_the_write_counts() {
    let scene = Scene::new().await;
    let (_, plugin, first) = ready(&scene).await;
    let withdraw = async |scene: &Scene| change(scene, &plugin, &permitted(&plugin, false)).await;
    assert_eq!(overtaken(scene, first, withdraw).await, Installed::NotPermitted);
}

#[tokio::test]
async fn a_removal_before_the_write_counts() {
    let scene = Scene::new().await;
    let (_, plugin, first) = ready(&scene).await;
    let remove = async |scene: &Scene| assert!(scene.table.store.clients.remove(&plugin).await.unwrap());
    assert_eq!(overtaken(scene, first, remove).await, Installed::NotPermitted);
}

#[tokio::test]
async fn a_super_client_that_is_an_ordinary_one_before_the_write_counts_as_that() {
    let scene = Scene::new().await;
    let (front_end, _, first) = ready(&scene).await;
    let demote = async |scene: &Scene| {
        change(scene, &front_end, &Client { privileged: false, ..next_version(&front_end, "Plain") }).await;
    };
    assert_eq!(overtaken(scene, first, demote).await, Installed::NotPrivileged);
}

#[tokio::test]
async fn of_twenty_users_those_before_the_withdrawal_have_the_plugin() {
    let scene = Arc::new(Scene::new().await);
    let (front_end, plugin, first) = ready(&scene).await;
    let plugin = Arc::new(plugin);
    let answers = at_once(21, |index| {
        let (scene, plugin) = (Arc::clone(&scene), Arc::clone(&plugin));
        async move {
            if index == 10 {
                change(&scene, &plugin, &permitted(&plugin, false)).await;
                return None;
            }
            let installation = Installation { user: UserId::generate(scene.entropy()), ..first };
            Some((installation, install(&scene, &installation).await))
        }
    })
    .await;
    for (installation, installed) in answers.into_iter().flatten() {
        let there = list(&scene, installation.user, front_end.id).await;
        match installed {
            Installed::Now => assert_eq!(there, [installation]),
            Installed::NotPermitted => assert_eq!(there, []),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(install(&scene, &first).await, Installed::NotPermitted);
}
