//! API keys: in their user's partition, each under a prefix of its own.

use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::function::FunctionName;
use domain::settings::Lifetimes;
use domain::time::Seconds;
use domain::token::Token;
use store::clients::{Change, Creation};

use crate::given::{Scene, user};
use crate::users::hash;

/// A key of the scene's user that is new.
pub fn api_key(scene: &Scene, prefix: &str) -> ApiKey {
    ApiKey {
        user: scene.user.id,
        prefix: ApiKeyPrefix::parse(prefix).unwrap(),
        secret: Token::generate(scene.user.id, scene.entropy()).digest(),
        description: "A script".to_owned(),
        addresses: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        functions: None,
        created_at: scene.now(),
        expires_at: Some(scene.now() + Lifetimes::default().api_key),
    }
}

#[tokio::test]
async fn a_key_is_read_as_it_was_made_and_with_its_user() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.users.create(&scene.user, &hash("a")).await.unwrap();
    let unbounded = ApiKey { addresses: vec![], expires_at: None, ..api_key(&scene, "2bc/3d") };
    // Drawing on no function at all is not the same as drawing on all.
    let empty = ApiKey { functions: Some([].into()), ..api_key(&scene, "3cd/4e") };
    let fewer = Some([FunctionName::parse("myAccessFunction").unwrap()].into());
    let fewer = ApiKey { functions: fewer, ..api_key(&scene, "4de/5f") };
    let keys = [api_key(&scene, "1ab/2c"), unbounded, empty, fewer];
    for key in &keys {
        assert_eq!(store.api_keys.create(key).await.unwrap(), Creation::Made);
        assert_eq!(store.api_keys.find(key.user, &key.prefix).await.unwrap().as_ref(), Some(key));
        let (found, user) = store.standing.api_key(key.user, &key.prefix).await.unwrap();
        assert_eq!((found.as_ref(), user.as_ref()), (Some(key), Some(&scene.user)));
    }
    assert_eq!(store.api_keys.list(scene.user.id, scene.now()).await.unwrap(), keys);
}

#[tokio::test]
async fn a_prefix_is_one_users_and_taken_once() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.api_keys;
    let first = api_key(&scene, "1ab/2c");
    keys.create(&first).await.unwrap();
    assert_eq!(keys.create(&api_key(&scene, "1ab/2c")).await.unwrap(), Creation::NameTaken);
    let other = user("other", scene.entropy(), scene.now()).id;
    let theirs = ApiKey { user: other, ..api_key(&scene, "1ab/2c") };
    assert_eq!(keys.create(&theirs).await.unwrap(), Creation::Made);
    assert_eq!(keys.list(scene.user.id, scene.now()).await.unwrap(), [first]);
    assert_eq!(keys.list(other, scene.now()).await.unwrap(), [theirs]);
}

#[tokio::test]
async fn a_list_shows_only_keys_and_none_that_has_expired() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.users.create(&scene.user, &hash("a")).await.unwrap();
    store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    let short = ApiKey { expires_at: Some(scene.now() + Seconds(60)), ..api_key(&scene, "1ab/2c") };
    let long = api_key(&scene, "2bc/3d");
    for key in [&short, &long] {
        store.api_keys.create(key).await.unwrap();
    }
    scene.advance(59);
    assert_eq!(store.api_keys.list(scene.user.id, scene.now()).await.unwrap(), [short, long.clone()]);
    scene.advance(1);
    assert_eq!(store.api_keys.list(scene.user.id, scene.now()).await.unwrap(), [long]);
    // The broom takes it later.
    scene.advance(1);
    assert_eq!(scene.table.sweep().unwrap(), 1);
}

#[tokio::test]
async fn a_key_is_changed_and_revoked_only_with_its_secret() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.api_keys;
    let key = api_key(&scene, "1ab/2c");
    assert_eq!(keys.change(&key).await.unwrap(), Change::Outdated);
    assert!(!keys.revoke(&key).await.unwrap());
    assert!(scene.table.items().is_empty());
    keys.create(&key).await.unwrap();

    let longer = ApiKey { expires_at: Some(scene.now() + Seconds(9_999_999)), ..key.clone() };
    assert_eq!(keys.change(&longer).await.unwrap(), Change::Made);
    let another = api_key(&scene, "1ab/2c");
    assert_eq!(keys.change(&another).await.unwrap(), Change::Outdated);
    assert!(!keys.revoke(&another).await.unwrap());
    assert_eq!(keys.find(key.user, &key.prefix).await.unwrap(), Some(longer));
    assert!(keys.revoke(&key).await.unwrap());
    assert!(scene.table.items().is_empty());
}
