//! Who may use the directory: administrators, and nobody else.

use domain::client::SecurityLevel;
use oauth::Scope;
use serde_json::json;
use testkit::actors::Gatelet;

use crate::directory_scene::{Office, data};

const ROUTES: [(&str, &[&str]); 15] = [
    ("domain", &["GET", "POST"]),
    ("domain/DEFAULT", &["GET", "DELETE"]),
    ("customer", &["GET", "POST"]),
    ("customer/mine", &["GET", "PUT", "DELETE"]),
    ("function", &["GET", "POST"]),
    ("function/administrator", &["GET", "PUT", "DELETE"]),
    ("user", &["GET", "POST"]),
    ("user/root", &["GET", "PUT", "DELETE"]),
    ("user/root/password", &["PUT"]),
    ("user/root/session", &["GET", "DELETE"]),
    ("user/root/session/x", &["DELETE"]),
    ("user/root/apikey", &["GET", "POST"]),
    ("user/root/apikey/a/b", &["PUT", "DELETE"]),
    ("user/root/key", &["GET", "POST"]),
    ("user/root/key/x", &["DELETE"]),
];

/// Every route answers `status`, and nothing is written.
async fn everywhere(gatelet: &Gatelet, header: (&str, &str), status: u16, message: &str) {
    drop(gatelet.writes());
    for (path, methods) in ROUTES {
        for method in methods {
            let call = gatelet.call(method.parse().unwrap(), &format!("/directory/v1/{path}"));
            let answer = call.header(header.0, header.1).json(&json!({"name": "x"})).await;
            assert_eq!(answer.status(), status, "{method} {path}");
            let envelope = answer.json();
            let told = (&envelope["responseCode"], &envelope["messages"][0]["message"]);
            assert_eq!(told, (&json!(status), &json!(message)), "{method} {path}");
            assert_eq!(envelope["messages"][0]["type"], "ACTION_ERROR");
            assert_eq!(envelope["data"], json!(null));
        }
    }
    assert_eq!(gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn whoever_is_nobody_is_told_so_everywhere() {
    let Office { gatelet, root, .. } = Office::new().await;
    let other = gatelet.api_key_but(&root, |key| key.expires_at = Some(key.created_at)).await;
    for header in [("x-nothing", "x"), ("argus-api-key", "my/api/key"), ("argus-api-key", other.as_str())] {
        everywhere(&gatelet, header, 401, "Authentication failed.").await;
    }
}

#[tokio::test]
async fn whoever_does_not_administer_is_denied_everywhere() {
    let Office { gatelet, root, .. } = Office::new().await;
    gatelet.function_of("viewer", &["viewOAuthClients", "viewOAuthClientsDetails"]).await;
    let bob = gatelet.person("bob").await;
    gatelet.grant(&bob, "viewer", None).await;
    let ordinary = gatelet.api_key(&bob).await;
    // Of an administrator's, a key that draws on something else; and an administrator's below the security level for it.
    let limited = gatelet.api_key_for(&root, &["viewer"]).await;
    let lowered = gatelet.administrator("lowered").await;
    gatelet.change(&lowered, |user| user.security_level = SecurityLevel::Standard).await;
    let lowered = gatelet.api_key(&lowered).await;
    // And somebody who holds the function for one customer.
    let carol = gatelet.person("carol").await;
    gatelet.customer("mine").await;
    gatelet.grant(&carol, "administrator", Some("mine")).await;
    gatelet.change(&carol, |user| user.security_level = SecurityLevel::Administrative).await;
    let for_customer = gatelet.api_key(&carol).await;
    for key in [ordinary, limited, lowered, for_customer] {
        everywhere(&gatelet, ("argus-api-key", &key), 403, "Access denied.").await;
    }
}

#[tokio::test]
async fn a_session_is_as_good_as_an_api_key() {
    let Office { gatelet, root, .. } = Office::new().await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    browser.sign_in(&root).await.page();
    let cookies = browser.cookies.all();
    let session =
        cookies.iter().find(|cookie| cookie.name.ends_with("gatelet-session")).unwrap().value.clone();
    let answer = gatelet.get("/directory/v1/user/root").bearer(&session).await;
    assert_eq!(data(&answer, 200)["username"], "root");
}

#[tokio::test]
async fn an_access_token_administers_where_its_client_may_and_makes_no_credentials() {
    let Office { gatelet, root, .. } = Office::new().await;
    let console = |level| {
        move |client: &mut domain::client::Client| {
            client.bounds.as_mut().unwrap().max_security_level = level;
            client.scope = Scope::parse("openid").unwrap();
        }
    };
    for (name, level, status) in
        [("low", SecurityLevel::Standard, 403), ("high", SecurityLevel::Administrative, 200)]
    {
        let client = gatelet.bounded_client_but(name, "administrator", "administrator", console(level)).await;
        let mut browser = gatelet.browser();
        let tokens = client.tokens(&mut browser, &root, "openid").await;
        let call = |method: &str, path: &str| {
            gatelet.call(method.parse().unwrap(), &format!("/directory/v1/{path}")).bearer(&tokens.access)
        };
        assert_eq!(call("GET", "user/root").await.status(), status, "{name}");
        let password = json!({"password": "correct horse battery", "username": "bob"});
        for (method, path) in [
            ("PUT", "user/root/password"),
            ("POST", "user"),
            ("POST", "user/root/apikey"),
            ("PUT", "user/root/apikey/a/b"),
            ("POST", "user/root/key"),
        ] {
            assert_eq!(call(method, path).json(&password).await.status(), 403, "{name}: {method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_other_methods_are_not_allowed() {
    let office = Office::new().await;
    let id = "8f14e45f-ceea-867a-9a3b-2e1c5d7f9b01";
    for path in
        ["domain/x", "customer/7", "function/x", "user/x", "user/%FF", "user/a%20b", "user/bob/session"]
    {
        let answer = office.get(path).await;
        assert_eq!((answer.status(), answer.json()["responseCode"].clone()), (404, json!(404)), "{path}");
        assert_eq!(answer.json()["messages"][0]["message"], "The object was not found.");
    }
    assert_eq!(office.get(&format!("user/{id}")).await.status(), 404);
    assert_eq!(office.delete(&format!("user/root/session/{id}")).await.status(), 404);
    assert_eq!(office.put("domain/DEFAULT", &json!({})).await.status(), 405);
}

#[tokio::test]
async fn s58_bodies_and_queries_that_can_not_be_read_are_refused() {
    let office = Office::new().await;
    for body in ["", "[]", "{", r#"{"name": 1, "name": 2}"#, "{\"name\": \"\\u0000\"}"] {
        let answer = office.post("domain", &json!({})).body("application/json", body).await;
        assert_eq!((answer.status(), answer.json()["responseCode"].clone()), (400, json!(400)), "{body}");
    }
    for query in ["keywords=%FF", "keywords=%00"] {
        assert_eq!(office.get(&format!("user?{query}")).await.status(), 400, "{query}");
    }
}
