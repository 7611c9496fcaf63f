//! The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6, OpenID Connect Core section 3.1.3).

use domain::Owner;
use domain::grant::{Access, Redemption, RedemptionRefusal, RedirectUriDigest, Refresh};
use domain::id::RequestId;
use domain::secret::Code;
use domain::token::Token as OpaqueToken;
use oauth::pkce::CodeChallenge;
use oauth::words::GrantType;
use oauth::{ErrorCode, Parameters, Refusal};

use super::{Denied, Token, TokenResponse};
use crate::audit::Event;
use crate::caller::Caller;

/// A code to be redeemed.
pub(super) struct Request {
    code: OpaqueToken<Code>,
    redirect_uri: Option<RedirectUriDigest>,
    challenge: Option<CodeChallenge>,
}

impl Request {
    /// Reads the form. A code that can't ever have been issued is refused here, without a read: one of a client's own grant, too.
    pub(super) fn parse(form: &Parameters) -> Result<Self, Refusal> {
        let code = form.require("code", "code missing", "code is required.")?;
        let code = OpaqueToken::<Code>::parse(code)
            .filter(|code| matches!(code.keys.owner, Owner::User(_)))
            .ok_or(Refusal::new(ErrorCode::InvalidGrant, "code malformed"))?;
        let redirect_uri = form.get("redirect_uri").map(RedirectUriDigest::of);
        let challenge = form.get("code_verifier").map(CodeChallenge::of_verifier).transpose()?;
        Ok(Self { code, redirect_uri, challenge })
    }

    /// Decides, commits and mints in one write. "The client MUST NOT use the authorization code more than once."
    ///
    /// Nothing is read before. Whoever signed out, was shut out or lost a function since the code was issued makes tokens that are good for
    /// nothing: each use is judged by how things stand then.
    pub(super) async fn redeem(self, endpoint: &Token, caller: &Caller) -> Result<TokenResponse, Denied> {
        let (now, lifetimes) =
            (endpoint.ambient.now(), caller.lifetimes(&endpoint.ambient.settings.lifetimes));
        let entropy = endpoint.ambient.entropy.as_ref();
        // The gateway's name for a request is for logs, and need not be unique: `sam local` has one for all.
        let request = RequestId::generate(entropy);
        let redemption = Redemption {
            code: &self.code,
            client: caller.id,
            redirect_uri: self.redirect_uri,
            challenge: self.challenge,
            request: &request,
        };
        let access_token = OpaqueToken::generate(self.code.keys, entropy);
        let refresh_token = caller.grant_types.contains(&GrantType::RefreshToken);
        let refresh_token = refresh_token.then(|| OpaqueToken::generate(self.code.keys, entropy));
        let access = Access {
            token: access_token.digest(),
            issued_at: now,
            expires_at: now + lifetimes.access_token,
            narrowed: None,
        };
        let refresh = refresh_token.as_ref().map(|token| Refresh {
            token: token.digest(),
            expires_at: now + lifetimes.refresh_idle,
            rotation: None,
        });
        let redeemed = endpoint.grants.redeem(&redemption, &access, refresh.as_ref(), now).await?;
        if matches!(redeemed, Ok(_) | Err(RedemptionRefusal::Redeemed)) {
            tracing::Span::current().record("user.id", tracing::field::display(self.code.keys.owner));
        }
        let grant = redeemed.map_err(|refusal| match refusal {
            RedemptionRefusal::Redeemed => Denied::Replayed(self.code.keys, refusal.into()),
            _ => Refusal::from(refusal).into(),
        })?;
        Event::TokenIssued { grant: &grant, grant_type: GrantType::AuthorizationCode }.record();
        // What the grant says of it is known only now. A refresh token that was minted and is not handed out is nobody's.
        let refresh_token = refresh_token.filter(|_| caller.outlasts_sessions() || grant.may_be_refreshed());
        Ok(endpoint.respond(caller, &grant, &access_token, refresh_token.as_ref()).await?)
    }
}
