//! Clients after their registration: looked at, listed, given new secrets and removed.

use axum::http::Method;
use domain::ClientId;
use domain::client::Client;
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::Fault;
use testkit::actors::{Answer, Person, Request, SECRET};

use crate::log;
use crate::scene::{
    NOT_BOBS, PREFIXES, Registered, Scene, UNKNOWN, as_person, by_front_end, code, is_told, members, refused,
};

const INSUFFICIENT: &str = "The access token's scope does not allow this.";
const UNPROVED: &str = "Client authentication failed.";

/// Looks at a client.
fn info(scene: &Scene, front_end: &Registered, client: &str, person: &Person) -> Request {
    scene.through(front_end, &format!("/oauth2/client/{client}"), person)
}

/// Lists clients.
fn list(scene: &Scene, front_end: &Registered, person: &Person) -> Request {
    scene.through(front_end, "/oauth2/client/list", person)
}

fn reset(scene: &Scene, client: &str, person: &Person) -> Request {
    scene.post("/oauth2/client/reset", person).with("client_id", client)
}

/// A client uses its secret.
fn use_of(scene: &Scene, client: &Registered) -> Request {
    scene.token(client, "client_credentials")
}

/// Another sandbox of the same service.
async fn elsewhere(scene: &Scene) -> Scene {
    Scene { gatelet: scene.gatelet.sandbox().await, ..scene.clone() }
}

/// The names of the clients that are listed.
#[track_caller]
fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let json = answer.json();
    let clients = json.as_array().expect("a list").iter();
    clients.map(|client| client["client_name"].as_str().expect("a name").to_owned()).collect()
}

async fn stored(scene: &Scene, client: &str) -> Option<Client> {
    let id = ClientId::parse(client).unwrap();
    let found = scene.gatelet.table.store.clients.find(id).await.unwrap();
    drop(scene.gatelet.table.recorder.take());
    found
}

#[tokio::test]
async fn its_owner_and_administrators_see_of_a_client_what_others_do_not() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let client = scene.registered(json!({"refreshTokenExpiry": 3600})).await;
    let others = json!({
        "super": false,
        "client_id": client.id,
        "client_name": "MyOAuth2Client",
        "client_type": "CONFIDENTIAL",
        "client_description": "a confidential web application",
        "client_url": "http://example.client.com",
        "permitted": true,
    });
    let mut all = others.clone();
    all["client_redirect_uri"] = json!("https://example.client.com/redirect");
    all["registration_date"] = json!("2027-01-15T08:00:00Z");
    all["refresh_token_expiry"] = json!(3600);
    for prefix in PREFIXES {
        for (person, seen) in [(&scene.alice, &all), (&scene.root, &all), (&scene.bob, &others)] {
            let request = scene.post_at(prefix, &format!("/oauth2/client/{}", client.id), person);
            let answer = by_front_end(request, &front_end).await;
            assert_eq!((answer.status(), &answer.json()), (200, seen), "{} at {prefix}", person.username);
        }
    }
    // It is the owner who sees more, also by a token for looking; an administrator needs one for administering.
    for (person, scope, seen) in [
        (&scene.alice, "client_info", &all),
        (&scene.root, "client_info", &others),
        (&scene.root, "client_info admin", &all),
        (&scene.root, "all", &all),
        (&scene.bob, "all", &others),
    ] {
        let token = scene.token_of(person, &front_end, scope).await;
        let answer = info(&scene, &front_end, &client.id, person).bearer(&token).await;
        assert_eq!(&answer.json(), seen, "{} by {scope}", person.username);
    }
}

#[tokio::test]
async fn plugins_public_clients_and_front_ends_are_told_apart() {
    let scene = Scene::new().await;
    let (front_end, plugin) = (scene.front_end().await, scene.plugin().await);
    let bare = json!({"name": "Bare", "type": "PUBLIC", "url": null, "redirect_uri": null});
    let bare = scene.registered(bare).await;
    let seen = async |client: &Registered| info(&scene, &front_end, &client.id, &scene.alice).await.json();
    let before = seen(&plugin).await;
    assert_eq!((&before["source"], &before["permitted"]), (&json!({"name": "My plugin"}), &json!(false)));
    assert_eq!(before["refresh_token_expiry"], 31_536_000);
    scene.decide("permit", &plugin, "permitted", true).await;
    assert_eq!(seen(&plugin).await["permitted"], true);

    let expected = json!({
        "super": false,
        "client_id": bare.id,
        "client_name": "Bare",
        "client_type": "PUBLIC",
        "client_description": "a confidential web application",
        "registration_date": "2027-01-15T08:00:00Z",
        "permitted": true,
    });
    assert_eq!(seen(&bare).await, expected);
    let itself = seen(&front_end).await;
    assert_eq!((&itself["super"], &itself["client_name"]), (&json!(true), &json!("Kalamar")));
    assert_eq!((itself.get("source"), itself.get("client_redirect_uri")), (None, None));
}

#[tokio::test]
async fn there_is_nothing_to_see_of_a_client_that_is_not_there() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    for (id, told) in [(UNKNOWN, UNKNOWN), ("MyOAuth2Client", ""), ("%FF", "")] {
        let answer = info(&scene, &front_end, id, &scene.alice).await;
        refused(&answer, 401, "invalid_client", &format!("Unknown client: {told}"));
    }
}

#[tokio::test]
async fn clients_are_shown_through_super_clients_only() {
    let scene = Scene::new().await;
    let (front_end, client) = (scene.front_end().await, scene.registered(json!({})).await);
    let token = scene.token_of(&scene.alice, &front_end, "all").await;
    let looks = info(&scene, &front_end, &client.id, &scene.alice);
    for request in [looks, list(&scene, &front_end, &scene.alice)] {
        scene.is_for_super_clients_only(&request.bearer(&token)).await;
    }
    // One that is a front end no longer is one like any other.
    scene.decide("privilege", &front_end, "super", false).await;
    let answer = list(&scene, &front_end, &scene.alice).await;
    refused(&answer, 401, "unauthorized_client", "Only super client is allowed to use this service");
}

#[tokio::test]
async fn a_token_is_good_for_what_its_scope_says() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let scopes = ["client_info", "list_user_client", "reset_client_secret", "deregister_client"];
    for needed in scopes {
        let client = scene.registered(json!({})).await;
        let ask = || match needed {
            "client_info" => info(&scene, &front_end, &client.id, &scene.bob),
            "list_user_client" => list(&scene, &front_end, &scene.bob),
            "reset_client_secret" => reset(&scene, &client.id, &scene.bob),
            _ => scene.deregister(&scene.bob, &client.id),
        };
        // No other scope is a part of it, nor are all others together.
        let others = scopes.iter().filter(|scope| **scope != needed).copied();
        let others: Vec<_> = others.chain(["admin", "authorize", "notes:read"]).collect();
        let token = scene.token_of(&scene.alice, &front_end, &others.join(" ")).await;
        let answer = ask().bearer(&token).await;
        refused(&answer, 403, "insufficient_scope", INSUFFICIENT);
        assert_eq!(answer.reason(), Some(format!("token without {needed}").as_str()));
        let token = scene.token_of(&scene.alice, &front_end, needed).await;
        assert_eq!(ask().bearer(&token).await.status(), 200, "{needed}");
    }
    let client = scene.registered(json!({})).await;
    let all = scene.token_of(&scene.alice, &front_end, "all").await;
    for request in [
        info(&scene, &front_end, &client.id, &scene.bob),
        list(&scene, &front_end, &scene.bob),
        reset(&scene, &client.id, &scene.bob),
        scene.deregister(&scene.bob, &client.id),
    ] {
        assert_eq!(request.bearer(&all).await.status(), 200);
    }
}

#[tokio::test]
async fn a_users_own_clients_are_listed_by_name() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    for name in ["Walnut", "Almond", "Hazel", "Almond"] {
        scene.registered(json!({"name": name})).await;
    }
    let gone = scene.registered(json!({"name": "Gone"})).await;
    assert_eq!(scene.deregister(&scene.alice, &gone.id).await.status(), 200);
    let privileged = scene.registered(json!({"name": "Front end"})).await;
    scene.decide("privilege", &privileged, "super", true).await;
    scene.registered_by(&scene.bob, json!({"name": "Bob's"})).await;

    let ask = || list(&scene, &front_end, &scene.alice);
    let mine = ["Almond", "Almond", "Hazel", "Walnut"];
    for (request, listed) in [
        (ask(), &mine[..]),
        (ask().with("filter_by", "owned_only"), &mine),
        (ask().with("authorized_only", "false"), &mine),
        (ask().with("filter_by", "owned_only").with("authorized_only", "true"), &mine),
        (ask().with("filter_by", "authorized_only"), &[]),
        (ask().with("authorized_only", "true"), &[]),
        (list(&scene, &front_end, &scene.bob), &["Bob's"]),
        (list(&scene, &front_end, &scene.root), &[]),
    ] {
        assert_eq!(names(&request.await), listed);
    }
    let answer = ask().await.json();
    let seen: Vec<_> = answer.as_array().unwrap().iter().map(members).collect();
    let all = [
        "client_description",
        "client_id",
        "client_name",
        "client_redirect_uri",
        "client_type",
        "client_url",
        "permitted",
        "refresh_token_expiry",
        "registration_date",
        "super",
    ];
    assert_eq!(seen, [all; 4]);
    for (name, value) in [("filter_by", "all"), ("filter_by", "OWNED_ONLY"), ("authorized_only", "yes")] {
        let answer = ask().with(name, value).await;
        refused(&answer, 400, "invalid_request", &format!("Invalid argument: {name}"));
    }
}

#[tokio::test]
async fn a_user_sees_whom_they_let_have_something_at_present() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let authorized = async |person: &Person| {
        names(&list(&scene, &front_end, person).with("filter_by", "authorized_only").await)
    };
    let [revoked, bobs, lasting] = [
        scene.registered(json!({"name": "Revoked"})).await,
        scene.registered_by(&scene.bob, json!({"name": "Bob's"})).await,
        scene.registered(json!({"name": "Lasting", "refreshTokenExpiry": 7200})).await,
    ];
    scene.token_of(&scene.alice, &front_end, "all").await;
    // Who was only promised something has nothing yet.
    code(&scene.authorize(&scene.alice, &lasting, "notes:read").await);
    assert_eq!(authorized(&scene.alice).await, [""; 0]);
    for client in [&revoked, &bobs, &lasting, &lasting] {
        scene.tokens(&scene.alice, client, "notes:read").await;
    }
    let (itself, mut browser) = (scene.gatelet.confidential().await, scene.gatelet.browser());
    itself.tokens(&mut browser, &scene.alice, "notes:read").await;
    assert_eq!(authorized(&scene.alice).await, ["Bob's", "Lasting", "Notes", "Revoked"]);
    assert_eq!(authorized(&scene.bob).await, [""; 0]);
    // What is the user's own is seen in full here too, and what is not is not.
    let seen = list(&scene, &front_end, &scene.alice).with("authorized_only", "true").await.json();
    let details: Vec<_> =
        seen.as_array().unwrap().iter().map(|client| client.get("registration_date")).collect();
    assert_eq!(details.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false, true]);

    let revoke = scene.through(&front_end, "/oauth2/revoke/super/all", &scene.alice);
    assert_eq!(revoke.with("client_id", &revoked.id).await.status(), 200);
    assert_eq!(authorized(&scene.alice).await, ["Bob's", "Lasting", "Notes"]);
    browser.sign_out().await.page();
    assert_eq!(authorized(&scene.alice).await, ["Bob's", "Lasting"]);
    assert_eq!(scene.deregister(&scene.bob, &bobs.id).await.status(), 200);
    assert_eq!(authorized(&scene.alice).await, ["Lasting"]);
    // Nothing of it can be refreshed any more; its access tokens last a day.
    scene.gatelet.table.clock.advance(Seconds(7200));
    assert_eq!(authorized(&scene.alice).await, ["Lasting"]);
    scene.gatelet.table.clock.advance(Seconds::days(1));
    assert_eq!(authorized(&scene.alice).await, [""; 0]);
}

#[tokio::test]
async fn a_new_secret_stops_the_old_one_at_once() {
    let scene = Scene::new().await;
    let (old, elsewhere) = (scene.registered(json!({})).await, elsewhere(&scene).await);
    let tokens = scene.tokens(&scene.alice, &old, "notes:read openid").await;
    for scene in [&scene, &elsewhere] {
        assert_eq!(use_of(scene, &old).await.status(), 200);
    }
    let answer = reset(&scene, &old.id, &scene.alice).await;
    assert_eq!((answer.status(), answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    assert_eq!(members(&answer.json()), ["client_id", "client_secret"]);
    assert_eq!(answer.member("client_id").as_ref(), Some(&old.id));
    let new = Registered { secret: answer.member("client_secret"), ..old.clone() };
    assert!(!scene.gatelet.table.items().iter().any(|item| item.to_string().contains(new.secret())));
    for scene in [&elsewhere, &scene] {
        refused(&use_of(scene, &old).await, 401, "invalid_client", UNPROVED);
        assert_eq!(use_of(scene, &new).await.status(), 200);
    }
    // What it was given is as good as it was.
    assert_eq!(scene.gatelet.get("/oauth2/userinfo").bearer(&tokens.access).await.status(), 200);
    refused(&scene.refresh(&old, &tokens).await, 401, "invalid_client", UNPROVED);
    let refreshed = scene.refresh(&new, &tokens).await.tokens();
    assert!(scene.is_active(&new, &refreshed.access).await);
}

#[tokio::test]
async fn a_new_secret_is_for_owners_and_administrators_to_ask_for() {
    let scene = Scene::new().await;
    let (front_end, client) = (scene.front_end().await, scene.registered(json!({})).await);
    let public = scene.registered(json!({"type": "PUBLIC"})).await;
    is_told(&reset(&scene, &client.id, &scene.bob).await, 401, NOT_BOBS);
    is_told(&reset(&scene, &public.id, &scene.bob).await, 401, NOT_BOBS);
    let answer = reset(&scene, &public.id, &scene.alice).await;
    refused(&answer, 400, "invalid_request", "Operation is not allowed for public clients");
    for (request, status, error, description) in [
        (
            reset(&scene, "", &scene.alice).without("client_id"),
            400,
            "invalid_request",
            "Missing parameter: client_id",
        ),
        (
            reset(&scene, UNKNOWN, &scene.alice),
            401,
            "invalid_client",
            "Unknown client: 7d444840-9dc0-41d1-b245-5ffdce74fad2",
        ),
        (reset(&scene, "MyOAuth2Client", &scene.alice), 401, "invalid_client", "Unknown client: "),
    ] {
        refused(&request.await, status, error, description);
    }
    assert_eq!(use_of(&scene, &client).await.status(), 200, "its secret is what it was");
    // An administrator's token is one for administering, or else it is anybody's.
    for (scope, status) in
        [("reset_client_secret", 401), ("reset_client_secret admin", 200), ("all", 200), ("admin", 403)]
    {
        let token = scene.token_of(&scene.root, &front_end, scope).await;
        let answer = reset(&scene, &client.id, &scene.bob).bearer(&token).await;
        assert_eq!(answer.status(), status, "{scope}: {answer:?}");
    }
    assert_eq!(reset(&scene, &client.id, &scene.root).await.status(), 200);
    assert!(stored(&scene, &client.id).await.unwrap().is_owned_by(scene.alice.id));
}

/// It may be remembered elsewhere for half a minute.
#[tokio::test]
async fn a_client_that_an_administrator_defined_gets_a_new_secret_too() {
    let scene = Scene::new().await;
    scene.gatelet.function_of("reader", &[]).await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "reader").await;
    let old = Registered { id: portal.id, secret: Some(SECRET.to_owned()) };
    assert_eq!(use_of(&scene, &old).await.status(), 200);
    is_told(&reset(&scene, &old.id, &scene.bob).await, 401, NOT_BOBS);
    let answer = reset(&scene, &old.id, &scene.root).await;
    let new = Registered { secret: answer.member("client_secret"), ..old.clone() };
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    refused(&use_of(&scene, &old).await, 401, "invalid_client", UNPROVED);
    assert_eq!(use_of(&scene, &new).await.status(), 200);
}

#[tokio::test]
async fn of_two_new_secrets_at_once_the_later_is_good() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let mut held = scene.gatelet.table.faults.hold("TransactWriteItems");
    let (later, earlier) = tokio::join!(reset(&scene, &client.id, &scene.alice).into_future(), async {
        held.reached().await;
        let answer = reset(&scene, &client.id, &scene.root).await;
        held.release();
        answer
    });
    for (answer, status) in [(earlier, 401), (later, 200)] {
        let client = Registered { secret: answer.member("client_secret"), ..client.clone() };
        assert_eq!(use_of(&scene, &client).await.status(), status);
    }
}

/// What is done is done, and said to be, though the table's word is lost on the way.
#[tokio::test]
async fn nothing_is_done_twice_for_an_answer_that_is_lost() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let faults = &scene.gatelet.table.faults;
    faults.next("TransactWriteItems", Fault::AnswerLost);
    let answer = reset(&scene, &client.id, &scene.alice).await;
    let new = Registered { secret: answer.member("client_secret"), ..client };
    assert_eq!(use_of(&scene, &new).await.status(), 200);
    faults.next("TransactWriteItems", Fault::AnswerLost);
    assert_eq!(scene.deregister(&scene.alice, &new.id).await.status(), 200);
    assert_eq!((faults.outstanding(), stored(&scene, &new.id).await), (0, None));
}

#[tokio::test]
async fn a_client_that_is_deregistered_is_gone_everywhere() {
    let scene = Scene::new().await;
    let (front_end, elsewhere) = (scene.front_end().await, elsewhere(&scene).await);
    for prefix in PREFIXES {
        let gone = scene.registered(json!({"name": "Gone"})).await;
        let other = scene.registered(json!({"name": "Other"})).await;
        let tokens = scene.tokens(&scene.alice, &gone, "notes:read openid").await;
        let kept = scene.tokens(&scene.alice, &other, "notes:read openid").await;
        for scene in [&scene, &elsewhere] {
            assert_eq!(use_of(scene, &gone).await.status(), 200);
        }
        let path = format!("{prefix}/oauth2/client/deregister/{}", gone.id);
        let request = scene.gatelet.call(Method::DELETE, &path);
        let answer = as_person(request, &scene.alice).await;
        assert_eq!((answer.status(), answer.text()), (200, ""));
        let unknown = format!("Unknown client: {}", gone.id);
        for scene in [&elsewhere, &scene] {
            refused(&use_of(scene, &gone).await, 401, "invalid_client", UNPROVED);
            refused(&scene.refresh(&gone, &tokens).await, 401, "invalid_client", UNPROVED);
            let answer = scene.gatelet.get("/oauth2/userinfo").bearer(&tokens.access).await;
            assert_eq!((answer.status(), answer.reason()), (401, Some("token's client is gone")));
        }
        refused(&info(&scene, &front_end, &gone.id, &scene.alice).await, 401, "invalid_client", &unknown);
        assert_eq!(names(&list(&scene, &front_end, &scene.alice).await), ["Other"]);
        let asked = scene.authorize(&scene.alice, &gone, "notes:read").await;
        assert_eq!((asked.status(), asked.reason()), (401, Some("client unknown")));
        let token = scene.token_of(&scene.alice, &front_end, "client_info").await;
        let registered = scene.gatelet.get(&format!("/oauth2/register/{}", gone.id)).bearer(&token).await;
        assert_eq!((registered.status(), registered.reason()), (401, Some("client is not the user's own")));

        refused(&scene.deregister(&scene.alice, &gone.id).await, 401, "invalid_client", &unknown);
        scene.refresh(&other, &kept).await.tokens();
        assert_eq!(scene.deregister(&scene.alice, &other.id).await.status(), 200);
        // Of what it was granted TTL takes what is left; nothing else has its name.
        let names_it = |item: &Value| item["sk"]["S"].as_str().is_some_and(|key| key.contains(&gone.id));
        assert!(!scene.gatelet.table.items().iter().any(names_it));
        assert_eq!(stored(&scene, &gone.id).await, None);
        scene.gatelet.table.clock.advance(Seconds::minutes(1));
    }
}

#[tokio::test]
async fn a_client_is_removed_by_its_owner_or_an_administrator() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let client = scene.registered(json!({})).await;
    is_told(&scene.deregister(&scene.bob, &client.id).await, 401, NOT_BOBS);
    let token = scene.token_of(&scene.root, &front_end, "deregister_client").await;
    let answer = scene.deregister(&scene.bob, &client.id).bearer(&token).await;
    is_told(&answer, 401, (2010, "unauthorized operation for user: root", "root"));
    for id in ["MyOAuth2Client", "%FF"] {
        let answer = scene.deregister(&scene.alice, id).await;
        refused(&answer, 401, "invalid_client", "Unknown client: ");
    }
    assert_eq!(use_of(&scene, &client).await.status(), 200);
    assert_eq!(scene.deregister(&scene.root, &client.id).await.status(), 200);
    assert_eq!(stored(&scene, &client.id).await, None);
    for scope in ["deregister_client admin", "all"] {
        let client = scene.registered(json!({})).await;
        let token = scene.token_of(&scene.root, &front_end, scope).await;
        assert_eq!(scene.deregister(&scene.bob, &client.id).bearer(&token).await.status(), 200, "{scope}");
    }
}

/// Argus never forgets a client that it has shown; one that registered itself is nobody's to remember.
#[tokio::test]
async fn a_client_that_an_administrator_defined_is_kept_as_deleted() {
    let scene = Scene::new().await;
    scene.gatelet.function_of("reader", &[]).await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "reader").await;
    is_told(&scene.deregister(&scene.bob, &portal.id).await, 401, NOT_BOBS);
    assert_eq!(scene.deregister(&scene.root, &portal.id).await.status(), 200);
    let kept = stored(&scene, &portal.id).await.unwrap();
    assert!(kept.deleted);
    assert_eq!(kept.updated_by.unwrap().id, scene.root.id);
    let answer = scene.deregister(&scene.root, &portal.id).await;
    refused(&answer, 401, "invalid_client", &format!("Unknown client: {}", portal.id));

    let itself = scene.gatelet.confidential().await;
    is_told(&scene.deregister(&scene.bob, &itself.id).await, 401, NOT_BOBS);
    assert_eq!(scene.deregister(&scene.root, &itself.id).await.status(), 200);
    assert_eq!(stored(&scene, &itself.id).await, None);
}

#[tokio::test]
async fn new_secrets_and_removals_are_on_record() {
    let scene = Scene::new().await;
    let (client, alice) = (scene.registered(json!({})).await, json!(scene.alice.id.to_string()));
    let other = scene.registered(json!({})).await;
    log::listen();
    let answer = reset(&scene, &client.id, &scene.alice).await;
    let new = Registered { secret: answer.member("client_secret"), ..client.clone() };
    reset(&scene, &client.id, &scene.bob).await;
    reset(&scene, &client.id, &scene.root).await;
    scene.deregister(&scene.bob, &client.id).await;
    scene.deregister(&scene.alice, &client.id).await;
    scene.deregister(&scene.alice, &client.id).await;
    scene.deregister(&scene.root, &other.id).await;
    let (root, record) = (json!(scene.root.id.to_string()), log::record());
    let told: Vec<[&Value; 3]> =
        record.iter().map(|line| [&line["audit.event"], &line["client.id"], &line["user.id"]]).collect();
    let (id, other) = (json!(client.id), json!(other.id));
    assert_eq!(
        told,
        [
            [&json!("client.secret_reset"), &id, &alice],
            [&json!("client.secret_reset"), &id, &root],
            [&json!("client.deleted"), &id, &alice],
            [&json!("client.deleted"), &other, &root],
        ]
    );
    assert!(!log::heard().contains(new.secret()) && !log::heard().contains(&scene.alice.password));
}

#[tokio::test]
async fn what_clients_cost() {
    let scene = Scene::new().await;
    let front_end = scene.front_end().await;
    let ask = || list(&scene, &front_end, &scene.alice);
    ask().await;
    drop(scene.gatelet.table.recorder.take());
    // Counting, login, user and front end; then the user's entries, of which there are none.
    assert_eq!(names(&ask().await).len(), 0);
    assert_eq!(scene.gatelet.spent(), (5, 4.0, 1.0));
    for _ in 0..5 {
        let client = scene.registered(json!({})).await;
        scene.tokens(&scene.alice, &client, "notes:read").await;
    }
    // And all the clients in one batch.
    assert_eq!(names(&ask().await).len(), 5);
    assert_eq!(scene.gatelet.spent(), (6, 9.0, 1.0));
    assert_eq!(names(&ask().await).len(), 5);
    let reads = ["BatchGetItem", "GetItem", "GetItem", "GetItem", "Query", "UpdateItem"];
    assert_eq!(scene.operations(), reads);
    // The user's grants and sessions, and then the clients.
    assert_eq!(names(&ask().with("filter_by", "authorized_only").await).len(), 5);
    assert_eq!(scene.gatelet.spent(), (7, 10.0, 1.0));
    assert_eq!(info(&scene, &front_end, &front_end.id, &scene.bob).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (5, 4.0, 1.0));
    // The client and its place in the directory; and then its owner's entry too. A transaction costs twice.
    let client = scene.registered(json!({})).await;
    assert_eq!(reset(&scene, &client.id, &scene.alice).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (5, 3.0, 1.0 + 2.0 * 2.0));
    assert_eq!(scene.deregister(&scene.alice, &client.id).await.status(), 200);
    assert_eq!(scene.gatelet.spent(), (5, 3.0, 1.0 + 2.0 * 3.0));
}
