//! `gatelet client permit` and `gatelet client privilege`, and what is shown of clients that users registered (Kustvakt).

use domain::client::{Authentication, Author, Client};
use domain::entropy::SystemEntropy;
use domain::kustvakt::Registration;
use domain::secret::ClientSecret;
use domain::token::Token;
use domain::user::Username;
use domain::{ClientId, Issuer, Settings};
use serde_json::{Value, json};

use super::DEFINED;
use crate::given::{Given, Ran, now, start, veiled};

/// A client that Alice registered, of what Kustvakt's front ends say of one beside its name.
async fn registered(given: &Given, kind: &str, source: Option<Value>) -> Client {
    let settings = Settings::new(Issuer::parse("http://127.0.0.1").unwrap());
    let alice = given.store.users.find_named(&Username::parse("alice").unwrap()).await.unwrap().unwrap();
    let said = json!({"name": "Notes", "type": kind, "description": "Takes notes", "source": source,
        "url": "https://notes.example.com"});
    let registration = Registration::check(said.as_object().unwrap(), &settings).unwrap();
    let secret = Token::<ClientSecret>::generate((), &SystemEntropy).digest();
    let authentication = match registration.confidential {
        true => Authentication::Secret { method: None, digest: secret },
        false => Authentication::Public,
    };
    let owner = Author { id: alice.id, username: alice.username };
    let client = registration.into_client(ClientId::generate(&SystemEntropy), authentication, owner, now());
    given.store.clients.register(&client).await.unwrap();
    client
}

async fn plugin(given: &Given) -> Client {
    registered(given, "CONFIDENTIAL", Some(json!({"panel": 1}))).await
}

async fn stored(given: &Given, id: ClientId) -> Client {
    given.store.clients.find(id).await.unwrap().unwrap()
}

fn nothing_changed(client: &str) -> String {
    format!("Nothing changed: client {client} is like that already.\n")
}

#[tokio::test]
async fn a_plugin_is_permitted_and_that_is_taken_back() {
    let given = Given::with_people().await;
    let plugin = plugin(&given).await;
    given.told("user add root --no-password");
    let permit = |how: &str| given.told(&format!("client permit {} {how}", plugin.id));
    let told = permit("--as root");
    assert_eq!((&told["changed"], &told["data"]["permitted"]), (&json!(true), &json!(true)));
    assert_eq!(told["data"]["lastUpdatedByUser"]["shortName"], "root");
    let permitted = stored(&given, plugin.id).await;
    let next = plugin.permitted(true).unwrap();
    let (version, updated_at, updated_by) =
        (plugin.version + 1, permitted.updated_at, permitted.updated_by.clone());
    assert_eq!(permitted, Client { version, updated_at, updated_by, ..next });

    assert_eq!(permit("")["changed"], false);
    let same = given.does(&format!("client permit {}", plugin.id)).words();
    assert_eq!(same, veiled(&nothing_changed(&plugin.id.to_string())));
    assert_eq!(stored(&given, plugin.id).await, permitted, "what changes nothing writes nothing");

    let told = permit("--revoke");
    assert_eq!((&told["changed"], &told["data"]["permitted"]), (&json!(true), &json!(false)));
    assert_eq!(told["data"]["lastUpdatedByUser"], json!(null));
    assert_eq!(permit("--revoke")["changed"], false);
    let taken_back = stored(&given, plugin.id).await;
    assert_eq!((taken_back.is_permitted(), taken_back.version), (false, 3));
}

#[tokio::test]
async fn a_client_becomes_a_super_client_and_an_ordinary_one_again() {
    let given = Given::with_people().await;
    given.told(&format!("client add reports {DEFINED} --generate-secret"));
    let notes = registered(&given, "CONFIDENTIAL", None).await;
    for reference in ["reports".to_owned(), notes.id.to_string()] {
        let privilege = |how: &str| given.told(&format!("client privilege {reference} {how}"));
        let told = privilege("--as alice");
        assert_eq!((&told["changed"], &told["data"]["super"]), (&json!(true), &json!(true)));
        assert_eq!(told["data"]["lastUpdatedByUser"]["shortName"], "alice");
        let id = ClientId::parse(told["data"]["id"].as_str().unwrap()).unwrap();
        let privileged = stored(&given, id).await;
        assert_eq!((privileged.privileged, privileged.version), (true, 2));

        let same = given.does(&format!("client privilege {reference}")).words();
        assert_eq!(same, veiled(&nothing_changed(&reference)));
        assert_eq!(stored(&given, id).await, privileged, "what changes nothing writes nothing");

        let told = privilege("--revoke");
        assert_eq!((&told["changed"], &told["data"]["super"]), (&json!(true), &json!(false)));
        assert_eq!(privilege("--revoke")["changed"], false);
        let ordinary = stored(&given, id).await;
        assert_eq!((ordinary.privileged, ordinary.version), (false, 3));
    }
}

#[tokio::test]
async fn what_cannot_be_decided_of_a_client_is_refused() {
    let given = Given::with_people().await;
    given.told(&format!("client add app {DEFINED} --public"));
    given.told(&format!("client add gone {DEFINED} --generate-secret"));
    given.told("client remove gone --yes");
    let public = registered(&given, "PUBLIC", None).await;
    let plugin = plugin(&given).await;
    let (id, unknown) = (public.id, ClientId::generate(&SystemEntropy));
    for (line, error) in [
        ("permit app".to_owned(), "client app is no plugin".to_owned()),
        (format!("permit {id}"), format!("client {id} is no plugin")),
        (format!("permit {id} --revoke"), format!("client {id} is no plugin")),
        (
            "privilege app".to_owned(),
            "client app is public, and a super client must keep a secret".to_owned(),
        ),
        (format!("privilege {id}"), format!("client {id} is public, and a super client must keep a secret")),
        ("permit gone".to_owned(), "client gone was removed".to_owned()),
        ("privilege gone".to_owned(), "client gone was removed".to_owned()),
        (format!("permit {unknown}"), format!("there is no client {unknown}")),
        ("privilege nothing".to_owned(), "there is no client nothing".to_owned()),
        (format!("permit {} --as nobody", plugin.id), "there is no user nobody".to_owned()),
    ] {
        assert_eq!(given.refused(&format!("client {line}"), 1).0, error, "{line}");
    }
    assert_eq!(given.told("client privilege app --revoke")["changed"], false);
    assert_eq!(given.told("client show app")["data"]["lastUpdatedByUser"], json!(null));
    for client in [public, plugin] {
        assert_eq!(stored(&given, client.id).await, client, "nothing was written");
    }
}

#[tokio::test]
async fn of_several_operators_at_once_one_decides() {
    let given = Given::with_people().await;
    let plugin = plugin(&given).await;
    let id = plugin.id.to_string();
    let words = ["client", "permit", &id, "--json"];
    let started = (0..4).map(|_| start(given.command(&words), "")).collect::<Vec<_>>();
    let ran: Vec<_> = started.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap())).collect();
    let changed = |ran: &&Ran| ran.code == Some(0) && ran.json()["changed"] == true;
    assert_eq!(ran.iter().filter(changed).count(), 1, "{ran:?}");
    for other in ran.iter().filter(|ran| !changed(ran)) {
        let late = other.code == Some(0) && other.json()["changed"] == false;
        let outdated = "somebody else changed or removed the client at the same moment";
        assert!(late || (other.code == Some(1) && other.err.contains(outdated)), "{other:?}");
    }
    assert_eq!(stored(&given, plugin.id).await.version, 2);
}

#[tokio::test]
async fn it_is_shown_who_registered_a_client_and_what_was_decided() {
    let given = Given::with_people().await;
    let plugin = plugin(&given).await;
    let alice = plugin.owned.as_ref().unwrap().by;
    given.told(&format!("client add reports {DEFINED} --generate-secret"));
    let told = |line: &str| {
        let data = given.told(line)["data"].take();
        json!([data["owner"], data["super"], data["permitted"]])
    };
    let show = format!("client show {}", plugin.id);
    assert_eq!(told("client show reports"), json!([null, false, null]));
    assert_eq!(told(&show), json!([{"sub": alice, "username": "alice"}, false, false]));
    let words = given.does(&show).words();
    assert!(words.contains("\n  owner            alice\n"), "{words}");
    assert!(words.contains("\n  notes            plugin not permitted, "), "{words}");
    let list = given.does("client list").words();
    assert!(list.contains("  registered by alice, plugin not permitted, "), "{list}");

    given.told(&format!("client permit {}", plugin.id));
    given.told(&format!("client privilege {}", plugin.id));
    given.told("user remove alice --yes");
    assert_eq!(told(&show), json!([{"sub": alice, "username": null}, true, true]));
    let words = given.does(&show).out;
    assert!(words.contains(&format!("\n  owner            {alice} (removed)\n")), "{words}");
    assert!(words.contains("\n  notes            super client, permitted plugin, "), "{words}");
    let listed = given.told("client list --keyword notes");
    let shown = &listed["data"][0];
    assert_eq!(
        (&shown["owner"]["sub"], &shown["super"], &shown["permitted"]),
        (&json!(alice), &json!(true), &json!(true))
    );
    let list = given.does("client list").out;
    assert!(list.contains(&format!("  registered by {alice} (removed), super client, ")), "{list}");
}

#[tokio::test]
async fn a_client_that_a_user_registered_is_removed_as_any_other() {
    let given = Given::with_people().await;
    let plugin = plugin(&given).await;
    let other = registered(&given, "PUBLIC", None).await;
    let alice = plugin.owned.as_ref().unwrap().by;
    for client in [&plugin, &other] {
        let removed = given.told(&format!("client remove {} --yes --as alice", client.id));
        assert_eq!(removed["data"]["flags"], json!(["deleted"]));
        assert_eq!(removed["data"]["owner"]["username"], "alice");
        assert!(stored(&given, client.id).await.deleted);
        let again = given.refused(&format!("client remove {} --yes", client.id), 1).0;
        assert_eq!(again, format!("client {} was removed", client.id));
    }
    assert_eq!(given.told("client list")["count"], 0);
    assert_eq!(given.told("client list --with-deleted")["count"], 2);
    // It is kept, and so is where it is listed for its owner and among plugins.
    let mut owned = given.store.clients.owned_by(alice).await.unwrap();
    owned.sort();
    let mut both = vec![plugin.id, other.id];
    both.sort();
    assert_eq!(owned, both);
    assert_eq!(given.store.clients.plugins().await.unwrap(), [plugin.id]);
}
