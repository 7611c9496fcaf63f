//! The token endpoint (RFC 6749 section 3.2). Each grant type is a file and a variant of `GrantRequest`; what Argus does otherwise, at its
//! own path, is [`argus`] and [`user_credentials`], and what Kustvakt does, [`kustvakt`].

use axum::extract::{Extension, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::claims::Told;
use domain::client::Client;
use domain::grant::Grant;
use domain::secret::{AccessToken, RefreshToken};
use domain::time::Seconds;
use domain::token::{GrantKeys, Token as OpaqueToken};
use jose::Purpose;
use oauth::metadata::paths;
use oauth::scope::OPENID;
use oauth::words::GrantType;
use oauth::{ErrorCode, Parameters, Refusal, Scope};
use serde::Serialize;
use store::grants::Grants;
use store::standing::Standing;

use crate::argus::paths as argus_paths;
use crate::audit::Event;
use crate::body::Form;
use crate::caller::Callers;
use crate::claims::Claims;
use crate::context::Context;
use crate::error::{Failure, JsonError};
use crate::id_token::{IdTokens, Statement};
use crate::introspection::Introspection;
use crate::kustvakt::paths as kustvakt_paths;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::Principals;

mod argus;
mod authorization_code;
mod client_credentials;
mod kustvakt;
mod refresh_token;
mod user_credentials;

/// The token endpoint.
#[derive(Clone)]
pub struct Token {
    ambient: Ambient,
    callers: Callers,
    principals: Principals,
    introspection: Introspection,
    grants: Grants,
    standing: Standing,
    claims: Claims,
    id_tokens: IdTokens,
}

impl Endpoint for Token {
    const NAME: &'static str = "token";
    const PATHS: &'static [&'static str] = &[
        paths::TOKEN,
        argus_paths::TOKEN,
        kustvakt_paths::TOKEN[0],
        kustvakt_paths::TOKEN[1],
        kustvakt_paths::TOKEN[2],
    ];
    const CORS: &'static [Method] = &[Method::POST];
    const OPENS: &'static [Purpose] = &[Purpose::Signing];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            callers: Callers::new(platform),
            principals: Principals::new(platform),
            introspection: Introspection::new(platform),
            grants: platform.store.grants.clone(),
            standing: platform.store.standing.clone(),
            claims: Claims::new(platform),
            id_tokens: IdTokens::connect(platform).await?,
        })
    }

    fn routes(self) -> Router {
        let router =
            Router::new().route(paths::TOKEN, post(answer)).route(argus_paths::TOKEN, post(argus::answer));
        kustvakt_paths::serve(router, &kustvakt_paths::TOKEN, &post(kustvakt::answer)).with_state(self)
    }
}

/// What is asked for: one variant for each grant type that is served.
enum GrantRequest {
    AuthorizationCode(authorization_code::Request),
    RefreshToken(refresh_token::Request),
    ClientCredentials(client_credentials::Request),
}

impl GrantRequest {
    fn parse(grant: GrantType, form: &Parameters, dialect: Dialect) -> Result<Self, Refusal> {
        Ok(match grant {
            GrantType::AuthorizationCode => {
                Self::AuthorizationCode(authorization_code::Request::parse(form)?)
            }
            GrantType::RefreshToken => Self::RefreshToken(refresh_token::Request::parse(form, dialect)?),
            GrantType::ClientCredentials => {
                Self::ClientCredentials(client_credentials::Request::parse(form)?)
            }
            GrantType::Implicit => return Err(not_served()),
        })
    }
}

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Those of the RFCs.
    Standard,
    /// Those of Argus, where they are others.
    Argus,
}

/// "The parameters […] MUST be sent using the HTTP "POST" method": anything else is answered 405.
async fn answer(
    State(endpoint): State<Token>,
    Extension(context): Extension<Context>,
    form: Form,
) -> Result<Response, Denied> {
    let grant = grant_type(&form.parameters)?;
    Ok(Json(endpoint.answer(grant, &form, &context, Dialect::Standard).await?).into_response())
}

/// Why no tokens are handed out.
enum Denied {
    /// What was presented had been used before, and its grant was ended.
    Replayed(GrantKeys, Refusal),
    /// A user asked, and not a client.
    OfUser(Failure),
    /// Anything else.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Denied {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl Denied {
    /// Puts the refusal on record. What we failed at ourselves is told by the request's own line in the log.
    fn recorded(self) -> Failure {
        match self {
            Self::Replayed(keys, refusal) => {
                Event::TokenReplayed { keys, reason: refusal.reason }.record();
                refusal.into()
            }
            Self::OfUser(failure) | Self::Failed(failure) => {
                if let Failure::Refused(refusal) = &failure {
                    Event::TokenRefused { reason: refusal.reason }.record();
                }
                failure
            }
        }
    }
}

impl IntoResponse for Denied {
    /// Puts the refusal on record and answers it.
    fn into_response(self) -> Response {
        let by_user = matches!(self, Self::OfUser(_));
        let mut response = JsonError(self.recorded()).into_response();
        // Users present no Basic credentials here.
        let challenge = response.headers_mut().get_mut(WWW_AUTHENTICATE);
        if let Some(challenge) = challenge.filter(|_| by_user) {
            *challenge = HeaderValue::from_static("Bearer realm=\"gatelet\"");
        }
        response
    }
}

fn grant_type(form: &Parameters) -> Result<GrantType, Refusal> {
    let word = form.require("grant_type", "grant_type missing", "grant_type is required.")?;
    // Implicit is a grant without this endpoint (RFC 6749 section 4.2).
    GrantType::parse(word).filter(|&grant| grant != GrantType::Implicit).ok_or(not_served())
}

const fn not_served() -> Refusal {
    Refusal::new(ErrorCode::UnsupportedGrantType, "grant_type not served")
}

/// The JSON of RFC 6749 section 5.1 and OpenID Connect Core section 3.1.3.3.
#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: Scope,
}

impl Token {
    async fn answer(
        &self,
        grant: GrantType,
        form: &Form,
        context: &Context,
        dialect: Dialect,
    ) -> Result<TokenResponse, Denied> {
        tracing::Span::current().record("grant.type", grant.as_str());
        let caller = self.callers.authenticate(&form.headers, &form.parameters).await?;
        caller.may_call_from(context.address)?;
        caller.may_use(grant)?;
        match GrantRequest::parse(grant, &form.parameters, dialect)? {
            GrantRequest::AuthorizationCode(request) => request.redeem(self, &caller).await,
            GrantRequest::RefreshToken(request) => request.refresh(self, &caller).await,
            GrantRequest::ClientCredentials(request) => Ok(request.issue(self, &caller, context).await?),
        }
    }

    /// The answer that hands out a grant's tokens.
    async fn respond(
        &self,
        client: &Client,
        grant: &Grant,
        access: &OpaqueToken<AccessToken>,
        refresh: Option<&OpaqueToken<RefreshToken>>,
    ) -> Result<TokenResponse, Failure> {
        let now = self.ambient.now();
        let lost = Failure::Broken("the tokens just issued are not the grant's");
        let (good_for, scope) = grant.access(&access.digest(), now).ok_or(lost)?;
        let label = grant.username.as_ref().map_or_else(|| grant.client.to_string(), ToString::to_string);
        let access_token = access.to_text(&label);
        let id_token = match scope.contains(OPENID) {
            true => Some(self.id_token(client, grant, &access_token).await?),
            false => None,
        };
        Ok(TokenResponse {
            expires_in: good_for.expires_at.until(now),
            access_token,
            token_type: "Bearer",
            refresh_token: refresh.map(OpaqueToken::<RefreshToken>::to_text),
            id_token,
            scope: scope.clone(),
        })
    }

    /// The ID token beside an access token. What a client defines for itself is told there too, which takes a look at the user.
    async fn id_token(&self, client: &Client, grant: &Grant, access_token: &str) -> Result<String, Failure> {
        let mut statement = Statement::of(grant, client, access_token);
        if !client.custom_claims.is_empty() {
            let user = self.standing.before_refresh(grant.keys).await?.user;
            let limit = grant.limit.as_ref();
            if let Some(user) = user.filter(|user| user.may_act() && client.admits(user, limit)) {
                let told =
                    Told { user: &user, client, scope: &Scope::default(), limit, address: grant.address };
                statement.claims = self.claims.tell(&told).await?;
            }
        }
        self.id_tokens.mint(statement).await
    }
}
