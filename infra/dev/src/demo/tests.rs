//! What a person sees of the demo, without a browser: forms are filled in as their HTML has them.

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Method, Request};
use domain::Issuer;
use testkit::TestTable;
use testkit::actors::{ISSUER, function, platform, settings};
use tower::ServiceExt as _;
use url::form_urlencoded::Serializer;

use super::credentials::Credentials;
use super::{data, pages};
use crate::serving::Endpoints;

/// Where the pages are, if not at the issuer.
const HOME: &str = "http://127.0.0.1:9000";

/// Somebody at a browser.
struct Visitor {
    router: Router,
    cookies: Vec<(String, String)>,
    credentials: Credentials,
    table: TestTable,
}

/// What came to rest in the browser: the address, the policy, the document.
struct Seen {
    address: String,
    policy: String,
    document: String,
}

impl Seen {
    /// A hidden field's value.
    fn field(&self, name: &str) -> &str {
        let (_, rest) = self.document.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
        rest.split('"').next().unwrap()
    }

    fn says(&self, words: &str) -> bool {
        self.document.contains(words)
    }
}

impl Visitor {
    async fn arrives() -> Self {
        Self::arrives_at(ISSUER).await
    }

    /// At pages that have an origin of their own, or share the issuer's.
    async fn arrives_at(home: &str) -> Self {
        let home = Issuer::parse(home).unwrap();
        let table = TestTable::new().await;
        let platform = platform(&table, settings());
        let endpoints = server::routers(&|name| function(name, &table, &platform)).await.unwrap();
        let credentials = data::establish(&platform.store, &platform.ambient, &home, None).await.unwrap();
        let caller = Endpoints::Here(endpoints.clone(), platform.ambient.entropy.clone());
        let demo = pages::Demo::new(&platform, home, credentials.clone(), caller);
        Self { router: endpoints.merge(pages::routes(demo)), cookies: Vec::new(), credentials, table }
    }

    async fn open(&mut self, target: &str) -> Seen {
        self.go(Method::GET, target.to_owned(), String::new()).await
    }

    async fn send(&mut self, target: &str, fields: &[(&str, &str)]) -> Seen {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.go(Method::POST, target.to_owned(), form).await
    }

    /// Goes where it is sent until there is a document.
    async fn go(&mut self, mut method: Method, mut address: String, mut form: String) -> Seen {
        loop {
            let path = [ISSUER, HOME].into_iter().find_map(|origin| address.strip_prefix(origin));
            let path = path.unwrap_or(&address).to_owned();
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(COOKIE, cookies.join("; "))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(std::mem::take(&mut form)));
            let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            let (location, policy) = (header(LOCATION), header(CONTENT_SECURITY_POLICY));
            for cookie in response.headers().get_all(SET_COOKIE) {
                let (name, value) =
                    cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
            let Some(location) = location else {
                let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
                let document = String::from_utf8(body.to_vec()).unwrap();
                return Seen { address, policy: policy.unwrap_or_default(), document };
            };
            (method, address) = (Method::GET, location);
        }
    }

    /// Begins with these options, signs in, and answers the question.
    async fn signs_in(&mut self, options: &str, decision: &str) -> Seen {
        let login = self.open(&format!("/demo/start?{options}")).await;
        let user = self.credentials.users[0].clone();
        let fields = [
            ("request", login.field("request")),
            ("csrf", login.field("csrf")),
            ("username", &user.username),
            ("password", &user.password),
        ];
        let consent = self.send("/login", &fields).await;
        let fields =
            [("request", consent.field("request")), ("csrf", consent.field("csrf")), ("decision", decision)];
        self.send("/consent", &fields).await
    }
}

#[tokio::test]
async fn a_confidential_application_shows_every_step() {
    let mut visitor = Visitor::arrives().await;
    let seen = visitor.signs_in("client=confidential&scope+offline_access=yes", "allow").await;
    assert!(seen.says("<h1>Signed in as alice</h1>"), "{}", seen.document);
    for step in [
        "comes back with a code",
        "exchanged for tokens",
        "Checked: signature",
        "Who is it?",
        "access token good?",
    ] {
        assert!(seen.says(step), "{step}");
    }
    let secret = visitor.credentials.client(false).unwrap().client_secret.clone().unwrap();
    assert!(!seen.says(&secret), "the secret stays with the application");

    let fields = [("client", "confidential"), ("refresh_token", seen.field("refresh_token"))];
    let refreshed = visitor.send("/demo/refresh", &fields).await;
    assert!(refreshed.says("<h1>New tokens for alice</h1>"), "{}", refreshed.document);
    let fields = [
        ("client", "confidential"),
        ("access_token", refreshed.field("access_token")),
        ("refresh_token", refreshed.field("refresh_token")),
    ];
    let revoked = visitor.send("/demo/revoke", &fields).await;
    assert!(revoked.says("&#34;active&#34;: false"), "{}", revoked.document);
    let again = visitor.send("/demo/refresh", &[("client", "confidential"), fields[2]]).await;
    assert!(again.says("<h1>No new tokens</h1>"), "{}", again.document);
}

#[tokio::test]
async fn a_public_application_proves_itself_by_the_verifier() {
    let mut visitor = Visitor::arrives().await;
    let seen = visitor.signs_in("client=public", "allow").await;
    assert!(seen.says("<h1>Signed in as alice</h1>"), "{}", seen.document);
    assert!(seen.says("who began proves it by the code verifier"));
    assert!(!seen.says("access token good?"), "it may not introspect");
}

#[tokio::test]
async fn the_pages_may_be_elsewhere_than_the_endpoints() {
    let mut visitor = Visitor::arrives_at(HOME).await;
    let start = visitor.open("/demo").await;
    assert!(start.says(&format!("action=\"{HOME}/demo/start\"")), "{}", start.document);
    let seen = visitor.signs_in("client=confidential&scope+offline_access=yes", "allow").await;
    assert!(seen.says("<h1>Signed in as alice</h1>"), "{}", seen.document);
    assert!(seen.address.starts_with(&format!("{HOME}/demo/callback?")), "{}", seen.address);
    assert!(seen.policy.contains(&format!("form-action 'self' {ISSUER} {HOME};")), "{}", seen.policy);
    for words in [
        format!("action=\"{ISSUER}/logout\""),
        format!("name=\"post_logout_redirect_uri\" value=\"{HOME}/demo\""),
        format!("action=\"{HOME}/demo/refresh\""),
    ] {
        assert!(seen.says(&words), "{words}: {}", seen.document);
    }
    let script = visitor.open("/demo/flows.sh").await;
    assert!(script.says(&format!("GATELET={ISSUER}\n")), "{}", script.document);
    assert!(script.says(&format!("redirect_uri={HOME}/demo/callback")), "{}", script.document);
}

#[tokio::test]
async fn an_application_may_be_given_all_that_it_can_ask_for() {
    let mut visitor = Visitor::arrives().await;
    let start = visitor.open("/demo").await;
    let ticks = start.document.split("type=\"checkbox\" name=\"").skip(1);
    let ticked: Vec<_> = ticks.map(|tick| (tick.split('"').next().unwrap(), "yes")).collect();
    assert!(!ticked.is_empty(), "{}", start.document);
    let mut options = Serializer::new("client=confidential".to_owned());
    let seen = visitor.signs_in(&options.extend_pairs(ticked).finish(), "allow").await;
    assert!(seen.says("<h1>Signed in as alice</h1>"), "{}", seen.document);
}

#[tokio::test]
async fn no_is_told_in_plain_words() {
    let mut visitor = Visitor::arrives().await;
    let seen = visitor.signs_in("client=confidential", "deny").await;
    assert!(seen.says("<h1>You said no</h1>") && seen.says("error=access_denied"), "{}", seen.document);
    let mut nobody = Visitor::arrives().await;
    let seen = nobody.open("/demo/start?client=public&prompt=none").await;
    assert!(seen.says("<h1>Nobody is signed in</h1>"), "{}", seen.document);
}

#[tokio::test]
async fn an_answer_is_shown_once() {
    let mut visitor = Visitor::arrives().await;
    let seen = visitor.signs_in("client=confidential", "allow").await;
    assert!(seen.says("Signed in as alice"));
    let again = visitor.open(&seen.address).await;
    assert!(again.says("<h1>Nobody here asked for this</h1>"), "{}", again.document);
    // Presented twice, the code would have ended the grant.
    let fields = [("client", "confidential"), ("refresh_token", seen.field("refresh_token"))];
    let refreshed = visitor.send("/demo/refresh", &fields).await;
    assert!(refreshed.says("<h1>New tokens for alice</h1>"), "{}", refreshed.document);
}

#[tokio::test]
async fn answers_of_others_are_not_exchanged() {
    let mut visitor = Visitor::arrives().await;
    let begun = visitor.open("/demo/start?client=confidential").await;
    assert!(begun.says("Sign in"));
    let cookies = visitor.cookies.clone();
    let (_, attempt) = cookies.iter().find(|(name, _)| name == "gatelet-demo").unwrap();
    let state = attempt.split('.').nth(2).unwrap();
    drop(visitor.table.recorder.take());
    for (query, words) in [
        (format!("code=x&iss={ISSUER}"), "This answers another request"),
        (format!("code=x&state=other&iss={ISSUER}"), "This answers another request"),
        (format!("code=x&state={state}"), "This answer is somebody else"),
        (format!("code=x&state={state}&iss=https://evil.example"), "This answer is somebody else"),
        (format!("code=x&code=y&state={state}&iss={ISSUER}"), "The answer can"),
        (format!("state={state}&iss={ISSUER}"), "The answer is empty"),
    ] {
        visitor.cookies.clone_from(&cookies);
        let seen = visitor.open(&format!("/demo/callback?{query}")).await;
        assert!(seen.says(words), "{query}: {}", seen.document);
    }
    assert_eq!(visitor.table.recorder.take().round_trips(), 0);
}

#[tokio::test]
async fn every_page_runs_under_a_strict_policy() {
    let mut visitor = Visitor::arrives().await;
    for path in ["/", "/demo", "/demo/callback", "/nowhere", "/demo/flows.sh"] {
        let seen = visitor.open(path).await;
        assert!(seen.policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {}", seen.policy);
        assert!(!seen.says("<script"), "{path}");
    }
}
