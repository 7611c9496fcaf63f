//! API Gateway's events in and out of each function: what a `*.event.json` asks is answered by the snapshot beside it.
//!
//! The events are payload format 2.0 as an HTTP API sends them; what only a run can know stands there as `$NAME`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't go on ends there and then"
)]

mod template;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use domain::api_key::ApiKeyPrefix;
use domain::time::Seconds;
use lambda::{Context, Function, LambdaEvent, LambdaRequest};
use serde_json::{Value, json};
use server::rotate::Rotate;
use server::{Endpoint, Task as _, router};
use testkit::Fault;
use testkit::actors::{Gatelet, Tokens};
use tower::{Service as _, ServiceExt as _};

/// A service where somebody is signed in and an application holds tokens, so that every event has something to be about.
struct Story {
    gatelet: Gatelet,
    names: Vec<(&'static str, String)>,
}

impl Story {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let client = gatelet.confidential_but(json!({"redirect_uris": ["https://app.example/cb"]})).await;
        let (alice, mut browser) = (gatelet.person("alice").await, gatelet.browser());
        let tokens: Tokens = client.tokens(&mut browser, &alice, "openid profile notes:read").await;
        let session = browser.cookies.get("__Host-gatelet-session").unwrap().to_owned();
        let secret = client.secret.clone().unwrap();
        let basic = base64(&format!("{}:{secret}", client.id));
        let root = gatelet.administrator("root").await;
        let key = gatelet.api_key_but(&root, |key| key.prefix = ApiKeyPrefix::parse("1ab/2c").unwrap()).await;
        let front_end = gatelet.front_end(&root).await;
        let granted = front_end.tokens(&mut browser, &alice, "all").await.access;
        let warden = front_end.tokens(&mut gatelet.browser(), &root, "all").await.access;
        let names = vec![
            ("$PERSON", base64(&format!("{}:{}", alice.username, alice.password))),
            ("$SUPERID", front_end.id.clone()),
            ("$SUPERSECRET", front_end.secret.clone().unwrap()),
            ("$GRANTED", granted),
            ("$WARDEN", warden),
            ("$CLIENT", client.id),
            ("$BASIC", basic),
            ("$TOKEN", tokens.access),
            ("$SESSION", session),
            ("$APIKEY", key),
        ];
        Self { gatelet, names }
    }

    /// Has a function of its own sandbox answer the event, and holds the answer against the snapshot.
    async fn tell<E: Endpoint>(&self, function: &str, case: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("events/golden").join(function);
        let mut event = std::fs::read_to_string(folder.join(format!("{case}.event.json"))).unwrap();
        for (name, value) in &self.names {
            event = event.replace(name, value);
        }
        let event: LambdaRequest = serde_json::from_str(&event).unwrap();
        let platform = self.gatelet.function(E::NAME);
        let mut function = Function::new(router::<E>(&platform).await.unwrap());
        let event = LambdaEvent::new(event, Context::default());
        let answer = function.ready().await.unwrap().call(event).await.unwrap();
        insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!(format!("{case}.answer"), readable(serde_json::to_value(answer).unwrap()));
        });
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The answer without what differs from run to run: bodies as JSON or as a page's title, long random texts left out.
fn readable(mut answer: Value) -> Value {
    let body = answer["body"].as_str().unwrap_or_default();
    let shown = match serde_json::from_str::<Value>(body) {
        Ok(json) => json,
        Err(_) => {
            json!(body.split_once("<title>").map_or(body, |(_, rest)| rest.split("</title>").next().unwrap()))
        }
    };
    answer["body"] = shown;
    without_randomness(&mut answer);
    answer
}

fn without_randomness(value: &mut Value) {
    match value {
        Value::String(text) => *text = shortened(text),
        Value::Array(values) => values.iter_mut().for_each(without_randomness),
        Value::Object(members) => members.values_mut().for_each(without_randomness),
        _ => {}
    }
}

/// A run of 36 or more characters that random values are written in is one.
fn shortened(text: &str) -> String {
    let random = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut shortened = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !random(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(run);
        shortened.push_str(if run.len() < 36 { run } else { "[random]" });
        let next = after.chars().next();
        shortened.extend(next);
        rest = after.split_at(next.map_or(0, char::len_utf8)).1;
    }
    shortened
}

/// What a schedule sends, on the day when keys are due: the next ones are published.
#[tokio::test]
async fn rotate() {
    let story = Story::new().await;
    story.gatelet.table.clock.advance(Seconds::days(89));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("events/golden/rotate");
    let event = std::fs::read_to_string(folder.join("scheduled.event.json")).unwrap();
    let event = LambdaEvent::new(serde_json::from_str(&event).unwrap(), Context::default());
    let task = Rotate::connect(&story.gatelet.function(Rotate::NAME)).await.unwrap();
    let report = lambda::task::answer(Arc::new(task), event).await.unwrap();
    let mut report = serde_json::to_value(report).unwrap();
    without_randomness(&mut report);
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!("scheduled.answer", report, { ".steps[].key" => "[random]" });
    });
}

/// Lambda has to see it, so that it asks again and an alarm goes off.
#[tokio::test]
async fn a_task_that_fails_is_an_error_of_its_function() {
    let gatelet = Gatelet::start().await;
    gatelet.table.faults.always("Query", Fault::AccessDenied);
    let task = Arc::new(Rotate::connect(&gatelet.function(Rotate::NAME)).await.unwrap());
    let event = LambdaEvent::new(serde_json::from_str("{}").unwrap(), Context::default());
    let failed = lambda::task::answer(task, event).await.unwrap_err();
    assert!(failed.reason.starts_with("Query"), "{failed:?}");
}

/// A test for each function, over all of its events.
macro_rules! functions {
    ($($function:ident: $endpoint:ty => [$($case:literal),+];)+) => {
        $(#[tokio::test]
        async fn $function() {
            let story = Story::new().await;
            $(story.tell::<$endpoint>(stringify!($function), $case).await;)+
        })+

        /// Every event that lies in the folder is told.
        #[test]
        fn no_event_is_forgotten() {
            let told: std::collections::BTreeSet<String> =
                ["rotate/scheduled".to_owned(), $($(format!("{}/{}", stringify!($function), $case)),+),+].into();
            let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("events/golden");
            let folders = std::fs::read_dir(&golden).unwrap().map(|folder| folder.unwrap().path());
            let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
            let found: std::collections::BTreeSet<String> = files
                .filter_map(|file| Some(file.strip_prefix(&golden).ok()?.to_str()?.strip_suffix(".event.json")?.to_owned()))
                .collect();
            assert_eq!(found, told);
        }
    };
}

functions! {
    authorize: server::authorize::Authorize => [
        "signs_in_first", "signed_in_gets_a_code", "unregistered_redirect", "characters_no_query_has", "host_is_no_host"
    ];
    login: server::login::Login => ["form", "form_from_elsewhere"];
    token: server::token::Token => [
        "client_credentials", "code_malformed", "wrong_secret", "not_a_form", "preflight"
    ];
    introspect: server::introspect::Introspect => ["active", "unknown", "unauthenticated"];
    userinfo: server::userinfo::Userinfo => ["claims", "without_token", "garbage"];
    revoke: server::revoke::Revoke => ["unknown", "ends"];
    register: server::register::Register => ["public_client", "repeated_name", "read_without_token"];
    clients: server::clients::Clients => ["list", "without_credentials"];
    apikeys: server::apikeys::ApiKeys => ["list"];
    directory: server::directory::Directory => ["functions"];
    kustvakt_authorize: server::kustvakt::authorize::KustvaktAuthorize => ["user_gets_a_code", "browser_signs_in_first"];
    kustvakt_clients: server::kustvakt::clients::KustvaktClients => ["registers", "registers_by_password", "guest"];
    kustvakt_tokens: server::kustvakt::tokens::KustvaktTokens => ["lists"];
    kustvakt_plugins: server::kustvakt::plugins::KustvaktPlugins => ["lists", "parameter_missing"];
    kustvakt_admin: server::kustvakt::admin::KustvaktAdmin => ["privileges"];
    metadata: server::metadata::Metadata => ["openid_configuration", "jwks", "wrong_method"];
}
