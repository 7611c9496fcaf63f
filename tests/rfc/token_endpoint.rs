//! The token endpoint: how it may be called, and what its answers have in common (RFC 6749 sections 3.2, 5.1 and 5.2).

use axum::http::Method;
use domain::{ClientId, UserId};
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::{Answer, Gatelet};

use crate::scene::Scene;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn s26_post_only() {
    let scene = Scene::new().await;
    for path in [paths::TOKEN, paths::INTROSPECT, paths::REVOKE] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = scene.gatelet.call(method.clone(), path).await;
            answer.is_refused(405, "invalid_request", "method not allowed");
            assert_eq!(answer.header("allow"), Some("POST"), "{method} {path}");
        }
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn s26_form_encoded_only() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    let json = json!({"grant_type": "authorization_code", "code": code, "code_verifier": asked.verifier()});
    let form = format!("grant_type=authorization_code&code={code}&code_verifier={}", asked.verifier());
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nauthorization_code\r\n--x\r\n\
         Content-Disposition: form-data; name=\"code\"\r\n\r\n{code}\r\n--x--\r\n"
    );
    let call = || scene.notes.post(paths::TOKEN);
    for request in [
        call().json(&json),
        call().body("multipart/form-data; boundary=x", multipart),
        call().body("text/plain", form.clone()),
        call().body("application/x-www-form-urlencoded-ish", form.clone()),
        call().body(FORM, form.clone()).without_header("content-type"),
        call().body(FORM, form.clone()).header("content-type", ""),
        call().body(FORM, form.clone()).and_header("content-type", FORM),
    ] {
        request.await.is_refused(400, "invalid_request", "body is not a form");
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
    call().body("Application/X-WWW-Form-Urlencoded; charset=UTF-8", form).await.tokens();
}

#[tokio::test]
async fn s26_parameters_in_the_query_are_refused() {
    let mut scene = Scene::new().await;
    let (_, code) = scene.code("openid").await;
    let secret = scene.notes.secret.clone().unwrap();
    for query in [
        format!("client_id={}&client_secret={secret}", scene.notes.id),
        format!("grant_type=authorization_code&code={code}"),
        "anything".to_owned(),
    ] {
        for path in [paths::TOKEN, paths::INTROSPECT, paths::REVOKE] {
            let call = scene.gatelet.post(&format!("{path}?{query}"));
            let answer = call.with("grant_type", "client_credentials").with("token", "x").await;
            answer.is_refused(400, "invalid_request", "parameters in the query");
        }
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn s33_client_credentials_give_a_token_of_the_clients_own_and_nothing_to_refresh() {
    let scene = Scene::new().await;
    let tokens = scene.notes.client_credentials().await.tokens();
    assert_eq!((tokens.refresh.as_deref(), tokens.id.as_deref()), (None, None));
    assert_eq!(tokens.scope, "notes:read notes:write", "what is said of users is left out");
    let about = scene.notes.introspect(&tokens.access).await.json();
    assert_eq!(about["sub"], about["client_id"]);
    assert_eq!(about["sub"], json!(scene.notes.id));
    assert_eq!(about.get("username"), None);
    // It says nothing of any user.
    let answer = scene.gatelet.userinfo(&tokens.access).await;
    answer.is_refused(403, "insufficient_scope", "token without openid");
}

#[tokio::test]
async fn s33_client_credentials_reach_no_scope_that_speaks_of_users() {
    let scene = Scene::new().await;
    for scope in ["openid", "notes:read profile", "offline_access", "notes:delete"] {
        let answer = scene.notes.client_credentials().with("scope", scope).await;
        answer.is_refused(400, "invalid_scope", "scope not the client's own");
    }
    let answer = scene.notes.client_credentials().with("scope", "notes\\read").await;
    answer.is_refused(400, "invalid_scope", "scope malformed");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    let tokens = scene.notes.client_credentials().with("scope", "notes:read").await.tokens();
    assert_eq!(tokens.scope, "notes:read");
}

#[tokio::test]
async fn s33_client_credentials_are_for_confidential_clients_only() {
    let scene = Scene::new().await;
    let public = scene.gatelet.public().await;
    let call = public.post(paths::TOKEN).with("grant_type", "client_credentials").await;
    call.is_refused(400, "unauthorized_client", "grant type is not registered for the client");
    let metadata = json!({
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "none",
    });
    let answer = scene.gatelet.post(paths::REGISTER).json(&metadata).await;
    answer.is_refused(400, "invalid_client_metadata", "client_credentials for a public client");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

/// A client's identifier is a version 4 UUID and a user's a version 8 one: neither reads as the other.
#[tokio::test]
async fn s33_the_subject_of_a_client_is_nobodys() {
    let mut scene = Scene::new().await;
    let own = scene.notes.client_credentials().await.tokens();
    let alices = scene.tokens("openid").await;
    let subject = async |token: &str| scene.notes.introspect(token).await.member("sub").expect("a subject");
    let (client, user) = (subject(&own.access).await, subject(&alices.access).await);
    assert_eq!((ClientId::parse(&client).is_some(), UserId::parse(&client)), (true, None));
    assert_eq!((ClientId::parse(&user), UserId::parse(&user)), (None, Some(scene.alice.id)));
}

#[tokio::test]
async fn s34_the_password_grant_is_not_served() {
    let scene = Scene::new().await;
    let call = scene.notes.post(paths::TOKEN).with("grant_type", "password");
    let call = call.with("username", &scene.alice.username).with("password", &scene.alice.password);
    call.await.is_refused(400, "unsupported_grant_type", "grant_type not served");
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn grant_types_are_the_served_ones_and_the_clients_own() {
    let scene = Scene::new().await;
    let call = || scene.notes.post(paths::TOKEN);
    call().await.is_refused(400, "invalid_request", "grant_type missing");
    call().with("grant_type", "").await.is_refused(400, "invalid_request", "grant_type missing");
    for word in [
        "implicit",
        "AUTHORIZATION_CODE",
        "authorization_code ",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        let answer = call().with("grant_type", word).await;
        answer.is_refused(400, "unsupported_grant_type", "grant_type not served");
    }
    let own = json!({"grant_types": ["client_credentials"], "redirect_uris": null});
    let robot = scene.gatelet.confidential_but(own).await;
    for grant in ["authorization_code", "refresh_token"] {
        let answer = robot.post(paths::TOKEN).with("grant_type", grant).await;
        answer.is_refused(400, "unauthorized_client", "grant type is not registered for the client");
    }
    let answer = robot.client_credentials().await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_client_without_the_refresh_token_grant_gets_no_refresh_token() {
    let mut scene = Scene::new().await;
    scene.notes = scene.gatelet.confidential_but(json!({"grant_types": ["authorization_code"]})).await;
    let tokens = scene.tokens("openid offline_access notes:read").await;
    assert_eq!(tokens.refresh, None);
    assert_eq!(tokens.scope, "notes:read openid", "offline_access would be an empty promise");
}

#[tokio::test]
async fn s35_a_token_answer_says_type_life_and_scope() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid notes:read").await;
    let redeemed = scene.notes.redeem(&asked, &code).await;
    let refreshed = scene.notes.refresh(redeemed.tokens().refresh()).await;
    let own = scene.notes.client_credentials().await;
    let life = scene.gatelet.settings().lifetimes.access_token;
    for (answer, scope) in
        [(redeemed, "notes:read openid"), (refreshed, "notes:read openid"), (own, "notes:read notes:write")]
    {
        let json = answer.json();
        assert_eq!(json["token_type"], "Bearer");
        assert_eq!(json["expires_in"], json!(life.0));
        assert_eq!(json["scope"], scope);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        is_not_stored(&answer);
    }
}

#[tokio::test]
async fn s35_no_cache_keeps_an_answer_that_tells_or_refuses() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    let (gatelet, notes) = (&scene.gatelet, &scene.notes);
    let get = |path: &str| gatelet.get(path);
    let elsewhere = format!("{}?request=x", paths::CONSENT);
    for (request, status) in [
        (gatelet.post(paths::TOKEN), 400),
        (notes.refresh("x"), 400),
        (get(paths::TOKEN), 405),
        (notes.introspect(&tokens.access), 200),
        (notes.introspect("x"), 200),
        (gatelet.post(paths::INTROSPECT), 401),
        (notes.revoke("x"), 200),
        (gatelet.post(paths::REVOKE), 401),
        (gatelet.userinfo(&tokens.access), 200),
        (gatelet.userinfo("x"), 401),
        (get(paths::USERINFO), 401),
        (notes.manage(Method::GET), 200),
        (get(&notes.registration.uri), 401),
        (gatelet.post(paths::REGISTER).json(&json!({"redirect_uris": ["https://a.example/"]})), 201),
        (gatelet.post(paths::REGISTER), 400),
        (notes.manage(Method::DELETE), 204),
        (get(paths::AUTHORIZE), 400),
        (get(paths::LOGIN), 200),
        (gatelet.post(paths::LOGIN), 400),
        (get(&elsewhere), 400),
        (get(paths::LOGOUT), 200),
    ] {
        let answer = request.await;
        assert_eq!(answer.status(), status, "{answer:?}");
        is_not_stored(&answer);
    }
}

fn is_not_stored(answer: &Answer) {
    let headers = (answer.header("cache-control"), answer.header("pragma"));
    assert_eq!(headers, (Some("no-store"), Some("no-cache")), "{answer:?}");
}

#[tokio::test]
async fn scripts_of_other_origins_may_call_where_tokens_decide_and_nowhere_else() {
    let gatelet = Gatelet::start().await;
    let preflight = async |path: &str, method: &str| {
        let call = gatelet.call(Method::OPTIONS, path).header("origin", "https://spa.example");
        let answer = call.header("access-control-request-method", method).await;
        let allowed = answer.header("access-control-allow-origin").map(str::to_owned);
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
        allowed
    };
    for path in [paths::TOKEN, paths::REVOKE, paths::USERINFO] {
        assert_eq!(preflight(path, "POST").await.as_deref(), Some("*"), "{path}");
    }
    for path in [paths::USERINFO, paths::JWKS, paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER] {
        assert_eq!(preflight(path, "GET").await.as_deref(), Some("*"), "{path}");
    }
    for path in
        [paths::INTROSPECT, paths::REGISTER, paths::AUTHORIZE, paths::LOGIN, paths::CONSENT, paths::LOGOUT]
    {
        assert_eq!(preflight(path, "POST").await, None, "{path}");
    }
}
