//! Where the token endpoint's tests begin: Alice, whom the portal lets in, and a script of hers.

use testkit::actors::{Browser, Client, Gatelet, Person, Request, Tokens};

/// The token endpoint where Argus has it.
pub const TOKEN: &str = "/authentication/v1/oauth/token";
/// The same where the RFCs have it, by our own choice.
pub const STANDARD: &str = "/oauth2/token";

/// The service, Alice, who holds the function that the portal requires, and a key for her scripts.
pub struct Scene {
    pub gatelet: Gatelet,
    pub alice: Person,
    pub key: String,
    pub portal: Client,
}

impl Scene {
    pub async fn new() -> Self {
        let gatelet = Gatelet::with(|settings| settings.codes_without_pkce = true).await;
        gatelet.function_of("DATASTORE-VIEWER", &["viewData"]).await;
        gatelet.function_of("myAccessFunction", &["viewData", "changeData"]).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "myAccessFunction", None).await;
        let portal = gatelet.bounded_client("portal", "myAccessFunction", "DATASTORE-VIEWER").await;
        Self { key: gatelet.api_key(&alice).await, alice, portal, gatelet }
    }

    /// A script that asks for a token that it can hand to a client: who it is, is still to be said.
    pub fn script(&self, client: &Client) -> Request {
        self.gatelet.post(TOKEN).with("client_id", &client.id).with("grant_type", "client_credentials")
    }

    /// The same with Alice's key, for the portal.
    pub fn by_key(&self) -> Request {
        self.script(&self.portal).header("Argus-API-Key", &self.key)
    }

    /// A browser that Alice is signed in with, and its session.
    pub async fn signed_in(&self) -> (Browser, String) {
        let mut browser = self.gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&self.alice).await.page();
        let session = browser.cookies.get("__Host-gatelet-session").expect("a session").to_owned();
        drop(self.gatelet.table.recorder.take());
        (browser, session)
    }

    /// Tokens that Alice has let the portal have.
    pub async fn tokens(&self, scope: &str) -> Tokens {
        let tokens = self.portal.tokens(&mut self.gatelet.browser(), &self.alice, scope).await;
        drop(self.gatelet.table.recorder.take());
        tokens
    }

    /// Lets Alice lose every function.
    pub async fn strip(&self) {
        self.gatelet.change(&self.alice, |user| user.functions = Default::default()).await;
    }
}
