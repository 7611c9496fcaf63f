//! Clients: registered by users, looked at, listed, given new secrets and removed again.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, post};
use domain::client::{Authentication, Client};
use domain::kustvakt::Registration;
use domain::secret::ClientSecret;
use domain::token::Token;
use domain::{ClientId, UserId};
use oauth::scope::kustvakt as scopes;
use oauth::{ErrorCode, Refusal};
use serde::Serialize;
use store::clients::{Change, Creation};

use super::answers::OAuthFault;
use super::change::{ATTEMPTS, Changes, contended};
use super::fault::Fault;
use super::front_end::{Asked, FrontEnds};
use super::granted::Granted;
use super::paths::{self, serve};
use super::sent::Sent;
use super::user::Users;
use super::view::ClientInfo;
use super::{find, listed};
use crate::audit::Event;
use crate::body;
use crate::context::Context;
use crate::error::Failure;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// Kustvakt's services for clients.
#[derive(Clone)]
pub struct KustvaktClients {
    ambient: Ambient,
    users: Users,
    front_ends: FrontEnds,
    changes: Changes,
    granted: Granted,
}

impl Endpoint for KustvaktClients {
    const NAME: &'static str = "kustvakt-clients";
    const PATHS: &'static [&'static str] = paths::CLIENTS;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            users: Users::new(platform),
            front_ends: FrontEnds::new(platform),
            changes: Changes::new(platform),
            granted: Granted::new(platform),
        })
    }

    fn routes(self) -> Router {
        let router = serve(Router::new(), &paths::REGISTER, &post(register));
        let router = serve(router, &paths::LIST, &post(list));
        let router = serve(router, &paths::RESET, &post(reset));
        let router = serve(router, &paths::DEREGISTER, &delete(deregister));
        serve(router, &paths::INFO, &post(info)).with_state(self)
    }
}

/// The client that a path names. One that is not even text names none.
type Named = Result<Path<String>, PathRejection>;

/// A client's identifier and, where it has one that is new, its secret, shown this once.
#[derive(Serialize)]
struct Credentials {
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

async fn register(
    State(endpoint): State<KustvaktClients>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, OAuthFault> {
    let user = endpoint.users.authenticate(&headers, &context).await?;
    user.may(scopes::REGISTER_CLIENT)?;
    let settings = &endpoint.ambient.settings;
    if !settings.registration.admits_users() {
        let refusal = Refusal::new(ErrorCode::AccessDenied, "registration is closed to users");
        return Err(refusal.saying("Registration is closed here.").into());
    }
    let mut body = body::json(&headers, body, ErrorCode::InvalidRequest).await?;
    unwrap(&mut body);
    let object = oauth::json::parse(&body, ErrorCode::InvalidRequest)?;
    let registration = Registration::check(&object, settings)?;
    let secret = registration.confidential.then(|| endpoint.secret());
    let authentication = match &secret {
        // Kustvakt's clients present it in either place.
        Some(secret) => Authentication::Secret { method: None, digest: secret.digest() },
        None => Authentication::Public,
    };
    let id = ClientId::generate(endpoint.ambient.entropy.as_ref());
    let client = registration.into_client(id, authentication, user.author(), endpoint.ambient.now());
    if endpoint.changes.clients.register(&client).await? == Creation::NameTaken {
        return Err(Failure::Broken("a new client's id is somebody's short name").into());
    }
    Event::ClientRegistered { client: id, user: Some(user.principal.user.id) }.record();
    let client_secret = secret.as_ref().map(Token::<ClientSecret>::to_text);
    Ok(Json(Credentials { client_id: id.to_string(), client_secret }).into_response())
}

/// Takes line breaks for spaces. In JSON they mean the same between members, and nothing within a text; Kustvakt's examples are wrapped there.
fn unwrap(body: &mut [u8]) {
    for byte in body.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r' | b'\t')) {
        *byte = b' ';
    }
}

async fn info(
    State(endpoint): State<KustvaktClients>,
    named: Named,
    sent: Sent,
) -> Result<Response, OAuthFault> {
    let Asked { user, .. } = endpoint.front_ends.asked_for(scopes::CLIENT_INFO, sent).await?;
    let client = find(&endpoint.changes.clients, text(&named)).await?;
    // A client that an administrator defined is known to those whom it lets in.
    let manages = user.manages(&client);
    if !manages && !client.admits(&user.principal.user, user.principal.limit.as_ref()) {
        return Err(Fault::ClientUnknown(Some(client.id)).into());
    }
    Ok(Json(ClientInfo::of(&client, manages)).into_response())
}

async fn list(State(endpoint): State<KustvaktClients>, sent: Sent) -> Result<Response, OAuthFault> {
    let Asked { user, form, .. } = endpoint.front_ends.asked_for(scopes::LIST_USER_CLIENT, sent).await?;
    let id = user.principal.user.id;
    let authorized_only = match (form.get("filter_by"), form.get("authorized_only")) {
        (Some("authorized_only"), _) | (None, Some("true")) => true,
        (Some("owned_only"), _) | (None, None | Some("false")) => false,
        (Some(_), _) => return Err(Fault::Invalid("filter_by").into()),
        (None, Some(_)) => return Err(Fault::Invalid("authorized_only").into()),
    };
    let clients = &endpoint.changes.clients;
    let ids = match authorized_only {
        true => endpoint.authorized(id).await?,
        false => clients.owned_by(id).await?,
    };
    let clients = listed(clients.find_all(&ids).await?);
    let shown: Vec<_> = clients.iter().map(|client| ClientInfo::of(client, user.manages(client))).collect();
    Ok(Json(shown).into_response())
}

async fn reset(State(endpoint): State<KustvaktClients>, sent: Sent) -> Result<Response, OAuthFault> {
    let user = endpoint.users.authenticate(&sent.headers, &sent.context).await?;
    user.may(scopes::RESET_CLIENT_SECRET)?;
    let form = sent.form()?;
    let id = form.get("client_id").ok_or(Fault::Missing("client_id"))?;
    let secret = endpoint.secret();
    let next = |client: &Client| {
        user.must_manage(client)?;
        if client.is_public() {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "public client has no secret");
            return Err(refusal.saying("Operation is not allowed for public clients").into());
        }
        // It is presented wherever the one before was.
        let method = match &client.authentication {
            Authentication::Secret { method, .. } => *method,
            _ => None,
        };
        let authentication = Authentication::Secret { method, digest: secret.digest() };
        Ok(Client { authentication, ..client.clone() })
    };
    let unchanged = Failure::Broken("a new secret is the one before");
    let client = endpoint.changes.make(&user, Some(id), next).await?.ok_or(unchanged)?;
    Event::ClientSecretReset { client: client.id, user: user.principal.user.id }.record();
    let client_secret = Some(secret.to_text());
    Ok(Json(Credentials { client_id: client.id.to_string(), client_secret }).into_response())
}

/// Removes a client. Its grants end with it, since each use of one looks at its client; TTL takes what is left of them. One that an
/// administrator defined is kept as deleted, as Argus has it.
async fn deregister(
    State(endpoint): State<KustvaktClients>,
    named: Named,
    sent: Sent,
) -> Result<Response, OAuthFault> {
    let user = endpoint.users.authenticate(&sent.headers, &sent.context).await?;
    user.may(scopes::DEREGISTER_CLIENT)?;
    let clients = &endpoint.changes.clients;
    for _ in 0..ATTEMPTS {
        let client = find(clients, text(&named)).await?;
        user.must_manage(&client)?;
        let kept = client.bounds.as_ref().and_then(|_| client.delete(endpoint.changes.act(&user)));
        let done = match kept {
            Some(deleted) => clients.change(&client, &deleted).await? == Change::Made,
            None => clients.remove(&client).await?,
        };
        if done {
            Event::ClientDeleted { client: client.id, user: Some(user.principal.user.id) }.record();
            return Ok(StatusCode::OK.into_response());
        }
    }
    Err(contended().into())
}

fn text(named: &Named) -> Option<&str> {
    named.as_ref().ok().map(|Path(text)| text.as_str())
}

impl KustvaktClients {
    /// The clients that the user lets have something at present.
    async fn authorized(&self, user: UserId) -> Result<Vec<ClientId>, Fault> {
        let grants = self.granted.in_use(user, self.ambient.now()).await?;
        let mut ids: Vec<_> = grants.iter().map(|grant| grant.client).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    fn secret(&self) -> Token<ClientSecret> {
        Token::generate((), self.ambient.entropy.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    #[test]
    fn what_is_wrapped_is_json() {
        let mut body = b"{\"description\":\"a \n        confidential\tapplication\",\r\n\"x\":1}".to_vec();
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
        unwrap(&mut body);
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(read["description"], "a          confidential application");
    }
}
