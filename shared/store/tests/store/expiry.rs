//! TTL: a broom, not a lock.

use domain::consent::Consent;
use domain::settings::Lifetimes;
use oauth::Scope;
use oauth::words::SigningAlgorithm;

use crate::given::Scene;
use crate::installations::ready;
use crate::keys::Key;
use crate::owned::confidential;
use crate::users::hash;

/// What kinds of items are in the table: by their sort keys, or in the directory by their partitions.
fn kinds(scene: &Scene) -> Vec<String> {
    let kind = |item: &serde_json::Value| {
        let [pk, sk] = ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap());
        if pk.starts_with("directory#") { pk.to_owned() } else { sk.split('#').next().unwrap().to_owned() }
    };
    scene.table.items().iter().map(kind).collect()
}

#[tokio::test]
async fn s24_the_broom_takes_what_is_over_and_nothing_else() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.users.create(&scene.user, &hash("a")).await.unwrap();
    store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    store.clients.register(&scene.client).await.unwrap();
    let (user, client) = (scene.user.id, scene.client.id);
    let consent = Consent { user, client, scope: Scope::default(), given_at: scene.now() };
    store.consents.allow(&consent).await.unwrap();
    store.keys.establish_signing(SigningAlgorithm::Rs256, Key::called("a")).await.unwrap();
    let tokens = scene.tokens().await;
    let forgotten = scene.issue().await;
    let listed = ["directory#client", "directory#user"];
    let all = ["guard", "login", "RS256", "consent", "grant", "grant", "session", "user"];
    let all = [&["client"][..], &listed, &all].concat();
    assert_eq!(kinds(&scene), all);
    assert_eq!(scene.table.sweep().unwrap(), 0);

    // A code that nobody redeemed.
    scene.advance(Lifetimes::default().code.0 + 1);
    assert_eq!(scene.table.sweep().unwrap(), 1);
    assert!(scene.stored(forgotten.keys).await.is_none());
    assert_eq!(scene.stored(tokens.grant.keys).await, Some(tokens.grant));

    // The form, the session, and at last the refresh token.
    scene.advance(Lifetimes::default().sign_in.0);
    assert_eq!(scene.table.sweep().unwrap(), 1);
    scene.advance(Lifetimes::default().session.0);
    assert_eq!(scene.table.sweep().unwrap(), 1);
    scene.advance(Lifetimes::default().refresh_idle.0);
    assert_eq!(scene.table.sweep().unwrap(), 1);
    let kept = [&["client"][..], &listed, &["login", "RS256", "consent", "user"]].concat();
    assert_eq!(kinds(&scene), kept);
    scene.advance(Lifetimes::default().grant.0);
    assert_eq!(scene.table.sweep().unwrap(), 0);
}

#[tokio::test]
async fn s41_a_rotation_keeps_the_broom_away() {
    let scene = Scene::new().await;
    let first = scene.tokens().await;
    scene.advance(Lifetimes::default().refresh_idle.0 - 1);
    let second = scene.refresh(&scene.attempt(&first.refresh)).await.unwrap();
    scene.advance(Lifetimes::default().refresh_idle.0 - 1);
    assert_eq!(scene.table.sweep().unwrap(), 0);
    scene.refresh(&scene.attempt(&second.refresh)).await.unwrap();
}

#[tokio::test]
async fn the_broom_leaves_what_users_registered_and_installed() {
    let scene = Scene::new().await;
    let (_, _, installation) = ready(&scene).await;
    let store = &scene.table.store;
    store.clients.register(&confidential(&scene)).await.unwrap();
    store.installations.install(&installation).await.unwrap();
    let before = scene.table.items();
    scene.advance(Lifetimes::default().owned_grant.0 * 100);
    assert_eq!(scene.table.sweep().unwrap(), 0);
    assert_eq!(scene.table.items(), before);
}
