//! What an authorization is answered with: a code, or tokens at once (RFC 6749 sections 4.1.2 and 4.2.2, OpenID Connect Core section
//! 3.2.2.5).

use domain::authorization::{AuthorizationRequest, Granting};
use domain::claims::Told;
use domain::client::Client;
use domain::grant::Grant;
use domain::time::Seconds;
use domain::user::User;
use oauth::Scope;
use oauth::words::{GrantType, ResponseType};

use super::Authorize;
use crate::audit::Event;
use crate::error::Failure;
use crate::id_token::Statement;

/// A code, or tokens.
#[derive(Default)]
pub(super) struct HandedOut {
    pub code: Option<String>,
    pub access: Option<HandedOutToken>,
    pub id_token: Option<String>,
}

/// An access token, and what is said of it.
pub(super) struct HandedOutToken {
    pub text: String,
    expires_in: String,
    scope: String,
}

impl HandedOut {
    /// The parameters of the answer.
    pub(super) fn parameters(&self) -> Vec<(&str, &str)> {
        let code = self.code.iter().map(|code| ("code", code.as_str()));
        let access = self.access.iter().flat_map(|access| {
            [
                ("access_token", access.text.as_str()),
                ("token_type", "Bearer"),
                ("expires_in", &access.expires_in),
                ("scope", &access.scope),
            ]
        });
        let id_token = self.id_token.iter().map(|token| ("id_token", token.as_str()));
        code.chain(access).chain(id_token).collect()
    }
}

impl HandedOutToken {
    fn new(text: String, expires_in: Seconds, scope: &Scope) -> Self {
        Self { text, expires_in: expires_in.0.to_string(), scope: scope.to_string() }
    }
}

impl Authorize {
    /// Answers a request that `client` may make and the user has granted: one write, or none where an ID token is all of it.
    pub(super) async fn hand_out(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        granting: Granting<'_>,
    ) -> Result<HandedOut, Failure> {
        let (lifetimes, now) = (&client.lifetimes(&self.ambient.settings.lifetimes), self.ambient.now());
        let granting = granting.to(client);
        let entropy = self.ambient.entropy.as_ref();
        if request.response_type == ResponseType::Code {
            let (grant, code) = request.issue(granting, lifetimes, now, entropy);
            self.grants.issue(&grant).await?;
            return Ok(HandedOut { code: Some(code.to_text()), ..HandedOut::default() });
        }
        let (grant, token) = request.issue_token(granting, lifetimes, now, entropy);
        tracing::Span::current().record("grant.type", GrantType::Implicit.as_str());
        let access = request.response_type.has_access_token().then(|| {
            let text = token.to_text(granting.user.username.as_str());
            HandedOutToken::new(text, lifetimes.access_token, &grant.scope)
        });
        let id_token = match request.response_type.has_id_token() {
            true => Some(self.id_token(client, &grant, granting.user, access.as_ref()).await?),
            false => None,
        };
        if access.is_some() {
            self.grants.issue(&grant).await?;
            Event::TokenIssued { grant: &grant, grant_type: GrantType::Implicit }.record();
        } else {
            Event::IdTokenIssued { grant: &grant }.record();
        }
        Ok(HandedOut { code: None, access, id_token })
    }

    /// An ID token. It carries the claims of the scopes itself where no access token comes with it that they could be asked for with
    /// (OpenID Connect Core section 5.4).
    async fn id_token(
        &self,
        client: &Client,
        grant: &Grant,
        user: &User,
        access: Option<&HandedOutToken>,
    ) -> Result<String, Failure> {
        let none = Scope::default();
        let told = Told {
            user,
            client,
            scope: if access.is_some() { &none } else { &grant.scope },
            limit: grant.limit.as_ref(),
            address: grant.address,
        };
        let statement = Statement {
            client,
            subject: grant.keys.owner,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            access_token: access.map(|access| access.text.as_str()),
            claims: self.claims.tell(&told).await?,
        };
        self.id_tokens.mint(statement).await
    }
}
