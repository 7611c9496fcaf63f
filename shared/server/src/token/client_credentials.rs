//! The client credentials grant (RFC 6749 section 4.4): a token that a client holds for itself.

use domain::grant::{Access, Active, Grant, State};
use domain::token::{GrantKeys, Token as OpaqueToken};
use domain::{GrantId, Owner};
use oauth::words::GrantType;
use oauth::{ErrorCode, Parameters, Refusal, Scope};

use super::{Token, TokenResponse};
use crate::audit::Event;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Failure;

/// A token wanted for the client itself.
pub(super) struct Request {
    scope: Option<Scope>,
}

impl Request {
    /// Reads the form.
    pub(super) fn parse(form: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { scope: form.get("scope").map(Scope::parse).transpose()? })
    }

    /// Issues a token without a refresh token: "A refresh token SHOULD NOT be included." (section 4.4.3)
    pub(super) async fn issue(
        self,
        endpoint: &Token,
        caller: &Caller,
        context: &Context,
    ) -> Result<TokenResponse, Failure> {
        // "The client credentials grant type MUST only be used by confidential clients." A public one may be registered for it all the
        // same: for users who ask in its place, as Argus has it.
        if caller.is_public() {
            let refusal =
                Refusal::new(ErrorCode::UnauthorizedClient, "public client asks for a token of its own");
            return Err(refusal.into());
        }
        let (now, settings) = (endpoint.ambient.now(), &endpoint.ambient.settings);
        // What is said of users can't be said of a client.
        let allowed = caller.permitted_scope(settings).without(&settings.user_scope());
        let scope = match self.scope {
            None => allowed,
            Some(scope) if scope.is_within(&allowed) => scope,
            Some(_) => return Err(Refusal::new(ErrorCode::InvalidScope, "scope not the client's own").into()),
        };
        let entropy = endpoint.ambient.entropy.as_ref();
        let keys =
            GrantKeys { owner: Owner::Client(caller.id), session: None, grant: GrantId::generate(entropy) };
        let token = OpaqueToken::generate(keys, entropy);
        let expires_at = now + caller.lifetimes(&settings.lifetimes).access_token;
        let access = Access { token: token.digest(), issued_at: now, expires_at, narrowed: None };
        let grant = Grant {
            keys,
            client: caller.id,
            username: None,
            scope,
            auth_time: None,
            nonce: None,
            address: context.address,
            limit: None,
            ends_at: expires_at,
            state: State::Active(Active { redeemed: None, access, previous_access: None, refresh: None }),
        };
        endpoint.grants.issue(&grant).await?;
        Event::TokenIssued { grant: &grant, grant_type: GrantType::ClientCredentials }.record();
        endpoint.respond(caller, &grant, &token, None).await
    }
}
