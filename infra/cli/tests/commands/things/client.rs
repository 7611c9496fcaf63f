//! `gatelet client`.

mod decision;

use domain::client::{Authentication, Client, CodeProtection};
use domain::name::ClientName;
use domain::password::Verdict;
use serde_json::{Value, json};

use super::{moment, number};
use crate::given::{Given, Ran, run, start};

const DEFINED: &str = "--name Reports --description Shows --main-uri https://reports.example.com \
    --redirect-uri https://reports.example.com/callback --required-function report-reader \
    --permission-scope report-reader --client-ip-range 192.0.2.0/24";

async fn client(given: &Given, name: &str) -> Client {
    given.store.clients.find_named(&ClientName::parse(name).unwrap()).await.unwrap().unwrap()
}

fn verdict(client: &Client, chosen: &str) -> Verdict {
    let Authentication::Chosen { secret } = &client.authentication else { panic!("{client:?}") };
    secret.verify(chosen)
}

fn notes(told: &Value) -> (bool, bool, bool, &Value) {
    let flag = |name: &str| told["data"][name].as_bool().unwrap();
    (flag("requirePKCE"), flag("requireSameClientIP"), flag("allowImplicit"), &told["data"]["flags"])
}

#[tokio::test]
async fn a_client_is_defined_as_the_json_interface_shows_it() {
    let given = Given::with_people().await;
    let line = format!(
        "client add reports {DEFINED} --client-ip-range 2001:db8::1 --customer acme --permitted-scope openid \
         --permitted-scope profile --max-security-level standard --as alice --generate-secret"
    );
    let mut made = given.told(&line);
    let reports = client(&given, "reports").await;
    let data = &mut made["data"];
    assert_eq!(verdict(&reports, data["clientSecret"].as_str().unwrap()), Verdict::Right);
    data["clientSecret"] = Value::Null;
    for path in [
        "/customer/id",
        "/requiredFunction/id",
        "/permissionScope/id",
        "/createdByUser/id",
        "/lastUpdatedByUser/id",
    ] {
        number(data.pointer_mut(path).unwrap());
    }
    moment(&mut data["createdTimestamp"]);
    moment(&mut data["lastUpdatedTimestamp"]);
    let alice = json!({"id": 0, "shortName": "alice", "name": "alice", "type": "user"});
    let function = json!({"id": 0, "name": "report-reader"});
    let home = json!({"id": 1, "name": "DEFAULT"});
    let expected = json!({
        "id": reports.id, "shortName": "reports", "name": "Reports", "description": "Shows",
        "mainURI": "https://reports.example.com",
        "customer": {"id": 0, "shortName": "acme", "name": "Acme", "domain": home}, "domain": home,
        "requiredFunction": function, "permissionScope": function, "authenticationMethod": "password",
        "maxSecurityLevel": "standard", "flags": ["requireSameClientIP"], "createdTimestamp": 0,
        "lastUpdatedTimestamp": 0, "createdByUser": alice, "lastUpdatedByUser": alice,
        "clientIPRange": ["192.0.2.0/24", "2001:db8::1"], "permittedScopes": ["openid", "profile"],
        "redirectURIs": ["https://reports.example.com/callback"],
        "redirectURI": "https://reports.example.com/callback", "openIDCustomClaims": [],
        "allowImplicit": false, "requirePKCE": true, "requireSameClientIP": true, "owner": null, "super": false, "permitted": null,
        "clientSecret": null,
    });
    assert_eq!(made["data"], expected);
    for reference in ["reports".to_owned(), reports.id.to_string()] {
        let shown = given.told(&format!("client show {reference}"));
        assert_eq!(
            (&shown["data"]["shortName"], shown["data"].get("clientSecret")),
            (&json!("reports"), None)
        );
    }
}

#[tokio::test]
async fn a_secret_is_chosen_read_generated_or_none() {
    let given = Given::with_people().await;
    let add = |name: &str, how: &str| format!("client add {name} {DEFINED} {how}");
    let split = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let with = |line: String, secret: &str| -> Ran {
        let words = split(&line);
        given.run_with(&words.iter().map(String::as_str).collect::<Vec<_>>(), secret)
    };
    let short = with(add("reports", "--secret-stdin"), "eleven char").failure(1);
    assert!(
        short.contains("that secret may not be chosen: it must be 12 to 1024 printable ASCII"),
        "{short}"
    );
    assert_eq!(with(add("reports", "--secret-stdin"), "twelve chars").code, Some(0));
    assert_eq!(verdict(&client(&given, "reports").await, "twelve chars"), Verdict::Right);
    assert_eq!(
        given.refused(&add("other", ""), 2),
        (
            "there is no terminal to ask for the secret on".to_owned(),
            "give it on standard input, with --secret-stdin, or let --generate-secret make one".to_owned()
        )
    );
    assert_eq!(given.told(&add("app", "--public"))["data"]["authenticationMethod"], "none");

    let same = with("client set reports --secret-stdin".to_owned(), "twelve chars").words();
    assert_eq!(same, "Nothing changed: client reports is like that already.\n");
    let generated = given.told("client set app --generate-secret")["data"]["clientSecret"].take();
    assert_eq!(verdict(&client(&given, "app").await, generated.as_str().unwrap()), Verdict::Right);
    assert_eq!(given.told("client set app --public")["data"]["authenticationMethod"], "none");
    assert!(client(&given, "app").await.is_public());
}

#[tokio::test]
async fn a_client_changes_only_where_it_is_said() {
    let given = Given::with_people().await;
    given.told(&format!("client add reports {DEFINED} --generate-secret"));
    let set = |line: &str| given.told(&format!("client set reports {line}"));
    assert_eq!(set("--name Reports --hidden=false")["changed"], false);
    assert_eq!(client(&given, "reports").await.version, 1);
    let changed = set("--allow-implicit --no-same-client-ip --hidden --permitted-scope email");
    assert_eq!(notes(&changed), (true, false, true, &json!(["hidden"])));
    assert_eq!(changed["data"]["redirectURIs"][0], "https://reports.example.com/callback");
    let back = set("--allow-implicit=false --no-same-client-ip=false --hidden=false");
    assert_eq!(notes(&back), (true, true, false, &json!(["requireSameClientIP"])));
    assert_eq!(set("--short-name renamed")["data"]["shortName"], "renamed");
    assert_eq!(given.refused("client show reports", 1).0, "there is no client reports");
    let none = given.run(&["client", "set", "renamed", "--redirect-uri", "", "--json"]).json();
    assert_eq!(none["data"]["redirectURIs"], json!([]));
}

#[tokio::test]
async fn what_the_service_is_set_to_is_said_by_options_or_variables() {
    let given = Given::with_people().await;
    let line =
        format!("client add reports {DEFINED} --permitted-scope notes:read --no-pkce --generate-secret");
    let refused = given.does(&line).failure(2);
    assert_eq!(
        refused,
        "gatelet: these options are not right:
  --permitted-scope must be scopes that are served here
  PKCE (--no-pkce) must be true here
  \u{2192} gatelet client add --help tells how they are written.\n"
    );
    let words = line.split_whitespace().collect::<Vec<_>>();
    let mut command = given.command(&words);
    command.env("API_SCOPES", "notes:read=Read your notes").env("CODES_WITHOUT_PKCE", "allowed");
    let made = run(command);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.out.contains("\n  notes              without PKCE\n"), "{}", made.out);
    assert_eq!(client(&given, "reports").await.code_protection, CodeProtection::ClientSecret);
    let wrong = given.refused("client set reports --codes-without-pkce maybe --hidden", 2).0;
    assert_eq!(wrong, "--codes-without-pkce: expected refused or allowed");
}

#[tokio::test]
async fn custom_claims_come_from_a_file() {
    let given = Given::with_people().await;
    let path = format!("{}/claims.json", env!("CARGO_TARGET_TMPDIR"));
    let claims = json!([{"provider": "customClaim", "claim": "email", "claimName": "mail"}]);
    std::fs::write(&path, claims.to_string()).unwrap();
    let made = given.told(&format!("client add reports {DEFINED} --custom-claims {path} --public"));
    assert_eq!(made["data"]["openIDCustomClaims"], claims);
    std::fs::write(&path, "[{\"provider\": \"nobody\"}]").unwrap();
    let wrong = given.refused(&format!("client set reports --custom-claims {path}"), 2).0;
    assert!(wrong.starts_with("--custom-claims provider must be customClaim"), "{wrong}");
    std::fs::write(&path, "[").unwrap();
    let broken = given.refused(&format!("client set reports --custom-claims {path}"), 2);
    assert!(broken.0.contains("claims.json is not JSON: "), "{broken:?}");
}

#[tokio::test]
async fn clients_are_found_by_what_they_are() {
    let given = Given::with_people().await;
    given.told("function add other");
    given.told(&format!("client add reports {DEFINED} --customer acme --public"));
    let other = DEFINED.replacen("report-reader", "other", 1).replacen("Reports", "Other", 1);
    given.told(&format!("client add other {other} --public"));
    given.told(&format!("client add secret {other} --public --hidden"));
    let names = |line: &str| {
        let told = given.told(&format!("client list {line}"));
        let names = told["data"].as_array().unwrap().iter().map(|client| client["shortName"].clone());
        Value::from(names.collect::<Vec<_>>())
    };
    assert_eq!(names(""), json!(["other", "reports"]));
    assert_eq!(names("--with-hidden"), json!(["other", "reports", "secret"]));
    assert_eq!(names("--customer acme"), json!(["reports"]));
    assert_eq!(names("--required-function other --with-hidden"), json!(["other", "secret"]));
    assert_eq!(names("--keyword REP"), json!(["reports"]));
    assert_eq!(names("--domain DEFAULT --limit 1"), json!(["other"]));
    let words = given.does("client list").words();
    assert!(words.ends_with("\n\n2 clients, without hidden and removed ones.\n"), "{words}");
    assert_eq!(given.does("client list --keyword nothing").words(), "No client matches.\n");
    assert_eq!(given.refused("client list --customer nobody", 1).0, "there is no customer nobody");
}

#[tokio::test]
async fn a_removed_client_is_kept_and_so_is_its_name() {
    let given = Given::with_people().await;
    given.told(&format!("client add reports {DEFINED} --public"));
    let removed = given.told("client remove reports --yes --as alice");
    assert_eq!(removed["data"]["flags"], json!(["deleted", "requireSameClientIP"]));
    assert_eq!(removed["data"]["lastUpdatedByUser"]["shortName"], "alice");
    assert!(client(&given, "reports").await.deleted);
    assert_eq!(given.does("client list").words(), "There are no clients but hidden and removed ones.\n");
    assert_eq!(given.told("client list --with-deleted")["count"], 1);
    for (line, error) in [
        ("client remove reports --yes".to_owned(), "client reports was removed"),
        ("client set reports --hidden".to_owned(), "client reports was removed"),
        (
            format!("client add reports {DEFINED} --public"),
            "there was a client reports, which was removed and keeps its short name",
        ),
    ] {
        assert_eq!(given.refused(&line, 1).0, error, "{line}");
    }
}

#[tokio::test]
async fn of_several_operators_at_once_one_gets_the_name() {
    let given = Given::with_people().await;
    let line = format!("client add reports {DEFINED} --public");
    let words = line.split_whitespace().collect::<Vec<_>>();
    let started = (0..4).map(|_| start(given.command(&words), "")).collect::<Vec<_>>();
    let ran: Vec<_> = started.into_iter().map(|child| Ran::from(child.wait_with_output().unwrap())).collect();
    assert_eq!(ran.iter().filter(|ran| ran.code == Some(0)).count(), 1, "{ran:?}");
    let refused = ran.iter().filter(|ran| ran.err == "gatelet: there is a client reports already.\n");
    assert_eq!(refused.count(), 3, "{ran:?}");
}
