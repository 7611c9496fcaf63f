//! What the application does behind the scenes: it calls Gatelet's endpoints as its registration says, and shows each call.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::UnixTime;
use jose::{Expected, IdToken, PublicKeys, WrappedKey, at_hash, verify};
use oauth::metadata::paths;
use oauth::words::GrantType;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::attempt::Attempt;
use super::credentials::Client;
use super::pages::Demo;

/// One step, for a person to read.
pub(crate) struct Step {
    /// What happens.
    pub title: &'static str,
    /// What is to be seen in it.
    pub words: String,
    /// What was sent, if anything was.
    pub sent: String,
    /// What came back.
    pub received: String,
}

/// Tokens, as the token endpoint hands them out (RFC 6749 section 5.1).
#[derive(Default, Deserialize)]
pub(crate) struct Tokens {
    /// The access token.
    pub access_token: String,
    /// The refresh token, if there is one.
    #[serde(default)]
    pub refresh_token: String,
    /// The ID token, if there is one.
    #[serde(default)]
    pub id_token: String,
}

/// One of the demo's applications at work.
pub(crate) struct Application<'a> {
    /// Where it runs.
    pub demo: &'a Demo,
    /// Who it is.
    pub client: &'a Client,
}

/// What is sent to an endpoint.
struct Call<'a> {
    path: &'static str,
    authorization: Authorization<'a>,
    form: Vec<(&'a str, &'a str)>,
}

enum Authorization<'a> {
    /// As the application is registered: by Basic, or by its name alone.
    Client,
    Bearer(&'a str),
}

impl Application<'_> {
    /// Exchanges a code for tokens (RFC 6749 section 4.1.3).
    pub(crate) async fn redeem(&self, code: &str, attempt: &Attempt) -> (Step, Option<Tokens>) {
        let form = vec![
            ("grant_type", GrantType::AuthorizationCode.as_str()),
            ("code", code),
            ("redirect_uri", self.client.callback()),
            ("code_verifier", &attempt.verifier),
        ];
        self.tokens("The code is exchanged for tokens", form).await
    }

    /// Exchanges a refresh token for new tokens (RFC 6749 section 6).
    pub(crate) async fn refresh(&self, token: &str) -> (Step, Option<Tokens>) {
        let form = vec![("grant_type", GrantType::RefreshToken.as_str()), ("refresh_token", token)];
        self.tokens("The refresh token is exchanged for new tokens", form).await
    }

    async fn tokens(&self, title: &'static str, form: Vec<(&str, &str)>) -> (Step, Option<Tokens>) {
        let call = Call { path: paths::TOKEN, authorization: Authorization::Client, form };
        let (mut step, answer) = self.call(title, call).await;
        let tokens = answer.and_then(|answer| serde_json::from_value(answer).ok());
        step.words = match (&tokens, self.client.client_secret.is_some()) {
            (None, _) => "The answer is no.".to_owned(),
            (_, true) => "The application proves who it is with its secret.".to_owned(),
            (_, false) => {
                "The application has no secret: who began proves it by the code verifier.".to_owned()
            }
        };
        (step, tokens)
    }

    /// Asks who the person is (OpenID Connect Core section 5.3), and says the username too if it may be known.
    pub(crate) async fn userinfo(&self, access_token: &str) -> (Step, Option<String>) {
        let authorization = Authorization::Bearer(access_token);
        let call = Call { path: paths::USERINFO, authorization, form: Vec::new() };
        let (mut step, claims) = self.call("Who is it?", call).await;
        step.words = match claims {
            Some(_) => "What the scopes let the application know.".to_owned(),
            None => "The access token opens nothing.".to_owned(),
        };
        let username = claims.as_ref().and_then(|claims| claims.get("preferred_username")?.as_str());
        (step, username.map(str::to_owned))
    }

    /// Asks what a token is worth (RFC 7662); nothing where the application may not ask.
    pub(crate) async fn introspect(&self, access_token: &str) -> Option<Step> {
        self.client.client_secret.as_ref()?;
        let form = vec![("token", access_token)];
        let call = Call { path: paths::INTROSPECT, authorization: Authorization::Client, form };
        let (mut step, _) = self.call("Is the access token good?", call).await;
        step.words = "What an API learns when it is handed the token.".to_owned();
        Some(step)
    }

    /// Ends the grant that a token is of (RFC 7009).
    pub(crate) async fn revoke(&self, token: &str) -> Step {
        let call =
            Call { path: paths::REVOKE, authorization: Authorization::Client, form: vec![("token", token)] };
        let (mut step, _) = self.call("The application gives its tokens back", call).await;
        step.words = "All tokens of this sign-in end with the one that is revoked.".to_owned();
        step
    }

    /// Reads an ID token as an application has to (OpenID Connect Core section 3.1.3.7). `nonce` is none after a refresh.
    pub(crate) async fn read(&self, tokens: &Tokens, nonce: Option<&str>) -> Option<Step> {
        if tokens.id_token.is_empty() {
            return None;
        }
        let mut parts = tokens.id_token.split('.').map(decoded);
        let received = [parts.next()?, parts.next()?].join("\n");
        let words = match (self.check(tokens, nonce).await, nonce) {
            (Err(problem), _) => problem,
            (Ok(()), Some(_)) => {
                "Checked: signature, issuer, audience, expiry, nonce, and that it came with this access token."
            }
            (Ok(()), None) => {
                "Checked: signature, issuer, audience, expiry, and that it came with this access token."
            }
        };
        Some(Step { title: "The ID token, opened", words: words.to_owned(), sent: String::new(), received })
    }

    async fn check(&self, tokens: &Tokens, nonce: Option<&str>) -> Result<(), &'static str> {
        let keys: Vec<WrappedKey> = self.demo.signing_keys().await.map_err(|_| "The keys can't be read.")?;
        let now: UnixTime = self.demo.now();
        let expected = Expected { typ: None, issuer: self.demo.issuer().as_str(), now: Some(now) };
        let token: IdToken = verify(&tokens.id_token, &PublicKeys::new(&keys, now), &expected)
            .map_err(|_| "Its signature, issuer or expiry is wrong.")?;
        if token.aud != self.client.client_id {
            return Err("It is for another application.");
        }
        if nonce.is_some_and(|nonce| token.nonce.as_deref() != Some(nonce)) {
            return Err("Its nonce is not the one that was sent.");
        }
        let bound = token.at_hash == Some(at_hash(&tokens.access_token));
        bound.then_some(()).ok_or("It came with another access token.")
    }

    async fn call(&self, title: &'static str, call: Call<'_>) -> (Step, Option<Value>) {
        let (method, sent, request) = self.request(&call);
        let sent = format!("{method} {}\n{sent}", call.path);
        let answer = match request {
            Ok(request) => self.demo.endpoints().call(request).await.ok(),
            Err(_) => None,
        };
        let Some((status, body)) = answer else {
            let step = Step { title, words: String::new(), sent, received: "no answer".to_owned() };
            return (step, None);
        };
        let json = serde_json::from_slice::<Value>(&body).ok();
        let shown = json.as_ref().map(pretty).unwrap_or_default();
        let step = Step { title, words: String::new(), sent, received: format!("{status}\n{shown}") };
        (step, json.filter(|_| status == StatusCode::OK))
    }

    /// The request, and how it is shown: without the secret, which a browser has no business to see.
    fn request(&self, call: &Call<'_>) -> (Method, String, Result<Request<Body>, axum::http::Error>) {
        let (id, secret) = (self.client.client_id.as_str(), self.client.client_secret.as_deref());
        let mut form = call.form.clone();
        let (header, shown) = match (&call.authorization, secret) {
            (Authorization::Bearer(token), _) => {
                (Some(format!("Bearer {token}")), "Authorization: Bearer the access token\n")
            }
            (Authorization::Client, Some(secret)) => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
                (Some(format!("Basic {pair}")), "Authorization: Basic client_id:client_secret\n")
            }
            (Authorization::Client, None) => {
                form.push(("client_id", id));
                (None, "")
            }
        };
        let method = if form.is_empty() { Method::GET } else { Method::POST };
        let lines = form.iter().map(|(name, value)| format!("\n{name}={value}")).collect::<String>();
        let body = Serializer::new(String::new()).extend_pairs(&form).finish();
        let mut request = Request::builder().method(method.clone()).uri(call.path);
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        (method, format!("{shown}{lines}"), request.body(Body::from(body)))
    }
}

/// A part of a signed token as JSON for people.
fn decoded(part: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice::<Value>(&bytes).map(|value| pretty(&value)).unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
