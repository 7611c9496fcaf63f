//! Every endpoint that users call in person, with each kind of credential that says who they are.

use serde_json::json;
use testkit::actors::{Client, Gatelet, Person, Request, Signer};

/// A user who may do everything, with everything that proves who that is.
struct Scene {
    gatelet: Gatelet,
    portal: Client,
    root: Person,
    signer: Signer,
    key: String,
    session: String,
    access: String,
}

/// What a request can be made with, in the order of [`Scene::credentials`].
const KINDS: [&str; 4] = ["API key", "session", "signed JWT", "access token"];

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let root = gatelet.administrator("root").await;
        let portal = gatelet.bounded_client("portal", "administrator", "administrator").await;
        let access = portal.tokens(&mut gatelet.browser(), &root, "openid").await.access;
        let mut browser = gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&root).await.page();
        let session = browser.cookies.get("__Host-gatelet-session").unwrap().to_owned();
        let (key, signer) = (gatelet.api_key(&root).await, gatelet.signer(&root).await);
        Self { gatelet, portal, root, signer, key, session, access }
    }

    /// A call of each endpoint, without credentials.
    fn calls(&self) -> [Request; 5] {
        let token = self.gatelet.post("/authentication/v1/oauth/token");
        let authorize = json!({"clientID": self.portal.id, "redirectURI": self.portal.redirect_uri, "responseType": ["code"]});
        [
            self.gatelet.get("/authentication/v1/oauth/client"),
            self.gatelet.get("/authentication/v1/apikey"),
            self.gatelet.get("/directory/v1/user"),
            token.with("grant_type", "client_credentials").with("client_id", &self.portal.id),
            self.gatelet.post("/authentication/v1/oauth/authorize").json(&authorize),
        ]
    }

    /// The request with each kind of credential.
    fn credentials(&self, call: &Request) -> [Request; 4] {
        [
            call.clone().header("Argus-API-Key", &self.key),
            call.clone().bearer(&self.session),
            call.clone().bearer(&self.signer.jwt()),
            call.clone().bearer(&self.access),
        ]
    }
}

#[tokio::test]
async fn each_endpoint_knows_users_by_each_kind_of_credential() {
    let scene = Scene::new().await;
    for call in scene.calls() {
        for (kind, call) in KINDS.iter().zip(scene.credentials(&call)) {
            let answer = call.await;
            // What a client may do in a user's name is for each endpoint to say; that it is known at all shows in the reason.
            let reason = answer.reason().unwrap_or_default();
            let unknown =
                ["malformed", "unknown", "wrong", "expired", "neither"].map(|word| reason.contains(word));
            let known = answer.status() != 401 || *kind == "access token" && unknown == [false; 5];
            assert!(known && answer.status() < 500, "{kind}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn no_endpoint_knows_users_who_may_not_act() {
    let scene = Scene::new().await;
    scene.gatelet.change(&scene.root, |user| user.blocked = true).await;
    for call in scene.calls() {
        for (kind, call) in KINDS.iter().zip(scene.credentials(&call)) {
            assert_eq!(call.await.status(), 401, "{kind}");
        }
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn nobody_is_two_people_at_once() {
    let scene = Scene::new().await;
    let call = scene.gatelet.get("/authentication/v1/apikey");
    for twice in [
        call.clone().bearer(&scene.session).and_header("authorization", format!("Bearer {}", scene.access)),
        call.clone().header("Argus-API-Key", &scene.key).and_header("Argus-API-Key", &scene.key),
    ] {
        let answer = twice.await;
        assert_eq!((answer.status(), answer.reason()), (401, Some("credentials sent twice")));
    }
    let answer = call.header("authorization", "Basic cm9vdDpyb290").await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("neither API key nor bearer token")));
}
