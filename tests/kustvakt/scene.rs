//! Where stories about Kustvakt's clients begin: Alice, who registers them, an administrator, and a front end.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Settings;
use serde_json::{Value, json};
use testkit::actors::{Answer, Gatelet, Person, Request, Tokens};
use url::Url;

/// The prefix that the documentation's examples have.
pub const API: &str = "/api";
/// All three.
pub const PREFIXES: [&str; 3] = ["/api", "/api/v1.0", "/v1.0"];

/// PKCE's verifier and challenge of RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An id that is nobody's.
pub const UNKNOWN: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
/// What nobody is told, and what Bob is told of what is not his to do.
pub const GUEST: (u64, &str, &str) = (2010, "unauthorized operation for user: guest", "guest");
pub const NOT_BOBS: (u64, &str, &str) = (2010, "unauthorized operation for user: bob", "bob");

/// The service, with people.
#[derive(Clone)]
pub struct Scene {
    pub gatelet: Gatelet,
    pub alice: Person,
    pub bob: Person,
    pub root: Person,
}

/// What registration answers.
#[derive(Clone, Debug)]
pub struct Registered {
    pub id: String,
    pub secret: Option<String>,
}

/// What is wrong with a front end that is none.
#[derive(Clone, Copy, Debug)]
pub enum FrontEnd {
    /// It does not say who it is.
    Nameless,
    /// It does not prove it.
    Secretless,
    /// It proves nothing.
    Unproved,
    /// It is a client that nobody has privileged.
    Ordinary,
}

impl Registered {
    pub fn secret(&self) -> &str {
        self.secret.as_deref().expect("a secret")
    }
}

impl Scene {
    /// As it is unless an operator decides otherwise.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// For clients as they were: without PKCE where they keep a secret, and at redirect URIs of plain `http`.
    pub async fn legacy() -> Self {
        Self::with(|settings| {
            settings.codes_without_pkce = true;
            settings.http_redirect_uris = true;
        })
        .await
    }

    pub async fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        let gatelet = Gatelet::with(adjust).await;
        let (alice, bob) = (gatelet.person("alice").await, gatelet.person("bob").await);
        let root = gatelet.administrator("root").await;
        Self { gatelet, alice, bob, root }
    }

    /// A registration by somebody with their password.
    pub fn register(&self, person: &Person, description: &Value) -> Request {
        let request = self.gatelet.post(&format!("{API}/oauth2/client/register"));
        as_person(request, person).json(description)
    }

    /// A client of Alice's: the documentation's confidential one, different in some members.
    pub async fn registered(&self, own: Value) -> Registered {
        self.registered_by(&self.alice, own).await
    }

    pub async fn registered_by(&self, person: &Person, own: Value) -> Registered {
        let answer = self.register(person, &described(own)).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        drop(self.gatelet.table.recorder.take());
        Registered { id: answer.member("client_id").expect("an id"), secret: answer.member("client_secret") }
    }

    /// A form to one of the services, by somebody with their password.
    pub fn post(&self, path: &str, person: &Person) -> Request {
        self.post_at(API, path, person)
    }

    /// The same, under a prefix or none.
    pub fn post_at(&self, prefix: &str, path: &str, person: &Person) -> Request {
        as_person(self.gatelet.post(&format!("{prefix}{path}")), person)
    }

    /// What an administrator decides of a client.
    pub async fn decide(&self, service: &str, client: &Registered, name: &str, value: bool) {
        let request = self.post(&format!("/admin/oauth2/client/{service}"), &self.root);
        let answer = request.with("client_id", &client.id).with(name, &value.to_string()).await;
        assert_eq!((answer.status(), answer.text()), (200, "SUCCESS"), "{answer:?}");
        drop(self.gatelet.table.recorder.take());
    }

    /// A front end: a client that an administrator has privileged.
    pub async fn front_end(&self) -> Registered {
        let own = json!({"name": "Kalamar", "redirect_uri": "https://korap.example/callback"});
        let client = self.registered_by(&self.root, own).await;
        self.decide("privilege", &client, "super", true).await;
        client
    }

    /// A form to one of the services that somebody uses through a front end.
    pub fn through(&self, front_end: &Registered, path: &str, person: &Person) -> Request {
        by_front_end(self.post(path, person), front_end)
    }

    /// What comes of a request whose front end is none, in each way that it may be none.
    pub async fn through_others(&self, request: &Request) -> Vec<(FrontEnd, Answer)> {
        let (ordinary, public) =
            (self.registered(json!({})).await, self.registered(json!({"type": "PUBLIC"})).await);
        let mut answers = Vec::new();
        for (front_end, request) in [
            (FrontEnd::Nameless, request.clone().without("super_client_id")),
            (FrontEnd::Secretless, request.clone().without("super_client_secret")),
            (FrontEnd::Unproved, request.clone().with("super_client_secret", "wrong")),
            (FrontEnd::Unproved, request.clone().with("super_client_id", &public.id)),
            (FrontEnd::Unproved, request.clone().with("super_client_id", UNKNOWN)),
            (FrontEnd::Unproved, request.clone().with("super_client_id", "Kalamar")),
            (FrontEnd::Ordinary, by_front_end(request.clone(), &ordinary)),
        ] {
            answers.push((front_end, request.await));
        }
        answers
    }

    /// Holds a service of OAuth's to serve nobody but super clients that prove who they are, and their users.
    pub async fn is_for_super_clients_only(&self, request: &Request) {
        for (front_end, answer) in self.through_others(request).await {
            let (status, error, description) = match front_end {
                FrontEnd::Nameless => (400, "invalid_request", "Missing parameter: super_client_id"),
                FrontEnd::Secretless => (400, "invalid_request", "Missing parameter: super_client_secret"),
                FrontEnd::Unproved => (401, "invalid_client", "Client authentication failed."),
                FrontEnd::Ordinary => {
                    (401, "unauthorized_client", "Only super client is allowed to use this service")
                }
            };
            refused(&answer, status, error, description);
        }
        is_told(&request.clone().without_header("authorization").await, 401, GUEST);
    }

    /// A plugin of Alice's that is not permitted yet.
    pub async fn plugin(&self) -> Registered {
        self.registered(json!({"name": "My plugin", "source": {"name": "My plugin"}})).await
    }

    /// One that is permitted.
    pub async fn permitted_plugin(&self) -> Registered {
        let plugin = self.plugin().await;
        self.decide("permit", &plugin, "permitted", true).await;
        plugin
    }

    /// A request for a code, with PKCE, by somebody with their password.
    pub fn authorize(&self, person: &Person, client: &Registered, scope: &str) -> Request {
        let query = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("scope", scope),
            ("state", "a state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        as_person(self.authorize_by(&query), person)
    }

    /// The same with any parameters, by nobody yet.
    pub fn authorize_by(&self, query: &[(&str, &str)]) -> Request {
        let issuer = self.gatelet.settings().issuer.as_str();
        let url = Url::parse_with_params(&format!("{issuer}{API}/oauth2/authorize"), query).unwrap();
        self.gatelet.get(url.as_str())
    }

    /// A token request by a client, which says who it is in the form.
    pub fn token(&self, client: &Registered, grant_type: &str) -> Request {
        let request = self.gatelet.post(&format!("{API}/oauth2/token"));
        let request = request.with("grant_type", grant_type).with("client_id", &client.id);
        match &client.secret {
            Some(secret) => request.with("client_secret", secret),
            None => request,
        }
    }

    /// Tokens that somebody lets a client have.
    pub async fn tokens(&self, person: &Person, client: &Registered, scope: &str) -> Tokens {
        let code = code(&self.authorize(person, client, scope).await);
        let redeemed = self.token(client, "authorization_code").with("code", &code);
        let tokens = redeemed.with("code_verifier", VERIFIER).await.tokens();
        drop(self.gatelet.table.recorder.take());
        tokens
    }

    /// A token that a front end holds for somebody.
    pub async fn token_of(&self, person: &Person, front_end: &Registered, scope: &str) -> String {
        self.tokens(person, front_end, scope).await.access
    }

    pub fn refresh(&self, client: &Registered, tokens: &Tokens) -> Request {
        self.token(client, "refresh_token").with("refresh_token", tokens.refresh())
    }

    /// Whether a token is good, as its client is told.
    pub async fn is_active(&self, client: &Registered, token: &str) -> bool {
        let request = self.gatelet.post("/oauth2/introspect").basic(&client.id, client.secret());
        let answer = request.with("token", token).await;
        drop(self.gatelet.table.recorder.take());
        answer.json()["active"].as_bool().unwrap_or_else(|| panic!("neither active nor not: {answer:?}"))
    }

    pub fn deregister(&self, person: &Person, client: &str) -> Request {
        let path = format!("{API}/oauth2/client/deregister/{client}");
        as_person(self.gatelet.call(Method::DELETE, &path), person)
    }

    /// What is done to the table since the last look, by the operations' names, sorted.
    pub fn operations(&self) -> Vec<String> {
        let calls = self.gatelet.table.recorder.take();
        let mut operations: Vec<_> = calls.operations().into_iter().map(str::to_owned).collect();
        operations.sort_unstable();
        operations
    }
}

/// Through a front end.
pub fn by_front_end(request: Request, front_end: &Registered) -> Request {
    request.with("super_client_id", &front_end.id).with("super_client_secret", front_end.secret())
}

/// With somebody's name and password (RFC 7617), as they are.
pub fn as_person(request: Request, person: &Person) -> Request {
    with_password(request, &person.username, &person.password)
}

pub fn with_password(request: Request, name: &str, password: &str) -> Request {
    request.header("authorization", format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

/// The documentation's confidential client at a redirect URI of today, different in some members. One that is null is absent.
pub fn described(own: Value) -> Value {
    let usual = json!({
        "name": "MyOAuth2Client",
        "type": "CONFIDENTIAL",
        "description": "a confidential web application",
        "url": "http://example.client.com",
        "redirect_uri": "https://example.client.com/redirect",
    });
    let (Value::Object(mut members), Value::Object(own)) = (usual, own) else { panic!("no objects") };
    members.extend(own);
    members.retain(|_, value| !value.is_null());
    Value::Object(members)
}

/// The parameters that an answer takes to the client.
pub fn brought(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status(), 303, "{answer:?}");
    let location = Url::parse(answer.location().expect("a location")).unwrap();
    location.query_pairs().into_owned().collect()
}

/// The code that an answer takes to the client.
pub fn code(answer: &Answer) -> String {
    let brought = brought(answer);
    let code = brought.iter().find(|(name, _)| name == "code");
    code.unwrap_or_else(|| panic!("no code: {brought:?} {:?}", answer.reason())).1.clone()
}

/// The members of an object.
pub fn members(json: &Value) -> Vec<&str> {
    json.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Holds an answer to be a list of this one error and nothing else: number, message and what it is about.
#[track_caller]
pub fn is_told(answer: &Answer, status: u16, error: (u64, &str, &str)) {
    assert_eq!(answer.status(), status, "{answer:?}");
    assert_eq!(answer.json(), json!({"errors": [error]}), "{answer:?}");
    let challenge = (status == 401).then_some("Basic realm=\"Kustvakt\"");
    assert_eq!(answer.header("www-authenticate"), challenge);
}

/// The only error of an answer that tells a list: its number, message and what it is about.
#[track_caller]
pub fn coded(answer: &Answer) -> (u64, String, String) {
    let json = answer.json();
    let errors = json["errors"].as_array().unwrap_or_else(|| panic!("no errors: {answer:?}"));
    let [error] = errors.as_slice() else { panic!("not one error: {answer:?}") };
    let text = |index: usize| error[index].as_str().unwrap().to_owned();
    assert_eq!(error.as_array().unwrap().len(), 3);
    (error[0].as_u64().unwrap(), text(1), text(2))
}

/// Holds an answer to be OAuth's shape and nothing else: status, `error` and `error_description`.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, error: &str, description: &str) {
    assert_eq!(answer.status(), status, "{answer:?}");
    assert_eq!(answer.json(), json!({"error": error, "error_description": description}), "{answer:?}");
    let challenge = (status == 401).then_some("Basic realm=\"Kustvakt\"");
    assert_eq!(answer.header("www-authenticate"), challenge);
}
