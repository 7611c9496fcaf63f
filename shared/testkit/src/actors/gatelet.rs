//! The service in one process: every endpoint over one table in memory.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, Method};
use domain::id::RequestId;
use domain::password::PasswordHash;
use domain::settings::Registration;
use domain::user::{Profile, User, Username};
use domain::{Clock as _, Issuer, Settings, UnixTime, UserId};
use jose::{LocalKey, WrappedKey};
use oauth::words::SigningAlgorithm;
use server::platform::Ambient;
use server::{Context, Platform, routers};
use store::clients::{Change, Creation};
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

use super::{Answer, Browser, Request};
use crate::clock::START;
use crate::entropy::TestEntropy;
use crate::table::TestTable;

/// The issuer, unless a test sets another.
pub const ISSUER: &str = "https://id.example";

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// Where requests come from, unless a test says otherwise (RFC 5737).
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// Hashing takes tens of milliseconds, and it is the same password for everyone.
static HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::new(PASSWORD, &TestEntropy::seeded(1)).expect("a password short enough"));

/// Making an RSA key takes some hundred milliseconds, so the process makes one.
static KEYS: OnceCell<Vec<WrappedKey>> = OnceCell::const_new();

/// The service. Clones are the same one.
#[derive(Clone)]
pub struct Gatelet {
    /// The table, with what is seen and what can be broken on the way to it, and the clock.
    pub table: Arc<TestTable>,
    /// What its endpoints were made from.
    pub platform: Platform,
    router: Router,
    /// What every request brings along.
    headers: HeaderMap,
    journal: Arc<Journal>,
}

/// What went through the service, all sandboxes together.
#[derive(Default)]
struct Journal {
    answers: Mutex<Vec<Answer>>,
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account, and the subject of tokens about it.
    pub id: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The password to sign in with.
    pub password: String,
}

impl Gatelet {
    /// A service with these [`settings`].
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A service with other settings than these.
    pub async fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        let table = TestTable::new().await;
        let mut settings = settings();
        adjust(&mut settings);
        for key in signing_keys().await {
            table.store.keys.establish_signing(key.algorithm, key.clone()).await.expect("a key in the table");
        }
        let platform = platform(&table, settings);
        Self::over(Arc::new(table), platform, Arc::default()).await
    }

    /// A service with these [`settings`] where it is `now`, with keys of its own: for functions that work on the same table by another
    /// clock.
    pub async fn at_time(now: UnixTime) -> Self {
        let table = TestTable::new().await;
        table.clock.set(now);
        let platform = platform(&table, settings());
        Self::over(Arc::new(table), platform, Arc::default()).await
    }

    /// Every endpoint once more on the same table, as another sandbox has it: nothing remembered, nothing shared but the table.
    pub async fn sandbox(&self) -> Self {
        let platform = Platform { store: self.table.sandbox(), ..self.platform.clone() };
        Self::over(Arc::clone(&self.table), platform, Arc::clone(&self.journal)).await
    }

    /// The same service after its operator has decided otherwise.
    pub async fn but(&self, adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.settings().clone();
        adjust(&mut settings);
        let ambient = Ambient { settings: Arc::new(settings), ..self.platform.ambient.clone() };
        let platform = Platform { store: self.table.sandbox(), ambient, ..self.platform.clone() };
        Self::over(Arc::clone(&self.table), platform, Arc::clone(&self.journal)).await
    }

    /// The same service behind something that adds these headers to every request.
    #[must_use]
    pub fn behind(&self, headers: &[(&str, &str)]) -> Self {
        let mut behind = self.clone();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            behind.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        behind
    }

    /// What connecting cost is not a story's concern, and is forgotten.
    async fn over(table: Arc<TestTable>, platform: Platform, journal: Arc<Journal>) -> Self {
        let router =
            routers(&|name| function(name, &table, &platform)).await.expect("endpoints that connect");
        drop(table.recorder.take());
        Self { table, platform, router, headers: HeaderMap::new(), journal }
    }

    /// What the function called `name` is made from, in another sandbox.
    #[must_use]
    pub fn function(&self, name: &str) -> Platform {
        function(name, &self.table, &self.platform)
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.platform.ambient.settings
    }

    /// The address of `path`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        self.settings().issuer.at(path)
    }

    /// Somebody with an account under this name, and something to tell in every claim.
    pub async fn person(&self, username: &str) -> Person {
        let id = UserId::generate(&self.table.entropy);
        let profile = Profile {
            name: Some(format!("{username} of Example")),
            email: Some(format!("{username}@example.com")),
            email_verified: true,
            phone_number: Some("+4712345678".to_owned()),
            picture: Some(format!("https://example.com/{username}.png")),
            groups: vec!["readers".to_owned(), "writers".to_owned()],
        };
        let name = Username::parse(username).expect("a name to sign in with");
        let user = User { profile, ..User::new(id, name, START) };
        let created = self.table.store.users.create(&user, &HASH).await.expect("an account in the table");
        assert_eq!(created, Creation::Made, "{username} has an account already");
        drop(self.table.recorder.take());
        Person { id, username: username.to_owned(), password: PASSWORD.to_owned() }
    }

    /// Changes somebody's account as an administrator does.
    pub async fn change(&self, person: &Person, change: impl FnOnce(&mut User)) {
        let users = &self.table.store.users;
        let mut user = users.find(person.id).await.expect("an account").expect("an account");
        change(&mut user);
        user.updated_at = self.table.clock.now();
        user.version += 1;
        assert_eq!(users.change(&user).await.expect("a table"), Change::Made, "no such account");
        drop(self.table.recorder.take());
    }

    /// A browser without a cookie.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// A GET of a path or address of the service.
    pub fn get(&self, target: &str) -> Request {
        Request::new(self.clone(), Method::GET, target)
    }

    /// A POST, with a form that is empty so far.
    pub fn post(&self, target: &str) -> Request {
        Request::new(self.clone(), Method::POST, target)
    }

    /// Any other method.
    pub fn call(&self, method: Method, target: &str) -> Request {
        Request::new(self.clone(), method, target)
    }

    /// What was spent since the last look: round trips to the table, units read, units written.
    #[must_use]
    pub fn spent(&self) -> (usize, f64, f64) {
        let calls = self.table.recorder.take();
        (calls.round_trips(), calls.read_units(), calls.write_units())
    }

    /// The writes since the last look, made or attempted, by their operations' names.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        let calls = self.table.recorder.take();
        let operations = calls.operations().into_iter().map(str::to_owned);
        operations.filter(|name| !matches!(name.as_str(), "GetItem" | "BatchGetItem" | "Query")).collect()
    }

    /// Every answer since the last look.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        std::mem::take(&mut *self.journal.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hands a request to the router, as whatever runs the endpoints does.
    pub async fn send(&self, mut request: http::Request<Body>, address: IpAddr) -> Answer {
        // As `sam local` names requests: all alike, so that nothing but the log can depend on it.
        let request_id = RequestId::new("request");
        request.extensions_mut().insert(Context { request_id, address: Some(address) });
        request.headers_mut().extend(self.headers.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let answer = Answer::read(response).await;
        self.journal.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
        answer
    }
}

/// The settings of a service that anyone may register clients at, with two scopes of its own.
#[must_use]
pub fn settings() -> Settings {
    let scopes = "notes:read=Read your notes; notes:write=Change your notes";
    Settings {
        registration: Registration::Open,
        api_scopes: Settings::parse_api_scopes(scopes).expect("scopes"),
        ..Settings::new(Issuer::parse(ISSUER).expect("an issuer"))
    }
}

/// What endpoints on `table` are made from, once more for each sandbox. No key is made for it yet.
#[must_use]
pub fn platform(table: &TestTable, settings: Settings) -> Platform {
    Platform {
        ambient: Ambient {
            settings: Arc::new(settings),
            clock: Arc::new(table.clock.clone()),
            entropy: Arc::new(table.entropy.clone()),
        },
        store: table.sandbox(),
        wrapping: Arc::new(wrapping_key(table.entropy.clone())),
    }
}

/// What the function called `name` is made from: it says on the wire who it is, and is held to its policy, on the table and with the
/// wrapping key.
#[must_use]
pub fn function(name: &str, table: &TestTable, platform: &Platform) -> Platform {
    let wrapping = table.gate.wrapping(name, Arc::clone(&platform.wrapping));
    Platform { store: table.function(name), wrapping, ..platform.clone() }
}

fn wrapping_key(entropy: TestEntropy) -> LocalKey {
    LocalKey::from_bytes([7; 32], Arc::new(entropy))
}

async fn signing_keys() -> &'static [WrappedKey] {
    let made = KEYS.get_or_init(|| async {
        let wrapping = wrapping_key(TestEntropy::seeded(2));
        let mut keys = Vec::new();
        for &algorithm in SigningAlgorithm::ALL {
            keys.push(WrappedKey::generate(algorithm, &wrapping, START).await.expect("a signing key"));
        }
        keys
    });
    made.await
}

#[cfg(test)]
mod tests {
    use super::Gatelet;

    #[tokio::test]
    async fn what_stands_in_between_has_the_last_word() {
        let gatelet = Gatelet::start().await;
        let behind = gatelet.behind(&[("authorization", "Bearer garbage")]);
        for request in [behind.get("/oauth2/userinfo"), behind.get("/oauth2/userinfo").basic("a", "b")] {
            assert_eq!(request.await.reason(), Some("token malformed"));
        }
        assert_eq!(gatelet.get("/oauth2/userinfo").await.reason(), Some("no bearer token"));
        assert_eq!(gatelet.answers().len(), 3);
    }
}
