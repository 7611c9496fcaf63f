//! Where most of these tests begin: the service, a person with a browser, and an application.

use domain::time::Seconds;
use serde_json::json;
use testkit::actors::{AuthorizationUrl, Browser, Client, Gatelet, Person, Tokens};

/// A scope that outlives the session.
pub const LASTING: &str = "openid offline_access notes:read notes:write";

/// The service, Alice at her browser, and Notes, which keeps a secret and may use every grant type.
pub struct Scene {
    pub gatelet: Gatelet,
    pub alice: Person,
    pub browser: Browser,
    pub notes: Client,
}

impl Scene {
    pub async fn new() -> Self {
        Self::at(Gatelet::start().await).await
    }

    pub async fn at(gatelet: Gatelet) -> Self {
        let (alice, notes) = (gatelet.person("alice").await, gatelet.confidential().await);
        Self { alice, notes, browser: gatelet.browser(), gatelet }
    }

    /// Another application that keeps a secret.
    pub async fn other(&self) -> Client {
        let own = json!({"client_name": "Other", "redirect_uris": ["https://other.example/callback"]});
        self.gatelet.confidential_but(own).await
    }

    /// A code for Notes, and the request that it answers.
    pub async fn code(&mut self, scope: &str) -> (AuthorizationUrl, String) {
        let notes = self.notes.clone();
        self.code_for(&notes.authorization_url().scope(scope)).await
    }

    /// A code in answer to a request, of whichever application.
    pub async fn code_for(&mut self, asked: &AuthorizationUrl) -> (AuthorizationUrl, String) {
        let callback = self.browser.grant(asked, &self.alice).await;
        let code = callback.code().to_owned();
        drop(self.gatelet.table.recorder.take());
        (asked.clone(), code)
    }

    /// Tokens for Notes.
    pub async fn tokens(&mut self, scope: &str) -> Tokens {
        let tokens = self.notes.tokens(&mut self.browser, &self.alice, scope).await;
        drop(self.gatelet.table.recorder.take());
        tokens
    }

    /// Tokens for Notes that outlive the session.
    pub async fn lasting(&mut self) -> Tokens {
        self.tokens(LASTING).await
    }

    /// Lets time pass.
    pub fn advance(&self, length: Seconds) {
        self.gatelet.table.clock.advance(length);
    }

    /// Holds tokens of Notes to be dead, whoever is asked.
    pub async fn is_over(&self, tokens: &Tokens) {
        let answer = self.gatelet.userinfo(&tokens.access).await;
        assert_eq!(answer.status(), 401, "{answer:?}");
        // A client without a secret has no say in introspection.
        let asks = self.notes.secret.is_some();
        assert!(!asks || !self.notes.is_active(&tokens.access).await, "the access token lives");
        if let Some(refresh) = &tokens.refresh {
            assert!(!asks || !self.notes.is_active(refresh).await, "the refresh token lives");
            let answer = self.notes.refresh(refresh).await;
            assert_eq!(answer.member("error").as_deref(), Some("invalid_grant"), "{answer:?}");
        }
    }

    /// Holds tokens of Notes to be good.
    pub async fn goes_on(&self, tokens: &Tokens) {
        assert!(self.notes.is_active(&tokens.access).await, "the access token is dead");
        if let Some(refresh) = &tokens.refresh {
            assert!(self.notes.is_active(refresh).await, "the refresh token is dead");
        }
    }
}
