//! Introspection as Argus's clients use it: at both of its paths, with the secret in either place, about a session that has bounds.

use domain::name::CustomerName;
use serde_json::json;
use testkit::actors::{Client, Gatelet, Person, Request, SECRET, Tokens};

const PATHS: [&str; 2] = ["/oauth2/introspect", "/authentication/v1/oauth/token/introspect"];

/// Alice, who reads and writes, and the portal, which is handed only what readers may do.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    portal: Client,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        gatelet.function_of("reader", &["viewThings", "listThings"]).await;
        gatelet.function_of("writer", &["viewThings", "changeThings"]).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "reader", None).await;
        gatelet.grant(&alice, "writer", None).await;
        let portal = gatelet.bounded_client("portal", "reader", "reader").await;
        Self { gatelet, alice, portal }
    }

    async fn tokens(&self, client: &Client) -> Tokens {
        client.tokens(&mut self.gatelet.browser(), &self.alice, "openid").await
    }

    /// A token asked after in every way that the portal may ask.
    fn asked(&self, token: &str) -> Vec<Request> {
        let ways = |path: &str| {
            let call = || self.gatelet.post(path).with("token", token);
            let form = call().with("client_id", &self.portal.id).with("client_secret", SECRET);
            [call().basic(&self.portal.id, SECRET), form]
        };
        PATHS.into_iter().flat_map(ways).collect()
    }
}

#[tokio::test]
async fn a_bounded_client_is_told_what_its_user_lets_it_do() {
    let scene = Scene::new().await;
    let tokens = scene.tokens(&scene.portal).await;
    for request in scene.asked(&tokens.access) {
        assert_eq!(
            request.await.json(),
            json!({
                "active": true,
                "scope": "openid",
                "client_id": scene.portal.id,
                "username": "alice",
                "token_type": "Bearer",
                "exp": (testkit::clock::START + scene.gatelet.settings().lifetimes.access_token).0,
                "sub": scene.alice.id,
                "aud": scene.portal.id,
                "iss": "https://id.example",
                "permissions": ["listThings", "viewThings"],
            })
        );
    }
}

#[tokio::test]
async fn whoever_is_let_in_with_nothing_to_do_is_told_so() {
    let scene = Scene::new().await;
    scene.gatelet.function_of("nothing", &[]).await;
    let customer = CustomerName::parse("mycustomer").unwrap();
    let idle = scene
        .gatelet
        .bounded_client_but("idle", "reader", "nothing", |client| {
            client.bounds.as_mut().unwrap().customer = Some(customer);
        })
        .await;
    let token = scene.tokens(&idle).await.access;
    let answer = idle.introspect(&token).await.json();
    assert_eq!((&answer["permissions"], &answer["customer"]), (&json!([]), &json!("mycustomer")));
}

#[tokio::test]
async fn s47_a_token_is_active_for_no_other_client() {
    let scene = Scene::new().await;
    let other = scene.gatelet.bounded_client("other", "reader", "reader").await;
    let tokens = scene.tokens(&other).await;
    for token in [&tokens.access, tokens.refresh()] {
        for request in scene.asked(token) {
            let answer = request.await;
            assert_eq!((answer.status(), answer.text()), (200, r#"{"active":false}"#));
            assert_eq!(answer.reason(), Some("token of another client"));
        }
    }
}

#[tokio::test]
async fn s47_argus_path_asks_who_calls() {
    let scene = Scene::new().await;
    let public = scene.gatelet.public().await;
    let tokens = scene.tokens(&scene.portal).await;
    let call = || scene.gatelet.post(PATHS[1]).with("token", &tokens.access);
    for (request, reason) in [
        (call(), "no client named"),
        (call().basic(&scene.portal.id, "wrong"), "client secret is wrong"),
        (
            call().with("client_id", &scene.portal.id),
            "client authentication method is not the registered one",
        ),
        (call().with("client_id", &public.id), "public client introspects"),
        (call().header("argus-api-key", scene.gatelet.api_key(&scene.alice).await), "no client named"),
    ] {
        request.await.is_refused(401, "invalid_client", reason);
    }
    let answer = scene.portal.post(PATHS[1]).await;
    answer.is_refused(400, "invalid_request", "token missing");
    assert_eq!(scene.gatelet.call(axum::http::Method::GET, PATHS[1]).await.status(), 405);
}

#[tokio::test]
async fn bounds_cost_nothing_while_functions_are_remembered() {
    let scene = Scene::new().await;
    let tokens = scene.tokens(&scene.portal).await;
    let portal = scene.portal.at(&scene.gatelet.sandbox().await);
    let _ = scene.gatelet.spent();
    assert!(portal.is_active(&tokens.access).await);
    // The client and the functions.
    assert_eq!(scene.gatelet.spent(), (3, 5.0, 0.0));
    for _ in 0..3 {
        assert!(portal.is_active(&tokens.access).await);
        assert_eq!(scene.gatelet.spent(), (1, 3.0, 0.0));
    }
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    assert!(portal.is_active(&tokens.access).await);
    assert_eq!(scene.gatelet.spent(), (3, 5.0, 0.0));
}
