//! What functions are called with: a service where somebody is signed in and an application is registered, and events about them.
//!
//! The service itself runs in this process, by the actors of the testkit; the functions work on the same table, as processes of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::http::uri::InvalidUri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Clock as _;
use domain::time::SystemClock;
use oauth::metadata::paths;
use serde_json::{Value, json};
use testkit::actors::{Browser, Client, Gatelet, Person};
use testkit::kms::KEY;
use testkit::table::NAME;
use testkit::{Aws, Gate};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded::Serializer;

use crate::Failure;

/// A function called in one way.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The function's package.
    pub function: &'static str,
    /// What it is asked for.
    pub asked: Asked,
    /// The status of its answer; none where nobody asked by HTTP.
    pub status: Option<u64>,
    /// Round trips to the table for it, where the sandbox knows the client.
    pub trips: u32,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Asked {
    Nothing,
    Code,
    SignIn,
    ClientToken,
    Tokens,
    Introspection,
    Revocation,
    Claims,
    Registration,
    Clients,
    ApiKeys,
    Functions,
    CodeForFrontEnd,
    UsersRegistration,
    UsersTokens,
    Plugins,
    Privilege,
    KeySet,
    Rotation,
}

impl Case {
    const fn new(function: &'static str, asked: Asked, status: u64, trips: u32) -> Self {
        Self { function, asked, status: Some(status), trips }
    }

    /// What it is called in a report.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self.asked {
            Asked::Tokens => "token, for a code",
            _ => self.function,
        }
    }
}

/// The function that does nothing.
pub const BARE: Case = Case::new(crate::workspace::BARE, Asked::Nothing, 200, 0);

/// Every function in its most usual way; `token` also where it signs.
pub const CASES: [Case; 18] = [
    Case::new("authorize", Asked::Code, 303, 2),
    Case::new("login", Asked::SignIn, 303, 3),
    Case::new("token", Asked::ClientToken, 200, 1),
    Case::new("token", Asked::Tokens, 200, 1),
    Case::new("introspect", Asked::Introspection, 200, 1),
    Case::new("revoke", Asked::Revocation, 200, 1),
    Case::new("userinfo", Asked::Claims, 200, 1),
    Case::new("register", Asked::Registration, 201, 1),
    Case::new("clients", Asked::Clients, 200, 6),
    Case::new("apikeys", Asked::ApiKeys, 200, 2),
    Case::new("directory", Asked::Functions, 200, 2),
    Case::new("kustvakt-authorize", Asked::CodeForFrontEnd, 303, 5),
    Case::new("kustvakt-clients", Asked::UsersRegistration, 200, 4),
    Case::new("kustvakt-tokens", Asked::UsersTokens, 200, 7),
    Case::new("kustvakt-plugins", Asked::Plugins, 200, 5),
    Case::new("kustvakt-admin", Asked::Privilege, 200, 4),
    Case::new("metadata", Asked::KeySet, 200, 0),
    Case { function: "rotate", asked: Asked::Rotation, status: None, trips: 2 },
];

/// An event as API Gateway sends it, from the golden ones.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/events/golden/", $name, ".event.json"))
    };
}

const SCOPE: &str = "openid profile notes:read";

/// How many calls are made with one token for Kustvakt's services: one alone is good sixty times a minute.
const CALLS_OF_A_TOKEN: usize = 50;

/// Tokens that the front end holds, and for how many calls more.
struct Held {
    user: String,
    administrator: String,
    calls: usize,
}

/// The service, and who comes to it.
pub struct Scene {
    gatelet: Gatelet,
    client: Client,
    person: Person,
    browser: Browser,
    /// An administrator's API key.
    key: String,
    /// A front end that an administrator has privileged.
    front_end: Client,
    /// That administrator, and a browser of theirs.
    root: (Person, Browser),
    held: Option<Held>,
    /// How many people have come to the front end.
    users: usize,
    /// Where functions find DynamoDB and KMS.
    aws: SocketAddr,
    serving: JoinHandle<()>,
}

impl Scene {
    /// A service by the system's clock, since that is the functions', and the AWS that functions find.
    ///
    /// # Errors
    /// Where that has no port, or the policies that it holds functions to are not understood.
    pub async fn new() -> Result<Self, Failure> {
        let gatelet = Gatelet::at_time(SystemClock.now()).await;
        let redirect_uris = json!({"redirect_uris": ["https://app.example/cb"]});
        let client = gatelet.confidential_but(redirect_uris).await;
        let (person, mut browser) = (gatelet.person("alice").await, gatelet.browser());
        client.tokens(&mut browser, &person, SCOPE).await;
        let root = gatelet.administrator("root").await;
        let key = gatelet.api_key(&root).await;
        let front_end = gatelet.front_end(&root).await;
        let root = (root, gatelet.browser());
        let (aws, serving) = serve(&gatelet).await?;
        Ok(Self {
            gatelet,
            client,
            person,
            browser,
            key,
            front_end,
            root,
            held: None,
            users: 0,
            aws,
            serving,
        })
    }

    /// What a function's process finds in its environment: what Lambda sets, and what template.yaml sets.
    #[must_use]
    pub fn environment(&self, function: &str, api: SocketAddr) -> Vec<(&'static str, String)> {
        let settings = self.gatelet.settings();
        let text = str::to_owned;
        vec![
            ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", text(function)),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", text("128")),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_LOG_FORMAT", text("JSON")),
            ("AWS_REGION", text("eu-west-1")),
            ("AWS_ACCESS_KEY_ID", text("local")),
            ("AWS_SECRET_ACCESS_KEY", text("local")),
            ("AWS_SESSION_TOKEN", text("local")),
            ("AWS_ENDPOINT_URL", format!("http://{}", self.aws)),
            ("ISSUER", settings.issuer.to_string()),
            ("TABLE_NAME", text(NAME)),
            ("WRAPPING_KEY", text(KEY)),
            ("REGISTRATION", text("open")),
            ("API_SCOPES", text("notes:read=Read your notes; notes:write=Change your notes")),
        ]
    }

    /// Events for a case, one for each call: what can be used once is in one of them only.
    pub async fn events(&mut self, asked: Asked, count: usize) -> Vec<Value> {
        self.gatelet.table.clock.set(SystemClock.now());
        let access = self.client.tokens(&mut self.browser, &self.person, SCOPE).await.access;
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            events.push(self.event(asked, &access).await);
        }
        // What it took to make them is of no concern.
        drop((self.gatelet.spent(), self.gatelet.answers()));
        events
    }

    async fn event(&mut self, asked: Asked, access: &str) -> Value {
        match asked {
            Asked::Nothing => self.filled(golden!("metadata/openid_configuration"), access),
            Asked::Code => self.filled(golden!("authorize/signed_in_gets_a_code"), access),
            Asked::SignIn => self.sign_in(access).await,
            Asked::ClientToken => self.filled(golden!("token/client_credentials"), access),
            Asked::Tokens => self.redemption(access).await,
            Asked::Introspection => self.filled(golden!("introspect/active"), access),
            Asked::Revocation => {
                let token = self.client.client_credentials().await.tokens().access;
                self.filled(golden!("revoke/ends"), &token)
            }
            Asked::Claims => self.filled(golden!("userinfo/claims"), access),
            Asked::Registration => self.filled(golden!("register/public_client"), access),
            Asked::Clients => self.filled(golden!("clients/list"), access),
            Asked::ApiKeys => self.filled(golden!("apikeys/list"), access),
            Asked::Functions => self.filled(golden!("directory/functions"), access),
            Asked::CodeForFrontEnd => {
                self.through_front_end(golden!("kustvakt_authorize/user_gets_a_code")).await
            }
            Asked::UsersRegistration => self.through_front_end(golden!("kustvakt_clients/registers")).await,
            Asked::UsersTokens => self.through_front_end(golden!("kustvakt_tokens/lists")).await,
            Asked::Plugins => self.through_front_end(golden!("kustvakt_plugins/lists")).await,
            Asked::Privilege => self.through_front_end(golden!("kustvakt_admin/privileges")).await,
            Asked::KeySet => self.filled(golden!("metadata/jwks"), access),
            Asked::Rotation => self.filled(golden!("rotate/scheduled"), access),
        }
    }

    /// A golden event with this scene's names in the place of `$NAME`.
    fn filled(&self, golden: &str, access: &str) -> Value {
        let secret = self.client.secret.as_deref().unwrap_or_default();
        let session = self.browser.cookies.get("__Host-gatelet-session").unwrap_or_default();
        let event = golden
            .replace("$CLIENT", &self.client.id)
            .replace("$BASIC", &STANDARD.encode(format!("{}:{secret}", self.client.id)))
            .replace("$TOKEN", access)
            .replace("$SESSION", session)
            .replace("$APIKEY", &self.key);
        serde_json::from_str(&event).unwrap_or_default()
    }

    /// A golden event of somebody who uses the front end.
    async fn through_front_end(&mut self, golden: &str) -> Value {
        let held = match self.held.take().filter(|held| held.calls > 0) {
            Some(held) => held,
            None => self.hold().await,
        };
        let golden = golden
            .replace("$GRANTED", &held.user)
            .replace("$WARDEN", &held.administrator)
            .replace("$SUPERID", &self.front_end.id)
            .replace("$SUPERSECRET", self.front_end.secret.as_deref().unwrap_or_default());
        let event = self.filled(&golden, &held.user);
        self.held = Some(Held { calls: held.calls - 1, ..held });
        event
    }

    /// Tokens of somebody who has no other, so that lists are as long in the last call as in the first, and of an administrator.
    async fn hold(&mut self) -> Held {
        self.users += 1;
        let user = self.gatelet.person(&format!("user-{}", self.users)).await;
        let mut browser = self.gatelet.browser();
        let user = self.front_end.tokens(&mut browser, &user, "all").await.access;
        let (root, browser) = &mut self.root;
        let administrator = self.front_end.tokens(browser, root, "all").await.access;
        Held { user, administrator, calls: CALLS_OF_A_TOKEN }
    }

    /// A form that a browser of its own was shown, filled in with the right password: Argon2id is in the answer.
    async fn sign_in(&self, access: &str) -> Value {
        let mut browser = self.gatelet.browser();
        let page = browser.open(paths::LOGIN).await.page();
        let form =
            page.form().fill("username", &self.person.username).fill("password", &self.person.password);
        let cookies = browser.cookies.all().iter();
        let cookies: Vec<String> =
            cookies.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let mut event = self.filled(golden!("login/form_from_elsewhere"), access);
        put(&mut event, "cookies", json!(cookies));
        with_form(event, &form.press("Sign in").fields)
    }

    async fn redemption(&mut self, access: &str) -> Value {
        let asked = self.client.authorization_url().scope(SCOPE);
        let callback = self.browser.authorize(&asked).await.callback();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", &self.client.redirect_uri),
            ("code_verifier", asked.verifier()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        with_form(self.filled(golden!("token/client_credentials"), access), &fields)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves the service's table and its wrapping key to functions, as far as template.yaml lets each.
async fn serve(gatelet: &Gatelet) -> Result<(SocketAddr, JoinHandle<()>), Failure> {
    let system = |cause| Failure::System { what: "no AWS for the functions", cause };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(system)?;
    let address = listener.local_addr().map_err(system)?;
    let dynamodb = gatelet.table.embedded.endpoint().parse();
    let dynamodb = dynamodb.map_err(|cause| system(std::io::Error::other::<InvalidUri>(cause)))?;
    let aws = Aws::new(Gate::new(NAME)?, dynamodb, Arc::clone(&gatelet.platform.wrapping));
    let serving = tokio::spawn(async move {
        // It ends when it is aborted.
        let _ = axum::serve(listener, aws.router()).await;
    });
    Ok((address, serving))
}

fn with_form(mut event: Value, fields: &[(String, String)]) -> Value {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    put(&mut event, "body", json!(body));
    put(&mut event, "isBase64Encoded", json!(false));
    event
}

fn put(event: &mut Value, name: &str, value: Value) {
    if let Some(members) = event.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
