//! Keys that sign users' JWTs, and that each of those is good once.

use domain::id::RequestId;
use domain::time::Seconds;
use domain::user_key::{KeyId, PublicKey, UserKey};
use store::clients::Creation;
use store::sessions::Guard;
use testkit::Fault;

use crate::given::Scene;

pub fn key(scene: &Scene, id: &str) -> UserKey {
    UserKey {
        user: scene.user.id,
        id: KeyId::parse(id).unwrap(),
        public: PublicKey::Rsa { n: "0vx7agoebGcQ".to_owned(), e: "AQAB".to_owned() },
        description: None,
        created_at: scene.now(),
    }
}

fn guard(scene: &Scene) -> Guard {
    Guard { what: "jwt#1".to_owned(), expires_at: scene.now() + Seconds(60) }
}

fn request(scene: &Scene) -> RequestId {
    RequestId::generate(&scene.table.entropy)
}

#[tokio::test]
async fn keys_come_and_go() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.user_keys;
    let (one, two) = (key(&scene, "1"), UserKey { description: Some("CI".to_owned()), ..key(&scene, "2") });
    for key in [&two, &one] {
        assert_eq!(keys.create(key).await.unwrap(), Creation::Made);
    }
    let other = UserKey { description: Some("Another".to_owned()), ..one.clone() };
    assert_eq!(keys.create(&other).await.unwrap(), Creation::NameTaken);
    assert_eq!(keys.list(scene.user.id).await.unwrap(), [one.clone(), two.clone()]);
    let (found, _) = scene.table.store.standing.user_key(scene.user.id, &two.id).await.unwrap();
    assert_eq!(found, Some(two.clone()));
    assert!(keys.remove(scene.user.id, &one.id).await.unwrap());
    assert!(!keys.remove(scene.user.id, &one.id).await.unwrap());
    assert_eq!(keys.list(scene.user.id).await.unwrap(), [two]);
}

#[tokio::test]
async fn s32_a_guard_is_spent_once_until_it_is_over() {
    let scene = Scene::new().await;
    let (guards, guard) = (&scene.table.store.guards, guard(&scene));
    assert!(guards.spend(&guard, &request(&scene), scene.now()).await.unwrap());
    for later in [0, 59] {
        let now = scene.now() + Seconds(later);
        assert!(!guards.spend(&guard, &request(&scene), now).await.unwrap());
    }
    assert!(guards.spend(&guard, &request(&scene), guard.expires_at).await.unwrap());
}

/// A guard that looks as it is to be written is somebody else's all the same.
#[tokio::test]
async fn s32_a_lost_answer_is_known_again_and_another_use_is_not_taken_for_it() {
    let scene = Scene::new().await;
    let (guards, guard) = (&scene.table.store.guards, guard(&scene));
    scene.table.faults.next("PutItem", Fault::AnswerLost);
    assert!(guards.spend(&guard, &request(&scene), scene.now()).await.unwrap());
    scene.table.faults.next("PutItem", Fault::AnswerLost);
    assert!(!guards.spend(&guard, &request(&scene), scene.now()).await.unwrap());
}
