//! The metadata document says what the service does: whatever it lists works, and whatever it doesn't list is refused (RFC 8414, OpenID
//! Connect Discovery section 3).

use domain::client::Client as Registered;
use domain::time::Seconds;
use oauth::metadata::paths;
use oauth::words::GrantType;
use serde_json::{Value, json};
use testkit::actors::{Client, Gatelet};

use crate::scene::Scene;

async fn document() -> Value {
    Gatelet::start().await.get(paths::OPENID_CONFIGURATION).await.json()
}

fn words(document: &Value, member: &str) -> Vec<String> {
    let words = document[member].as_array().unwrap_or_else(|| panic!("no {member}"));
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// An application that an administrator has allowed tokens straight from the authorization endpoint.
async fn implicit(gatelet: &Gatelet) -> Client {
    let allow = |client: &mut Registered| client.grant_types.extend([GrantType::Implicit]);
    gatelet.bounded_client_but("desk", "reader", "reader", allow).await
}

/// Both documents, to the byte, without authentication. Whoever adds a word here adds a test below.
#[tokio::test]
async fn s56_the_document_is_public_and_its_vocabulary_is_the_one_tested_here() {
    let gatelet = Gatelet::start().await;
    let (openid, oauth) =
        (gatelet.get(paths::OPENID_CONFIGURATION).await, gatelet.get(paths::AUTHORIZATION_SERVER).await);
    assert_eq!((openid.status(), openid.text()), (200, oauth.text()));
    assert_eq!(openid.header("cache-control"), Some("public, max-age=300"));
    let document = openid.json();
    for (member, expected) in [
        ("response_types_supported", &["code", "token", "id_token", "id_token token"][..]),
        ("response_modes_supported", &["query", "fragment", "form_post"]),
        ("grant_types_supported", &["authorization_code", "refresh_token", "client_credentials", "implicit"]),
        ("subject_types_supported", &["public"]),
        ("id_token_signing_alg_values_supported", &["RS256", "ES256"]),
        ("token_endpoint_auth_methods_supported", &["client_secret_basic", "client_secret_post", "none"]),
        ("introspection_endpoint_auth_methods_supported", &["client_secret_basic", "client_secret_post"]),
        (
            "revocation_endpoint_auth_methods_supported",
            &["client_secret_basic", "client_secret_post", "none"],
        ),
        ("code_challenge_methods_supported", &["S256"]),
        ("prompt_values_supported", &["none", "login", "consent"]),
        (
            "scopes_supported",
            &[
                "openid",
                "profile",
                "email",
                "phone",
                "groups",
                "groupstring",
                "customer",
                "clientip",
                "offline_access",
                "register_client",
                "client_info",
                "list_user_client",
                "reset_client_secret",
                "deregister_client",
                "install_user_client",
                "uninstall_user_client",
                "notes:read",
                "notes:write",
            ],
        ),
    ] {
        assert_eq!(words(&document, member), expected, "{member}");
    }
    for (member, served) in [
        ("authorization_response_iss_parameter_supported", true),
        ("claims_parameter_supported", false),
        ("request_parameter_supported", false),
        ("request_uri_parameter_supported", false),
    ] {
        assert_eq!(document[member], json!(served), "{member}");
    }
}

#[tokio::test]
async fn s56_every_endpoint_is_where_the_document_says() {
    let gatelet = Gatelet::start().await;
    let document = gatelet.get(paths::OPENID_CONFIGURATION).await.json();
    assert_eq!(document["issuer"], gatelet.settings().issuer.as_str());
    for (member, post, status) in [
        ("authorization_endpoint", false, 400),
        ("token_endpoint", true, 400),
        ("introspection_endpoint", true, 401),
        ("revocation_endpoint", true, 401),
        ("userinfo_endpoint", false, 401),
        ("end_session_endpoint", false, 200),
        ("jwks_uri", false, 200),
        ("registration_endpoint", true, 400),
    ] {
        let address = document[member].as_str().unwrap();
        assert!(address.starts_with(gatelet.settings().issuer.as_str()), "{address}");
        let answer = if post { gatelet.post(address).await } else { gatelet.get(address).await };
        assert_eq!(answer.status(), status, "{member}: {answer:?}");
    }
}

#[tokio::test]
async fn s56_every_client_authentication_method_works_and_no_other_registers() {
    let document = document().await;
    let mut scene = Scene::new().await;
    for method in words(&document, "token_endpoint_auth_methods_supported") {
        let public = method == "none";
        let grants: &[&str] =
            if public { &["authorization_code"] } else { &["authorization_code", "client_credentials"] };
        let own = json!({"token_endpoint_auth_method": method, "grant_types": grants});
        scene.notes = scene.gatelet.confidential_but(own).await;
        let tokens = scene.tokens("openid").await;
        let introspection = scene.notes.introspect(&tokens.access).await;
        let listed = words(&document, "introspection_endpoint_auth_methods_supported").contains(&method);
        assert_eq!((introspection.status(), listed), if public { (401, false) } else { (200, true) });
        assert_eq!(scene.notes.revoke(&tokens.access).await.status(), 200, "{method}");
    }
    for method in ["client_secret_jwt", "private_key_jwt", "tls_client_auth", "CLIENT_SECRET_BASIC", ""] {
        let metadata = json!({"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": method});
        let answer = scene.gatelet.post(paths::REGISTER).json(&metadata).await;
        answer.is_refused(400, "invalid_client_metadata", "token_endpoint_auth_method not served");
    }
}

#[tokio::test]
async fn s56_every_grant_type_works_and_no_other_registers() {
    let mut scene = Scene::new().await;
    for grant in words(&document().await, "grant_types_supported") {
        let tokens = match grant.as_str() {
            "authorization_code" => scene.tokens("openid").await,
            "refresh_token" => {
                let tokens = scene.tokens("openid").await;
                scene.notes.refresh(tokens.refresh()).await.tokens()
            }
            "client_credentials" => scene.notes.client_credentials().await.tokens(),
            // Only an administrator allows it.
            "implicit" => {
                let desk = implicit(&scene.gatelet).await;
                scene.gatelet.grant(&scene.alice, "reader", None).await;
                let asked = desk.authorization_url().with("response_type", "token");
                let callback = scene.browser.authorize(&asked).await.callback();
                assert!(desk.is_active(callback.get("access_token").unwrap()).await);
                continue;
            }
            other => panic!("{other} is advertised and not tested"),
        };
        assert!(scene.notes.is_active(&tokens.access).await, "{grant}");
    }
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
        let metadata = json!({"redirect_uris": ["https://a.example/"], "grant_types": [grant]});
        let answer = scene.gatelet.post(paths::REGISTER).json(&metadata).await;
        answer.is_refused(400, "invalid_client_metadata", "grant_types not served");
    }
}

#[tokio::test]
async fn s56_every_response_type_and_mode_works_and_no_other() {
    let document = document().await;
    let mut scene = Scene::new().await;
    let url = scene.notes.authorization_url();
    for mode in words(&document, "response_modes_supported") {
        let asked = url.clone().with("response_mode", &mode);
        let callback = scene.browser.grant(&asked, &scene.alice).await;
        let expected = if mode == "form_post" { "POST" } else { "GET" };
        assert_eq!(
            (callback.method.as_str(), callback.place()),
            (expected, scene.notes.redirect_uri.as_str())
        );
        scene.notes.redeem(&asked, callback.code()).await.tokens();
    }
    let desk = implicit(&scene.gatelet).await;
    scene.gatelet.grant(&scene.alice, "reader", None).await;
    for kind in words(&document, "response_types_supported") {
        let asked = desk.authorization_url().with("response_type", &kind);
        let callback = scene.browser.authorize(&asked).await.callback();
        let handed_out = ["code", "access_token", "id_token"].map(|name| callback.get(name).is_some());
        let expected = match kind.as_str() {
            "code" => [true, false, false],
            "token" => [false, true, false],
            "id_token" => [false, false, true],
            "id_token token" => [false, true, true],
            other => panic!("{other} is advertised and not tested"),
        };
        assert_eq!(handed_out, expected, "{kind}");
    }
    for mode in ["query.jwt", "fragment.jwt", "web_message"] {
        let callback = scene.browser.authorize(&url.clone().with("response_mode", mode)).await.callback();
        callback.is_refused("invalid_request", "response_mode not served");
    }
    for word in ["code token", "code id_token", "code id_token token", "none", "CODE"] {
        let callback = scene.browser.authorize(&url.clone().with("response_type", word)).await.callback();
        callback.is_refused("unsupported_response_type", "response_type not served");
    }
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        let callback = scene.browser.authorize(&url.clone().with(name, "x")).await.callback();
        callback.is_refused(error, "unsupported parameter");
    }
}

#[tokio::test]
async fn s56_every_prompt_works_and_no_other() {
    let document = document().await;
    let mut scene = Scene::new().await;
    let url = scene.notes.authorization_url();
    scene.browser.grant(&url, &scene.alice).await;
    for prompt in words(&document, "prompt_values_supported") {
        let landing = scene.browser.authorize(&url.clone().with("prompt", &prompt)).await;
        match prompt.as_str() {
            "none" => assert!(landing.callback().get("code").is_some()),
            "login" => assert!(landing.page().title.starts_with("Sign in")),
            "consent" => assert!(landing.page().title.starts_with("Allow access")),
            other => panic!("{other} is advertised and not tested"),
        }
    }
    for (prompt, reason) in [
        ("select_account", "prompt not served"),
        ("create", "prompt not served"),
        ("NONE", "prompt not served"),
        ("none login", "prompt none beside another"),
    ] {
        let callback = scene.browser.authorize(&url.clone().with("prompt", prompt)).await.callback();
        callback.is_refused("invalid_request", reason);
    }
}

#[tokio::test]
async fn s56_every_signing_algorithm_works_and_no_other_registers() {
    let document = document().await;
    let mut scene = Scene::new().await;
    for algorithm in words(&document, "id_token_signing_alg_values_supported") {
        let own = json!({"id_token_signed_response_alg": algorithm});
        scene.notes = scene.gatelet.confidential_but(own).await;
        let tokens = scene.tokens("openid").await;
        let header = crate::story::header(tokens.id());
        assert_eq!(header["alg"], json!(algorithm));
        let claims = scene.notes.verify(tokens.id()).await;
        assert_eq!(claims["sub"], json!(scene.alice.id));
    }
    for algorithm in ["none", "HS256", "RS512", "PS256", "ES384", "EdDSA"] {
        let metadata =
            json!({"redirect_uris": ["https://a.example/"], "id_token_signed_response_alg": algorithm});
        let answer = scene.gatelet.post(paths::REGISTER).json(&metadata).await;
        answer.is_refused(400, "invalid_client_metadata", "id_token_signed_response_alg not served");
    }
}

#[tokio::test]
async fn s56_every_challenge_method_works_and_no_other() {
    let mut scene = Scene::new().await;
    let url = scene.notes.authorization_url();
    scene.browser.grant(&url, &scene.alice).await;
    for method in words(&document().await, "code_challenge_methods_supported") {
        let (asked, code) = scene.code_for(&url.clone().with("code_challenge_method", &method)).await;
        scene.notes.redeem(&asked, &code).await.tokens();
    }
    for method in ["plain", "s256", "S512"] {
        let asked = url.clone().with("code_challenge_method", method);
        let callback = scene.browser.authorize(&asked).await.callback();
        callback.is_refused("invalid_request", "code_challenge_method is not S256");
    }
}

#[tokio::test]
async fn s56_every_scope_can_be_granted_and_no_other_asked_for() {
    let mut scene = Scene::new().await;
    let scopes = words(&document().await, "scopes_supported");
    scene.notes = scene.gatelet.confidential_but(json!({"scope": scopes.join(" ")})).await;
    for scope in scopes {
        let tokens = scene.tokens(&scope).await;
        assert_eq!(tokens.scope, scope);
    }
    let url = scene.notes.authorization_url();
    for (scope, reason) in [
        ("openid address", "scope not registered for the client"),
        ("notes", "scope not registered for the client"),
        ("all", "scope not registered for the client"),
        ("admin", "scope not registered for the client"),
        ("authorize", "scope not registered for the client"),
        ("notes:read\"", "scope malformed"),
    ] {
        let callback = scene.browser.authorize(&url.clone().scope(scope)).await.callback();
        callback.is_refused("invalid_scope", reason);
    }
}

/// The claims listed are those that an ID token and userinfo hold between them.
#[tokio::test]
async fn s56_every_claim_is_told_somewhere_and_no_other() {
    let document = document().await;
    let mut scene = Scene::new().await;
    scene.gatelet.table.clock.advance(Seconds(1));
    let customer = scene.gatelet.customer("mycustomer").await.short_name;
    scene.gatelet.change(&scene.alice, |user| user.customer = Some(customer)).await;
    let tokens = scene.tokens("openid profile email phone groups customer clientip").await;
    let (id, info) =
        (scene.notes.verify(tokens.id()).await, scene.gatelet.userinfo(&tokens.access).await.json());
    let mut told: Vec<String> =
        [id, info].iter().flat_map(|told| told.as_object().unwrap().keys().cloned()).collect();
    told.sort_unstable();
    told.dedup();
    let mut listed = words(&document, "claims_supported");
    listed.sort_unstable();
    assert_eq!(told, listed);
}
