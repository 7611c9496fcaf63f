//! Client registration (RFC 7591) and its management (RFC 7592).
//!
//! A client that a user registered (Kustvakt) has no registration access token. Its owner sees it here all the same, by an access token for
//! that; what changes it is Kustvakt's.

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::ClientId;
use domain::client::{Authentication, Client};
use domain::registration::{self, Registrable};
use domain::secret::{ClientSecret, RegistrationToken};
use domain::settings::Registration;
use domain::token::Token;
use oauth::metadata::paths;
use oauth::registration::{ClientInformation, ClientMetadata};
use oauth::scope::kustvakt::CLIENT_INFO;
use oauth::words::AuthenticationMethod;
use oauth::{ErrorCode, Refusal, json};
use store::clients::{Change, Clients, Creation};
use store::standing::Standing;
use subtle::ConstantTimeEq as _;

use crate::audit::Event;
use crate::bearer;
use crate::body;
use crate::context::Context;
use crate::error::{BearerError, Failure};
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::presented::Presented;

/// The registration endpoint.
#[derive(Clone)]
pub struct Register {
    ambient: Ambient,
    clients: Clients,
    standing: Standing,
}

impl Endpoint for Register {
    const NAME: &'static str = "register";
    const PATHS: &'static [&'static str] = &[paths::REGISTER, paths::REGISTERED];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            clients: platform.store.clients.clone(),
            standing: platform.store.standing.clone(),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::REGISTER, post(create))
            .route(paths::REGISTERED, get(read).put(update).delete(delete))
            .with_state(self)
    }
}

/// The client that a path names. One that is not even text names none, and is refused as every other is.
type Named = Result<Path<String>, PathRejection>;

async fn create(
    State(endpoint): State<Register>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, BearerError> {
    endpoint.admit(&headers)?;
    let metadata = metadata(&headers, body).await?;
    let registrable = Registrable::check(&metadata, &endpoint.ambient.settings)?;
    let entropy = endpoint.ambient.entropy.as_ref();
    let id = ClientId::generate(entropy);
    let registration = Token::<RegistrationToken>::generate(id, entropy);
    let (authentication, secret) = endpoint.authentication(registrable.method, None);
    let registration_token = Some(registration.digest());
    let new = Client::new(id, endpoint.ambient.now());
    let client = registrable.into_client(Client { authentication, registration: registration_token, ..new });
    if endpoint.clients.register(&client).await? == Creation::NameTaken {
        return Err(Failure::Broken("a new client's id is somebody's short name").into());
    }
    Event::ClientRegistered { client: id, user: None }.record();
    let information = endpoint.information(&client, Some(&registration), secret.as_ref());
    Ok((StatusCode::CREATED, Json(information)).into_response())
}

async fn read(
    State(endpoint): State<Register>,
    Extension(context): Extension<Context>,
    path: Named,
    headers: HeaderMap,
) -> Result<Response, BearerError> {
    if let Some(access) = Presented::parse(bearer::token(&headers)?) {
        let client = endpoint.owned(&access, path, &headers, &context).await?;
        return Ok(Json(endpoint.information(&client, None, None)).into_response());
    }
    let (client, token) = endpoint.registered(path, &headers).await?;
    Ok(Json(endpoint.information(&client, Some(&token), None)).into_response())
}

/// "This request MUST include all client metadata fields as returned to the client […]. The updated client metadata fields request MUST
/// replace, not augment, the metadata fields already associated with the client." (RFC 7592 section 2.2)
async fn update(
    State(endpoint): State<Register>,
    path: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, BearerError> {
    let (before, token) = endpoint.registered(path, &headers).await?;
    let metadata = metadata(&headers, body).await?;
    same_identity(&metadata, &before)?;
    let registrable = Registrable::check(&metadata, &endpoint.ambient.settings)?;
    if registrable.method == AuthenticationMethod::None && before.must_keep_a_secret() {
        let refusal = Refusal::new(ErrorCode::InvalidClientMetadata, "super client turns public");
        return Err(refusal.saying("A super client must keep a secret.").into());
    }
    let (authentication, secret) = endpoint.authentication(registrable.method, Some(&before.authentication));
    let (version, updated_at) = (before.version + 1, endpoint.ambient.now());
    let client = registrable.into_client(Client { authentication, version, updated_at, ..before.clone() });
    if endpoint.clients.change(&before, &client).await? != Change::Made {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "registration changed in the meantime");
        return Err(refusal.saying("The registration was changed in the meantime. Read it again.").into());
    }
    Event::ClientChanged { client: client.id, user: None }.record();
    Ok(Json(endpoint.information(&client, Some(&token), secret.as_ref())).into_response())
}

async fn delete(
    State(endpoint): State<Register>,
    path: Named,
    headers: HeaderMap,
) -> Result<Response, BearerError> {
    let (client, token) = endpoint.registered(path, &headers).await?;
    if endpoint.clients.deregister(&client, &token.digest()).await? {
        Event::ClientDeleted { client: client.id, user: None }.record();
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Register {
    /// Whether anyone, or whoever sent these headers, may register (RFC 7591 section 3).
    fn admit(&self, headers: &HeaderMap) -> Result<(), BearerError> {
        match &self.ambient.settings.registration {
            Registration::Open => Ok(()),
            Registration::Closed | Registration::Users => {
                let refusal = Refusal::new(ErrorCode::AccessDenied, "registration is closed");
                Err(refusal.saying("Registration is closed here.").into())
            }
            Registration::Protected(expected) => {
                let presented = digest::digest(&digest::SHA256, bearer::token(headers)?.as_bytes());
                let equal = bool::from(presented.as_ref().ct_eq(expected));
                let refusal = Refusal::new(ErrorCode::InvalidToken, "initial access token wrong");
                equal.then_some(()).ok_or_else(|| refusal.into())
            }
        }
    }

    /// The registration that path and token lead to.
    ///
    /// A client that is gone is refused as a wrong token is: "the server MUST respond with HTTP 401 Unauthorized and the registration
    /// access token used to make this request SHOULD be immediately revoked." (RFC 7592 section 2.1)
    async fn registered(
        &self,
        path: Named,
        headers: &HeaderMap,
    ) -> Result<(Client, Token<RegistrationToken>), BearerError> {
        let refuse = |reason| Refusal::new(ErrorCode::InvalidToken, reason);
        let token = bearer::token(headers)?;
        let token = Token::<RegistrationToken>::parse(token).ok_or(refuse("registration token malformed"))?;
        let named = path.ok().and_then(|Path(id)| ClientId::parse(&id));
        if named != Some(token.keys) {
            return Err(refuse("registration token of another client").into());
        }
        tracing::Span::current().record("client.id", tracing::field::display(token.keys));
        let client = self
            .clients
            .find(token.keys)
            .await?
            .filter(|client| !client.deleted)
            .ok_or(refuse("client unknown"))?;
        if client.registration != Some(token.digest()) {
            return Err(refuse("registration token wrong").into());
        }
        Ok((client, token))
    }

    /// The client that a user registered who has granted this token, for looking at clients.
    async fn owned(
        &self,
        access: &Presented,
        path: Named,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Client, BearerError> {
        let (now, settings) = (self.ambient.now(), &self.ambient.settings);
        let refuse = |reason| Refusal::new(ErrorCode::InvalidToken, reason);
        if !matches!(access, Presented::Access(_)) || access.keys().owner.user().is_none() {
            return Err(refuse("no user's access token").into());
        }
        let holding = self.standing.holding(access.keys()).await?;
        let live = access.judge(holding, now).map_err(Refusal::from)?;
        let holder = self.clients.recall(live.grant.client, now).await?;
        let holder = holder.ok_or(refuse("token's client is gone"))?;
        live.judge_for(&holder, headers, context, settings).map_err(Refusal::from)?;
        if !holder.covers(&live.scope, CLIENT_INFO) {
            return Err(Refusal::new(ErrorCode::InsufficientScope, "token without client_info").into());
        }
        let named = path.ok().and_then(|Path(id)| ClientId::parse(&id));
        let found = match named {
            Some(id) => self.clients.find(id).await?,
            None => None,
        };
        let theirs = |client: &Client| {
            !client.deleted && live.user.as_ref().is_some_and(|user| client.is_owned_by(user.id))
        };
        Ok(found.filter(theirs).ok_or(refuse("client is not the user's own"))?)
    }

    /// How a client will authenticate: with the secret it has, or a new one where it had none.
    fn authentication(
        &self,
        method: AuthenticationMethod,
        current: Option<&Authentication>,
    ) -> (Authentication, Option<Token<ClientSecret>>) {
        match (method, current) {
            (AuthenticationMethod::None, _) => (Authentication::Public, None),
            (method, Some(Authentication::Secret { digest, .. })) => {
                (Authentication::Secret { method: Some(method), digest: *digest }, None)
            }
            (method, _) => {
                let secret = Token::<ClientSecret>::generate((), self.ambient.entropy.as_ref());
                (Authentication::Secret { method: Some(method), digest: secret.digest() }, Some(secret))
            }
        }
    }

    fn information(
        &self,
        client: &Client,
        token: Option<&Token<RegistrationToken>>,
        secret: Option<&Token<ClientSecret>>,
    ) -> ClientInformation {
        let path = paths::REGISTERED.replace("{client_id}", &client.id.to_string());
        ClientInformation {
            client_id: client.id.to_string(),
            client_secret: secret.map(Token::<ClientSecret>::to_text),
            client_id_issued_at: client.created_at.0,
            client_secret_expires_at: (!client.is_public()).then_some(0),
            registration_access_token: token.map(Token::<RegistrationToken>::to_text),
            registration_client_uri: self.ambient.settings.issuer.at(&path),
            metadata: registration::metadata(client, &self.ambient.settings),
        }
    }
}

async fn metadata(headers: &HeaderMap, body: Body) -> Result<ClientMetadata, Failure> {
    let body = body::json(headers, body, ErrorCode::InvalidClientMetadata).await?;
    Ok(json::parse(&body, ErrorCode::InvalidClientMetadata)?)
}

/// "the client MUST include its "client_id" field in the request, and it MUST be the same as its currently issued client identifier. If
/// the client includes the "client_secret" field in the request, the value of this field MUST match the currently issued client secret".
fn same_identity(metadata: &ClientMetadata, client: &Client) -> Result<(), Refusal> {
    if metadata.client_id.as_deref() != Some(client.id.to_string().as_str()) {
        return Err(Refusal::new(ErrorCode::InvalidRequest, "client_id is not the registration's")
            .saying("client_id must be this client's own."));
    }
    let Some(secret) = &metadata.client_secret else { return Ok(()) };
    let presented = Token::<ClientSecret>::parse(secret).map(|secret| secret.digest());
    match (&client.authentication, presented) {
        (Authentication::Secret { digest, .. }, Some(presented)) if presented == *digest => Ok(()),
        _ => Err(Refusal::new(ErrorCode::InvalidRequest, "client_secret is not the registration's")
            .saying("client_secret must be this client's own.")),
    }
}
