//! A long story in which everything that must stay secret is used once, for whoever then looks where it must not be.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::secret::{
    AccessToken, ApiKeySecret, ClientSecret, Code, RefreshToken, RegistrationToken, SessionToken,
};
use domain::time::Seconds;
use domain::token::Token;
use oauth::metadata::paths;
use oauth::words::GrantType;
use serde_json::{Value, json};
use server::argus::paths as argus;
use testkit::Fault;
use testkit::actors::{Client, PASSWORD, Person, Tokens};

use crate::scene::Scene;

mod kustvakt;

/// What a password looks like that somebody typed by mistake.
const MISTYPED: &str = "correct horse battery stapler 1";

/// The story's end: the service, and what nobody may find afterwards.
pub struct Told {
    pub scene: Scene,
    /// Codes, tokens, secrets and the session cookie.
    pub generated: Vec<String>,
    /// Passwords, `state`, verifiers, the values of forms and the other cookie.
    pub others: Vec<String>,
}

/// The 32 bytes of secret inside a code, token or cookie: before a checksum of four.
pub fn secret(text: &str) -> Vec<u8> {
    let (_, payload) = text.split_once("gtl").unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&payload[2..]).unwrap();
    // Of a client's secret there is nothing before it; everywhere else there are keys.
    bytes[bytes.len() - 36..bytes.len() - 4].to_vec()
}

/// The ways in which a generated secret could have been written down.
pub fn spellings(text: &str) -> Vec<Vec<u8>> {
    let secret = secret(text);
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (_, payload) = text.split_once("gtl").unwrap();
    let texts = [
        text.to_owned(),
        payload.to_owned(),
        hex.to_uppercase(),
        hex,
        format!("{secret:?}"),
        STANDARD.encode(&secret),
        URL_SAFE_NO_PAD.encode(&secret),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ];
    texts.map(String::into_bytes).into_iter().chain([secret]).collect()
}

/// What is stored of a generated secret.
pub fn digest(text: &str) -> [u8; 32] {
    macro_rules! of_the_first {
        ($($kind:ty),+) => {
            None::<[u8; 32]>$(.or_else(|| Token::<$kind>::parse(text).map(|token| *token.digest().as_bytes())))+
        };
    }
    let of_a_key = || Token::<ApiKeySecret>::parse(text).map(|(_, token)| *token.digest().as_bytes());
    of_the_first!(Code, AccessToken, RefreshToken, ClientSecret, RegistrationToken, SessionToken)
        .or_else(of_a_key)
        .unwrap()
}

/// A signed token's header, not verified.
pub fn header(token: &str) -> Value {
    let (header, _) = token.split_once('.').unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

impl Told {
    pub async fn new() -> Self {
        let scene = Scene::new().await;
        let mut told = Self { scene, generated: Vec::new(), others: vec![PASSWORD.into(), MISTYPED.into()] };
        let notes = told.scene.notes.clone();
        told.registered(&notes);
        told.signs_in().await;
        told.code_is_redeemed().await;
        told.tokens_come_at_once().await;
        told.tokens_are_used().await;
        told.a_token_is_replayed().await;
        told.other_clients_come_and_go().await;
        told.an_administrator_defines_clients().await;
        told.an_administrator_manages_the_directory().await;
        told.scripts_come_and_go().await;
        told.users_register_clients().await;
        told.the_table_fails().await;
        told.is_left_as_it_is().await;
        told
    }

    fn registered(&mut self, client: &Client) {
        self.generated.extend(client.secret.clone());
        self.generated.push(client.registration.token.clone());
    }

    fn given(&mut self, tokens: &Tokens) {
        self.generated.push(tokens.access.clone());
        self.generated.extend(tokens.refresh.clone());
        self.others.extend(tokens.id.clone());
    }

    fn cookies(&mut self) {
        for cookie in self.scene.browser.cookies.all() {
            match cookie.value.starts_with("gtl") {
                true => self.generated.push(cookie.value.clone()),
                false => self.others.push(cookie.value.clone()),
            }
        }
    }

    /// The values that the page's form carries along, of which one is also in the page's address.
    fn form(&mut self) {
        let form = self.scene.browser.page().form();
        self.others.extend(["request", "csrf"].iter().filter_map(|name| form.value(name).map(str::to_owned)));
    }

    async fn signs_in(&mut self) {
        let asked = self.scene.notes.authorization_url().scope("openid offline_access notes:read");
        self.others.extend([asked.get("state").unwrap().to_owned(), asked.verifier().to_owned()]);
        self.scene.browser.authorize(&asked).await.page();
        self.form();
        self.scene.browser.sign_in_as("alice", MISTYPED).await.page();
        self.scene.browser.sign_in_as("nobody", MISTYPED).await.page();
        self.cookies();
        self.scene.browser.sign_in(&self.scene.alice).await.page();
        self.cookies();
        self.form();
        let refused = self.scene.browser.deny().await.callback();
        assert_eq!(refused.get("error"), Some("access_denied"));
    }

    async fn code_is_redeemed(&mut self) {
        let asked = self.scene.notes.authorization_url().scope("openid offline_access notes:read");
        let asked = asked.with("response_mode", "form_post");
        self.others.extend([asked.get("state").unwrap().to_owned(), asked.verifier().to_owned()]);
        let (asked, code) = self.scene.code_for(&asked).await;
        self.generated.push(code.clone());
        let notes = &self.scene.notes;
        let wrong = "wrong-verifier-wrong-verifier-wrong-verifier";
        self.others.push(wrong.to_owned());
        assert_eq!(notes.redeem(&asked, &code).with("code_verifier", wrong).await.status(), 400);
        assert_eq!(notes.redeem(&asked, &code).with("client_secret", "x").await.status(), 400);
        let tokens = notes.redeem(&asked, &code).await.tokens();
        assert_eq!(notes.redeem(&asked, &code).await.status(), 400);
        self.given(&tokens);
    }

    async fn tokens_come_at_once(&mut self) {
        let gatelet = &self.scene.gatelet;
        let desk = gatelet.bounded_client_but("desk", "reader", "reader", |client| {
            client.grant_types.insert(GrantType::Implicit);
        });
        let desk = desk.await;
        gatelet.grant(&self.scene.alice, "reader", None).await;
        for kind in ["id_token token", "id_token"] {
            let asked = desk.authorization_url().with("response_type", kind);
            self.others.push(asked.get("state").unwrap().to_owned());
            let callback = self.scene.browser.authorize(&asked).await.callback();
            self.generated.extend(callback.get("access_token").map(str::to_owned));
            self.others.extend(callback.get("id_token").map(str::to_owned));
        }
    }

    async fn tokens_are_used(&mut self) {
        let tokens = self.scene.tokens("openid notes:read").await;
        self.given(&tokens);
        let (gatelet, notes) = (self.scene.gatelet.clone(), self.scene.notes.clone());
        assert_eq!(gatelet.userinfo(&tokens.access).await.status(), 200);
        assert_eq!(
            gatelet.get(&format!("{}?access_token={}", paths::USERINFO, tokens.access)).await.status(),
            401
        );
        self.scene.goes_on(&tokens).await;
        let again = notes.refresh(tokens.refresh()).await.tokens();
        self.given(&again);
        assert_eq!(notes.revoke(&again.access).await.status(), 200);
        assert_eq!(gatelet.userinfo(&again.access).await.status(), 401);
        let own = notes.client_credentials().await.tokens();
        self.given(&own);
        let lost = notes.client_credentials();
        gatelet.table.faults.next("PutItem", Fault::AnswerLost);
        let lost = lost.await.tokens();
        self.given(&lost);
    }

    async fn a_token_is_replayed(&mut self) {
        let first = self.scene.tokens("openid offline_access").await;
        let second = self.scene.notes.refresh(first.refresh()).await.tokens();
        let third = self.scene.notes.refresh(second.refresh()).await.tokens();
        for tokens in [&first, &second, &third] {
            self.given(tokens);
        }
        let answer = self.scene.notes.refresh(first.refresh()).await;
        answer.is_refused(400, "invalid_grant", "refresh token replayed");
    }

    async fn other_clients_come_and_go(&mut self) {
        let gatelet = self.scene.gatelet.clone();
        let post =
            gatelet.confidential_but(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
        self.registered(&post);
        let own = post.client_credentials().await.tokens();
        self.given(&own);
        assert_eq!(post.client_credentials().with("client_secret", "gtls_wrong").await.status(), 401);
        let public = gatelet.public().await;
        self.registered(&public);
        let tokens = public.tokens(&mut self.scene.browser, &self.scene.alice, "openid profile").await;
        self.given(&tokens);
        let mut metadata = post.manage(Method::GET).await.json();
        metadata["client_secret"] = json!(post.secret);
        metadata["client_name"] = json!("Renamed");
        assert_eq!(post.manage(Method::PUT).json(&metadata).await.status(), 200);
        assert_eq!(public.manage(Method::DELETE).await.status(), 204);
        assert_eq!(public.manage(Method::DELETE).await.status(), 401);
    }

    async fn an_administrator_defines_clients(&mut self) {
        let gatelet = self.scene.gatelet.clone();
        let root = gatelet.administrator("root").await;
        let key = gatelet.api_key(&root).await;
        let call = |method, client: &str| {
            let path = format!("{}{client}", argus::CLIENTS);
            gatelet.call(method, &path).header("argus-api-key", &key)
        };
        let (first, second) = ("theFirstSecretOfAll", "theSecondSecretOfAll");
        let client = json!({
            "shortName": "chosen",
            "name": "Chosen",
            "description": "Has a secret that somebody chose",
            "mainURI": "https://chosen.example",
            "requiredFunction": "administrator",
            "permissionScope": "administrator",
            "clientIPRange": ["192.0.2.0/24"],
            "clientSecret": first,
        });
        assert_eq!(call(Method::POST, "").json(&client).await.status(), 201);
        assert_eq!(call(Method::POST, "").json(&client).await.status(), 412);
        let changed = json!({"clientSecret": second, "name": "Chosen again"});
        assert_eq!(call(Method::PUT, "/chosen").json(&changed).await.status(), 200);
        let wrong = json!({"clientSecret": second, "authenticationMethod": "none"});
        assert_eq!(call(Method::PUT, "/chosen").json(&wrong).await.status(), 412);
        assert_eq!(call(Method::DELETE, "/chosen").await.status(), 200);
        self.others.extend([first, second].map(str::to_owned));
        self.others.push(key);
    }

    async fn an_administrator_manages_the_directory(&mut self) {
        let gatelet = self.scene.gatelet.clone();
        let clerk = gatelet.administrator("clerk").await;
        let key = gatelet.api_key(&clerk).await;
        let call = async |method: Method, path: &str, body: Value| {
            let path = format!("/directory/v1/{path}");
            gatelet.call(method, &path).header("argus-api-key", &key).json(&body).await.status()
        };
        let (first, second) = ("the first password of all", "the second password of all");
        for (method, path, body, status) in [
            (Method::POST, "domain", json!({"name": "EU"}), 201),
            (Method::POST, "customer", json!({"shortName": "mine", "name": "Mine", "domain": "EU"}), 201),
            (Method::PUT, "customer/mine", json!({"name": "Ours"}), 200),
            (Method::POST, "function", json!({"name": "reader", "permissions": ["read"]}), 201),
            (Method::PUT, "function/reader", json!({"permissions": ["list"]}), 200),
            (Method::POST, "user", json!({"username": "bob", "password": first, "functions": "reader"}), 201),
            (Method::POST, "user", json!({"username": "bob", "password": second}), 412),
            (Method::PUT, "user/bob", json!({"customer": "mine"}), 200),
            (Method::PUT, "user/bob/password", json!({"password": second}), 200),
            (Method::PUT, "user/bob/password", json!({"password": MISTYPED.repeat(50)}), 412),
        ] {
            assert_eq!(call(method, path, body).await, status, "{path}");
        }
        let bob = Person { username: "bob".to_owned(), password: second.to_owned(), ..clerk.clone() };
        let signer = gatelet.stranger(&bob);
        let jwk = serde_json::to_value(signer.key.public()).unwrap();
        assert_eq!(call(Method::POST, "user/bob/key", json!({"publicKey": jwk, "id": "ci"})).await, 201);
        let mut browser = gatelet.browser();
        browser.open(paths::LOGIN).await.page();
        browser.sign_in(&bob).await.page();
        self.others.extend([first, second].map(str::to_owned));
        self.generated.push(key.clone());
        self.generated.extend(
            browser
                .cookies
                .all()
                .iter()
                .map(|cookie| cookie.value.clone())
                .filter(|value| value.starts_with("gtl")),
        );
        for path in [
            "user/bob/session",
            "user/bob/key/ci",
            "user/bob",
            "function/reader",
            "customer/mine",
            "domain/EU",
        ] {
            assert_eq!(call(Method::DELETE, path, json!({})).await, 200, "{path}");
        }
    }

    async fn scripts_come_and_go(&mut self) {
        let (gatelet, alice) = (self.scene.gatelet.clone(), self.scene.alice.clone());
        let key = gatelet.api_key(&alice).await;
        let call = |method, prefix: &str| {
            let call = gatelet.call(method, &format!("{}{prefix}", argus::API_KEYS));
            call.header("argus-api-key", &key)
        };
        let wanted = json!({"description": "Backup", "disableSourceRestriction": true});
        let made = call(Method::POST, "").json(&wanted).await.json()["data"].clone();
        let prefix = format!("/{}", made["keyDescriptor"]["prefix"].as_str().unwrap());
        self.generated.extend([key.clone(), made["apiKeyString"].as_str().unwrap().to_owned()]);
        assert_eq!(call(Method::GET, "").await.status(), 200);
        assert_eq!(call(Method::PUT, &prefix).json(&json!({})).await.status(), 200);
        assert_eq!(call(Method::DELETE, &prefix).await.status(), 200);
        let jwt = gatelet.signer(&alice).await.jwt();
        for status in [200, 401] {
            assert_eq!(gatelet.get(argus::API_KEYS).bearer(&jwt).await.status(), status);
        }
        self.others.push(jwt);
    }

    async fn the_table_fails(&mut self) {
        let (asked, code) = self.scene.code("openid").await;
        self.generated.push(code.clone());
        let faults = self.scene.gatelet.table.faults.clone();
        for fault in [Fault::Throttled, Fault::InternalError, Fault::Unreachable, Fault::AccessDenied] {
            faults.always("UpdateItem", fault);
            let status = if fault == Fault::AccessDenied { 500 } else { 503 };
            assert_eq!(self.scene.notes.redeem(&asked, &code).await.status(), status);
            faults.clear();
        }
        faults.next("UpdateItem", Fault::AnswerLost);
        let tokens = self.scene.notes.redeem(&asked, &code).await.tokens();
        self.given(&tokens);
    }

    /// With one of everything in the table: a code, tokens, a session.
    async fn is_left_as_it_is(&mut self) {
        self.scene.browser.sign_out().await.page();
        self.scene.advance(Seconds(1));
        let refreshed = self.scene.tokens("openid offline_access").await;
        self.given(&refreshed);
        let refreshed = self.scene.notes.refresh(refreshed.refresh()).await.tokens();
        self.given(&refreshed);
        let (asked, code) = self.scene.code("openid").await;
        self.generated.push(code);
        self.others.push(asked.verifier().to_owned());
        self.cookies();
    }
}
