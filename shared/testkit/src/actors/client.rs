//! An application that registered itself or was defined, and knows of the service what any application knows.

use std::net::IpAddr;

use axum::http::Method;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Header, Validation, decode_header};
use oauth::metadata::paths;
use serde_json::{Value, json};

use super::gatelet::ADDRESS;
use super::{AuthorizationUrl, Browser, Gatelet, Person, Request, Tokens};

/// An application.
#[derive(Clone)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its secret, if it can keep one.
    pub secret: Option<String>,
    /// Its method, as registered.
    pub method: String,
    /// The redirect URI it uses: the first that it registered, if any.
    pub redirect_uri: String,
    /// Where and how its registration is managed.
    pub registration: Registration,
    /// What registering it answered; nothing, where it was defined.
    pub information: Value,
    /// Where it calls from.
    pub address: IpAddr,
    gatelet: Gatelet,
}

/// Where and how a registration is managed (RFC 7592).
#[derive(Clone, Debug)]
pub struct Registration {
    /// The address.
    pub uri: String,
    /// The token that is good there.
    pub token: String,
}

impl Gatelet {
    /// Registers an application with this metadata, by the public route.
    pub async fn register(&self, metadata: &Value) -> Client {
        let answer = self.post(paths::REGISTER).json(metadata).await;
        assert_eq!(answer.status(), 201, "{answer:?}");
        drop(self.table.recorder.take());
        Client::read(self.clone(), answer.json())
    }

    /// A web application that keeps a secret and may use every grant type.
    pub async fn confidential(&self) -> Client {
        self.confidential_but(json!({})).await
    }

    /// The same, with some metadata of its own. A member that is null is left out.
    pub async fn confidential_but(&self, own: Value) -> Client {
        let usual = json!({
            "client_name": "Notes",
            "client_description": "Keeps your notes.",
            "client_uri": "https://notes.example",
            "redirect_uris": ["https://notes.example/callback"],
            "post_logout_redirect_uris": ["https://notes.example/goodbye"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid profile email phone groups groupstring customer clientip offline_access notes:read notes:write",
            "token_endpoint_auth_method": "client_secret_basic",
        });
        self.register(&overlaid(usual, own)).await
    }

    /// An application on the person's own device, which can keep no secret.
    pub async fn public(&self) -> Client {
        self.public_but(json!({})).await
    }

    /// The same, with some metadata of its own. A member that is null is left out.
    pub async fn public_but(&self, own: Value) -> Client {
        let usual = json!({
            "client_name": "Notes for the desk",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile email offline_access notes:read",
            "token_endpoint_auth_method": "none",
        });
        self.register(&overlaid(usual, own)).await
    }

    /// Asks who a token is about.
    pub fn userinfo(&self, token: &str) -> Request {
        self.get(paths::USERINFO).bearer(token)
    }
}

impl Client {
    fn read(gatelet: Gatelet, information: Value) -> Self {
        let text = |pointer: &str| information.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let must = |pointer: &str| text(pointer).unwrap_or_else(|| panic!("no {pointer}: {information}"));
        Self {
            id: must("/client_id"),
            secret: text("/client_secret"),
            method: must("/token_endpoint_auth_method"),
            redirect_uri: text("/redirect_uris/0").unwrap_or_default(),
            registration: Registration {
                uri: must("/registration_client_uri"),
                token: must("/registration_access_token"),
            },
            information,
            address: ADDRESS,
            gatelet,
        }
    }

    /// One that administrators defined.
    pub(super) fn defined(gatelet: Gatelet, client: &domain::client::Client, secret: Option<&str>) -> Self {
        Self {
            id: client.id.to_string(),
            secret: secret.map(str::to_owned),
            method: client.authentication.method().as_str().to_owned(),
            redirect_uri: client.redirect_uris.first().map_or_else(String::new, ToString::to_string),
            registration: Registration { uri: String::new(), token: String::new() },
            information: Value::Null,
            address: ADDRESS,
            gatelet,
        }
    }

    /// The same application calling from elsewhere.
    #[must_use]
    pub fn calling_from(&self, address: &str) -> Self {
        Self { address: address.parse().expect("an address"), ..self.clone() }
    }

    /// The same application calling another sandbox.
    #[must_use]
    pub fn at(&self, gatelet: &Gatelet) -> Self {
        Self { gatelet: gatelet.clone(), ..self.clone() }
    }

    /// The same application, authenticating in another way.
    #[must_use]
    pub fn authenticating(&self, method: &str, secret: Option<&str>) -> Self {
        Self { method: method.to_owned(), secret: secret.map(str::to_owned), ..self.clone() }
    }

    /// Where it sends a browser that is to sign in: for `openid`, with PKCE, `state` and `nonce`, fresh each time.
    #[must_use]
    pub fn authorization_url(&self) -> AuthorizationUrl {
        AuthorizationUrl::new(&self.gatelet, self)
    }

    /// A form to an endpoint, authenticated as registered.
    pub fn post(&self, path: &str) -> Request {
        let call = self.gatelet.post(path).from_address(self.address);
        match (self.method.as_str(), &self.secret) {
            ("client_secret_basic", Some(secret)) => call.basic(&self.id, secret),
            ("client_secret_post", Some(secret)) => {
                call.with("client_id", &self.id).with("client_secret", secret)
            }
            ("none", None) => call.with("client_id", &self.id),
            (method, _) => panic!("registered for {method}, and no secret that goes with it"),
        }
    }

    /// Redeems a code that came in answer to `asked`.
    pub fn redeem(&self, asked: &AuthorizationUrl, code: &str) -> Request {
        let call = self.post(paths::TOKEN).with("grant_type", "authorization_code").with("code", code);
        let call = match asked.get("redirect_uri") {
            Some(uri) => call.with("redirect_uri", uri),
            None => call,
        };
        match asked.get("code_challenge") {
            Some(_) => call.with("code_verifier", asked.verifier()),
            None => call,
        }
    }

    /// Uses a refresh token.
    pub fn refresh(&self, token: &str) -> Request {
        self.post(paths::TOKEN).with("grant_type", "refresh_token").with("refresh_token", token)
    }

    /// Asks for a token of its own, for all that it is registered for.
    pub fn client_credentials(&self) -> Request {
        self.post(paths::TOKEN).with("grant_type", "client_credentials")
    }

    /// Asks what a token is good for.
    pub fn introspect(&self, token: &str) -> Request {
        self.post(paths::INTROSPECT).with("token", token)
    }

    /// Whether a token is good.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.introspect(token).await;
        answer.json().get("active").and_then(Value::as_bool).expect("active or not")
    }

    /// Gives a token back.
    pub fn revoke(&self, token: &str) -> Request {
        self.post(paths::REVOKE).with("token", token)
    }

    /// Manages its own registration: GET reads, PUT (with JSON) changes, DELETE ends it.
    pub fn manage(&self, method: Method) -> Request {
        self.gatelet.call(method, &self.registration.uri).bearer(&self.registration.token)
    }

    /// Has a person sign in and allow this scope, and redeems the code.
    pub async fn tokens(&self, browser: &mut Browser, person: &Person, scope: &str) -> Tokens {
        let asked = self.authorization_url().scope(scope);
        let callback = browser.grant(&asked, person).await;
        self.redeem(&asked, callback.code()).await.tokens()
    }

    /// What an ID token says it is signed with.
    #[must_use]
    pub fn algorithm(&self, id_token: &str) -> String {
        format!("{:?}", header_of(id_token).alg)
    }

    /// The name of the key that an ID token says it is signed with.
    #[must_use]
    pub fn key(&self, id_token: &str) -> String {
        header_of(id_token).kid.expect("a key's name")
    }

    /// Verifies an ID token against the published keys, as OpenID Connect Core section 3.1.3.7 has it, and reads its claims. The time
    /// is a test's, so it is left to the test.
    pub async fn verify(&self, id_token: &str) -> Value {
        self.verify_with(&self.keys().await, id_token)
    }

    /// The published keys, for an application that remembers them.
    pub async fn keys(&self) -> JwkSet {
        serde_json::from_value(self.gatelet.get(paths::JWKS).await.json()).expect("a key set")
    }

    /// Verifies an ID token as [`Client::verify`] does, against keys that were published some time ago.
    pub fn verify_with(&self, keys: &JwkSet, id_token: &str) -> Value {
        let header = header_of(id_token);
        let kid = header.kid.expect("a key's name");
        let key = DecodingKey::from_jwk(keys.find(&kid).expect("a published key")).expect("a public key");
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.set_audience(&[&self.id]);
        validation.set_issuer(&[self.gatelet.settings().issuer.as_str()]);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        jsonwebtoken::decode::<Value>(id_token, &key, &validation).expect("an ID token").claims
    }
}

fn header_of(token: &str) -> Header {
    decode_header(token).expect("a token's header")
}

fn overlaid(mut usual: Value, own: Value) -> Value {
    if let (Value::Object(usual), Value::Object(own)) = (&mut usual, own) {
        usual.extend(own);
        usual.retain(|_, value| !value.is_null());
    }
    usual
}
