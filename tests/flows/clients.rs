//! A client's registration from the first day to the last (RFC 7591, RFC 7592).

use axum::body::Body;
use axum::body::Bytes;
use axum::http::{Method, Request};
use domain::settings::Registration;
use http_body_util::{BodyExt as _, Full};
use oauth::metadata::paths;
use serde_json::{Value, json};
use testkit::actors::{ADDRESS, Client, Gatelet};

/// What a client must send to change itself: "all client metadata fields as returned to the client" (RFC 7592 section 2.2).
fn metadata(client: &Client, own: Value) -> Value {
    let mut metadata = client.information.clone();
    if let (Value::Object(metadata), Value::Object(own)) = (&mut metadata, own) {
        for member in ["registration_client_uri", "registration_access_token", "client_id_issued_at"] {
            metadata.remove(member);
        }
        metadata.remove("client_secret_expires_at");
        metadata.extend(own);
        metadata.retain(|_, value| !value.is_null());
    }
    metadata
}

#[tokio::test]
async fn a_client_registers_and_reads_what_it_is() {
    let gatelet = Gatelet::start().await;
    let asked = json!({
        "client_name": "Notes",
        "redirect_uris": ["https://notes.example/callback"],
        "scope": "openid notes:read",
        "software_id": "what is not understood is ignored",
    });
    let created = gatelet.post(paths::REGISTER).json(&asked).await;
    assert_eq!(created.status(), 201);
    assert_eq!(created.header("cache-control"), Some("no-store"));
    insta::assert_json_snapshot!(created.redacted(), @r#"
    {
      "application_type": "web",
      "client_id": "[id]",
      "client_id_issued_at": 1800000000,
      "client_name": "Notes",
      "client_secret": "[gtls]",
      "client_secret_expires_at": 0,
      "grant_types": [
        "authorization_code"
      ],
      "id_token_signed_response_alg": "RS256",
      "redirect_uris": [
        "https://notes.example/callback"
      ],
      "registration_access_token": "[gtlm]",
      "registration_client_uri": "https://id.example/oauth2/register/[id]",
      "require_pkce": true,
      "response_types": [
        "code"
      ],
      "scope": "notes:read openid",
      "token_endpoint_auth_method": "client_secret_basic"
    }
    "#);

    let notes = gatelet.register(&asked).await;
    let read = notes.manage(Method::GET).await;
    assert_eq!(read.status(), 200);
    let mut expected = notes.information.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read.json(), expected, "everything but the secret, which is shown once");
}

#[tokio::test]
async fn a_client_changes_itself_as_a_whole() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let own = json!({
        "client_name": "Better notes",
        "redirect_uris": ["https://notes.example/new"],
        "client_description": null,
    });
    let changed = notes.manage(Method::PUT).json(&metadata(&notes, own)).await;
    assert_eq!((changed.status(), changed.member("client_secret")), (200, None), "{changed:?}");
    assert_eq!(changed.member("client_name").as_deref(), Some("Better notes"));
    assert_eq!(changed.json().get("client_description"), None, "replaced, not augmented");
    assert_eq!(notes.manage(Method::GET).await.json(), changed.json());

    let mut browser = gatelet.browser();
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert_eq!(
        page.answer.reason(),
        Some("redirect_uri is not registered"),
        "the old one is not good any more"
    );
    let asked = notes.authorization_url().with("redirect_uri", "https://notes.example/new");
    let page = browser.authorize(&asked).await.page();
    assert!(page.says("to continue to Better notes"), "{}", page.text);
    let callback = browser.grant(&asked, &alice).await;
    notes.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn a_client_that_becomes_confidential_gets_a_secret_and_one_that_becomes_public_loses_it() {
    let gatelet = Gatelet::start().await;
    let desk = gatelet.public().await;
    let own = json!({"token_endpoint_auth_method": "client_secret_post", "application_type": "native"});
    let changed = desk.manage(Method::PUT).json(&metadata(&desk, own.clone())).await;
    let secret = changed.member("client_secret").unwrap();
    let grown = desk.authenticating("client_secret_post", Some(&secret));
    let answer = grown.introspect("garbage").await;
    assert_eq!((answer.status(), answer.text()), (200, r#"{"active":false}"#));

    // Whoever names the secret must name the right one, and keeps it.
    let with = |secret: &str| {
        metadata(&desk, json!({"client_secret": secret, "token_endpoint_auth_method": "client_secret_post"}))
    };
    let kept = desk.manage(Method::PUT).json(&with(&secret)).await;
    assert_eq!((kept.status(), kept.member("client_secret")), (200, None));
    let wrong = desk.manage(Method::PUT).json(&with("gtls_wrong")).await;
    wrong.is_refused(400, "invalid_request", "client_secret is not the registration's");

    let back = desk.manage(Method::PUT).json(&metadata(&desk, json!({}))).await;
    assert_eq!((back.status(), back.json().get("client_secret_expires_at")), (200, None));
    gatelet.table.clock.advance(store::clients::CACHE);
    let answer = grown.introspect("garbage").await;
    answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
}

#[tokio::test]
async fn a_change_that_does_not_hold_together_changes_nothing() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let before = notes.manage(Method::GET).await.json();
    drop(gatelet.writes());
    for (own, error, reason) in [
        (json!({"client_id": null}), "invalid_request", "client_id is not the registration's"),
        (json!({"client_id": "another"}), "invalid_request", "client_id is not the registration's"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri", "redirect_uris missing"),
        (
            json!({"redirect_uris": ["http://notes.example/"]}),
            "invalid_redirect_uri",
            "redirect URI is http but not loopback",
        ),
        (json!({"scope": "openid root"}), "invalid_client_metadata", "scope not served"),
        (
            json!({"token_endpoint_auth_method": "none"}),
            "invalid_client_metadata",
            "client_credentials for a public client",
        ),
    ] {
        let answer = notes.manage(Method::PUT).json(&metadata(&notes, own)).await;
        answer.is_refused(400, error, reason);
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    assert_eq!(notes.manage(Method::GET).await.json(), before);
}

#[tokio::test]
async fn a_deleted_client_is_gone_with_all_it_had() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let (notes, other) = (gatelet.confidential().await, gatelet.confidential().await);
    let mut browser = gatelet.browser();
    let tokens = notes.tokens(&mut browser, &alice, "openid").await;
    let others = other.tokens(&mut browser, &alice, "openid").await;
    let asked = notes.authorization_url();
    let code = browser.authorize(&asked).await.callback().code().to_owned();

    let deleted = notes.manage(Method::DELETE).await;
    assert_eq!((deleted.status(), deleted.text()), (204, ""));
    gatelet.table.clock.advance(store::clients::CACHE);

    for answer in [
        notes.redeem(&asked, &code).await,
        notes.refresh(tokens.refresh()).await,
        notes.client_credentials().await,
        notes.introspect(&tokens.access).await,
        notes.revoke(&tokens.access).await,
    ] {
        answer.is_refused(401, "invalid_client", "client unknown");
    }
    gatelet.userinfo(&tokens.access).await.is_refused(401, "invalid_token", "token's client is gone");
    for method in [Method::GET, Method::DELETE] {
        notes.manage(method).await.is_refused(401, "invalid_token", "client unknown");
    }
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert_eq!((page.answer.status(), page.answer.reason()), (400, Some("client unknown")));
    assert!(other.is_active(&others.access).await, "another's are as they were");
}

#[tokio::test]
async fn another_sandbox_forgets_a_deleted_client_within_half_a_minute() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let elsewhere = gatelet.sandbox().await;
    notes.at(&elsewhere).client_credentials().await.tokens();
    notes.manage(Method::DELETE).await;
    gatelet.table.clock.advance(store::clients::CACHE);
    notes.at(&elsewhere).client_credentials().await.is_refused(401, "invalid_client", "client unknown");
}

#[tokio::test]
async fn only_its_own_token_manages_a_registration() {
    let gatelet = Gatelet::start().await;
    let (notes, other) = (gatelet.confidential().await, gatelet.confidential().await);
    for method in [Method::GET, Method::DELETE] {
        let at = |token: &str| gatelet.call(method.clone(), &notes.registration.uri).bearer(token);
        let refused = at(&other.registration.token).await;
        refused.is_refused(401, "invalid_token", "registration token of another client");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
        at("garbage").await.is_refused(401, "invalid_token", "registration token malformed");
        let secret = notes.secret.as_deref().unwrap();
        at(secret).await.is_refused(401, "invalid_token", "registration token malformed");
        let without = gatelet.call(method.clone(), &notes.registration.uri).await;
        assert_eq!((without.status(), without.text()), (401, ""));
    }
    assert_eq!(notes.manage(Method::GET).await.status(), 200);
}

/// A registration is read before the body of a change has come in whole. Another change is made meanwhile.
#[tokio::test]
async fn a_change_to_what_was_changed_in_the_meantime_is_refused() {
    let gatelet = Gatelet::start().await;
    let notes = gatelet.confidential().await;
    let faster = notes.manage(Method::PUT).json(&metadata(&notes, json!({"client_name": "Faster"})));
    let slow = Full::<Bytes>::from(metadata(&notes, json!({"client_name": "Slower"})).to_string());
    let slow = slow.with_trailers(async move {
        assert_eq!(faster.await.status(), 200);
        None
    });
    let request = Request::put(&notes.registration.uri)
        .header("authorization", format!("Bearer {}", notes.registration.token))
        .header("content-type", "application/json")
        .body(Body::new(slow))
        .unwrap();
    let outdated = gatelet.send(request, ADDRESS).await;
    outdated.is_refused(400, "invalid_request", "registration changed in the meantime");
    assert_eq!(notes.manage(Method::GET).await.member("client_name").as_deref(), Some("Faster"));
}

#[tokio::test]
async fn who_may_register_is_the_operators_decision() {
    let asked = json!({"redirect_uris": ["https://notes.example/callback"]});
    let closed = Gatelet::with(|settings| settings.registration = Registration::Closed).await;
    let refused = closed.post(paths::REGISTER).json(&asked).await;
    refused.is_refused(403, "access_denied", "registration is closed");
    let document = closed.get(paths::OPENID_CONFIGURATION).await.json();
    assert_eq!(document.get("registration_endpoint"), None);

    // printf %s initial | sha256sum
    let digest = "sha256:ac1b5c0961a7269b6a053ee64276ed0e20a7f48aefb9f67519539d23aaf10149";
    let digest = Registration::parse(digest).unwrap();
    let protected = Gatelet::with(|settings| settings.registration = digest).await;
    let register = |token: Option<&str>| {
        let call = protected.post(paths::REGISTER).json(&asked);
        token.map_or(call.clone(), |token| call.bearer(token))
    };
    assert_eq!(register(None).await.status(), 401);
    register(Some("guess")).await.is_refused(401, "invalid_token", "initial access token wrong");
    assert_eq!(protected.writes(), [""; 0]);
    assert_eq!(register(Some("initial")).await.status(), 201);
}
