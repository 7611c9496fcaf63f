//! Authorization as a JSON interface, for a user's own programs.

use domain::client::CodeProtection;
use domain::time::Seconds;
use oauth::words::GrantType;
use serde_json::{Value, json};
use testkit::actors::{Answer, Client, Gatelet, Person, Request};

const PATH: &str = "/authentication/v1/oauth/authorize";
const REQUIRED: &str = "myAccessFunction";

/// Alice with an API key, and an application from before PKCE that may also ask for tokens at once.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    key: String,
    desk: Client,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::with(|settings| settings.codes_without_pkce = true).await;
        gatelet.function_of(REQUIRED, &["viewDatastore"]).await;
        let desk = gatelet.bounded_client_but("myclient", REQUIRED, REQUIRED, |client| {
            client.grant_types.insert(GrantType::Implicit);
            client.code_protection = CodeProtection::ClientSecret;
        });
        let (desk, alice) = (desk.await, gatelet.person("alice").await);
        gatelet.grant(&alice, REQUIRED, None).await;
        let key = gatelet.api_key(&alice).await;
        let _ = gatelet.writes();
        Self { gatelet, alice, key, desk }
    }

    fn body(&self, own: Value) -> Value {
        let mut usual = json!({
            "clientID": self.desk.id,
            "redirectURI": self.desk.redirect_uri,
            "responseType": ["code"],
            "scope": ["openid", "profile"],
            "state": "a b&c",
        });
        if let (Value::Object(usual), Value::Object(own)) = (&mut usual, own) {
            usual.extend(own);
        }
        usual
    }

    fn ask(&self, own: Value) -> Request {
        self.gatelet.post(PATH).header("argus-api-key", &self.key).json(&self.body(own))
    }

    async fn session(&self) -> String {
        let mut browser = self.gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&self.alice).await.page();
        browser.cookies.get("__Host-gatelet-session").unwrap().to_owned()
    }

    fn redeem(&self, code: &str) -> Request {
        let call = self.desk.post("/authentication/v1/oauth/token");
        let call = call.with("grant_type", "authorization_code").with("code", code);
        call.with("redirect_uri", &self.desk.redirect_uri)
    }
}

fn data(answer: &Answer, name: &str) -> String {
    assert_eq!(answer.status(), 201, "{answer:?}");
    answer.json()["data"][name].as_str().unwrap_or_else(|| panic!("no {name}: {answer:?}")).to_owned()
}

/// The fields that are refused, and what is said of each.
#[track_caller]
fn fields(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.json();
    assert_eq!((answer.status(), &body["data"]), (412, &Value::Null), "{answer:?}");
    let said = |message: &Value| {
        assert_eq!(message["type"], "FIELD_ERROR");
        let text = |name: &str| message[name].as_str().unwrap().to_owned();
        (text("field"), text("message"))
    };
    body["messages"].as_array().unwrap().iter().map(said).collect()
}

#[tokio::test]
async fn a_code_comes_in_the_envelope() {
    let scene = Scene::new().await;
    let answer = scene.ask(json!({})).await;
    assert_eq!(answer.status(), 201);
    insta::assert_json_snapshot!(answer.redacted(), @r#"
    {
      "count": 0,
      "data": {
        "accessToken": null,
        "authorizationCode": "[gtlc]",
        "idToken": null,
        "redirectURI": "https://myclient.example/callback",
        "state": "a b&c"
      },
      "limit": 0,
      "messages": [],
      "metaData": {},
      "offset": 0,
      "responseCode": 201,
      "size": 0
    }
    "#);
    assert!(!answer.header_names().iter().any(|name| name.starts_with("access-control-")));
    assert_eq!(scene.gatelet.writes(), ["PutItem"]);

    let tokens = scene.redeem(&data(&answer, "authorizationCode")).await.tokens();
    assert_eq!(tokens.scope, "openid profile");
    assert!(tokens.access.starts_with("alice/"), "{}", tokens.access);
    assert!(scene.desk.is_active(&tokens.access).await);
}

#[tokio::test]
async fn tokens_come_in_the_envelope() {
    let scene = Scene::new().await;
    let answer = scene.ask(json!({"responseType": ["token", "id_token"], "nonce": "n"})).await;
    let body = answer.redacted();
    insta::assert_json_snapshot!(body["data"], @r#"
    {
      "accessToken": "alice/[gtla]",
      "authorizationCode": null,
      "idToken": "[signed]",
      "redirectURI": "https://myclient.example/callback",
      "state": "a b&c"
    }
    "#);
    let claims = scene.desk.verify(&data(&answer, "idToken")).await;
    assert_eq!(claims["nonce"], "n");
    assert_eq!(claims["at_hash"], json!(jose::at_hash(&data(&answer, "accessToken"))));
    assert!(scene.desk.is_active(&data(&answer, "accessToken")).await);

    let answer = scene.ask(json!({"responseType": "id_token", "nonce": "n", "state": null})).await;
    let body = answer.redacted();
    insta::assert_json_snapshot!(body["data"], @r#"
    {
      "accessToken": null,
      "authorizationCode": null,
      "idToken": "[signed]",
      "redirectURI": "https://myclient.example/callback",
      "state": null
    }
    "#);
}

#[tokio::test]
async fn one_text_does_for_an_array_and_curls_own_content_type_for_json() {
    let scene = Scene::new().await;
    for own in [
        json!({"responseType": "code", "scope": "openid profile"}),
        json!({"responseType": "code", "scope": []}),
        json!({"scope": null, "nonce": null, "unheard": "of"}),
    ] {
        data(&scene.ask(own).await, "authorizationCode");
    }
    let body = scene.body(json!({})).to_string();
    let curl = scene.gatelet.post(PATH).header("argus-api-key", &scene.key);
    data(&curl.clone().body("application/x-www-form-urlencoded", body).await, "authorizationCode");
    for (kind, body) in [("application/json", "{"), ("application/json", "[]"), ("text/plain", "{}")] {
        let answer = curl.clone().body(kind, body).await;
        assert_eq!((answer.status(), &answer.json()["data"]), (400, &Value::Null), "{answer:?}");
    }
}

#[tokio::test]
async fn everything_that_is_missing_or_malformed_is_said_at_once() {
    let scene = Scene::new().await;
    let curl = scene.gatelet.post(PATH).header("argus-api-key", &scene.key);
    let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|&(field, said)| (field.to_owned(), said.to_owned())).collect()
    };
    assert_eq!(
        fields(&curl.json(&json!({})).await),
        expected(&[
            ("clientID", "must be given"),
            ("redirectURI", "must be given"),
            ("responseType", "must be given"),
        ])
    );
    let malformed = json!({
        "clientID": "myclient",
        "redirectURI": 7,
        "responseType": ["code", "token"],
        "scope": "\u{e9}",
        "state": "s".repeat(2049),
        "nonce": "n".repeat(513),
        "codeChallenge": "x",
        "codeChallengeMethod": "plain",
    });
    assert_eq!(
        fields(&scene.ask(malformed).await),
        expected(&[
            ("clientID", "must be the id of a client"),
            ("redirectURI", "must be a string"),
            ("responseType", "must be code, or token and id_token or one of them"),
            ("scope", "must be scopes"),
            ("state", "must not be longer than 2048 bytes"),
            ("nonce", "must not be longer than 512 bytes"),
            ("codeChallengeMethod", "must be S256"),
            ("codeChallenge", "must be a S256 challenge"),
        ])
    );
    let unknown = json!({"clientID": "021269c5-04c3-4399-a206-32659c489803"});
    assert_eq!(fields(&scene.ask(unknown).await), expected(&[("clientID", "must be the id of a client")]));
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn what_the_client_may_not_ask_for_is_refused_by_field() {
    let scene = Scene::new().await;
    let other = scene.gatelet.bounded_client("other", REQUIRED, REQUIRED).await;
    for (own, refused) in [
        (json!({"redirectURI": "https://evil.example/"}), "redirectURI"),
        (json!({"redirectURI": format!("{}/", scene.desk.redirect_uri)}), "redirectURI"),
        (json!({"redirectURI": ""}), "redirectURI"),
        (json!({"responseType": ["none"]}), "responseType"),
        (json!({"responseType": []}), "responseType"),
        (json!({"responseType": "code code"}), "responseType"),
        (json!({"scope": ["openid", "root"]}), "scope"),
        (json!({"responseType": "id_token"}), "nonce"),
        (json!({"responseType": "id_token", "nonce": "n", "scope": "profile"}), "scope"),
    ] {
        let named = fields(&scene.ask(own.clone()).await);
        assert_eq!(named.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), [refused], "{own}");
    }
    let refused = scene.ask(json!({
        "clientID": other.id,
        "redirectURI": scene.desk.redirect_uri,
        "responseType": "token",
        "scope": "root",
    }));
    let named = fields(&refused.await);
    let named: Vec<_> = named.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(named, ["redirectURI", "responseType", "scope"]);
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s16_a_client_that_needs_pkce_needs_it_here_too() {
    let scene = Scene::new().await;
    let strict = scene.gatelet.bounded_client("strict", REQUIRED, REQUIRED).await;
    let own = |more: Value| {
        let mut own = json!({"clientID": strict.id, "redirectURI": strict.redirect_uri});
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let refused = fields(&scene.ask(own(json!({}))).await);
    assert_eq!(refused[0].0, "codeChallenge");
    let asked = strict.authorization_url();
    let challenge = asked.get("code_challenge").unwrap();
    let alone = fields(&scene.ask(own(json!({"codeChallenge": challenge}))).await);
    assert_eq!(alone, [("codeChallengeMethod".to_owned(), "must be given".to_owned())]);
    let answer = scene.ask(own(json!({"codeChallenge": challenge, "codeChallengeMethod": "S256"}))).await;
    strict.redeem(&asked, &data(&answer, "authorizationCode")).await.tokens();
}

#[tokio::test]
async fn s54_who_lacks_the_function_is_denied_before_anything_else_is_said() {
    let scene = Scene::new().await;
    let bob = scene.gatelet.person("bob").await;
    let (key, limited) =
        (scene.gatelet.api_key(&bob).await, scene.gatelet.api_key_for(&scene.alice, &["another"]).await);
    for key in [key, limited] {
        let body = scene.body(json!({"redirectURI": "https://evil.example/", "scope": "root"}));
        let answer = scene.gatelet.post(PATH).header("argus-api-key", &key).json(&body).await;
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.reason(), Some("user lacks the function that the client requires"));
        assert_eq!(answer.json()["messages"][0]["message"], "Access denied.");
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn only_the_user_in_person_may_ask() {
    let scene = Scene::new().await;
    let nobody = scene.gatelet.post(PATH).json(&scene.body(json!({}))).await;
    assert_eq!(
        (nobody.status(), nobody.json()["messages"][0]["message"].as_str()),
        (401, Some("Authentication failed."))
    );
    let token = data(&scene.ask(json!({"responseType": "token"})).await, "accessToken");
    let delegated = scene.gatelet.post(PATH).bearer(&token).json(&scene.body(json!({}))).await;
    assert_eq!((delegated.status(), delegated.reason()), (403, Some("an access token authorizes no client")));
    // A cookie is no credential here: no other site's page can make a browser ask.
    let cookie = format!("__Host-gatelet-session={}", scene.session().await);
    let cookie = scene.gatelet.post(PATH).header("cookie", cookie).json(&scene.body(json!({}))).await;
    assert_eq!(cookie.status(), 401);
    assert_eq!(scene.gatelet.get(PATH).await.status(), 405);
}

#[tokio::test]
async fn s42_what_is_authorized_in_a_session_ends_with_it() {
    let scene = Scene::new().await;
    let mut browser = scene.gatelet.browser();
    browser.open("/login").await.page();
    browser.sign_in(&scene.alice).await.page();
    let session = browser.cookies.get("__Host-gatelet-session").unwrap().to_owned();
    let body = scene.body(json!({}));
    let code = data(&scene.gatelet.post(PATH).bearer(&session).json(&body).await, "authorizationCode");
    let tokens = scene.redeem(&code).await.tokens();
    assert!(scene.desk.is_active(&tokens.access).await);
    browser.sign_out().await.page();
    assert!(!scene.desk.is_active(&tokens.access).await);
    let again = scene.gatelet.post(PATH).bearer(&session).json(&body).await;
    assert_eq!((again.status(), again.reason()), (401, Some("session unknown or over")));
}

/// What an API key may not draw on, no grant made with it does either: not even when the user later holds more.
#[tokio::test]
async fn s55_the_limit_of_an_api_key_is_the_limit_of_what_it_authorizes() {
    let scene = Scene::new().await;
    scene.gatelet.function_of("another", &[]).await;
    scene.gatelet.grant(&scene.alice, "another", None).await;
    let key = scene.gatelet.api_key_for(&scene.alice, &[REQUIRED]).await;
    let body = scene.body(json!({}));
    let answer = scene.gatelet.post(PATH).header("argus-api-key", &key).json(&body).await;
    let tokens = scene.redeem(&data(&answer, "authorizationCode")).await.tokens();
    assert!(scene.desk.is_active(&tokens.access).await);
    let own = json!({"clientID": scene.gatelet.bounded_client("elsewhere", "another", REQUIRED).await.id});
    let denied = scene.gatelet.post(PATH).header("argus-api-key", &key).json(&scene.body(own)).await;
    assert_eq!(denied.status(), 403);
    // The user may, and the key may no longer: its function is gone.
    scene
        .gatelet
        .change(&scene.alice, |user| user.functions.globally.retain(|name| name.as_str() != REQUIRED))
        .await;
    assert!(!scene.desk.is_active(&tokens.access).await);
}

#[tokio::test]
async fn s53_tokens_are_for_the_address_that_asked() {
    let scene = Scene::new().await;
    let asked = scene.ask(json!({"responseType": "token"})).from_address("198.51.100.9".parse().unwrap());
    let token = data(&asked.await, "accessToken");
    let forwarded = |address: &'static str| scene.gatelet.userinfo(&token).header("x-forwarded-for", address);
    assert_eq!(forwarded("198.51.100.9").await.status(), 200);
    assert_eq!(forwarded("198.51.100.10").await.status(), 401);
}

#[tokio::test]
async fn s24_a_code_from_here_lasts_as_long_as_any() {
    let scene = Scene::new().await;
    let code = data(&scene.ask(json!({})).await, "authorizationCode");
    scene.gatelet.table.clock.advance(Seconds(60));
    scene.redeem(&code).await.is_refused(400, "invalid_grant", "code expired");
}

/// Whoever asks, the functions and the client are remembered for a while.
#[tokio::test]
async fn a_code_costs_a_look_at_the_user_and_one_write() {
    let scene = Scene::new().await;
    data(&scene.ask(json!({})).await, "authorizationCode");
    let _ = scene.gatelet.spent();
    data(&scene.ask(json!({})).await, "authorizationCode");
    assert_eq!(scene.gatelet.spent(), (2, 2.0, 1.0));
}
