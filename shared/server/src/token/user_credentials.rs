//! Argus's client credentials: a user's script asks for a token of the user's that a client is to be handed, by an API key, a session or a
//! signed JWT.
//!
//! The client is named and proves nothing; it learns of the token when the script brings it, and introspects it. Whatever is wrong with what
//! the user presents is `invalid_client`, the code that RFC 6749 section 5.2 has for an authentication that failed. The token ends with the
//! session where it is a session that asked; an API key or a JWT may be gone before the few minutes are over.

use axum::http::header::AUTHORIZATION;
use domain::client::Client;
use domain::grant::{Access, Active, Grant, State};
use domain::token::{GrantKeys, Token as OpaqueToken};
use domain::{GrantId, Owner, Settings};
use oauth::scope::{OFFLINE_ACCESS, OPENID};
use oauth::words::GrantType;
use oauth::{ErrorCode, Refusal, Scope};

use super::Token;
use super::argus::Five;
use crate::audit::Event;
use crate::body::Form;
use crate::context::Context;
use crate::error::Failure;
use crate::principal::Principal;

/// Whether a user asks: nobody presents a client's secret. A script's library may send the user's API key beside one all the same; the
/// secret says who asks.
pub(super) fn are_meant(form: &Form) -> bool {
    let is_basic =
        |header: &[u8]| header.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic"));
    let by_header = form.headers.get_all(AUTHORIZATION).iter().any(|header| is_basic(header.as_bytes()));
    !by_header && form.parameters.get("client_secret").is_none()
}

/// Issues a token of the user's for the client, without a refresh token.
pub(super) async fn issue(endpoint: &Token, form: &Form, context: &Context) -> Result<Five, Failure> {
    tracing::Span::current().record("grant.type", GrantType::ClientCredentials.as_str());
    let principal =
        endpoint.principals.authenticate(&form.headers, context).await.map_err(unauthenticated)?;
    if !principal.is_in_person() {
        return Err(Refusal::new(ErrorCode::InvalidClient, "an access token can't be exchanged").into());
    }
    let named = form.parameters.require("client_id", "client_id missing", "client_id is required.")?;
    let client = endpoint.callers.named(named).await?;
    if !client.admits(&principal.user, principal.limit.as_ref()) {
        let reason = "user lacks the function that the client requires";
        return Err(Refusal::new(ErrorCode::AccessDenied, reason).into());
    }
    client.may_use(GrantType::ClientCredentials)?;
    let asked = form.parameters.get("scope").map(Scope::parse).transpose()?;
    let wants_id_token = asked.as_ref().is_some_and(|scope| scope.contains(OPENID));
    let scope = scope(asked, &client, &endpoint.ambient.settings)?;
    let (token, grant) = mint(endpoint, &principal, (&client, scope), context);
    endpoint.grants.issue(&grant).await?;
    Event::TokenIssued { grant: &grant, grant_type: GrantType::ClientCredentials }.record();
    let access_token = token.to_text(principal.user.username.as_str());
    let id_token = match wants_id_token {
        true => Some(endpoint.id_token(&client, &grant, &access_token).await?),
        false => None,
    };
    Ok(Five {
        access_token,
        id_token,
        refresh_token: None,
        token_type: "Bearer",
        expires_in: endpoint.ambient.settings.lifetimes.access_token,
    })
}

fn unauthenticated(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refusal) if refusal.code == ErrorCode::InvalidToken => {
            Refusal { code: ErrorCode::InvalidClient, ..refusal }.into()
        }
        other => other,
    }
}

/// What is asked for, if the client is permitted all of it; otherwise that the client may know who the user is, where it is permitted that.
/// Nothing outlives anything here.
fn scope(asked: Option<Scope>, client: &Client, settings: &Settings) -> Result<Scope, Refusal> {
    let offline = Scope::parse(OFFLINE_ACCESS)?;
    let permitted = client.permitted_scope(settings).without(&offline);
    match asked {
        None => Ok(Scope::parse(OPENID)?.intersection(&permitted)),
        Some(scope) if scope.is_within(&permitted) => Ok(scope),
        Some(_) => Err(Refusal::new(ErrorCode::InvalidScope, "scope not permitted to the client")),
    }
}

fn mint(
    endpoint: &Token,
    principal: &Principal,
    (client, scope): (&Client, Scope),
    context: &Context,
) -> (OpaqueToken<domain::secret::AccessToken>, Grant) {
    let entropy = endpoint.ambient.entropy.as_ref();
    let now = endpoint.ambient.now();
    let expires_at = now + endpoint.ambient.settings.lifetimes.access_token;
    let keys = GrantKeys {
        owner: Owner::User(principal.user.id),
        session: principal.session,
        grant: GrantId::generate(entropy),
    };
    let token = OpaqueToken::generate(keys, entropy);
    let access = Access { token: token.digest(), issued_at: now, expires_at, narrowed: None };
    let grant = Grant {
        keys,
        client: client.id,
        username: Some(principal.user.username.clone()),
        scope,
        auth_time: None,
        nonce: None,
        address: context.address,
        limit: principal.limit.clone(),
        ends_at: expires_at,
        state: State::Active(Active { redeemed: None, access, previous_access: None, refresh: None }),
    };
    (token, grant)
}
