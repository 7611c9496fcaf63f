//! Kustvakt's authorization endpoint. Whoever says who they are in a header is answered at once, as a front end has it that has asked its
//! user itself; whoever does not is a browser, and is sent where people sign in.

use axum::Router;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use axum::routing::get;
use domain::ClientId;
use domain::authorization::{AuthorizationRequest, Granting, not_let_in};
use domain::client::Client;
use oauth::metadata::paths as oauth_paths;
use oauth::scope::kustvakt as scopes;
use oauth::words::ResponseType;
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::Clients;
use store::grants::Grants;

use super::answers::OAuthFault;
use super::fault::Fault;
use super::paths::{self, serve};
use super::user::{User, Users, is_browsers};
use crate::authorize::redirect::KnownRedirect;
use crate::body::Asked;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::API_KEY;
use crate::respond::{error_page, see_other};

/// Kustvakt's authorization endpoint. It opens no key: it signs nothing, and keeps nothing of a request that is not answered.
#[derive(Clone)]
pub struct KustvaktAuthorize {
    ambient: Ambient,
    users: Users,
    clients: Clients,
    grants: Grants,
}

impl Endpoint for KustvaktAuthorize {
    const NAME: &'static str = "kustvakt-authorize";
    const PATHS: &'static [&'static str] = paths::AUTHORIZATION;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            users: Users::new(platform),
            clients: platform.store.clients.clone(),
            grants: platform.store.grants.clone(),
        })
    }

    fn routes(self) -> Router {
        serve(Router::new(), &paths::AUTHORIZE, &get(answer)).with_state(self)
    }
}

async fn answer(State(endpoint): State<KustvaktAuthorize>, asked: Asked) -> Result<Response, OAuthFault> {
    let parameters = asked.parameters()?;
    let state = parameters.get("state");
    let says_who = asked.headers.contains_key(AUTHORIZATION) || asked.headers.contains_key(API_KEY);
    let browsers = is_browsers(&asked.headers);
    if !says_who || browsers {
        return match require_scope(parameters) {
            Ok(()) => Ok(see_other(&format!("{}?{}", oauth_paths::AUTHORIZE, asked.query))),
            Err(refusal) if browsers => Ok(error_page(&refusal.into(), &endpoint.ambient, &asked.context)),
            Err(refusal) => Err(OAuthFault::from(refusal).with_state(state)),
        };
    }
    let user = endpoint.users.authenticate(&asked.headers, &asked.context).await?;
    let answered = endpoint.judge(parameters, &user, &asked).await;
    answered.map_err(|fault| OAuthFault::from(fault).with_state(state))
}

impl KustvaktAuthorize {
    /// Until it is known where an answer may be sent, whatever is wrong is told to whoever asks.
    async fn judge(&self, parameters: &Parameters, user: &User, asked: &Asked) -> Result<Response, Fault> {
        let (now, settings) = (self.ambient.now(), &self.ambient.settings);
        user.may(scopes::AUTHORIZE)?;
        let id = parameters.get("client_id").ok_or(Fault::Missing("client_id"))?;
        let id = ClientId::parse(id).ok_or(Fault::ClientUnknown(None))?;
        tracing::Span::current().record("client.id", tracing::field::display(id));
        let client = self.clients.recall(id, now).await?.ok_or(Fault::ClientUnknown(Some(id)))?;
        let redirect = KnownRedirect::of_request(&client, parameters, settings)?;
        let granting = Granting {
            user: &user.principal.user,
            session: user.principal.session,
            auth_time: user.principal.auth_time,
            limit: user.principal.limit.as_ref(),
            address: asked.context.address,
        };
        let request = match check(parameters, &client, user, &redirect, self) {
            Ok(request) => request,
            Err(refusal) => return Ok(redirect.refuse(&refusal.into(), settings)),
        };
        let lifetimes = client.lifetimes(&settings.lifetimes);
        let (grant, code) =
            request.issue(granting.to(&client), &lifetimes, now, self.ambient.entropy.as_ref());
        Ok(match self.grants.issue(&grant).await {
            Ok(()) => redirect.answer(&[("code", &code.to_text())], settings),
            Err(error) => redirect.refuse(&error.into(), settings),
        })
    }
}

/// Nobody is asked anything: whoever calls in the user's name says by this very request that the user wants it.
fn check(
    parameters: &Parameters,
    client: &Client,
    user: &User,
    redirect: &KnownRedirect,
    endpoint: &KustvaktAuthorize,
) -> Result<AuthorizationRequest, Refusal> {
    if !client.admits(&user.principal.user, user.principal.limit.as_ref()) {
        return Err(not_let_in());
    }
    require_scope(parameters)?;
    let (now, settings) = (endpoint.ambient.now(), &endpoint.ambient.settings);
    let address = redirect.address().clone();
    let request = AuthorizationRequest::check(parameters, client, address, settings, now)?;
    let unsupported = Refusal::new(ErrorCode::UnsupportedResponseType, "response_type not served here");
    if request.response_type == ResponseType::Code { Ok(request) } else { Err(unsupported) }
}

/// "If the client omits the scope parameter when requesting authorization, the authorization server MUST either process the request using a
/// pre-defined default value or fail the request indicating an invalid scope." (RFC 6749 section 3.3)
fn require_scope(parameters: &Parameters) -> Result<(), Refusal> {
    let missing = Refusal::new(ErrorCode::InvalidScope, "scope missing").saying("scope is required");
    parameters.get("scope").map(drop).ok_or(missing)
}
