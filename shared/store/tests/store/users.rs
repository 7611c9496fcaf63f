//! Users, logins and consents.

use domain::UserId;
use domain::client::SecurityLevel;
use domain::consent::Consent;
use domain::function::{FunctionName, Granted};
use domain::name::CustomerName;
use domain::password::PasswordHash;
use domain::user::{Login, User, Username};
use oauth::Scope;
use store::clients::{Change, Creation};
use store::users::{Bootstrap, Listing};

use crate::given::{Scene, user};

/// A hash that differs from [`PasswordHash::of_nobody`], without the time it takes to make one.
pub fn hash(name: &str) -> PasswordHash {
    serde_json::from_value(serde_json::json!(format!("$argon2id$v=19$m=19456,t=2,p=1${name}$hash"))).unwrap()
}

#[tokio::test]
async fn a_user_is_read_as_it_was_made() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    assert_eq!(store.users.create(&scene.user, &hash("a")).await.unwrap(), Creation::Made);
    assert_eq!(store.users.find(scene.user.id).await.unwrap().as_ref(), Some(&scene.user));
    let username = scene.user.username.clone();
    let login = store.logins.find(&username).await.unwrap();
    assert_eq!(login, Some(Login { username, user: scene.user.id, password: hash("a") }));
    assert_eq!(store.logins.find(&Username::parse("nobody").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_taken_once_and_the_second_user_is_not_made() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    users.create(&scene.user, &hash("a")).await.unwrap();
    let before = scene.table.items();
    let second = user("demo.user", scene.entropy(), scene.now());
    assert_eq!(users.create(&second, &hash("b")).await.unwrap(), Creation::NameTaken);
    assert_eq!(scene.table.items(), before);
}

/// A user who administers, and nothing else.
pub fn administrator(scene: &Scene, name: &str) -> User {
    let functions = Granted::globally([FunctionName::administrator()]);
    let security_level = SecurityLevel::Administrative;
    User { functions, security_level, ..user(name, scene.entropy(), scene.now()) }
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    assert!(!store.users.bootstrapped().await.unwrap());
    let first = administrator(&scene, "first");
    assert_eq!(store.users.bootstrap(&first, &hash("a")).await.unwrap(), Bootstrap::Made);
    assert!(store.users.bootstrapped().await.unwrap());
    let found = store.users.find(first.id).await.unwrap().unwrap();
    assert!(found == first && found.is_administrator());
    assert_eq!(store.logins.find(&first.username).await.unwrap().unwrap().user, first.id);

    let before = scene.table.items();
    for name in ["second", "first"] {
        let second = administrator(&scene, name);
        assert_eq!(store.users.bootstrap(&second, &hash("b")).await.unwrap(), Bootstrap::Before);
    }
    assert_eq!(scene.table.items(), before);
}

#[tokio::test]
async fn an_ordinary_user_does_not_make_way_for_the_first_administrator() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    users.create(&scene.user, &hash("a")).await.unwrap();
    let before = scene.table.items();
    let namesake = administrator(&scene, scene.user.username.as_str());
    assert_eq!(users.bootstrap(&namesake, &hash("b")).await.unwrap(), Bootstrap::NameTaken);
    assert_eq!(scene.table.items(), before);
    let other = administrator(&scene, "other");
    assert_eq!(users.bootstrap(&other, &hash("b")).await.unwrap(), Bootstrap::Made);
}

#[tokio::test]
async fn a_user_gains_and_loses_functions() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    users.create(&scene.user, &hash("a")).await.unwrap();
    assert!(!users.find(scene.user.id).await.unwrap().unwrap().is_administrator());
    let names = ["DATASTORE-VIEWER", "myAccessFunction"].map(|name| FunctionName::parse(name).unwrap());
    let by_customer = [(CustomerName::parse("mycustomer").unwrap(), names.clone().into())].into();
    let steps = [
        Granted::globally(names.clone()),
        Granted { by_customer, ..Granted::globally(names.into_iter().take(1)) },
        Granted::default(),
    ];
    for (functions, version) in steps.into_iter().zip(2..) {
        let changed = User { functions, version, ..scene.user.clone() };
        assert_eq!(users.change(&changed).await.unwrap(), Change::Made);
        assert_eq!(users.find(changed.id).await.unwrap(), Some(changed));
    }
}

#[tokio::test]
async fn a_change_does_not_make_a_user_and_does_not_rename_one() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    let next = User { version: 2, ..scene.user.clone() };
    assert_eq!(users.change(&next).await.unwrap(), Change::Outdated);
    assert!(scene.table.items().is_empty());
    users.create(&scene.user, &hash("a")).await.unwrap();
    let other = user("other", scene.entropy(), scene.now());
    users.create(&other, &hash("b")).await.unwrap();
    let before = scene.table.items();
    for name in ["nobody", "other"] {
        let renamed = User { username: Username::parse(name).unwrap(), ..next.clone() };
        assert_eq!(users.change(&renamed).await.unwrap(), Change::Outdated);
    }
    assert_eq!(scene.table.items(), before);
    let blocked = User { blocked: true, ..next };
    assert_eq!(users.change(&blocked).await.unwrap(), Change::Made);
    assert_eq!(users.change(&blocked).await.unwrap(), Change::Outdated);
    assert_eq!(users.find(blocked.id).await.unwrap(), Some(blocked));
}

#[tokio::test]
async fn the_directory_lists_users_by_name() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    let blocked = User { blocked: true, ..user("another", scene.entropy(), scene.now()) };
    for user in [&scene.user, &blocked] {
        users.create(user, &hash("a")).await.unwrap();
    }
    let listing = |user: &User| Listing {
        user_id: user.id,
        name: user.profile.name.clone(),
        email: user.profile.email.clone(),
        customer: user.customer.clone(),
        domain: user.domain.clone(),
        enabled: user.enabled,
        blocked: user.blocked,
    };
    let listed = |user: &User| (user.username.clone(), listing(user));
    assert_eq!(users.list().await.unwrap(), [listed(&blocked), listed(&scene.user)]);
    assert_eq!(users.id_of(&blocked.username).await.unwrap(), Some(blocked.id));
    assert_eq!(users.find_named(&scene.user.username).await.unwrap().as_ref(), Some(&scene.user));
    let nobody = user("nobody", scene.entropy(), scene.now());
    assert_eq!(users.find_named(&nobody.username).await.unwrap(), None);
    let ids = [scene.user.id, nobody.id, blocked.id];
    assert_eq!(users.find_all(&ids).await.unwrap(), [scene.user.clone(), blocked.clone()]);

    // What is listed changes with the user.
    let mut next = User { enabled: false, blocked: false, version: 2, ..blocked };
    next.customer = Some(CustomerName::parse("mycustomer").unwrap());
    next.profile.name = None;
    assert_eq!(users.change(&next).await.unwrap(), Change::Made);
    assert_eq!(users.list().await.unwrap(), [listed(&next), listed(&scene.user)]);
}

#[tokio::test]
async fn a_user_is_removed_with_login_and_place_and_the_name_is_free() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    assert!(!store.users.remove(&scene.user).await.unwrap());
    store.users.create(&scene.user, &hash("a")).await.unwrap();
    assert!(store.users.remove(&scene.user).await.unwrap());
    assert!(!store.users.remove(&scene.user).await.unwrap());
    assert!(scene.table.items().is_empty());
    let namesake = user(scene.user.username.as_str(), scene.entropy(), scene.now());
    assert_eq!(store.users.create(&namesake, &hash("b")).await.unwrap(), Creation::Made);
    // Who still sees the first one takes nothing from the second.
    assert!(!store.users.remove(&scene.user).await.unwrap());
    assert_eq!(scene.table.items().len(), 3);
}

#[tokio::test]
async fn a_rehash_does_not_bring_an_old_password_back() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.users.create(&scene.user, &hash("old")).await.unwrap();
    let login = store.logins.find(&scene.user.username).await.unwrap().unwrap();
    store.logins.rehash(&login, &hash("new")).await.unwrap();
    // Somebody who still saw the old hash.
    store.logins.rehash(&login, &hash("old, rehashed")).await.unwrap();
    let now = store.logins.find(&scene.user.username).await.unwrap().unwrap();
    assert_eq!(now.password, hash("new"));
}

#[tokio::test]
async fn a_rehash_does_not_make_a_login() {
    let scene = Scene::new().await;
    let username = scene.user.username.clone();
    let login = Login { username, user: scene.user.id, password: hash("old") };
    scene.table.store.logins.rehash(&login, &hash("new")).await.unwrap();
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn a_consent_grows_and_remembers_when() {
    let scene = Scene::new().await;
    let consents = &scene.table.store.consents;
    for (scope, all) in
        [("", ""), ("openid", "openid"), ("email openid", "openid email"), ("", "openid email")]
    {
        scene.advance(1);
        let consent = Consent {
            user: scene.user.id,
            client: scene.client.id,
            scope: Scope::parse(scope).unwrap(),
            given_at: scene.now(),
        };
        consents.allow(&consent).await.unwrap();
        let visit = scene.table.store.standing.visit(scene.client.id, Some(scene.cookie.keys)).await.unwrap();
        assert_eq!(visit.consent, Some(Consent { scope: Scope::parse(all).unwrap(), ..consent }));
    }
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_is_not_known_the_next_time() {
    let scene = Scene::new().await;
    let consents = &scene.table.store.consents;
    let allowed = async |client| {
        let visit = scene.table.store.standing.visit(client, Some(scene.cookie.keys)).await.unwrap();
        visit.consent.map(|consent| consent.scope.to_string())
    };
    let (one, other) = (scene.client.id, scene.other_client());
    consents.withdraw(scene.user.id, one).await.unwrap();
    for client in [one, other] {
        let scope = Scope::parse("openid email").unwrap();
        let consent = Consent { user: scene.user.id, client, scope, given_at: scene.now() };
        consents.allow(&consent).await.unwrap();
    }
    consents.withdraw(scene.user.id, one).await.unwrap();
    assert_eq!(allowed(one).await, None);
    assert_eq!(allowed(other).await.as_deref(), Some("email openid"), "each client has its own");
    consents.withdraw(UserId::generate(scene.entropy()), other).await.unwrap();
    assert_eq!(allowed(other).await.as_deref(), Some("email openid"), "and each user");
    // What is allowed anew begins with nothing.
    let scope = Scope::parse("profile").unwrap();
    let consent = Consent { user: scene.user.id, client: one, scope, given_at: scene.now() };
    consents.allow(&consent).await.unwrap();
    assert_eq!(allowed(one).await.as_deref(), Some("profile"));
}

#[tokio::test]
async fn who_shuts_out_another_must_still_be_who_they_were() {
    let scene = Scene::new().await;
    let users = &scene.table.store.users;
    let [one, other] = ["one", "other"].map(|name| administrator(&scene, name));
    for administrator in [&one, &other] {
        users.create(administrator, &hash("a")).await.unwrap();
    }
    let shut = |user: &User| User { blocked: true, version: user.version + 1, ..user.clone() };
    assert_eq!(users.change_as(&one, &shut(&other)).await.unwrap(), Change::Made);
    let before = scene.table.items();
    assert_eq!(users.change_as(&other, &shut(&one)).await.unwrap(), Change::Outdated);
    assert_eq!(users.remove_as(&other, &one).await.unwrap(), Change::Outdated);
    assert_eq!(scene.table.items(), before);
    assert_eq!(users.remove_as(&one, &other).await.unwrap(), Change::Made);
    assert_eq!(users.remove_as(&one, &other).await.unwrap(), Change::Outdated, "there is none any more");
    assert_eq!(users.find(other.id).await.unwrap(), None);
    assert_eq!(users.find(one.id).await.unwrap(), Some(one));
}

#[tokio::test]
async fn a_password_is_set_for_the_user_who_has_the_name() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    let namesake = user(scene.user.username.as_str(), scene.entropy(), scene.now());
    assert!(!store.logins.set_password(&scene.user, &hash("new")).await.unwrap());
    assert!(scene.table.items().is_empty());
    store.users.create(&namesake, &hash("old")).await.unwrap();
    assert!(!store.logins.set_password(&scene.user, &hash("new")).await.unwrap());
    let stored = async || store.logins.find(&namesake.username).await.unwrap().unwrap().password;
    assert_eq!(stored().await, hash("old"));
    let before = store.logins.find(&namesake.username).await.unwrap().unwrap();
    assert!(store.logins.set_password(&namesake, &hash("new")).await.unwrap());
    // A rehash of the old one that comes later does not bring it back.
    store.logins.rehash(&before, &hash("old, rehashed")).await.unwrap();
    assert_eq!(stored().await, hash("new"));
}
