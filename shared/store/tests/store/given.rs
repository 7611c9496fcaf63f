//! What tests begin with: a user who is signed in, a client, and the ordinary grant between them.

use std::net::{IpAddr, Ipv4Addr};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::authorization::{AuthorizationRequest, Granting, SignedIn};
use domain::client::{About, Authentication, Client};
use domain::entropy::Entropy;
use domain::grant::{
    Access, Active, Grant, Redemption, RedemptionRefusal, RedirectUriDigest, Refresh, RefreshAttempt,
    RefreshRefusal, State,
};
use domain::id::{GrantId, RequestId};
use domain::secret::{AccessToken, Code, RefreshToken, RegistrationToken, SessionToken};
use domain::session::Session;
use domain::settings::Lifetimes;
use domain::time::Seconds;
use domain::token::{GrantKeys, SessionKeys, Token};
use domain::user::{Profile, User, Username};
use domain::{ClientId, Clock, Owner, SessionId, UnixTime, UserId};
use oauth::Scope;
use oauth::pkce::CodeChallenge;
use oauth::redirect::RedirectUri;
use oauth::words::{AuthenticationMethod, GrantType, ResponseMode, ResponseType};
use store::grants::{RotationTimes, Successor};
use store::sessions::Guard;
use testkit::TestTable;

pub const REDIRECT_URI: &str = "https://app.example.com/oauth2/callback/";
/// The pair of RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const SCOPE: &str = "openid profile email offline_access";

/// A table, and values that fit together. Nothing is stored yet.
pub struct Scene {
    pub table: TestTable,
    pub client: Client,
    pub registration: Token<RegistrationToken>,
    pub user: User,
    pub session: Session,
    pub cookie: Token<SessionToken>,
}

/// What a client holds after a redemption or a refresh.
#[derive(Debug)]
pub struct Tokens {
    pub access: Token<AccessToken>,
    pub refresh: Token<RefreshToken>,
    pub grant: Grant,
}

impl Scene {
    pub async fn new() -> Self {
        let table = TestTable::new().await;
        let (now, entropy) = (table.clock.now(), table.entropy.clone());
        let user = user("demo.user", &entropy, now);
        let keys = SessionKeys { user: user.id, session: SessionId::generate(&entropy) };
        let cookie = Token::generate(keys, &entropy);
        let registration = Token::generate(ClientId::generate(&entropy), &entropy);
        let client = client(&registration, &entropy, now);
        let session = session(&cookie, now);
        Self { table, client, registration, user, session, cookie }
    }

    pub fn now(&self) -> UnixTime {
        self.table.clock.now()
    }

    pub fn entropy(&self) -> &dyn Entropy {
        &self.table.entropy
    }

    pub fn request_id(&self) -> RequestId {
        RequestId::generate(self.entropy())
    }

    /// A client that is not the scene's.
    pub fn other_client(&self) -> ClientId {
        ClientId::generate(self.entropy())
    }

    /// The ordinary authorization request.
    pub fn request(&self, scope: &str) -> AuthorizationRequest {
        AuthorizationRequest {
            client: self.client.id,
            redirect_uri: REDIRECT_URI.to_owned(),
            response_type: ResponseType::Code,
            response_mode: ResponseMode::Query,
            scope: Scope::parse(scope).unwrap(),
            state: Some("af0ifjsldkj".to_owned()),
            nonce: Some("n-0S6_WzA2Mj-n-0S6_WzA2Mj".to_owned()),
            challenge: Some(challenge()),
            prompt: [].into(),
            max_age: None,
            login_hint: None,
            asked_at: self.now(),
        }
    }

    /// The grant that answers `request`, and its code; not stored.
    pub fn answer(&self, request: &AuthorizationRequest) -> (Grant, Token<Code>) {
        let visitor = SignedIn { session: &self.session, user: &self.user };
        let granting = Granting::at_browser(visitor, self.session.address);
        request.issue(granting, &Lifetimes::default(), self.now(), self.entropy())
    }

    /// The code of an ordinary grant that is stored.
    pub async fn issue(&self) -> Token<Code> {
        let (grant, code) = self.answer(&self.request(SCOPE));
        self.table.store.grants.issue(&grant).await.unwrap();
        code
    }

    /// A grant that the client holds for itself, and its token; not stored.
    pub fn own_grant(&self) -> (Grant, Token<AccessToken>) {
        let keys = GrantKeys {
            owner: Owner::Client(self.client.id),
            session: None,
            grant: GrantId::generate(self.entropy()),
        };
        let token = Token::generate(keys, self.entropy());
        let ends_at = self.now() + Lifetimes::default().access_token;
        let access =
            Access { token: token.digest(), issued_at: self.now(), expires_at: ends_at, narrowed: None };
        let grant = Grant {
            keys,
            client: self.client.id,
            username: None,
            scope: Scope::parse("notes:read notes:write").unwrap(),
            auth_time: None,
            nonce: None,
            address: None,
            limit: None,
            ends_at,
            state: State::Active(Active { redeemed: None, access, previous_access: None, refresh: None }),
        };
        (grant, token)
    }

    /// The redemption that the client makes of its code.
    pub fn redemption<'a>(&self, code: &'a Token<Code>, request: &'a RequestId) -> Redemption<'a> {
        Redemption {
            code,
            client: self.client.id,
            redirect_uri: Some(RedirectUriDigest::of(REDIRECT_URI)),
            challenge: Some(challenge()),
            request,
        }
    }

    /// Presents a code, with fresh tokens to hand out for it.
    pub async fn present(&self, redemption: &Redemption<'_>) -> Result<Tokens, RedemptionRefusal> {
        let lifetimes = Lifetimes::default();
        let access = Token::generate(redemption.code.keys, self.entropy());
        let refresh = Token::generate(redemption.code.keys, self.entropy());
        let ends_at = self.now() + lifetimes.access_token;
        let short =
            Access { token: access.digest(), issued_at: self.now(), expires_at: ends_at, narrowed: None };
        let ends_at = self.now() + lifetimes.refresh_idle;
        let long = Refresh { token: refresh.digest(), expires_at: ends_at, rotation: None };
        let redeemed = self.table.store.grants.redeem(redemption, &short, Some(&long), self.now()).await;
        redeemed.unwrap().map(|grant| Tokens { access, refresh, grant })
    }

    /// The tokens of an ordinary grant.
    pub async fn tokens(&self) -> Tokens {
        let code = self.issue().await;
        self.present(&self.redemption(&code, &self.request_id())).await.unwrap()
    }

    /// The refresh that the client makes of its token.
    pub fn attempt<'a>(&self, token: &'a Token<RefreshToken>) -> RefreshAttempt<'a> {
        RefreshAttempt { token, client: self.client.id, narrowed: None }
    }

    pub fn times(&self) -> RotationTimes {
        let lifetimes = Lifetimes::default();
        RotationTimes {
            now: self.now(),
            access_token: lifetimes.access_token,
            refresh_idle: lifetimes.refresh_idle,
            window: lifetimes.refresh_window,
        }
    }

    /// Presents a refresh token, with a fresh salt.
    pub async fn refresh(&self, attempt: &RefreshAttempt<'_>) -> Result<Tokens, RefreshRefusal> {
        let salt = self.entropy().bytes();
        let rotated = self.table.store.grants.rotate(attempt, salt, self.times()).await.unwrap();
        rotated.map(|Successor { grant, salt }| {
            let (access, refresh) = attempt.token.successors(&salt);
            Tokens { access, refresh, grant }
        })
    }

    /// The grant as it is stored.
    pub async fn stored(&self, keys: GrantKeys) -> Option<Grant> {
        self.table.store.standing.holding(keys).await.unwrap().grant
    }

    /// The guard of a sign-in form.
    pub fn form(&self, name: &str) -> Guard {
        Guard { what: format!("sign-in#{name}"), expires_at: self.now() + Lifetimes::default().sign_in }
    }

    /// Puts an item past the store, with these attributes beside its key.
    pub async fn put(&self, pk: &str, sk: &str, attributes: &[(&str, AttributeValue)]) {
        let sdk = self.table.embedded.client();
        let mut put = sdk.put_item().table_name(testkit::table::NAME);
        let key = [("pk", AttributeValue::S(pk.to_owned())), ("sk", AttributeValue::S(sk.to_owned()))];
        for (name, value) in key.iter().chain(attributes) {
            put = put.item(*name, value.clone());
        }
        put.send().await.unwrap();
    }

    pub fn advance(&self, seconds: u64) {
        self.table.clock.advance(Seconds(seconds));
    }
}

pub fn challenge() -> CodeChallenge {
    CodeChallenge::of_verifier(VERIFIER).unwrap()
}

/// The challenge that some other verifier answers.
pub fn other_challenge() -> CodeChallenge {
    CodeChallenge::of_verifier(&VERIFIER.to_lowercase()).unwrap()
}

pub fn user(name: &str, entropy: &dyn Entropy, now: UnixTime) -> User {
    User {
        profile: Profile {
            name: Some("Demo User".to_owned()),
            email: Some("demo.user@example.com".to_owned()),
            email_verified: true,
            groups: vec!["staff".to_owned()],
            ..Profile::default()
        },
        ..User::new(UserId::generate(entropy), Username::parse(name).unwrap(), now)
    }
}

fn session(cookie: &Token<SessionToken>, now: UnixTime) -> Session {
    Session {
        user: cookie.keys.user,
        id: cookie.keys.session,
        token: cookie.digest(),
        auth_time: now,
        expires_at: now + Lifetimes::default().session,
        address: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
    }
}

fn client(registration: &Token<RegistrationToken>, entropy: &dyn Entropy, now: UnixTime) -> Client {
    Client {
        about: About {
            name: "Notes".to_owned(),
            description: Some("Keeps notes".to_owned()),
            main_uri: Some("https://app.example.com/".to_owned()),
            contacts: vec!["ops@example.com".to_owned()],
        },
        authentication: Authentication::Secret {
            method: Some(AuthenticationMethod::ClientSecretBasic),
            digest: Token::generate((), entropy).digest(),
        },
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        redirect_uris: vec![RedirectUri::parse(REDIRECT_URI).unwrap()],
        post_logout_redirect_uris: vec![RedirectUri::parse("https://app.example.com/bye").unwrap()],
        scope: Scope::parse(SCOPE).unwrap(),
        registration: Some(registration.digest()),
        ..Client::new(registration.keys, now)
    }
}
