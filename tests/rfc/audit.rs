//! What is put on record: every event once, with the fields that `docs/audit-events.md` says, and nobody's secret.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use domain::api_key::ApiKeyPrefix;
use domain::grant::{Access, Active, Grant, State};
use domain::secret::Digest;
use domain::token::GrantKeys;
use domain::{ClientId, GrantId, Owner, SessionId, UnixTime, UserId};
use lambda::{Function, LambdaEvent, LambdaRequest};
use oauth::Scope;
use oauth::words::{GrantType, SigningAlgorithm};
use serde_json::{Value, json};
use server::audit::{Account, Decision, Entry, Event, Key, KeyOfUser};
use server::metrics::Metric;
use server::{Endpoint, Platform, StartupError, router};
use testkit::Fault;
use testkit::actors::Gatelet;
use tower::{Service as _, ServiceExt as _};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::log;
use crate::scene::{LASTING, Scene};
use crate::story::Told;

const PAGE: &str = include_str!("../../docs/audit-events.md");

/// Why a token request was refused, in the example: one that is known of client and user.
const NOT_LET_IN: &str = "user lacks the function that the client requires";

/// What every line has, and every line about a request that came through the gateway.
const AROUND: [&str; 10] = [
    "timestamp",
    "level",
    "target",
    "function",
    "request.id",
    "lambda.request.id",
    "trace.id",
    "http.method",
    "http.path",
    "caller.network",
];

/// The rows of the table under a heading of the page, cell by cell.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect()).collect()
}

/// An event as the page has it: its name, its fields, and whether each is always there.
fn documented() -> Vec<(&'static str, Vec<(&'static str, bool)>)> {
    let rows = table("Events").into_iter().map(|row| {
        let fields = row[2].split(' ').map(|field| (field.trim_matches(['`', '?']), !field.ends_with('?')));
        (row[0], fields.collect())
    });
    rows.collect()
}

fn fields_of(line: &Value) -> BTreeSet<&str> {
    let names = line.as_object().unwrap().keys().map(String::as_str);
    names.filter(|name| !AROUND.contains(name) && *name != "audit.event").collect()
}

fn names(record: &[Value]) -> Vec<&str> {
    record.iter().map(|line| line["audit.event"].as_str().unwrap()).collect()
}

#[test]
fn every_event_is_documented_and_nothing_else_is() {
    let documented: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented, Event::NAMES);
}

#[test]
fn every_metric_is_documented_and_nothing_else_is() {
    let documented: Vec<_> = table("What is counted").into_iter().map(|row| (row[0], row[1])).collect();
    let metrics: Vec<_> = Metric::ALL.iter().map(|metric| (metric.name(), metric.unit())).collect();
    assert_eq!(documented, metrics);
}

/// One of each event, with all that it can have.
struct Samples {
    grant: Grant,
    scope: Scope,
    prefix: ApiKeyPrefix,
    administrator: UserId,
}

impl Samples {
    fn new() -> Self {
        let user = UserId::parse("8f14e45f-ceea-867a-9a3b-2e1c5d7f9b01").unwrap();
        let scope = Scope::parse("openid notes:read").unwrap();
        let access = Access {
            token: Digest::from_bytes([0; 32]),
            issued_at: UnixTime(0),
            expires_at: UnixTime(0),
            narrowed: None,
        };
        let grant = Grant {
            keys: GrantKeys {
                owner: Owner::User(user),
                session: SessionId::parse("c9f0f895-fb98-4b91-9f4e-5a0c3e1d2b7a"),
                grant: GrantId::parse("45c48cce-2e2d-4fbd-8a1f-c51b7c6a4d3e").unwrap(),
            },
            client: ClientId::parse("5b2c1a90-7d3e-4f6a-8b1c-0e9d8c7b6a51").unwrap(),
            username: None,
            scope: scope.clone(),
            auth_time: None,
            nonce: None,
            address: None,
            limit: None,
            ends_at: UnixTime(0),
            state: State::Active(Active { redeemed: None, access, previous_access: None, refresh: None }),
        };
        let prefix = ApiKeyPrefix::parse("1ab/2c").unwrap();
        let administrator = UserId::parse("1679091c-5a88-8faf-afb5-e6087eb1b2dc").unwrap();
        Self { grant, scope, prefix, administrator }
    }

    /// The events, with the function that each is an event of and the path of the request.
    fn events(&self) -> Vec<(&'static str, &'static str, Event<'_>)> {
        let (grant, keys, client) = (&self.grant, self.grant.keys, self.grant.client);
        let (user, session) = (keys.owner.user().unwrap(), keys.session.unwrap());
        let consent = Decision { user, session, client, scope: &self.scope };
        let key =
            Key { id: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", algorithm: SigningAlgorithm::ALL[0] };
        let reset = "/api/oauth2/client/reset";
        let (token, defined) = ("/oauth2/token", "/authentication/v1/oauth/client");
        let managed = "/authentication/v1/oauth/client/5b2c1a90-7d3e-4f6a-8b1c-0e9d8c7b6a51";
        let by = self.administrator;
        let (account, api_key) = (Account { user, by }, KeyOfUser { prefix: &self.prefix, owner: user, by });
        let [function, customer, realm] =
            ["DATASTORE-VIEWER", "mycustomer", "EU"].map(|name| Entry { name, by });
        let directory = "/directory/v1/user/alice/apikey/1ab/2c";
        vec![
            ("login", "/login", Event::SignInSucceeded { user, session }),
            ("login", "/login", Event::SignInRefused { user: Some(user), reason: "password wrong" }),
            ("login", "/consent", Event::ConsentGiven { consent }),
            ("login", "/consent", Event::ConsentRefused { consent }),
            ("token", token, Event::TokenIssued { grant, grant_type: GrantType::AuthorizationCode }),
            ("authorize", "/oauth2/authorize", Event::IdTokenIssued { grant }),
            ("token", token, Event::TokenRefreshed { grant, repeated: true }),
            ("token", "/authentication/v1/oauth/token", Event::TokenRefused { reason: NOT_LET_IN }),
            ("token", token, Event::TokenReplayed { keys, reason: "refresh token replayed" }),
            ("revoke", "/oauth2/revoke", Event::TokenRevoked { keys, client }),
            ("kustvakt-tokens", "/api/oauth2/revoke/super", Event::GrantWithdrawn { keys, client }),
            ("clients", defined, Event::ClientRegistered { client, user: Some(user) }),
            ("clients", managed, Event::ClientChanged { client, user: Some(user) }),
            ("kustvakt-clients", reset, Event::ClientSecretReset { client, user }),
            ("clients", managed, Event::ClientDeleted { client, user: Some(user) }),
            ("kustvakt-plugins", "/api/plugins/install", Event::PluginInstalled { user, client }),
            ("kustvakt-plugins", "/api/plugins/uninstall", Event::PluginUninstalled { user, client }),
            ("directory", directory, Event::ApiKeyCreated { key: api_key }),
            ("directory", directory, Event::ApiKeyRenewed { key: api_key }),
            ("directory", directory, Event::ApiKeyRevoked { key: api_key }),
            (
                "directory",
                "/directory/v1/user/alice/session",
                Event::SessionEnded { user, session, by: Some(by) },
            ),
            ("directory", "/directory/v1/user", Event::UserCreated { account }),
            ("directory", "/directory/v1/user/alice", Event::UserChanged { account }),
            ("directory", "/directory/v1/user/alice", Event::UserRemoved { account }),
            ("directory", "/directory/v1/user/alice/password", Event::PasswordSet { account }),
            ("directory", "/directory/v1/user/alice/key", Event::UserKeyRegistered { id: "ci", account }),
            ("directory", "/directory/v1/user/alice/key/ci", Event::UserKeyRemoved { id: "ci", account }),
            ("directory", "/directory/v1/function", Event::FunctionCreated { entry: function }),
            (
                "directory",
                "/directory/v1/function/DATASTORE-VIEWER",
                Event::FunctionChanged { entry: function },
            ),
            (
                "directory",
                "/directory/v1/function/DATASTORE-VIEWER",
                Event::FunctionRemoved { entry: function },
            ),
            ("directory", "/directory/v1/customer", Event::CustomerCreated { entry: customer }),
            ("directory", "/directory/v1/customer/mycustomer", Event::CustomerChanged { entry: customer }),
            ("directory", "/directory/v1/customer/mycustomer", Event::CustomerRemoved { entry: customer }),
            ("directory", "/directory/v1/domain", Event::DomainCreated { entry: realm }),
            ("directory", "/directory/v1/domain/EU", Event::DomainRemoved { entry: realm }),
            ("rotate", "", Event::KeyPublished { key }),
            ("rotate", "", Event::KeyUsed { key }),
            ("rotate", "", Event::KeyRetired { key }),
        ]
    }
}

/// An endpoint that puts the sample on record whose number is in the query.
#[derive(Clone)]
struct Recording;

impl Endpoint for Recording {
    const NAME: &'static str = "recording";
    const PATHS: &'static [&'static str] = &[];

    async fn connect(_: &Platform) -> Result<Self, StartupError> {
        Ok(Self)
    }

    fn routes(self) -> Router {
        Router::new().fallback(async |uri: Uri| {
            let (samples, index) = (Samples::new(), uri.query().unwrap().parse::<usize>().unwrap());
            let event = samples.events()[index].2;
            if let Event::TokenRefused { .. } | Event::TokenReplayed { .. } = event {
                let grant_type = match event {
                    Event::TokenReplayed { .. } => GrantType::RefreshToken,
                    _ => GrantType::ClientCredentials,
                };
                tracing::Span::current().record("client.id", tracing::field::display(samples.grant.client));
                tracing::Span::current().record("grant.type", grant_type.as_str());
            }
            if let (Event::TokenRefused { .. }, Some(user)) = (event, samples.grant.keys.owner.user()) {
                tracing::Span::current().record("user.id", tracing::field::display(user));
            }
            event.record();
            StatusCode::OK
        })
    }
}

/// The lines that a function logs when it puts sample `index` on record.
async fn logged(gatelet: &Gatelet, index: usize) -> Vec<String> {
    let samples = Samples::new();
    let (function, path, event) = samples.events()[index];
    let mut invocation = lambda::Context::default();
    invocation.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    invocation.xray_trace_id = Some("Root=1-690b3a40-bd862e3fe1be46a994272793;Sampled=1".to_owned());
    log::listen();
    let own = log::of_function(function).with_filter(lambda::log::detail(LevelFilter::INFO));
    let _own = tracing::subscriber::set_default(Registry::default().with(own));
    if path.is_empty() {
        lambda::log::call(&invocation, None).in_scope(|| event.record());
        return log::lines();
    }
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": index.to_string(),
        "headers": {}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc123", "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default",
            "stage": "$default", "time": "05/Nov/2026:12:00:00 +0000", "timeEpoch": log::MOMENT,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"},
        },
    });
    let event: LambdaRequest = serde_json::from_value(event).unwrap();
    let mut function = Function::new(router::<Recording>(&gatelet.function("token")).await.unwrap());
    function.ready().await.unwrap().call(LambdaEvent::new(event, invocation)).await.unwrap();
    log::lines()
}

#[tokio::test]
async fn the_pages_examples_are_what_a_function_logs() {
    let gatelet = Gatelet::start().await;
    let mut lines = Vec::new();
    for (index, (name, fields)) in documented().into_iter().enumerate() {
        let logged = logged(&gatelet, index).await;
        let record: Vec<Value> = log::record();
        assert_eq!(names(&record), [name]);
        assert_eq!(fields_of(&record[0]), fields.into_iter().map(|(field, _)| field).collect(), "{name}");
        lines.extend(logged.into_iter().filter(|line| !line.contains(r#""target":"server::layers""#)));
    }
    let missing: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("audit.event") || line.contains("TokensIssued"))
        .filter(|line| !PAGE.lines().any(|shown| shown == *line))
        .map(String::as_str)
        .collect();
    assert!(missing.is_empty(), "not on the page:\n{}", missing.join("\n"));
}

#[tokio::test]
async fn a_long_story_records_every_event_with_its_fields() {
    log::listen();
    Told::new().await;
    let record = log::record();
    for (name, fields) in documented() {
        let told: Vec<_> = record.iter().filter(|line| line["audit.event"] == name).collect();
        // A key is an event of the function that rotates, and no request's.
        assert_eq!(told.is_empty(), name.starts_with("key."), "{name}");
        for line in told {
            let found = fields_of(line);
            let always = fields.iter().filter(|(_, always)| *always).map(|(field, _)| *field);
            assert!(always.clone().all(|field| found.contains(field)), "{line}");
            assert!(found.iter().all(|field| fields.iter().any(|(known, _)| known == field)), "{line}");
            assert_eq!(line["request.id"], "request", "{line}");
            assert!(line["caller.network"].as_str().unwrap().ends_with("/24"), "{line}");
        }
    }
}

#[tokio::test]
async fn a_grant_is_on_record_from_sign_in_to_sign_out() {
    log::listen();
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid notes:read").await;
    scene.notes.refresh(tokens.refresh()).with("scope", "notes:read").await.tokens();
    scene.browser.sign_out().await.page();
    let own = scene.notes.client_credentials().with("scope", "notes:read").await.tokens();
    scene.notes.revoke(&own.access).await;
    let record = log::record();
    assert_eq!(
        names(&record),
        [
            "client.registered",
            "sign_in.succeeded",
            "consent.given",
            "token.issued",
            "token.refreshed",
            "session.ended",
            "token.issued",
            "token.revoked",
        ]
    );
    let [registered, signed_in, consented, issued, refreshed, ended, own, revoked] = &record[..] else {
        panic!("{record:?}")
    };
    let (user, session) = (&json!(scene.alice.id.to_string()), &signed_in["session.id"]);
    for line in [signed_in, consented, issued, refreshed, ended] {
        assert_eq!((&line["user.id"], &line["session.id"]), (user, session), "{line}");
    }
    for line in [registered, consented, issued, refreshed, own, revoked] {
        assert_eq!(line["client.id"], scene.notes.id, "{line}");
    }
    assert_eq!((&issued["scope"], &refreshed["scope"]), (&json!("notes:read openid"), &json!("notes:read")));
    assert_eq!(
        (&issued["grant.type"], &own["grant.type"]),
        (&json!("authorization_code"), &json!("client_credentials"))
    );
    assert_eq!((&issued["grant.id"], &own["grant.id"]), (&refreshed["grant.id"], &revoked["grant.id"]));
    assert_eq!((own.get("user.id"), own.get("session.id")), (None, None));
    let counted = log::counted();
    assert_eq!(
        counted.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["SignIns", "TokensIssued", "TokensRefreshed", "TokensIssued"]
    );
    assert!(counted.iter().all(|(_, value)| *value == 1));
}

/// People type passwords where their name belongs.
#[tokio::test]
async fn a_refused_sign_in_names_the_user_if_there_is_one_and_never_what_was_typed() {
    let mut scene = Scene::new().await;
    scene.browser.authorize(&scene.notes.authorization_url()).await.page();
    log::listen();
    scene.browser.sign_in_as("hunter2", "hunter3").await.page();
    scene.browser.sign_in_as("alice", "hunter3").await.page();
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    scene.browser.sign_in(&scene.alice).await.page();
    scene.browser.cookies.forget("__Host-gatelet-browser");
    scene.browser.sign_in(&scene.alice).await.page();
    let record = log::record();
    let told: Vec<_> =
        record.iter().map(|line| (line["reason"].as_str().unwrap(), line.get("user.id"))).collect();
    let alice = json!(scene.alice.id.to_string());
    assert_eq!(
        told,
        [
            ("sign-in name unknown", None),
            ("password wrong", Some(&alice)),
            ("user may not act", Some(&alice)),
            ("sign-in form is stale or from another browser", None),
        ]
    );
    assert!(names(&record).iter().all(|name| *name == "sign_in.refused"));
    assert!(!log::lines().concat().contains("hunter") && !log::heard().contains("hunter"));
    assert_eq!(log::counted(), vec![("SignInsRefused".to_owned(), 1); 4]);
}

#[tokio::test]
async fn s22_s38_a_replay_is_on_record_as_one_and_not_as_a_refusal() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code(LASTING).await;
    let first = scene.notes.redeem(&asked, &code).await.tokens();
    log::listen();
    scene.notes.redeem(&asked, &code).await;
    scene.notes.refresh(first.refresh()).await;
    let record = log::record();
    assert_eq!(names(&record), ["token.replayed", "token.refused"]);
    assert_eq!((&record[0]["reason"], &record[0]["level"]), (&json!("code redeemed twice"), &json!("WARN")));
    assert_eq!(record[0]["grant.type"], "authorization_code");
    assert_eq!(
        (&record[0]["user.id"], &record[0]["client.id"]),
        (&json!(scene.alice.id.to_string()), &json!(scene.notes.id))
    );
    assert_eq!(record[1]["reason"], "refresh token unknown");
    assert_eq!(log::counted(), [("Replays".to_owned(), 1)]);

    let first = scene.tokens(LASTING).await;
    scene.notes.refresh(first.refresh()).await.tokens();
    scene.advance(scene.gatelet.settings().lifetimes.refresh_window);
    log::listen();
    scene.notes.refresh(first.refresh()).await;
    let record = log::record();
    assert_eq!(names(&record), ["token.replayed"]);
    assert_eq!(record[0]["reason"], "refresh token replayed");
    assert_eq!(log::counted(), [("Replays".to_owned(), 1)]);
}

#[tokio::test]
async fn a_refresh_that_is_answered_again_is_recorded_so_and_counted_once() {
    let mut scene = Scene::new().await;
    let first = scene.tokens(LASTING).await;
    log::listen();
    scene.notes.refresh(first.refresh()).await.tokens();
    scene.notes.refresh(first.refresh()).await.tokens();
    let record = log::record();
    assert_eq!(names(&record), ["token.refreshed"; 2]);
    assert_eq!((record[0].get("repeated"), record[1].get("repeated")), (None, Some(&json!(true))));
    assert_eq!(log::counted(), [("TokensRefreshed".to_owned(), 1)]);
}

#[tokio::test]
async fn an_answer_that_was_lost_on_the_way_is_recorded_once() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code(LASTING).await;
    log::listen();
    let faults = &scene.gatelet.table.faults;
    faults.next("UpdateItem", Fault::AnswerLost);
    let tokens = scene.notes.redeem(&asked, &code).await.tokens();
    faults.next("UpdateItem", Fault::AnswerLost);
    scene.notes.refresh(tokens.refresh()).await.tokens();
    let record = log::record();
    assert_eq!(names(&record), ["token.issued", "token.refreshed"]);
    assert_eq!(record[1].get("repeated"), None);
}

#[tokio::test]
async fn what_changed_nothing_is_not_on_record() {
    let mut scene = Scene::new().await;
    let (tokens, other) = (scene.tokens(LASTING).await, scene.other().await);
    log::listen();
    other.revoke(&tokens.access).await;
    scene.notes.revoke("gtla_garbage").await;
    scene.notes.revoke(&tokens.access).await;
    scene.notes.revoke(&tokens.access).await;
    scene.gatelet.userinfo(&tokens.access).await;
    scene.notes.introspect(&tokens.access).await;
    other.manage(Method::GET).await;
    other.manage(Method::DELETE).await;
    other.manage(Method::DELETE).await;
    assert_eq!(names(&log::record()), ["token.revoked", "client.deleted"]);
}

#[tokio::test]
async fn what_administrators_do_to_clients_is_on_record_under_their_names() {
    let gatelet = Gatelet::start().await;
    let root = gatelet.administrator("root").await;
    let key = gatelet.api_key(&root).await;
    let call = |method, path: &str| gatelet.call(method, path).header("argus-api-key", &key);
    let clients = server::argus::paths::CLIENTS;
    let client = json!({
        "shortName": "chosen",
        "name": "Chosen",
        "description": "",
        "mainURI": "https://chosen.example",
        "requiredFunction": "administrator",
        "permissionScope": "administrator",
        "clientIPRange": ["192.0.2.0/24"],
        "authenticationMethod": "none",
    });
    let one = format!("{clients}/chosen");
    log::listen();
    let defined = call(Method::POST, clients).json(&client).await.json();
    call(Method::POST, clients).json(&client).await;
    call(Method::GET, &one).await;
    call(Method::PUT, &one).json(&json!({"name": "Renamed"})).await;
    call(Method::PUT, &one).json(&json!({"name": "Renamed"})).await;
    call(Method::DELETE, &one).await;
    call(Method::DELETE, &one).await;
    let record = log::record();
    assert_eq!(names(&record), ["client.registered", "client.changed", "client.deleted"]);
    for line in record {
        assert_eq!(
            (&line["client.id"], &line["user.id"]),
            (&defined["data"]["id"], &json!(root.id.to_string()))
        );
    }
}

#[tokio::test]
async fn whoever_signs_in_over_another_ends_that_ones_session() {
    let mut scene = Scene::new().await;
    scene.tokens("openid").await;
    let bob = scene.gatelet.person("bob").await;
    let asked = scene.notes.authorization_url().with("prompt", "login");
    scene.browser.authorize(&asked).await.page();
    log::listen();
    scene.browser.sign_in(&bob).await;
    let record = log::record();
    assert_eq!(names(&record), ["sign_in.succeeded", "session.ended"]);
    assert_eq!(record[0]["user.id"], bob.id.to_string());
    assert_eq!(record[1]["user.id"], scene.alice.id.to_string());
}

#[tokio::test]
async fn what_we_fail_at_is_counted_and_is_nobodys_event() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    log::listen();
    scene.gatelet.table.faults.always("UpdateItem", Fault::Throttled);
    assert_eq!(scene.notes.redeem(&asked, &code).await.status(), 503);
    scene.gatelet.table.faults.clear();
    assert!(log::record().is_empty());
    assert_eq!(log::counted(), [("ServerErrors".to_owned(), 1)]);
}
