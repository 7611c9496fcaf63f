//! What a user has granted: listed in a front end, and taken back.

use domain::GrantId;
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::actors::{Answer, Person, Request, Tokens};

use crate::log;
use crate::scene::{CHALLENGE, PREFIXES, Registered, Scene, UNKNOWN, by_front_end, code, members, refused};

const DAY: u64 = 86_400;
const YEAR: u64 = 31_536_000;

/// Lists tokens of a type.
fn list(scene: &Scene, front_end: &Registered, person: &Person, token_type: &str) -> Request {
    scene.through(front_end, "/oauth2/token/list", person).with("token_type", token_type)
}

fn revoke(scene: &Scene, front_end: &Registered, person: &Person, token: &str) -> Request {
    scene.through(front_end, "/oauth2/revoke/super", person).with("token", token)
}

fn revoke_all(scene: &Scene, front_end: &Registered, person: &Person, client: &str) -> Request {
    scene.through(front_end, "/oauth2/revoke/super/all", person).with("client_id", client)
}

#[track_caller]
fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json().as_array().expect("a list").clone()
}

/// The only handle of a list.
#[track_caller]
fn handle(answer: &Answer) -> String {
    let items = items(answer);
    let [item] = items.as_slice() else { panic!("not one token: {answer:?}") };
    item["token"].as_str().expect("a handle").to_owned()
}

#[track_caller]
fn succeeded(answer: &Answer) {
    assert_eq!((answer.status(), answer.text()), (200, "SUCCESS"), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
}

/// A front end, and a client of Alice's that she has let have something.
async fn granted() -> (Scene, Registered, Registered, Tokens) {
    let scene = Scene::new().await;
    let (front_end, client) = (scene.front_end().await, scene.registered(json!({})).await);
    let tokens = scene.tokens(&scene.alice, &client, "notes:read openid").await;
    (scene, front_end, client, tokens)
}

#[tokio::test]
async fn a_token_is_listed_by_a_handle() {
    let (scene, front_end, client, tokens) = granted().await;
    for prefix in PREFIXES {
        for (token_type, expires_in) in [("access_token", DAY), ("refresh_token", YEAR)] {
            let request = scene.post_at(prefix, "/oauth2/token/list", &scene.alice);
            let answer = by_front_end(request, &front_end).with("token_type", token_type).await;
            let handle = handle(&answer);
            let expected = json!([{
                "token": handle,
                "created_date": "2027-01-15T08:00:00Z",
                "expires_in": expires_in,
                "user_authentication_time": "2027-01-15T08:00:00Z",
                "scope": ["notes:read", "openid"],
                "client_id": client.id,
                "client_name": "MyOAuth2Client",
                "client_description": "a confidential web application",
                "client_url": "http://example.client.com",
            }]);
            assert_eq!(answer.json(), expected);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            // It is no token, and no part of one that would be worth anything.
            assert_eq!(GrantId::parse(&handle).unwrap().to_string(), handle);
            for token in [tokens.access.as_str(), tokens.refresh()] {
                let secret = token.rsplit_once("gtl").unwrap().1;
                assert!(!answer.text().contains(token) && !answer.text().contains(secret));
            }
            let answer = scene.gatelet.get("/oauth2/userinfo").bearer(&handle).await;
            assert_eq!((answer.status(), answer.reason()), (401, Some("token malformed")));
            let held = Tokens { refresh: Some(handle), ..tokens.clone() };
            assert_eq!(scene.refresh(&client, &held).await.status(), 400);
        }
    }
}

#[tokio::test]
async fn what_is_listed_goes_with_time_and_with_each_refresh() {
    let scene = Scene::new().await;
    let (front_end, client) =
        (scene.front_end().await, scene.registered(json!({"refreshTokenExpiry": 7200})).await);
    let first = scene.tokens(&scene.alice, &client, "notes:read openid").await;
    let ask = async |token_type: &str| {
        let items = items(&list(&scene, &front_end, &scene.alice, token_type).await);
        let seen = |item: &Value| (item["created_date"].clone(), item["expires_in"].clone());
        items.iter().map(seen).collect::<Vec<_>>()
    };
    let clock = &scene.gatelet.table.clock;
    clock.advance(Seconds(600));
    let created = json!("2027-01-15T08:00:00Z");
    assert_eq!(ask("access_token").await, [(created.clone(), json!(DAY - 600))]);
    assert_eq!(ask("refresh_token").await, [(created.clone(), json!(6600))]);

    let narrowed = scene.refresh(&client, &first).with("scope", "notes:read").await.tokens();
    let refreshed = json!("2027-01-15T08:10:00Z");
    assert_eq!(ask("access_token").await, [(refreshed.clone(), json!(DAY))]);
    assert_eq!(ask("refresh_token").await, [(refreshed.clone(), json!(7200))]);
    for (token_type, scope) in
        [("access_token", json!(["notes:read"])), ("refresh_token", json!(["notes:read", "openid"]))]
    {
        let items = items(&list(&scene, &front_end, &scene.alice, token_type).await);
        assert_eq!(items[0]["scope"], scope, "{token_type}");
        // The user was there at the beginning, and not since.
        assert_eq!(items[0]["user_authentication_time"], created);
    }
    clock.advance(Seconds(7199));
    assert_eq!(ask("refresh_token").await, [(refreshed.clone(), json!(1))]);
    clock.advance(Seconds(1));
    assert_eq!(scene.refresh(&client, &narrowed).await.reason(), Some("refresh token expired"));
    assert_eq!(ask("refresh_token").await, []);
    assert_eq!(ask("access_token").await, [(refreshed, json!(DAY - 7200))]);
    clock.advance(Seconds(DAY - 7200));
    assert_eq!(ask("access_token").await, []);
}

#[tokio::test]
async fn a_list_has_the_users_tokens_and_nobody_elses() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let [one, other] =
        [scene.registered(json!({"name": "One"})).await, scene.registered(json!({"name": "Other"})).await];
    let public = scene.registered(json!({"name": "Public", "type": "PUBLIC"})).await;
    let clock = &scene.gatelet.table.clock;
    // The oldest first; a front end's own are not its users' concern.
    for client in [&other, &public, &one, &front_end, &one] {
        scene.tokens(&scene.alice, client, "notes:read").await;
        clock.advance(Seconds(1));
    }
    scene.tokens(&scene.bob, &other, "notes:read").await;
    code(&scene.authorize(&scene.alice, &other, "notes:read").await);
    let of = async |person: &Person, token_type: &str, client: Option<&str>| {
        let request = list(&scene, &front_end, person, token_type);
        let request = client.map_or(request.clone(), |client| request.with("client_id", client));
        let items = items(&request.await);
        items.iter().map(|item| item["client_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&scene.alice, "access_token", None).await, ["Other", "Public", "One", "One"]);
    assert_eq!(of(&scene.alice, "refresh_token", None).await, ["Other", "One", "One"]);
    assert_eq!(of(&scene.bob, "access_token", None).await, ["Other"]);
    assert_eq!(of(&scene.root, "access_token", None).await, [""; 0]);
    for (client, listed) in [
        (one.id.as_str(), vec!["One", "One"]),
        (&other.id, vec!["Other"]),
        (&front_end.id, vec![]),
        (UNKNOWN, vec![]),
        ("One", vec![]),
    ] {
        assert_eq!(of(&scene.alice, "refresh_token", Some(client)).await, listed, "{client}");
    }
    assert_eq!(scene.deregister(&scene.alice, &one.id).await.status(), 200);
    assert_eq!(of(&scene.alice, "access_token", None).await, ["Other", "Public"]);
}

#[tokio::test]
async fn what_depends_on_a_session_is_listed_until_it_ends() {
    let scene = Scene::new().await;
    let (front_end, itself) = (scene.front_end().await, scene.gatelet.confidential().await);
    let mut browser = scene.gatelet.browser();
    for scope in ["notes:read", "notes:read offline_access"] {
        itself.tokens(&mut browser, &scene.alice, scope).await;
    }
    let count =
        async |token_type: &str| items(&list(&scene, &front_end, &scene.alice, token_type).await).len();
    assert_eq!((count("access_token").await, count("refresh_token").await), (2, 2));
    browser.sign_out().await.page();
    let left = items(&list(&scene, &front_end, &scene.alice, "refresh_token").await);
    assert_eq!(
        left.iter().map(|item| &item["scope"]).collect::<Vec<_>>(),
        [&json!(["notes:read", "offline_access"])]
    );
    assert_eq!(count("access_token").await, 1);
}

#[tokio::test]
async fn a_list_is_of_one_type() {
    let (scene, front_end, ..) = granted().await;
    let ask = || list(&scene, &front_end, &scene.alice, "access_token");
    let missing = ask().without("token_type").await;
    refused(&missing, 400, "invalid_request", "Missing parameter: token_type");
    for token_type in ["id_token", "ACCESS_TOKEN", "access_token refresh_token"] {
        let answer = ask().with("token_type", token_type).await;
        refused(&answer, 400, "invalid_request", "Invalid argument: token_type");
    }
}

#[tokio::test]
async fn tokens_are_managed_through_super_clients_only() {
    let (scene, front_end, client, tokens) = granted().await;
    let token = scene.token_of(&scene.alice, &front_end, "all").await;
    let listed = list(&scene, &front_end, &scene.alice, "access_token");
    for request in [
        listed.clone(),
        revoke(&scene, &front_end, &scene.alice, &handle(&listed.await)),
        revoke_all(&scene, &front_end, &scene.alice, &client.id),
    ] {
        scene.is_for_super_clients_only(&request.bearer(&token)).await;
    }
    for (request, name) in [
        (revoke(&scene, &front_end, &scene.alice, "").without("token"), "token"),
        (revoke_all(&scene, &front_end, &scene.alice, "").without("client_id"), "client_id"),
    ] {
        refused(&request.await, 400, "invalid_request", &format!("Missing parameter: {name}"));
    }
    assert!(scene.is_active(&client, &tokens.access).await, "nobody has taken anything back");
}

#[tokio::test]
async fn a_user_takes_back_one_grant_by_its_handle_or_by_a_token_of_it() {
    let (scene, front_end, client, other) = granted().await;
    let ways = ["handle", "access token", "refresh token", "refresh token of before"];
    for (prefix, by) in PREFIXES.into_iter().cycle().zip(ways) {
        scene.gatelet.table.clock.advance(Seconds(1));
        let first = scene.tokens(&scene.alice, &client, "notes:read").await;
        let tokens = scene.refresh(&client, &first).await.tokens();
        let listed = items(&list(&scene, &front_end, &scene.alice, "refresh_token").await);
        let handle = listed.last().unwrap()["token"].as_str().unwrap().to_owned();
        let text = match by {
            "handle" => &handle,
            "access token" => &tokens.access,
            "refresh token" => tokens.refresh(),
            _ => first.refresh(),
        };
        let request = scene.post_at(prefix, "/oauth2/revoke/super", &scene.alice).with("token", text);
        succeeded(&by_front_end(request, &front_end).await);
        assert!(!scene.is_active(&client, &tokens.access).await, "by {by}");
        let answer = scene.refresh(&client, &tokens).await;
        assert_eq!((answer.status(), answer.reason()), (400, Some("refresh token unknown")), "by {by}");
        // Whoever says so twice is told the same.
        succeeded(&revoke(&scene, &front_end, &scene.alice, text).await);
    }
    assert!(
        scene.is_active(&client, &other.access).await,
        "what was granted at another time is another grant"
    );
}

#[tokio::test]
async fn what_is_nobodys_or_somebody_elses_ends_nothing() {
    let (scene, front_end, client, tokens) = granted().await;
    let alices = handle(&list(&scene, &front_end, &scene.alice, "refresh_token").await);
    let own = scene.token(&client, "client_credentials").await.tokens();
    for text in [&alices, &tokens.access, tokens.refresh(), &own.access, &client.id, UNKNOWN, "garbage"] {
        succeeded(&revoke(&scene, &front_end, &scene.bob, text).await);
        succeeded(&revoke(&scene, &front_end, &scene.root, text).await);
    }
    succeeded(&revoke_all(&scene, &front_end, &scene.bob, &client.id).await);
    for client in [UNKNOWN, "garbage"] {
        succeeded(&revoke_all(&scene, &front_end, &scene.alice, client).await);
    }
    for token in [&tokens.access, &own.access] {
        assert!(scene.is_active(&client, token).await);
    }
    assert_eq!(handle(&list(&scene, &front_end, &scene.alice, "refresh_token").await), alices);
    scene.refresh(&client, &tokens).await.tokens();
}

#[tokio::test]
async fn a_user_takes_back_all_that_a_client_has_and_is_asked_again() {
    let (scene, front_end, client, tokens) = granted().await;
    let other = scene.registered(json!({})).await;
    let kept = [
        (&client, scene.tokens(&scene.bob, &client, "notes:read").await),
        (&other, scene.tokens(&scene.alice, &other, "notes:read").await),
    ];
    let asked = format!(
        "/api/oauth2/authorize?response_type=code&client_id={}&scope=notes%3Aread&code_challenge={CHALLENGE}&code_challenge_method=S256",
        client.id
    );
    let mut browser = scene.gatelet.browser();
    browser.open(&asked).await.page();
    browser.sign_in(&scene.alice).await.page();
    browser.allow().await.callback().code();
    // Who is known to want it is not asked again, also where one grant of several is taken back.
    for item in
        items(&list(&scene, &front_end, &scene.alice, "refresh_token").with("client_id", &client.id).await)
    {
        succeeded(&revoke(&scene, &front_end, &scene.alice, item["token"].as_str().unwrap()).await);
    }
    assert!(!scene.is_active(&client, &tokens.access).await);
    browser.open(&asked).await.callback().code();

    for prefix in PREFIXES {
        let [one, two] = [
            scene.tokens(&scene.alice, &client, "notes:read").await,
            scene.tokens(&scene.alice, &client, "notes:read").await,
        ];
        let request = scene.post_at(prefix, "/oauth2/revoke/super/all", &scene.alice);
        succeeded(&by_front_end(request, &front_end).with("client_id", &client.id).await);
        for tokens in [one, two] {
            assert!(!scene.is_active(&client, &tokens.access).await);
            assert_eq!(scene.refresh(&client, &tokens).await.status(), 400);
        }
        let page = browser.open(&asked).await.page();
        assert!(page.title.starts_with("Allow access"), "{}", page.text);
        browser.allow().await.callback().code();
    }
    for (client, tokens) in kept {
        assert!(scene.is_active(client, &tokens.access).await);
    }
}

#[tokio::test]
async fn what_is_taken_back_is_on_record() {
    let (scene, front_end, client, first) = granted().await;
    scene.tokens(&scene.alice, &client, "notes:read").await;
    scene.tokens(&scene.alice, &client, "notes:read").await;
    let alices = items(&list(&scene, &front_end, &scene.alice, "refresh_token").await);
    let of_first = first.access.clone();
    log::listen();
    revoke(&scene, &front_end, &scene.bob, &of_first).await;
    revoke(&scene, &front_end, &scene.alice, "garbage").await;
    revoke(&scene, &front_end, &scene.alice, &of_first).await;
    revoke(&scene, &front_end, &scene.alice, &of_first).await;
    revoke_all(&scene, &front_end, &scene.alice, &client.id).await;
    let record = log::record();
    let mut ended: Vec<_> = record.iter().map(|line| line["grant.id"].as_str().unwrap()).collect();
    let mut granted: Vec<_> = alices.iter().map(|item| item["token"].as_str().unwrap()).collect();
    ended.sort_unstable();
    granted.sort_unstable();
    assert_eq!(ended, granted);
    for line in &record {
        assert_eq!(
            (&line["audit.event"], &line["client.id"]),
            (&json!("grant.withdrawn"), &json!(client.id))
        );
        assert_eq!(line["user.id"], scene.alice.id.to_string());
    }
    assert!(!log::heard().contains(&of_first) && !log::lines().concat().contains(&of_first));
}

#[tokio::test]
async fn what_lists_and_revocations_of_tokens_cost() {
    let (scene, front_end, client, tokens) = granted().await;
    let ask = || list(&scene, &front_end, &scene.alice, "access_token");
    ask().await;
    drop(scene.gatelet.table.recorder.take());
    // Counting, login, user and front end; grants, sessions, clients.
    assert_eq!(members(&items(&ask().await)[0]).len(), 9);
    assert_eq!(scene.gatelet.spent(), (7, 6.0, 1.0));
    succeeded(&revoke(&scene, &front_end, &scene.alice, "garbage").await);
    assert_eq!(scene.gatelet.spent(), (4, 3.0, 1.0));
    // The grant is looked up and deleted.
    succeeded(&revoke(&scene, &front_end, &scene.alice, &tokens.access).await);
    assert_eq!(scene.gatelet.spent(), (6, 4.0, 2.0));
    scene.tokens(&scene.alice, &client, "notes:read").await;
    // The consent is deleted, the user's grants are read, and the client's deleted.
    succeeded(&revoke_all(&scene, &front_end, &scene.alice, &client.id).await);
    assert_eq!(scene.gatelet.spent(), (7, 4.0, 3.0));
    assert_eq!(items(&ask().await), [] as [Value; 0]);
    let reads = ["GetItem", "GetItem", "GetItem", "Query", "Query", "UpdateItem"];
    assert_eq!(scene.operations(), reads);
}
