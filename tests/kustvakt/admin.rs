//! What administrators decide: which clients are front ends, which plugins are permitted; and the broom.

use domain::ClientId;
use domain::client::Client;
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::actors::{Person, Request};

use crate::log;
use crate::scene::{
    GUEST, NOT_BOBS, PREFIXES, Registered, Scene, UNKNOWN, VERIFIER, as_person, code, coded, is_told,
};

/// The services that decide something of a client, each with the parameter that says what.
const DECISIONS: [(&str, &str); 2] =
    [("/admin/oauth2/client/privilege", "super"), ("/admin/oauth2/client/permit", "permitted")];
const CLEAN: &str = "/admin/oauth2/token/clean";

fn decide(scene: &Scene, (service, name): (&str, &str), client: &str, value: &str) -> Request {
    scene.post(service, &scene.root).with("client_id", client).with(name, value)
}

async fn stored(scene: &Scene, client: &Registered) -> Client {
    let id = ClientId::parse(&client.id).unwrap();
    let found = scene.gatelet.table.store.clients.find(id).await.unwrap().unwrap();
    drop(scene.gatelet.table.recorder.take());
    found
}

/// What was decided of a client: whether it is a front end, and whether a plugin that is permitted.
async fn decided(scene: &Scene, client: &Registered) -> (bool, bool) {
    let client = stored(scene, client).await;
    (client.privileged, client.is_permitted())
}

#[tokio::test]
async fn an_administrator_decides_under_every_prefix_and_none() {
    let scene = Scene::new().await;
    let plugin = scene.plugin().await;
    for prefix in PREFIXES.into_iter().chain([""]) {
        for value in [true, false] {
            for (service, name) in DECISIONS {
                let request = scene.post_at(prefix, service, &scene.root).with("client_id", &plugin.id);
                let answer = request.with(name, &value.to_string()).await;
                assert_eq!((answer.status(), answer.text()), (200, "SUCCESS"), "{service} at {prefix}");
                assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            }
            assert_eq!(decided(&scene, &plugin).await, (value, value));
        }
        assert_eq!(scene.post_at(prefix, CLEAN, &scene.root).await.status(), 200);
    }
    assert_eq!(stored(&scene, &plugin).await.updated_by.unwrap().id, scene.root.id);
    assert!(stored(&scene, &plugin).await.is_owned_by(scene.alice.id));
}

#[tokio::test]
async fn nobody_decides_but_administrators() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.plugin().await);
    let services = [
        decide(&scene, DECISIONS[0], &plugin.id, "true"),
        decide(&scene, DECISIONS[1], &plugin.id, "true"),
        scene.post(CLEAN, &scene.root),
    ];
    for request in &services {
        is_told(&request.clone().without_header("authorization").await, 401, GUEST);
        is_told(&as_person(request.clone(), &scene.bob).await, 401, NOT_BOBS);
        // Whose client it is makes no difference.
        let alice = (2010, "unauthorized operation for user: alice", "alice");
        is_told(&as_person(request.clone(), &scene.alice).await, 401, alice);
    }
    for (person, scope) in [
        (&scene.alice, "admin"),
        (&scene.alice, "all"),
        (&scene.root, "authorize client_info register_client deregister_client reset_client_secret"),
        (&scene.root, "list_user_client install_user_client uninstall_user_client notes:read"),
    ] {
        let token = scene.token_of(person, &front_end, scope).await;
        let name = &person.username;
        for request in &services {
            let message = format!("unauthorized operation for user: {name}");
            is_told(&request.clone().bearer(&token).await, 401, (2010, &message, name));
        }
    }
    let answer = services[0].clone().bearer("root/gtla_x").await;
    assert_eq!((answer.status(), coded(&answer).0), (401, 2011));
    assert_eq!(decided(&scene, &plugin).await, (false, false));
}

#[tokio::test]
async fn an_administrators_token_decides_if_a_front_end_holds_it_for_that() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    for scope in ["admin", "admin notes:read", "all"] {
        let plugin = scene.plugin().await;
        let token = scene.token_of(&scene.root, &front_end, scope).await;
        for decision in DECISIONS {
            let answer = decide(&scene, decision, &plugin.id, "true").bearer(&token).await;
            assert_eq!(answer.status(), 200, "{scope}: {answer:?}");
        }
        assert_eq!(decided(&scene, &plugin).await, (true, true));
        assert_eq!(scene.post(CLEAN, &scene.root).bearer(&token).await.status(), 200);
    }
    // It is worth nothing once its client is no front end, or its user no administrator.
    let plugin = scene.plugin().await;
    let token = scene.token_of(&scene.root, &front_end, "admin").await;
    let ask = || decide(&scene, DECISIONS[1], &plugin.id, "true").bearer(&token);
    let told = (2010, "unauthorized operation for user: root", "root");
    scene.decide("privilege", &front_end, "super", false).await;
    is_told(&ask().await, 401, told);
    scene.decide("privilege", &front_end, "super", true).await;
    scene.gatelet.change(&scene.root, |user| user.functions.globally.clear()).await;
    is_told(&ask().await, 401, told);
    assert_eq!(decided(&scene, &plugin).await, (false, false));
}

#[tokio::test]
async fn an_administrators_api_key_decides_as_far_as_it_goes() {
    let scene = Scene::new().await;
    let plugin = scene.plugin().await;
    scene.gatelet.function_of("reader", &[]).await;
    let ask = |key: &str| {
        let request = decide(&scene, DECISIONS[1], &plugin.id, "true").without_header("authorization");
        request.header("argus-api-key", key)
    };
    let confined = scene.gatelet.api_key_for(&scene.root, &["reader"]).await;
    is_told(&ask(&confined).await, 401, (2010, "unauthorized operation for user: root", "root"));
    let alices = scene.gatelet.api_key(&scene.alice).await;
    is_told(&ask(&alices).await, 401, (2010, "unauthorized operation for user: alice", "alice"));
    assert_eq!(decided(&scene, &plugin).await, (false, false));
    let key = scene.gatelet.api_key(&scene.root).await;
    assert_eq!(ask(&key).await.status(), 200);
}

/// A token that is got with such a key goes no further than the key.
#[tokio::test]
async fn a_confined_api_key_can_not_make_an_administrators_token() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.plugin().await);
    scene.gatelet.function_of("reader", &[]).await;
    for (key, status, permitted) in [
        (scene.gatelet.api_key_for(&scene.root, &["reader"]).await, 401, false),
        (scene.gatelet.api_key(&scene.root).await, 200, true),
    ] {
        let asked = scene.authorize(&scene.root, &front_end, "admin").without_header("authorization");
        let code = code(&asked.header("argus-api-key", &key).await);
        let redeemed = scene.token(&front_end, "authorization_code").with("code", &code);
        let token = redeemed.with("code_verifier", VERIFIER).await.tokens().access;
        let answer = decide(&scene, DECISIONS[1], &plugin.id, "true").bearer(&token).await;
        assert_eq!((answer.status(), decided(&scene, &plugin).await.1), (status, permitted), "{answer:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_decided_is_told() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.plugin().await);
    let token = scene.token_of(&scene.root, &front_end, "admin").await;
    for (service, name) in DECISIONS {
        let ask = || decide(&scene, (service, name), &plugin.id, "true").bearer(&token);
        for (request, status, error) in [
            (ask().without("client_id"), 400, (105, "missing parameter", "client_id")),
            (ask().without(name), 400, (105, "missing parameter", name)),
            (ask().with(name, "yes"), 400, (107, "invalid argument", name)),
            (ask().with(name, "TRUE"), 400, (107, "invalid argument", name)),
            (ask().with("client_id", UNKNOWN), 404, (1805, "client not found", UNKNOWN)),
            (ask().with("client_id", "My plugin"), 404, (1805, "client not found", "")),
            (ask().and("client_id", UNKNOWN), 400, (107, "invalid argument", "")),
        ] {
            is_told(&request.await, status, error);
        }
    }
    assert_eq!(decided(&scene, &plugin).await, (false, false));
}

#[tokio::test]
async fn a_front_end_keeps_a_secret_and_a_plugin_has_a_source() {
    let scene = Scene::new().await;
    let public = scene.registered(json!({"type": "PUBLIC"})).await;
    let client = scene.registered(json!({})).await;
    let [privilege, permit] = DECISIONS;
    let answer = decide(&scene, privilege, &public.id, "true").await;
    is_told(&answer, 400, (107, "invalid argument", "super"));
    // What it is already, it may be told to be.
    assert_eq!(decide(&scene, privilege, &public.id, "false").await.status(), 200);
    for client in [&client, &public] {
        for value in ["true", "false"] {
            let answer = decide(&scene, permit, &client.id, value).await;
            is_told(&answer, 400, (107, "invalid argument", "client_id"));
        }
        assert_eq!(decided(&scene, client).await, (false, true));
    }
}

#[tokio::test]
async fn what_is_decided_already_is_not_written_again() {
    let scene = Scene::new().await;
    let (plugin, root) = (scene.plugin().await, json!(scene.root.id.to_string()));
    log::listen();
    for decision in DECISIONS {
        for value in ["true", "false"] {
            let decide = || decide(&scene, decision, &plugin.id, value);
            assert_eq!(decide().await.status(), 200);
            // Counting; and the client with its place in the directory.
            assert_eq!(scene.gatelet.writes(), ["UpdateItem", "TransactWriteItems"]);
            let version = stored(&scene, &plugin).await.version;
            assert_eq!(decide().await.text(), "SUCCESS");
            assert_eq!(scene.gatelet.writes(), ["UpdateItem"]);
            assert_eq!(stored(&scene, &plugin).await.version, version);
        }
    }
    let record = log::record();
    let told: Vec<[&Value; 3]> =
        record.iter().map(|line| [&line["audit.event"], &line["client.id"], &line["user.id"]]).collect();
    assert_eq!(told, vec![[&json!("client.changed"), &json!(plugin.id), &root]; 4]);
}

/// What two administrators decide at once holds both ways.
#[tokio::test]
async fn two_decisions_at_once_do_not_undo_each_other() {
    let scene = Scene::new().await;
    let plugin = scene.plugin().await;
    let [privilege, permit] = DECISIONS;
    let mut held = scene.gatelet.table.faults.hold("TransactWriteItems");
    let (first, second) = tokio::join!(decide(&scene, privilege, &plugin.id, "true").into_future(), async {
        held.reached().await;
        let answer = decide(&scene, permit, &plugin.id, "true").await;
        held.release();
        answer
    });
    assert_eq!((first.status(), second.status()), (200, 200));
    assert_eq!(decided(&scene, &plugin).await, (true, true));
}

/// How many grants of somebody's are in the table.
async fn grants(scene: &Scene, person: &Person) -> usize {
    let grants = scene.gatelet.table.store.grants.of(person.id).await.unwrap();
    drop(scene.gatelet.table.recorder.take());
    grants.len()
}

#[tokio::test]
async fn the_broom_takes_what_is_over_and_leaves_what_is_good() {
    let scene = Scene::new().await;
    let (client, gone) = (scene.registered(json!({})).await, scene.registered(json!({})).await);
    let public = scene.registered(json!({"type": "PUBLIC"})).await;
    let lasting = [
        (&scene.alice, scene.tokens(&scene.alice, &client, "notes:read").await),
        (&scene.bob, scene.tokens(&scene.bob, &client, "notes:read").await),
    ];
    // Two codes that nobody redeems, a token that lasts a day, and what a client had that is gone.
    code(&scene.authorize(&scene.alice, &client, "notes:read").await);
    code(&scene.authorize(&scene.bob, &client, "notes:read").await);
    scene.tokens(&scene.alice, &public, "notes:read").await;
    scene.tokens(&scene.alice, &gone, "notes:read").await;
    assert_eq!(scene.deregister(&scene.alice, &gone.id).await.status(), 200);
    let left = async || (grants(&scene, &scene.alice).await, grants(&scene, &scene.bob).await);
    assert_eq!(left().await, (4, 2));

    let clean = async || {
        let answer = scene.post(CLEAN, &scene.root).await;
        assert_eq!((answer.status(), answer.text()), (200, ""));
    };
    clean().await;
    assert_eq!(left().await, (3, 2), "codes last some minutes, and nothing else is over yet");
    scene.gatelet.table.clock.advance(Seconds::minutes(10));
    clean().await;
    assert_eq!(left().await, (2, 1));
    scene.gatelet.table.clock.advance(Seconds::days(1));
    clean().await;
    assert_eq!(left().await, (1, 1));
    for (person, tokens) in lasting {
        let refreshed = scene.refresh(&client, &tokens).await.tokens();
        assert!(scene.is_active(&client, &refreshed.access).await, "{}", person.username);
    }
}

#[tokio::test]
async fn the_broom_goes_from_user_to_user() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    for person in [&scene.alice, &scene.bob] {
        for _ in 0..3 {
            scene.tokens(person, &client, "notes:read").await;
        }
    }
    scene.post(CLEAN, &scene.root).await;
    drop(scene.gatelet.table.recorder.take());
    // Counting, login and administrator; the directory, and of each of three users what they granted, with the clients of two.
    assert_eq!(scene.post(CLEAN, &scene.root).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (9, 8.0, 1.0));
    assert_eq!(scene.post(CLEAN, &scene.root).await.status(), 200);
    let (batches, gets, queries) = (["BatchGetItem"; 2], ["GetItem"; 2], ["Query"; 4]);
    let expected = [&batches[..], &gets, &queries, &["UpdateItem"]].concat();
    assert_eq!(scene.operations(), expected);
    assert_eq!(scene.deregister(&scene.alice, &client.id).await.status(), 200);
    drop(scene.gatelet.table.recorder.take());
    scene.post(CLEAN, &scene.root).await;
    let deletions = scene.gatelet.writes().iter().filter(|write| *write == "DeleteItem").count();
    assert_eq!((deletions, grants(&scene, &scene.alice).await, grants(&scene, &scene.bob).await), (6, 0, 0));
}
