//! Signing out (OpenID Connect RP-Initiated Logout 1.0).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::ClientId;
use domain::secret::SessionToken;
use domain::token::{SessionKeys, Token};
use jose::{Expected, IdToken, verify};
use oauth::metadata::paths;
use oauth::{ErrorCode, Parameters, Refusal};
use pages::{Logout as LogoutPage, SignedOut};
use url::form_urlencoded::Serializer;

use super::Login;
use crate::audit::Event;
use crate::body::Asked;
use crate::cookies::{Cookie, session, signed_in};
use crate::error::Failure;
use crate::respond::{error_page, page, see_other, with_cookie};

const LOGOUT: &str = "logout form";
/// The parameters of a logout request that the form carries along (section 2).
const CARRIED: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

/// Asks whether to sign out.
pub(super) async fn show(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.confirm(parameters, &asked.headers).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// Signs out, if it is our own form that says so. An application may post here too, and is answered with the question.
pub(super) async fn submit(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.sign_out(parameters, &asked.headers).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

impl Login {
    async fn confirm(&self, parameters: &Parameters, headers: &HeaderMap) -> Result<Response, Failure> {
        let onward = self.onward(parameters).await?;
        let Some(cookie) = session(headers, self.issuer()) else { return Ok(self.signed_out(onward)) };
        let (found, user) = self.standing.visitor(cookie.keys).await?;
        let visitor = signed_in(Some(&cookie), found.as_ref(), user.as_ref(), self.ambient.now());
        let Some(visitor) = visitor else { return Ok(self.signed_out(onward)) };
        let fields: Vec<_> = CARRIED.iter().filter_map(|name| Some((*name, parameters.get(name)?))).collect();
        let shown = LogoutPage {
            service: &self.ambient.settings.service_name,
            action: paths::LOGOUT,
            csrf: &self.sealing.current().await?.mac(LOGOUT, &[cookie.to_text().as_bytes()]),
            username: Some(visitor.user.username.as_str()),
            fields: &fields,
            redirect_uri: onward.as_deref(),
        };
        Ok(page(StatusCode::OK, &shown))
    }

    async fn sign_out(&self, form: &Parameters, headers: &HeaderMap) -> Result<Response, Failure> {
        let onward = self.onward(form).await?;
        let Some(cookie) = session(headers, self.issuer()) else { return Ok(see_other(&by_get(form))) };
        let (csrf, parts) = (form.get("csrf").unwrap_or_default(), cookie.to_text());
        if !self.sealing.verify_mac(LOGOUT, &[parts.as_bytes()], csrf).await? {
            return self.confirm(form, headers).await;
        }
        self.end(&cookie).await?;
        Ok(self.signed_out(onward))
    }

    /// Ends the session, and with it every grant that depends on it.
    pub(super) async fn end(&self, cookie: &Token<SessionToken>) -> Result<(), Failure> {
        if self.sessions.end(cookie.keys, &cookie.digest()).await? {
            let SessionKeys { user, session } = cookie.keys;
            Event::SessionEnded { user, session, by: None }.record();
        }
        Ok(())
    }

    fn signed_out(&self, onward: Option<String>) -> Response {
        let response = match onward {
            Some(uri) => see_other(&uri),
            None => {
                let service = &self.ambient.settings.service_name;
                page(StatusCode::OK, &SignedOut { service, continue_to: None })
            }
        };
        with_cookie(response, Cookie::Session.clear(self.issuer()))
    }

    /// Where the browser goes afterwards: "the OP MUST NOT perform post-logout redirection" to any but a registered address, compared
    /// by "Simple String Comparison" (section 3).
    async fn onward(&self, parameters: &Parameters) -> Result<Option<String>, Failure> {
        let Some(uri) = parameters.get("post_logout_redirect_uri") else { return Ok(None) };
        let refusal = |reason| Refusal::new(ErrorCode::InvalidRequest, reason);
        let public = "post_logout_redirect_uri is not registered for the application.";
        let id = self.requesting_client(parameters).await?;
        let id =
            id.ok_or(refusal("logout names no client").saying("client_id or id_token_hint is required."))?;
        let client = self.client(id).await?;
        if !client.post_logout_redirect_uris.iter().any(|known| known.as_str() == uri) {
            return Err(refusal("post_logout_redirect_uri is not registered").saying(public).into());
        }
        let Some(state) = parameters.get("state") else { return Ok(Some(uri.to_owned())) };
        let query = Serializer::new(String::new()).append_pair("state", state).finish();
        Ok(Some(format!("{uri}{}{query}", if uri.contains('?') { "&" } else { "?" })))
    }

    /// Who asks, by name or by an ID token that we issued; "the OP MUST verify that the Client Identifier matches the one used when
    /// issuing the ID Token" where both are given (section 2).
    async fn requesting_client(&self, parameters: &Parameters) -> Result<Option<ClientId>, Failure> {
        let named = parameters.get("client_id").and_then(ClientId::parse);
        let Some(hint) = parameters.get("id_token_hint") else { return Ok(named) };
        let keys = self.verifier.keys(self.ambient.now()).await?;
        let expected = Expected { typ: None, issuer: self.issuer().as_str(), now: None };
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "id_token_hint is not ours");
        let refusal =
            refusal.saying("id_token_hint is not an ID token of this service for this application.");
        let token: IdToken = verify(hint, &keys, &expected).map_err(|_| refusal)?;
        let audience = ClientId::parse(&token.aud).ok_or(refusal)?;
        if named.is_some_and(|named| named != audience) {
            return Err(refusal.into());
        }
        Ok(Some(audience))
    }
}

/// The same request by GET. A browser leaves a `SameSite=Lax` cookie out of another site's form, and brings it along where it is
/// redirected: only then can be told whether anybody is signed in.
fn by_get(form: &Parameters) -> String {
    let fields = CARRIED.iter().filter_map(|name| Some((*name, form.get(name)?)));
    format!("{}?{}", paths::LOGOUT, Serializer::new(String::new()).extend_pairs(fields).finish())
}
