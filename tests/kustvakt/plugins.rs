//! Plugins: listed, installed in a front end, and removed from it again.

use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::Fault;
use testkit::actors::{Answer, Person, Request};

use crate::log;
use crate::scene::{
    CHALLENGE, FrontEnd, GUEST, PREFIXES, Registered, Scene, UNKNOWN, as_person, by_front_end, coded,
    is_told, members, with_password,
};

/// The services, each by its path and the scope that a token needs for it.
const SERVICES: [(&str, &str); 4] = [
    ("/plugins", "list_user_client"),
    ("/plugins/install", "install_user_client"),
    ("/plugins/installed", "list_user_client"),
    ("/plugins/uninstall", "uninstall_user_client"),
];

/// A service of these, for a plugin.
fn ask(scene: &Scene, front_end: &Registered, service: &str, plugin: &str) -> Request {
    scene.through(front_end, service, &scene.alice).with("client_id", plugin)
}

fn install(scene: &Scene, front_end: &Registered, plugin: &Registered) -> Request {
    ask(scene, front_end, "/plugins/install", &plugin.id)
}

fn uninstall(scene: &Scene, front_end: &Registered, plugin: &Registered) -> Request {
    ask(scene, front_end, "/plugins/uninstall", &plugin.id)
}

/// What a list has under this name.
#[track_caller]
fn listed(answer: &Answer, name: &str) -> Vec<String> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let json = answer.json();
    let items = json.as_array().expect("a list").iter();
    items.map(|item| item[name].as_str().expect("a name").to_owned()).collect()
}

/// The names of the plugins that somebody has installed.
async fn installed(scene: &Scene, front_end: &Registered, person: &Person) -> Vec<String> {
    listed(&scene.through(front_end, "/plugins/installed", person).await, "name")
}

/// A plugin of Alice's under this name.
async fn named(scene: &Scene, name: &str, permitted: bool) -> Registered {
    let plugin = scene.registered(json!({"name": name, "source": {"at": "https://a.example"}})).await;
    if permitted {
        scene.decide("permit", &plugin, "permitted", true).await;
    }
    plugin
}

#[tokio::test]
async fn plugins_are_listed_by_name() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    named(&scene, "Walnut", true).await;
    named(&scene, "Hazel", false).await;
    let almond = named(&scene, "Almond", true).await;
    let gone = named(&scene, "Gone", true).await;
    assert_eq!(scene.deregister(&scene.alice, &gone.id).await.status(), 200);
    let privileged = named(&scene, "Front end", true).await;
    scene.decide("privilege", &privileged, "super", true).await;
    scene.registered(json!({"name": "No plugin"})).await;

    let token = scene.token_of(&scene.bob, &front_end, "list_user_client").await;
    let all = ["Almond", "Hazel", "Walnut"];
    for prefix in PREFIXES.into_iter().chain([""]) {
        let list = || {
            let request = scene.post_at(prefix, "/plugins", &scene.bob);
            by_front_end(request, &front_end).bearer(&token)
        };
        for (request, names) in [
            (list(), &all[..]),
            (list().with("permitted_only", "false"), &all),
            (list().with("permitted_only", "true"), &["Almond", "Walnut"]),
        ] {
            assert_eq!(listed(&request.await, "client_name"), names, "at {prefix}");
        }
        is_told(
            &list().with("permitted_only", "yes").await,
            400,
            (107, "invalid argument", "permitted_only"),
        );
    }
    let first = |answer: &Answer| answer.json()[0].clone();
    let others = json!({
        "super": false,
        "client_id": almond.id,
        "client_name": "Almond",
        "client_type": "CONFIDENTIAL",
        "client_description": "a confidential web application",
        "client_url": "http://example.client.com",
        "permitted": true,
        "source": {"at": "https://a.example"},
    });
    assert_eq!(first(&scene.through(&front_end, "/plugins", &scene.bob).await), others);
    let seen = first(&scene.through(&front_end, "/plugins", &scene.alice).await);
    assert_eq!(members(&seen).len(), members(&others).len() + 3);
    assert_eq!(seen["registration_date"], "2027-01-15T08:00:00Z");
}

#[tokio::test]
async fn a_plugin_is_installed_and_removed_again() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    for prefix in PREFIXES.into_iter().chain([""]) {
        let ask = |service: &str| {
            let request = scene.post_at(prefix, service, &scene.alice).with("client_id", &plugin.id);
            by_front_end(request, &front_end)
        };
        let entity = plugin.id.as_str();
        let installed = json!({
            "client_id": plugin.id,
            "super_client_id": front_end.id,
            "name": "My plugin",
            "description": "a confidential web application",
            "url": "http://example.client.com",
            "installed_date": "2027-01-15T08:00:00Z",
        });
        let answer = ask("/plugins/install").await;
        assert_eq!((answer.status(), answer.json()), (200, installed.clone()), "at {prefix}");
        is_told(&ask("/plugins/install").await, 400, (1851, "plugin already installed", entity));
        let answer = ask("/plugins/installed").await;
        assert_eq!((answer.status(), answer.json()), (200, json!([installed])));
        let answer = ask("/plugins/uninstall").await;
        assert_eq!((answer.status(), answer.text()), (200, ""));
        is_told(&ask("/plugins/uninstall").await, 404, (1805, "client not found", entity));
        assert_eq!(ask("/plugins/installed").await.json(), json!([]));
    }
}

#[tokio::test]
async fn what_is_installed_is_each_users_own_in_each_front_end() {
    let scene = Scene::new().await;
    let [one, other] = [scene.front_end().await, scene.front_end().await];
    let [walnut, almond] = [named(&scene, "Walnut", true).await, named(&scene, "Almond", true).await];
    for (front_end, plugin) in [(&one, &walnut), (&one, &almond), (&other, &walnut)] {
        let answer = install(&scene, front_end, plugin).await;
        assert_eq!(answer.member("super_client_id").as_ref(), Some(&front_end.id), "{answer:?}");
        scene.gatelet.table.clock.advance(Seconds(1));
    }
    let bobs = install(&scene, &one, &walnut);
    assert_eq!(as_person(bobs, &scene.bob).await.status(), 200);
    assert_eq!(installed(&scene, &one, &scene.alice).await, ["Almond", "Walnut"]);
    assert_eq!(installed(&scene, &other, &scene.alice).await, ["Walnut"]);
    assert_eq!(installed(&scene, &one, &scene.bob).await, ["Walnut"]);
    assert_eq!(installed(&scene, &other, &scene.bob).await, [""; 0]);
    assert_eq!(uninstall(&scene, &one, &walnut).await.status(), 200);
    assert_eq!(installed(&scene, &one, &scene.alice).await, ["Almond"]);
    assert_eq!(installed(&scene, &other, &scene.alice).await, ["Walnut"]);
    assert_eq!(installed(&scene, &one, &scene.bob).await, ["Walnut"]);
}

#[tokio::test]
async fn only_a_plugin_that_is_permitted_can_be_installed() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.plugin().await);
    let client = scene.registered(json!({})).await;
    for (id, status, number, message, entity) in [
        (plugin.id.as_str(), 400, 1850, "plugin not permitted", plugin.id.as_str()),
        (&client.id, 400, 1850, "plugin not permitted", &client.id),
        (&front_end.id, 400, 1850, "plugin not permitted", &front_end.id),
        (UNKNOWN, 404, 1805, "client not found", UNKNOWN),
        ("My plugin", 404, 1805, "client not found", ""),
    ] {
        let answer = ask(&scene, &front_end, "/plugins/install", id).await;
        is_told(&answer, status, (number, message, entity));
    }
    scene.decide("permit", &plugin, "permitted", true).await;
    assert_eq!(install(&scene, &front_end, &plugin).await.status(), 200);
    assert_eq!(uninstall(&scene, &front_end, &plugin).await.status(), 200);
    scene.decide("permit", &plugin, "permitted", false).await;
    let answer = install(&scene, &front_end, &plugin).await;
    is_told(&answer, 400, (1850, "plugin not permitted", &plugin.id));
    assert_eq!(installed(&scene, &front_end, &scene.alice).await, [""; 0]);
}

#[tokio::test]
async fn a_plugin_that_is_deregistered_is_installed_nowhere() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let [gone, stays] = [named(&scene, "Gone", true).await, named(&scene, "Stays", true).await];
    for plugin in [&gone, &stays] {
        assert_eq!(install(&scene, &front_end, plugin).await.status(), 200);
    }
    assert_eq!(scene.deregister(&scene.alice, &gone.id).await.status(), 200);
    assert_eq!(installed(&scene, &front_end, &scene.alice).await, ["Stays"]);
    is_told(&install(&scene, &front_end, &gone).await, 404, (1805, "client not found", &gone.id));
}

#[tokio::test]
async fn plugins_are_managed_through_super_clients_only() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    let token = scene.token_of(&scene.alice, &front_end, "all").await;
    for (service, _) in SERVICES {
        let request = ask(&scene, &front_end, service, &plugin.id).bearer(&token);
        for (wrong, answer) in scene.through_others(&request).await {
            let (status, error) = match wrong {
                FrontEnd::Nameless => (400, (105, "missing parameter", "super_client_id")),
                FrontEnd::Secretless => (400, (105, "missing parameter", "super_client_secret")),
                FrontEnd::Unproved => (401, (1803, "client authentication failed", "")),
                FrontEnd::Ordinary => (401, (1804, "client authorization failed", "")),
            };
            is_told(&answer, status, error);
        }
        is_told(&request.without_header("authorization").await, 401, GUEST);
    }
    for service in ["/plugins/install", "/plugins/uninstall"] {
        let answer = ask(&scene, &front_end, service, "").without("client_id").await;
        is_told(&answer, 400, (105, "missing parameter", "client_id"));
    }
    let answer = ask(&scene, &front_end, "/plugins/uninstall", "My plugin").await;
    is_told(&answer, 404, (1805, "client not found", ""));
    scene.decide("privilege", &front_end, "super", false).await;
    let answer = install(&scene, &front_end, &plugin).await;
    is_told(&answer, 401, (1804, "client authorization failed", ""));
}

#[tokio::test]
async fn a_token_manages_plugins_if_that_is_what_it_is_for() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    for (service, needed) in SERVICES {
        let ask = || as_person(ask(&scene, &front_end, service, &plugin.id), &scene.bob);
        let scopes = ["list_user_client", "install_user_client", "uninstall_user_client", "client_info"];
        let others: Vec<_> = scopes.into_iter().filter(|scope| *scope != needed).collect();
        let token = scene.token_of(&scene.alice, &front_end, &others.join(" ")).await;
        is_told(&ask().bearer(&token).await, 403, (2010, "authorization failed", needed));
        let token = scene.token_of(&scene.alice, &front_end, needed).await;
        assert_eq!(ask().bearer(&token).await.status(), 200, "{service}");
    }
    let all = scene.token_of(&scene.alice, &front_end, "all").await;
    for (service, _) in SERVICES {
        let answer = ask(&scene, &front_end, service, &plugin.id).bearer(&all).await;
        assert_eq!(answer.status(), 200, "{service}: {answer:?}");
    }
}

#[tokio::test]
async fn whoever_is_nobody_manages_no_plugins() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    let expired = scene.token_of(&scene.alice, &front_end, "all").await;
    scene.gatelet.table.clock.advance(Seconds::days(1));
    for (service, _) in SERVICES {
        let ask = || ask(&scene, &front_end, service, &plugin.id);
        log::listen();
        let answer = with_password(ask(), "alice", "wrong").await;
        is_told(&answer, 401, (2010, "authorization failed", ""));
        // It is as much a refused sign-in as one at the sign-in page.
        assert_eq!(log::counted(), [("SignInsRefused".to_owned(), 1)]);
        for (token, number, message) in
            [(expired.as_str(), 2003, "expired"), ("alice/gtla_x", 2011, "invalid access token")]
        {
            let answer = ask().bearer(token).await;
            assert_eq!((answer.status(), coded(&answer)), (401, (number, message.to_owned(), String::new())));
            assert_eq!(members(&answer.json()), ["error", "error_description", "errors"]);
            assert_eq!(answer.member("error").as_deref(), Some("invalid_token"));
        }
    }
}

#[tokio::test]
async fn with_a_plugin_goes_what_it_was_granted() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    assert_eq!(install(&scene, &front_end, &plugin).await.status(), 200);
    let asked = format!(
        "/api/oauth2/authorize?response_type=code&client_id={}&scope=notes%3Aread&code_challenge={CHALLENGE}&code_challenge_method=S256",
        plugin.id
    );
    let mut browser = scene.gatelet.browser();
    browser.open(&asked).await.page();
    browser.sign_in(&scene.alice).await.page();
    browser.allow().await.callback().code();
    browser.open(&asked).await.callback().code();
    let other = scene.registered(json!({})).await;
    let (tokens, bobs) = (
        scene.tokens(&scene.alice, &plugin, "notes:read").await,
        scene.tokens(&scene.bob, &plugin, "notes:read").await,
    );
    let others = scene.tokens(&scene.alice, &other, "notes:read").await;

    assert_eq!(uninstall(&scene, &front_end, &plugin).await.status(), 200);
    assert!(!scene.is_active(&plugin, &tokens.access).await);
    assert_eq!(scene.refresh(&plugin, &tokens).await.reason(), Some("refresh token unknown"));
    assert!(scene.is_active(&plugin, &bobs.access).await);
    assert!(scene.is_active(&other, &others.access).await);
    let page = browser.open(&asked).await.page();
    assert!(page.title.starts_with("Allow access"), "{}", page.text);
}

#[tokio::test]
async fn a_plugin_is_installed_once_though_the_answer_is_lost() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    let faults = &scene.gatelet.table.faults;
    faults.next("TransactWriteItems", Fault::AnswerLost);
    assert_eq!(install(&scene, &front_end, &plugin).await.status(), 200);
    assert_eq!(faults.outstanding(), 0);
    assert_eq!(install(&scene, &front_end, &plugin).await.status(), 400);
}

/// What was permitted when it was looked at, and is not when it is written, is not installed.
#[tokio::test]
async fn a_permission_that_is_withdrawn_meanwhile_is_none() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    let mut held = scene.gatelet.table.faults.hold("TransactWriteItems");
    let (answer, ()) = tokio::join!(install(&scene, &front_end, &plugin).into_future(), async {
        held.reached().await;
        scene.decide("permit", &plugin, "permitted", false).await;
        held.release();
    });
    is_told(&answer, 400, (1850, "plugin not permitted", &plugin.id));
    assert_eq!(installed(&scene, &front_end, &scene.alice).await, [""; 0]);
}

#[tokio::test]
async fn what_is_installed_and_removed_is_on_record() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.permitted_plugin().await);
    scene.tokens(&scene.alice, &plugin, "notes:read").await;
    log::listen();
    for _ in 0..2 {
        install(&scene, &front_end, &plugin).await;
    }
    for _ in 0..2 {
        uninstall(&scene, &front_end, &plugin).await;
    }
    let record = log::record();
    let events: Vec<_> = record.iter().map(|line| line["audit.event"].as_str().unwrap()).collect();
    assert_eq!(events, ["plugin.installed", "grant.withdrawn", "plugin.uninstalled"]);
    for line in &record {
        let whose: [&Value; 2] = [&line["client.id"], &line["user.id"]];
        assert_eq!(whose, [&json!(plugin.id), &json!(scene.alice.id.to_string())]);
    }
}

#[tokio::test]
async fn what_plugins_cost() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let mut plugins = Vec::new();
    for name in ["One", "Two", "Three"] {
        plugins.push(named(&scene, name, true).await);
    }
    let list = || scene.through(&front_end, "/plugins", &scene.alice);
    list().await;
    drop(scene.gatelet.table.recorder.take());
    // Counting, login, user and front end; every plugin's entry, and the plugins.
    assert_eq!(listed(&list().await, "client_name").len(), 3);
    assert_eq!(scene.gatelet.spent(), (6, 7.0, 1.0));
    // The plugin; then plugin and front end checked, and the installation, in a transaction at twice the price.
    assert_eq!(install(&scene, &front_end, &plugins[0]).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (6, 4.0, 1.0 + 2.0 * 3.0));
    assert_eq!(install(&scene, &front_end, &plugins[1]).await.status(), 200);
    drop(scene.gatelet.table.recorder.take());
    // The user's installations, and their plugins.
    let list = || scene.through(&front_end, "/plugins/installed", &scene.alice);
    assert_eq!(listed(&list().await, "name"), ["One", "Two"]);
    assert_eq!(scene.gatelet.spent(), (6, 6.0, 1.0));
    assert_eq!(listed(&list().await, "name"), ["One", "Two"]);
    let reads = ["BatchGetItem", "GetItem", "GetItem", "GetItem", "Query", "UpdateItem"];
    assert_eq!(scene.operations(), reads);
    // The installation and the consent go, and the user's grants are read.
    assert_eq!(uninstall(&scene, &front_end, &plugins[0]).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (8, 5.0, 3.0));
}

/// What is not installed here is not removed here, and keeps what it was granted.
#[tokio::test]
async fn a_refused_removal_changes_nothing() {
    let scene = Scene::new().await;
    let (one, other) = (scene.front_end().await, scene.front_end().await);
    let plugin = named(&scene, "My plugin", true).await;
    let client = scene.registered(json!({})).await;
    assert_eq!(install(&scene, &one, &plugin).await.status(), 200);
    for (front_end, removed) in [(&other, &plugin), (&one, &client)] {
        let tokens = scene.tokens(&scene.alice, removed, "notes:read").await;
        let answer = uninstall(&scene, front_end, removed).await;
        is_told(&answer, 404, (1805, "client not found", &removed.id));
        assert_eq!(scene.refresh(removed, &tokens).await.status(), 200);
    }
    assert_eq!(installed(&scene, &one, &scene.alice).await, ["My plugin"]);
}

/// Of two at once, the one that comes later finds it removed, and that is what was asked for.
#[tokio::test]
async fn a_removal_that_another_comes_before_is_made() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let plugin = named(&scene, "My plugin", true).await;
    assert_eq!(install(&scene, &front_end, &plugin).await.status(), 200);
    let tokens = scene.tokens(&scene.alice, &plugin, "notes:read").await;
    let mut held = scene.gatelet.table.faults.hold("DeleteItem");
    let first = tokio::spawn(uninstall(&scene, &front_end, &plugin).into_future());
    held.reached().await;
    assert_eq!(uninstall(&scene, &front_end, &plugin).await.status(), 200);
    held.release();
    assert_eq!(first.await.unwrap().status(), 200);
    assert_eq!(installed(&scene, &front_end, &scene.alice).await, [] as [&str; 0]);
    assert_eq!(scene.refresh(&plugin, &tokens).await.reason(), Some("refresh token unknown"));
}
