//! What goes wrong between here and DynamoDB becomes one of three errors, and nothing is half done.

use std::fmt::Debug;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Owner;
use domain::client::{Authentication, Client};
use domain::grant::Access;
use domain::kustvakt::Installation;
use store::sessions::Guard;
use store::{Store, StoreError, Table};
use testkit::faults::ANY;
use testkit::{Embedded, Fault};

use crate::given::{SCOPE, Scene};
use crate::installations::ready;
use crate::keys::Key;
use crate::owned::{confidential, plugin, public};
use crate::rates::RATE;
use crate::users::hash;

/// A verb for each operation and for each way of making it, with what it says.
async fn every_operation(scene: &Scene, store: &Store) -> Vec<(&'static str, StoreError)> {
    let (grant, code) = scene.answer(&scene.request(SCOPE));
    let request = scene.request_id();
    let access = Access {
        token: scene.own_grant().1.digest(),
        issued_at: scene.now(),
        expires_at: scene.now(),
        narrowed: None,
    };
    let guard = Guard { what: "form".to_owned(), expires_at: scene.now() };
    let redemption = scene.redemption(&code, &request);
    let (user, client, now) = (scene.user.id, scene.client.id, scene.now());
    let installation =
        Installation { user, super_client: client, plugin: scene.other_client(), installed_at: now };
    let owner = Owner::User(user);
    vec![
        ("PutItem", store.grants.issue(&grant).await.unwrap_err()),
        ("UpdateItem", store.grants.redeem(&redemption, &access, None, scene.now()).await.unwrap_err()),
        ("DeleteItem", store.sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap_err()),
        ("GetItem", store.clients.find(scene.client.id).await.unwrap_err()),
        ("BatchGetItem", store.standing.holding(grant.keys).await.unwrap_err()),
        ("Query", store.keys.signing::<Key>().await.unwrap_err()),
        ("TransactWriteItems", store.sessions.begin(&scene.session, &guard, scene.now()).await.unwrap_err()),
        ("TransactWriteItems", store.clients.register(&confidential(scene)).await.unwrap_err()),
        ("TransactWriteItems", store.clients.remove(&confidential(scene)).await.unwrap_err()),
        ("TransactWriteItems", store.installations.install(&installation).await.unwrap_err()),
        ("DeleteItem", store.installations.uninstall(user, client, client).await.unwrap_err()),
        ("DeleteItem", store.grants.end(grant.keys, client).await.unwrap_err()),
        ("DeleteItem", store.consents.withdraw(user, client).await.unwrap_err()),
        ("UpdateItem", store.rates.count(&format!("login#{user}"), RATE, now).await.unwrap_err()),
        ("GetItem", store.grants.find(owner, grant.keys.grant).await.unwrap_err()),
        ("GetItem", store.clients.recall(client, now).await.unwrap_err()),
        ("Query", store.clients.owned_by(user).await.unwrap_err()),
        ("Query", store.clients.plugins().await.unwrap_err()),
        ("Query", store.installations.list(user, client).await.unwrap_err()),
        ("Query", store.grants.of(user).await.unwrap_err()),
    ]
}

#[tokio::test]
async fn what_passes_by_itself_is_unavailable_and_nothing_is_half_done() {
    let scene = Scene::new().await;
    scene.tokens().await;
    let before = scene.table.items();
    for fault in [Fault::Throttled, Fault::InternalError, Fault::Unreachable] {
        scene.table.faults.always(ANY, fault);
        for (expected, error) in every_operation(&scene, &scene.table.store).await {
            let StoreError::Unavailable { operation, .. } = error else { panic!("{fault:?}: {error:?}") };
            assert_eq!(operation, expected, "{fault:?}");
        }
        scene.table.faults.clear();
        assert_eq!(scene.table.items(), before, "{fault:?}");
    }
    scene.tokens().await;
}

#[tokio::test]
async fn what_passes_at_the_second_attempt_is_not_noticed() {
    let scene = Scene::new().await;
    for fault in [Fault::Throttled, Fault::InternalError, Fault::Unreachable] {
        scene.table.faults.next("PutItem", fault);
        scene.table.faults.next("UpdateItem", fault);
        let tokens = scene.tokens().await;
        assert_eq!(scene.table.faults.outstanding(), 0);
        scene.table.faults.next("UpdateItem", fault);
        scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    }
}

#[tokio::test]
async fn a_table_that_is_missing_is_refused_by_the_name_of_the_operation() {
    let scene = Scene::new().await;
    let elsewhere = Store::new(&Table::new(scene.table.embedded.client(), "elsewhere"));
    for (expected, error) in every_operation(&scene, &elsewhere).await {
        let StoreError::Refused { operation, cause } = error else { panic!("{error:?}") };
        assert_eq!(operation, expected);
        assert!(cause.contains("ResourceNotFoundException"), "{cause}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_refused_at_once() {
    let scene = Scene::new().await;
    scene.table.faults.always(ANY, Fault::AccessDenied);
    let errors = every_operation(&scene, &scene.table.store).await;
    assert_eq!(scene.table.recorder.take().round_trips(), errors.len(), "none is repeated");
    for (expected, error) in errors {
        let StoreError::Refused { operation, cause } = error else { panic!("{error:?}") };
        assert_eq!((operation, cause.contains("AccessDeniedException")), (expected, true), "{cause}");
    }
}

#[tokio::test]
async fn a_cancelled_transaction_may_succeed_shortly() {
    let scene = Scene::new().await;
    for reason in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        scene.table.faults.always("TransactWriteItems", Fault::TransactionCancelled(reason));
        let error = scene.table.store.users.create(&scene.user, &hash("a")).await.unwrap_err();
        let StoreError::Unavailable { operation, cause } = error else { panic!("{reason}: {error:?}") };
        assert_eq!((operation, cause.contains(reason)), ("TransactWriteItems", true), "{cause}");
        scene.table.faults.clear();
    }
    assert!(scene.table.items().is_empty());
}

#[tokio::test]
async fn a_transaction_that_is_wrong_is_refused() {
    let scene = Scene::new().await;
    scene.table.faults.always("TransactWriteItems", Fault::TransactionCancelled("ValidationError"));
    let error = scene.table.store.users.create(&scene.user, &hash("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_database_is_unavailable_and_the_cause_is_told() {
    let scene = Scene::new().await;
    let embedded = Embedded::memory().unwrap();
    let store = Store::new(&Table::new(embedded.client(), "gatelet"));
    embedded.stop().await;
    let error = store.clients.find(scene.client.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { operation: "GetItem", .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn s44_errors_hold_no_values() {
    let scene = Scene::new().await;
    scene.table.faults.always(ANY, Fault::Throttled);
    let text = format!("{:?}", every_operation(&scene, &scene.table.store).await);
    for value in [scene.user.id.to_string(), scene.client.id.to_string(), scene.cookie.to_text()] {
        assert!(!text.contains(&value), "{text}");
    }
}

#[tokio::test]
async fn an_item_that_is_not_what_the_schema_says_is_corrupt() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    let item = scene.table.items().pop().unwrap();
    let [pk, sk] = ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap());
    scene.put(pk, sk, &[("client_id", AttributeValue::Bool(true))]).await;
    let error = scene.table.store.standing.holding(code.keys).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { entity: "grant", .. }), "{error:?}");
}

/// What an error says is corrupt.
fn corrupt<T: Debug>(read: Result<T, StoreError>) -> &'static str {
    let Err(StoreError::Corrupt { entity, .. }) = read else { panic!("{read:?}") };
    entity
}

#[tokio::test]
async fn an_entry_whose_key_names_nothing_is_corrupt() {
    let scene = Scene::new().await;
    let (store, user) = (&scene.table.store, scene.user.id);
    let (front_end, _, _) = ready(&scene).await;
    scene.put(&format!("owner#{user}"), "mine", &[]).await;
    scene.put("directory#plugin", "mine", &[]).await;
    scene.put(&format!("installed#{user}"), &format!("{}#mine", front_end.id), &[]).await;
    scene.put(&format!("user#{user}"), "grant#mine", &[]).await;
    assert_eq!(corrupt(store.clients.owned_by(user).await), "entry of a client");
    assert_eq!(corrupt(store.clients.plugins().await), "entry of a client");
    assert_eq!(corrupt(store.installations.list(user, front_end.id).await), "installation");
    assert_eq!(corrupt(store.grants.of(user).await), "grant");
}

#[tokio::test]
async fn a_client_that_does_not_hold_together_is_corrupt() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let secret = |client: Client| match client.authentication {
        Authentication::Secret { digest, .. } => AttributeValue::B(digest.as_bytes().as_slice().into()),
        other => panic!("{other:?}"),
    };
    for (sound, attribute, value) in [
        // A secret, and a method without one.
        (plugin(&scene), "method", AttributeValue::S("none".to_owned())),
        (public(&scene), "secret", secret(confidential(&scene))),
        (plugin(&scene), "plugin", AttributeValue::S("{".to_owned())),
        (plugin(&scene), "owner", AttributeValue::S("demo.user".to_owned())),
    ] {
        clients.register(&sound).await.unwrap();
        let sdk = scene.table.embedded.client();
        let update = sdk.update_item().table_name(testkit::table::NAME);
        let update = update.key("pk", AttributeValue::S(format!("client#{}", sound.id)));
        let update = update.key("sk", AttributeValue::S("client".to_owned()));
        let update =
            update.update_expression("SET #name = :value").expression_attribute_names("#name", attribute);
        update.expression_attribute_values(":value", value).send().await.unwrap();
        assert_eq!(corrupt(clients.find(sound.id).await), "client", "{attribute}");
        assert_eq!(corrupt(clients.recall(sound.id, scene.now()).await), "client", "{attribute}");
    }
}
