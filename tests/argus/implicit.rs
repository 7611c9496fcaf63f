//! Tokens straight from the authorization endpoint, for clients that an administrator allows them (RFC 6749 section 4.2, OpenID Connect
//! Core section 3.2).

use domain::ClientId;
use domain::claims::{ClaimProvider, ClaimSource};
use domain::name::CustomerName;
use domain::time::Seconds;
use oauth::words::GrantType;
use testkit::Fault;
use testkit::actors::{AuthorizationUrl, Browser, Callback, Client, Gatelet, Person};

const REQUIRED: &str = "myAccessFunction";

/// Alice, signed in, and an application that may ask for tokens so.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    desk: Client,
    browser: Browser,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        gatelet.function_of(REQUIRED, &[]).await;
        let desk = gatelet.bounded_client_but("desk", REQUIRED, REQUIRED, |client| {
            client.grant_types.insert(GrantType::Implicit);
        });
        let (desk, alice) = (desk.await, gatelet.person("alice").await);
        gatelet.grant(&alice, REQUIRED, None).await;
        let mut browser = gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&alice).await.page();
        let _ = gatelet.writes();
        Self { gatelet, alice, desk, browser }
    }

    fn asked(&self, response_type: &str) -> AuthorizationUrl {
        self.desk.authorization_url().without_pkce().with("response_type", response_type)
    }

    async fn answered(&mut self, asked: &AuthorizationUrl) -> Callback {
        self.browser.authorize(asked).await.callback()
    }
}

fn names(callback: &Callback) -> Vec<&str> {
    callback.parameters.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn s15_an_access_token_comes_in_the_fragment_and_alone() {
    let mut scene = Scene::new().await;
    let asked = scene.asked("token").scope("openid profile offline_access");
    let callback = scene.answered(&asked).await;
    assert!(callback.address.starts_with("https://desk.example/callback#access_token="), "{callback:?}");
    assert_eq!(names(&callback), ["access_token", "token_type", "expires_in", "scope", "state", "iss"]);
    let told = ["token_type", "expires_in", "scope", "iss"].map(|name| callback.get(name).unwrap());
    assert_eq!(told, ["Bearer", "300", "openid profile", "https://id.example"]);
    assert_eq!(callback.get("state"), asked.get("state"));
    assert_eq!(scene.gatelet.writes(), ["PutItem"]);

    let token = callback.get("access_token").unwrap();
    assert!(token.starts_with("alice/gtla_"), "{token}");
    assert_eq!(scene.gatelet.userinfo(token).await.status(), 200);
    assert!(scene.desk.is_active(token).await);
    scene.gatelet.table.clock.advance(Seconds::minutes(5));
    assert!(!scene.desk.is_active(token).await);
}

#[tokio::test]
async fn s15_what_a_user_signs_out_of_is_over() {
    let mut scene = Scene::new().await;
    let callback = scene.answered(&scene.asked("token")).await;
    let token = callback.get("access_token").unwrap().to_owned();
    assert!(scene.desk.is_active(&token).await);
    scene.browser.sign_out().await.page();
    assert!(!scene.desk.is_active(&token).await);
}

#[tokio::test]
async fn s15_an_id_token_alone_needs_openid_and_nonce_and_writes_nothing() {
    let mut scene = Scene::new().await;
    let asked = scene.asked("id_token");
    let callback = scene.answered(&asked).await;
    assert_eq!(names(&callback), ["id_token", "state", "iss"]);
    let claims = scene.desk.verify(callback.get("id_token").unwrap()).await;
    assert_eq!((claims["nonce"].as_str(), claims.get("at_hash")), (asked.get("nonce"), None));
    assert_eq!(claims["sub"].as_str(), Some(scene.alice.id.to_string().as_str()));
    assert_eq!(scene.gatelet.writes(), [""; 0]);

    for kind in ["id_token", "id_token token", "token id_token"] {
        let callback = scene.answered(&scene.asked(kind).without("nonce")).await;
        callback.is_refused("invalid_request", "nonce missing");
        let callback = scene.answered(&scene.asked(kind).scope("profile")).await;
        callback.is_refused("invalid_scope", "ID token without openid");
        assert!(callback.address.starts_with("https://desk.example/callback#error="), "{callback:?}");
        assert_eq!(callback.get("iss"), Some("https://id.example"));
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s15_both_in_either_order_are_bound_to_each_other() {
    let mut scene = Scene::new().await;
    for kind in ["id_token token", "token id_token"] {
        let callback = scene.answered(&scene.asked(kind)).await;
        let expected = ["access_token", "token_type", "expires_in", "scope", "id_token", "state", "iss"];
        assert_eq!(names(&callback), expected, "{kind}");
        let claims = scene.desk.verify(callback.get("id_token").unwrap()).await;
        let at_hash = jose::at_hash(callback.get("access_token").unwrap());
        assert_eq!(claims["at_hash"].as_str(), Some(at_hash.as_str()));
    }
}

#[tokio::test]
async fn s15_tokens_never_travel_in_a_query() {
    let mut scene = Scene::new().await;
    for kind in ["token", "id_token", "id_token token"] {
        let callback = scene.answered(&scene.asked(kind).with("response_mode", "query")).await;
        callback.is_refused("invalid_request", "response_mode not served");
        assert!(callback.address.starts_with("https://desk.example/callback#error="), "{callback:?}");
        let callback = scene.answered(&scene.asked(kind).with("response_mode", "form_post")).await;
        assert_eq!((callback.method.as_str(), callback.address.contains(['#', '?'])), ("POST", false));
        assert!(callback.get("access_token").or(callback.get("id_token")).is_some());
        assert_eq!(callback.get("refresh_token"), None);
    }
}

#[tokio::test]
async fn s15_only_who_is_allowed_to_may_ask_and_nobody_mixes() {
    let mut scene = Scene::new().await;
    let other = scene.gatelet.bounded_client("other", REQUIRED, REQUIRED).await;
    for kind in ["token", "id_token", "id_token token"] {
        let asked = other.authorization_url().with("response_type", kind);
        let callback = scene.browser.authorize(&asked).await.callback();
        callback.is_refused("unauthorized_client", "grant type is not registered for the client");
        assert!(callback.address.starts_with("https://other.example/callback#error="), "{callback:?}");
        assert_eq!(callback.get("state"), asked.get("state"));
    }
    for kind in ["code token", "code id_token", "code id_token token", "token token", "none"] {
        let callback = scene.answered(&scene.asked(kind)).await;
        callback.is_refused("unsupported_response_type", "response_type not served");
        assert_eq!(callback.address.contains('#'), kind != "none", "{kind}");
    }
    // Who is allowed to may still ask for a code.
    let asked = scene.desk.authorization_url();
    let callback = scene.answered(&asked).await;
    scene.desk.redeem(&asked, callback.code()).await.tokens();
}

#[tokio::test]
async fn s15_who_is_not_signed_in_or_not_let_in_gets_no_token() {
    let mut scene = Scene::new().await;
    let page = scene.gatelet.browser().authorize(&scene.asked("token")).await.page();
    assert!(page.title.starts_with("Sign in"), "{}", page.title);
    let mistaken = scene.gatelet.browser().authorize(&scene.asked("id_token").without("nonce")).await.page();
    assert_eq!((mistaken.answer.reason(), mistaken.answer.location()), (Some("nonce missing"), None));
    let silent = scene.gatelet.browser().authorize(&scene.asked("token").with("prompt", "none")).await;
    let silent = silent.callback();
    silent.is_refused("login_required", "prompt=none and no fresh session");
    assert!(silent.address.contains("#error=login_required"), "{silent:?}");

    scene.gatelet.change(&scene.alice, |user| user.functions.globally.clear()).await;
    let page = scene.browser.authorize(&scene.asked("token")).await.page();
    assert_eq!(page.answer.status(), 403);
    assert!(page.link("Back to the application").contains("#error=access_denied&"));
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

/// Claims go where they can be had: with the access token from userinfo, and without one in the ID token itself (OpenID Connect Core
/// section 5.4). What the client defines for itself is in either.
#[tokio::test]
async fn an_id_token_alone_carries_the_claims_of_its_scopes() {
    let mut scene = Scene::new().await;
    scene.gatelet.customer("mycustomer").await;
    let domain = scene.gatelet.domain("north").await;
    let name = CustomerName::parse("mycustomer").unwrap();
    scene
        .gatelet
        .change(&scene.alice, |user| (user.customer, user.domain) = (Some(name), domain.name.clone()))
        .await;
    let own = scene.gatelet.bounded_client_but("own", REQUIRED, REQUIRED, |client| {
        client.grant_types.insert(GrantType::Implicit);
        client.custom_claims = vec![ClaimProvider::CustomClaim {
            claim: ClaimSource::CustomerName,
            claim_name: "company".to_owned(),
        }];
    });
    let own = own.await;
    let asked = |kind| own.authorization_url().with("response_type", kind).scope("openid email customer");
    let alone = scene.answered(&asked("id_token")).await;
    let claims = own.verify(alone.get("id_token").unwrap()).await;
    let told = ["email", "customer_shortname", "company"].map(|name| claims[name].as_str());
    assert_eq!(told, [Some("alice@example.com"), Some("mycustomer"), Some("mycustomer of Example")]);
    assert_eq!(claims["domain_id"], serde_json::json!(domain.id));
    let both = scene.answered(&asked("id_token token")).await;
    let claims = own.verify(both.get("id_token").unwrap()).await;
    let told = ["email", "customer_shortname", "company"].map(|name| claims[name].as_str());
    assert_eq!(told, [None, None, Some("mycustomer of Example")]);
}

#[tokio::test]
async fn s15_what_is_not_allowed_any_more_is_refused_after_signing_in_too() {
    let scene = Scene::new().await;
    let id = ClientId::parse(&scene.desk.id).unwrap();
    let clients = &scene.gatelet.table.store.clients;
    let mut browser = scene.gatelet.browser();
    browser.authorize(&scene.asked("token")).await.page();
    let before = clients.find(id).await.unwrap().unwrap();
    let mut after = domain::client::Client { version: before.version + 1, ..before.clone() };
    after.grant_types.remove(&GrantType::Implicit);
    clients.change(&before, &after).await.unwrap();
    let callback = browser.sign_in(&scene.alice).await.callback();
    callback.is_refused("unauthorized_client", "grant type is not registered for the client");
    assert!(callback.address.starts_with("https://desk.example/callback#error="), "{callback:?}");
}

#[tokio::test]
async fn s15_no_token_is_handed_out_that_was_not_written() {
    let mut scene = Scene::new().await;
    scene.gatelet.table.faults.always("PutItem", Fault::Throttled);
    for kind in ["token", "id_token token"] {
        let callback = scene.answered(&scene.asked(kind)).await;
        assert_eq!(names(&callback), ["error", "error_description", "state", "iss"]);
        assert_eq!(callback.get("error"), Some("temporarily_unavailable"));
    }
}

#[tokio::test]
async fn tokens_at_once_cost_as_much_as_a_code_and_an_id_token_alone_no_write() {
    let mut scene = Scene::new().await;
    let _ = scene.gatelet.spent();
    scene.answered(&scene.asked("id_token token")).await;
    // The first one of a sandbox looks for the signing keys: most sandboxes never sign.
    assert_eq!(scene.gatelet.spent(), (3, 5.0, 1.0));
    scene.answered(&scene.asked("id_token token")).await;
    assert_eq!(scene.gatelet.spent(), (2, 4.0, 1.0));
    scene.answered(&scene.asked("id_token")).await;
    assert_eq!(scene.gatelet.spent(), (1, 4.0, 0.0));
}

#[tokio::test]
async fn all_the_way_through_the_browser() {
    let scene = Scene::new().await;
    let asked = scene.asked("id_token token").with("prompt", "consent");
    let callback = scene.gatelet.browser().grant(&asked, &scene.alice).await;
    assert_eq!(callback.get("state"), asked.get("state"));
    assert!(scene.desk.is_active(callback.get("access_token").unwrap()).await);
}
