//! The address that an application sends a browser to (RFC 6749 section 4.1.1, RFC 7636 section 4.3).

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Entropy;
use oauth::metadata::paths;
use url::form_urlencoded::Serializer;

use super::{Client, Gatelet};

/// An authorization request, ordinary until a test changes it. Its text is the address.
#[derive(Clone, Debug)]
pub struct AuthorizationUrl {
    endpoint: String,
    parameters: Vec<(String, String)>,
    verifier: String,
}

impl AuthorizationUrl {
    pub(super) fn new(gatelet: &Gatelet, client: &Client) -> Self {
        let entropy: &dyn Entropy = &gatelet.table.entropy;
        let fresh = || URL_SAFE_NO_PAD.encode(entropy.bytes::<32>());
        let verifier = fresh();
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let parameters = [
            ("response_type", "code".to_owned()),
            ("client_id", client.id.clone()),
            ("redirect_uri", client.redirect_uri.clone()),
            ("scope", "openid".to_owned()),
            ("state", fresh()),
            ("nonce", fresh()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { endpoint: gatelet.at(paths::AUTHORIZE), parameters, verifier }
    }

    /// With this parameter, in the place of what it was before.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With this parameter, whether or not it is there already.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// Without PKCE.
    #[must_use]
    pub fn without_pkce(self) -> Self {
        self.without("code_challenge").without("code_challenge_method")
    }

    /// Asking for this scope.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    /// A parameter, where it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        self.parameters.clone()
    }

    /// What answers the challenge.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.verifier
    }
}

impl fmt::Display for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
        write!(f, "{}?{query}", self.endpoint)
    }
}
