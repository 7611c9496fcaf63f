//! What each verb costs, in round trips and capacity units: the budget of the architecture, held exactly.

use domain::client::{Client, Owned, Plugin};
use domain::consent::Consent;
use domain::customer::DomainName;
use domain::function::Function;
use domain::grant::{RedemptionRefusal, RefreshAttempt};
use domain::name::ClientName;
use domain::password::PasswordHash;
use domain::user::{Login, User};
use oauth::Scope;
use oauth::words::SigningAlgorithm;
use store::clients::Change;
use store::grants::Proof;
use store::installations::Installed;
use store::rates::Allowance;
use testkit::table::size;

use crate::api_keys::api_key;
use crate::clients::defined;
use crate::directory::{customer, function};
use crate::given::{SCOPE, Scene, other_challenge};
use crate::installations::ready;
use crate::keys::{Key, LINES};
use crate::owned::{confidential, plugin, public};
use crate::rates::{END, count};

/// Asserts what was spent since the last look: round trips, units read, units written.
#[track_caller]
fn spent(scene: &Scene, expected: (usize, f64, f64)) {
    let calls = scene.table.recorder.take();
    assert_eq!(
        (calls.round_trips(), calls.read_units(), calls.write_units()),
        expected,
        "{:?}",
        calls.operations()
    );
}

/// Asserts that every stored item is one that costs one unit to write.
#[track_caller]
fn items_stay_under_one_kib(scene: &Scene) {
    for item in scene.table.items() {
        assert!(size(&item) < 1024, "{} bytes: {item}", size(&item));
    }
}

#[tokio::test]
async fn a_code_is_issued_with_one_write() {
    let scene = Scene::new().await;
    scene.issue().await;
    spent(&scene, (1, 0.0, 1.0));
    items_stay_under_one_kib(&scene);
}

#[tokio::test]
async fn a_code_is_redeemed_with_one_write_and_no_read() {
    let scene = Scene::new().await;
    let code = scene.issue().await;
    spent(&scene, (1, 0.0, 1.0));
    scene.present(&scene.redemption(&code, &scene.request_id())).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    items_stay_under_one_kib(&scene);
}

#[tokio::test]
async fn a_wrong_verifier_costs_one_round_trip() {
    let scene = Scene::new().await;
    let (code, request) = (scene.issue().await, scene.request_id());
    drop(scene.table.recorder.take());
    let mut wrong = scene.redemption(&code, &request);
    wrong.challenge = Some(other_challenge());
    assert_eq!(scene.present(&wrong).await.unwrap_err(), RedemptionRefusal::WrongVerifier);
    assert_eq!(scene.table.recorder.take().operations(), ["UpdateItem"]);
}

#[tokio::test]
async fn every_rotation_is_one_write() {
    let scene = Scene::new().await;
    let mut tokens = scene.tokens().await;
    drop(scene.table.recorder.take());
    // From the second on, the grant holds a previous generation too.
    for _ in 0..3 {
        tokens = scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
        spent(&scene, (1, 0.0, 1.0));
        items_stay_under_one_kib(&scene);
    }
}

#[tokio::test]
async fn a_grant_stays_under_one_kib_with_both_access_tokens_narrowed() {
    let scene = Scene::new().await;
    let mut tokens = scene.tokens().await;
    let narrowed = Scope::parse("openid profile email").unwrap();
    for _ in 0..2 {
        let attempt = RefreshAttempt { narrowed: Some(&narrowed), ..scene.attempt(&tokens.refresh) };
        tokens = scene.refresh(&attempt).await.unwrap();
    }
    items_stay_under_one_kib(&scene);
}

#[tokio::test]
async fn a_parallel_rotation_costs_one_round_trip() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    drop(scene.table.recorder.take());
    scene.refresh(&scene.attempt(&tokens.refresh)).await.unwrap();
    assert_eq!(scene.table.recorder.take().operations(), ["UpdateItem"]);
}

#[tokio::test]
async fn a_revocation_is_one_write() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    drop(scene.table.recorder.take());
    let proof = Proof::Access(tokens.access.digest());
    assert!(scene.table.store.grants.revoke(tokens.grant.keys, scene.client.id, proof).await.unwrap());
    spent(&scene, (1, 0.0, 1.0));
}

#[tokio::test]
async fn a_clients_own_grant_is_one_write_and_one_read() {
    let scene = Scene::new().await;
    let (grant, _) = scene.own_grant();
    scene.table.store.grants.issue(&grant).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    assert_eq!(scene.stored(grant.keys).await, Some(grant));
    spent(&scene, (1, 1.0, 0.0));
    items_stay_under_one_kib(&scene);
}

#[tokio::test]
async fn a_visit_is_one_round_trip_and_four_reads() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&scene.client).await.unwrap();
    scene.table.store.users.create(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    let form = scene.form("1");
    scene.table.store.sessions.begin(&scene.session, &form, scene.now()).await.unwrap();
    let consent = Consent {
        user: scene.user.id,
        client: scene.client.id,
        scope: Scope::parse(SCOPE).unwrap(),
        given_at: scene.now(),
    };
    scene.table.store.consents.allow(&consent).await.unwrap();
    drop(scene.table.recorder.take());
    let visit = scene.table.store.standing.visit(scene.client.id, Some(scene.cookie.keys)).await.unwrap();
    assert_eq!(visit.consent, Some(consent));
    spent(&scene, (1, 4.0, 0.0));
    scene.table.store.standing.visit(scene.client.id, None).await.unwrap();
    spent(&scene, (1, 1.0, 0.0));
    scene.table.store.standing.visitor(scene.cookie.keys).await.unwrap();
    spent(&scene, (1, 2.0, 0.0));
}

#[tokio::test]
async fn a_token_is_looked_up_in_one_round_trip_and_three_reads() {
    let scene = Scene::new().await;
    let (grant, _) = scene.answer(&scene.request("openid profile email"));
    assert!(grant.keys.session.is_some(), "without offline_access the session is read too");
    scene.table.store.grants.issue(&grant).await.unwrap();
    scene.table.store.users.create(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    scene.table.store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    drop(scene.table.recorder.take());
    let holding = scene.table.store.standing.holding(grant.keys).await.unwrap();
    assert_eq!((holding.grant.as_ref(), holding.session.as_ref()), (Some(&grant), Some(&scene.session)));
    spent(&scene, (1, 3.0, 0.0));
    let before = scene.table.store.standing.before_refresh(grant.keys).await.unwrap();
    assert_eq!((before.session, before.user), (holding.session, Some(scene.user.clone())));
    spent(&scene, (1, 2.0, 0.0));
}

#[tokio::test]
async fn what_is_missing_is_looked_up_at_the_same_price() {
    let scene = Scene::new().await;
    let (grant, _) = scene.answer(&scene.request("openid"));
    let holding = scene.table.store.standing.holding(grant.keys).await.unwrap();
    assert!(holding.grant.is_none() && holding.session.is_none() && holding.user.is_none());
    spent(&scene, (1, 3.0, 0.0));
}

#[tokio::test]
async fn a_clients_own_grant_needs_nothing_read_before_a_refresh() {
    let scene = Scene::new().await;
    let (grant, _) = scene.own_grant();
    scene.table.store.standing.before_refresh(grant.keys).await.unwrap();
    spent(&scene, (0, 0.0, 0.0));
}

#[tokio::test]
async fn a_remembered_client_costs_nothing() {
    let scene = Scene::new().await;
    // The client and its place in the directory in a transaction, and a transaction costs twice.
    scene.table.store.clients.register(&scene.client).await.unwrap();
    spent(&scene, (1, 0.0, 4.0));
    scene.table.store.clients.recall(scene.client.id, scene.now()).await.unwrap().unwrap();
    spent(&scene, (1, 1.0, 0.0));
    scene.table.store.clients.recall(scene.client.id, scene.now()).await.unwrap().unwrap();
    spent(&scene, (0, 0.0, 0.0));
    items_stay_under_one_kib(&scene);
}

#[tokio::test]
async fn a_registration_is_managed_with_one_write_each() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    clients.register(&scene.client).await.unwrap();
    drop(scene.table.recorder.take());
    let mut next = scene.client.clone();
    next.version += 1;
    clients.change(&scene.client, &next).await.unwrap();
    spent(&scene, (1, 0.0, 4.0));
    clients.deregister(&next, &scene.registration.digest()).await.unwrap();
    spent(&scene, (1, 0.0, 4.0));
}

/// The client, its place in the directory and its owner's entry; for a plugin one more. A transaction costs twice.
#[tokio::test]
async fn a_client_that_a_user_registers_is_one_round_trip() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    for (client, units) in [(confidential(&scene), 6.0), (public(&scene), 6.0), (plugin(&scene), 8.0)] {
        clients.register(&client).await.unwrap();
        spent(&scene, (1, 0.0, units));
        items_stay_under_one_kib(&scene);
        for _ in 0..2 {
            clients.recall(client.id, scene.now()).await.unwrap().unwrap();
            spent(&scene, (1, 1.0, 0.0));
        }
        let next = Client { version: 2, ..client.clone() };
        clients.change(&client, &next).await.unwrap();
        spent(&scene, (1, 0.0, 4.0));
        assert!(clients.remove(&next).await.unwrap());
        spent(&scene, (1, 0.0, units));
    }
}

/// A plugin costs what it weighs: two units for each KiB in a transaction, a unit for each four when it is read.
#[tokio::test]
async fn a_plugin_of_sixteen_kib_is_one_round_trip() {
    let scene = Scene::new().await;
    let Client { owned: Some(owned), .. } = plugin(&scene) else { panic!("nobody's") };
    let source = Some(Plugin { source: "x".repeat(16 * 1024 - 2).into(), permitted: false });
    let client = Client { owned: Some(Owned { plugin: source, ..owned }), ..plugin(&scene) };
    scene.table.store.clients.register(&client).await.unwrap();
    spent(&scene, (1, 0.0, 40.0));
    scene.table.store.clients.recall(client.id, scene.now()).await.unwrap().unwrap();
    spent(&scene, (1, 5.0, 0.0));
}

/// An entry weighs about ninety bytes: 45 of them cost a unit.
#[tokio::test]
async fn a_list_of_what_a_user_registered_is_one_query() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    for _ in 0..30 {
        clients.register(&plugin(&scene)).await.unwrap();
    }
    drop(scene.table.recorder.take());
    assert_eq!(clients.owned_by(scene.user.id).await.unwrap().len(), 30);
    spent(&scene, (1, 1.0, 0.0));
    assert_eq!(clients.plugins().await.unwrap().len(), 30);
    spent(&scene, (1, 1.0, 0.0));
}

/// Two conditions and one item in a transaction, and a transaction costs twice.
#[tokio::test]
async fn a_plugin_is_installed_in_one_round_trip() {
    let scene = Scene::new().await;
    let (_, _, first) = ready(&scene).await;
    let installations = &scene.table.store.installations;
    drop(scene.table.recorder.take());
    assert_eq!(installations.install(&first).await.unwrap(), Installed::Now);
    spent(&scene, (1, 0.0, 6.0));
    items_stay_under_one_kib(&scene);
    assert_eq!(installations.install(&first).await.unwrap(), Installed::Before);
    assert_eq!(scene.table.recorder.take().operations(), ["TransactWriteItems"]);
    assert_eq!(installations.list(first.user, first.super_client).await.unwrap(), [first]);
    spent(&scene, (1, 1.0, 0.0));
    assert!(installations.uninstall(first.user, first.super_client, first.plugin).await.unwrap());
    spent(&scene, (1, 0.0, 1.0));
}

#[tokio::test]
async fn a_call_is_counted_with_one_write_and_refused_in_one_round_trip() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        assert_eq!(count(&scene, "login#demo.user").await, Allowance::Allowed);
        spent(&scene, (1, 0.0, 1.0));
    }
    items_stay_under_one_kib(&scene);
    assert_eq!(count(&scene, "login#demo.user").await, Allowance::Exhausted(END));
    assert_eq!(scene.table.recorder.take().operations(), ["UpdateItem"]);
}

/// A grant with tokens weighs about seven hundred bytes: five of them cost a unit.
#[tokio::test]
async fn what_a_user_granted_is_one_query() {
    let scene = Scene::new().await;
    let grants = &scene.table.store.grants;
    for _ in 0..5 {
        scene.tokens().await;
    }
    drop(scene.table.recorder.take());
    let all = grants.of(scene.user.id).await.unwrap();
    assert_eq!(all.len(), 5);
    spent(&scene, (1, 1.0, 0.0));
    let keys = all[0].keys;
    assert_eq!(grants.find(keys.owner, keys.grant).await.unwrap().as_ref(), Some(&all[0]));
    spent(&scene, (1, 1.0, 0.0));
    assert!(grants.end(keys, scene.client.id).await.unwrap());
    spent(&scene, (1, 0.0, 1.0));
    let (user, client) = (scene.user.id, scene.client.id);
    let consent = Consent { user, client, scope: Scope::parse(SCOPE).unwrap(), given_at: scene.now() };
    scene.table.store.consents.allow(&consent).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    scene.table.store.consents.withdraw(user, client).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
}

#[tokio::test]
async fn signing_in_and_out_is_one_round_trip_each() {
    let scene = Scene::new().await;
    let sessions = &scene.table.store.sessions;
    // Two items in a transaction, and a transaction costs twice.
    sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    spent(&scene, (1, 0.0, 4.0));
    assert!(sessions.end(scene.cookie.keys, &scene.cookie.digest()).await.unwrap());
    spent(&scene, (1, 0.0, 1.0));
}

#[tokio::test]
async fn users_and_logins_are_one_round_trip_each() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    // Three items in a transaction, and a transaction costs twice.
    store.users.create(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    spent(&scene, (1, 0.0, 6.0));
    assert_eq!(store.users.find(scene.user.id).await.unwrap().as_ref(), Some(&scene.user));
    spent(&scene, (1, 1.0, 0.0));
    let login = store.logins.find(&scene.user.username).await.unwrap().unwrap();
    spent(&scene, (1, 1.0, 0.0));
    assert_eq!(login, Login { username: scene.user.username.clone(), ..login.clone() });
    store.logins.rehash(&login, &PasswordHash::of_nobody()).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    store.logins.set_password(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    let next = User { version: 2, ..scene.user.clone() };
    assert_eq!(store.users.change(&next).await.unwrap(), Change::Made);
    spent(&scene, (1, 0.0, 4.0));
    assert_eq!(store.users.find_named(&next.username).await.unwrap().as_ref(), Some(&next));
    spent(&scene, (2, 2.0, 0.0));
    assert!(store.users.remove(&next).await.unwrap());
    spent(&scene, (1, 0.0, 6.0));
}

#[tokio::test]
async fn a_renamed_client_is_one_round_trip_and_three_items() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    let client = defined(&scene, "before");
    clients.register(&client).await.unwrap();
    spent(&scene, (1, 0.0, 4.0));
    let short_name = Some(ClientName::parse("after").unwrap());
    clients.change(&client, &Client { version: 2, short_name, ..client.clone() }).await.unwrap();
    spent(&scene, (1, 0.0, 6.0));
}

/// The list is one query, and an entry weighs about 270 bytes: fifteen of them cost a unit.
#[tokio::test]
async fn a_list_of_clients_is_one_query_and_a_page_one_batch() {
    let scene = Scene::new().await;
    let clients = &scene.table.store.clients;
    for index in 0..30 {
        clients.register(&defined(&scene, &format!("argus.client{index}"))).await.unwrap();
    }
    drop(scene.table.recorder.take());
    let list = clients.list().await.unwrap();
    spent(&scene, (1, 2.0, 0.0));
    let page = list.iter().take(25).map(|(_, listing)| listing.client_id).collect::<Vec<_>>();
    assert_eq!(clients.find_all(&page).await.unwrap().len(), 25);
    spent(&scene, (1, 25.0, 0.0));
    clients.find_named(&ClientName::parse("argus.client7").unwrap()).await.unwrap().unwrap();
    spent(&scene, (2, 2.0, 0.0));
}

#[tokio::test]
async fn the_directory_is_one_round_trip_each() {
    let scene = Scene::new().await;
    let (functions, customers) = (&scene.table.store.functions, &scene.table.store.customers);
    functions.create(&function("f", &["a", "b"])).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    functions.change(&Function { version: 2, ..function("f", &[]) }).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    functions.recall(scene.now()).await.unwrap();
    spent(&scene, (1, 1.0, 0.0));
    functions.recall(scene.now()).await.unwrap();
    spent(&scene, (0, 0.0, 0.0));
    customers.create(&customer("c", 1001)).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    customers.list().await.unwrap();
    spent(&scene, (1, 1.0, 0.0));
    customers.domain(&DomainName::default()).await.unwrap().unwrap();
    spent(&scene, (0, 0.0, 0.0));
}

#[tokio::test]
async fn an_api_key_is_looked_up_with_its_user_in_one_round_trip() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.users.create(&scene.user, &PasswordHash::of_nobody()).await.unwrap();
    let key = api_key(&scene, "1ab/2c");
    drop(scene.table.recorder.take());
    store.api_keys.create(&key).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    let (found, user) = store.standing.api_key(key.user, &key.prefix).await.unwrap();
    assert_eq!((found.as_ref(), user), (Some(&key), Some(scene.user.clone())));
    spent(&scene, (1, 2.0, 0.0));
    store.api_keys.list(key.user, scene.now()).await.unwrap();
    spent(&scene, (1, 1.0, 0.0));
    assert!(store.api_keys.revoke(&key).await.unwrap());
    spent(&scene, (1, 0.0, 1.0));
}

#[tokio::test]
async fn keys_are_read_and_made_in_one_round_trip_each() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.keys;
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
        keys.establish_signing(algorithm, Key::called("a")).await.unwrap();
        spent(&scene, (1, 0.0, 1.0));
    }
    keys.establish_sealing(Key::called("s")).await.unwrap();
    spent(&scene, (1, 0.0, 1.0));
    assert_eq!(keys.signing::<Key>().await.unwrap().len(), 2);
    spent(&scene, (1, 1.0, 0.0));
    assert_eq!(keys.sealing::<Key>().await.unwrap(), [Key::called("s")]);
    spent(&scene, (1, 1.0, 0.0));
}

#[tokio::test]
async fn a_key_is_rotated_with_one_write_for_each_step() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.keys;
    for line in LINES {
        keys.publish(line, 1, Key::for_tomorrow("a")).await.unwrap();
        spent(&scene, (1, 0.0, 1.0));
        assert!(keys.advance(line, 1, scene.now()).await.unwrap());
        spent(&scene, (1, 0.0, 1.0));
        assert!(keys.retire(line, 1, scene.now()).await.unwrap());
        spent(&scene, (1, 0.0, 1.0));
        keys.remove(line, 1).await.unwrap();
        spent(&scene, (1, 0.0, 1.0));
    }
}
