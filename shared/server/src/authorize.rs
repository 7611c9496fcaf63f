//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2, RFC 9207).
//!
//! A browser's request comes by any of three paths; a user's own script asks by a fourth, in JSON (`api`).
//!
//! The states of a request are types. Before a `KnownRedirect` a failure can only become a page; only a `KnownRedirect` can send an
//! answer anywhere, and only a registered redirect URI makes one. An open redirect therefore doesn't compile.

use std::net::IpAddr;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use domain::authorization::{AuthorizationRequest, Granting, Next, Pending, SignedIn};
use domain::client::Client;
use domain::secret::SessionToken;
use domain::token::Token;
use domain::{ClientId, UnixTime};
use jose::Purpose;
use oauth::metadata::paths;
use oauth::parameters::LONGEST_VALUE;
use oauth::words::Prompt;
use oauth::{ErrorCode, Parameters, Refusal};
use store::clients::Clients;
use store::grants::Grants;
use store::standing::{Standing, Visit};

use crate::argus::paths as argus;
use crate::body::Asked;
use crate::claims::Claims;
use crate::cookies::{session, signed_in};
use crate::error::Failure;
use crate::id_token::IdTokens;
use crate::keyring::Sealing;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::principal::Principals;
use crate::respond::{error_page, see_other};

mod api;
mod hand_out;
pub(crate) mod redirect;
mod turn_away;

use redirect::KnownRedirect;

/// What a pending request is sealed for on its way through the browser.
pub(crate) const PENDING: &str = "authorization request";
/// The parameter under which a pending request comes back from signing in or consenting.
pub(crate) const RESUME: &str = "resume";

/// What two identifiers and a word add to a sealed request, in characters, and some to spare.
const ROOM_FOR_ANSWERS: usize = 256;

/// The authorization endpoint.
#[derive(Clone)]
pub struct Authorize {
    ambient: Ambient,
    standing: Standing,
    grants: Grants,
    clients: Clients,
    principals: Principals,
    sealing: Sealing,
    claims: Claims,
    id_tokens: IdTokens,
}

impl Endpoint for Authorize {
    const NAME: &'static str = "authorize";
    const PATHS: &'static [&'static str] =
        &[paths::AUTHORIZE, argus::SPA_AUTHORIZE, argus::SPA_AUTHENTICATION_AUTHORIZE, argus::AUTHORIZE];
    const OPENS: &'static [Purpose] = &[Purpose::Sealing, Purpose::Signing];
    // Most sandboxes never sign: codes are what is asked for.
    const MAKES: &'static [Purpose] = &[Purpose::Sealing];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            standing: platform.store.standing.clone(),
            grants: platform.store.grants.clone(),
            clients: platform.store.clients.clone(),
            principals: Principals::new(platform),
            sealing: Sealing::connect(platform).await?,
            claims: Claims::new(platform),
            id_tokens: IdTokens::later(platform),
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::AUTHORIZE, get(answer).post(answer))
            .route(argus::SPA_AUTHORIZE, get(answer))
            .route(argus::SPA_AUTHENTICATION_AUTHORIZE, get(answer))
            .route(argus::AUTHORIZE, post(api::authorize))
            .with_state(self)
    }
}

/// "The authorization server MUST support the use of the HTTP GET method […] and MAY support the use of the POST method as well."
async fn answer(State(endpoint): State<Authorize>, asked: Asked) -> Response {
    let answered = match asked.parameters() {
        Ok(parameters) => endpoint.judge(parameters, &asked).await,
        Err(refusal) => Err(refusal.into()),
    };
    answered.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// A request whose client is registered, what else was found in the same round trip, and the way back.
struct Arrival {
    client: Client,
    visit: Visit,
    redirect: KnownRedirect,
    /// The user agent's.
    address: Option<IpAddr>,
}

impl Authorize {
    /// Every failure of this function becomes a page: none of them has anywhere to be sent.
    async fn judge(&self, parameters: &Parameters, asked: &Asked) -> Result<Response, Failure> {
        let (now, settings) = (self.ambient.now(), &self.ambient.settings);
        let resumed = match parameters.get(RESUME) {
            Some(sealed) => Some(self.resume(sealed, now).await?),
            None => None,
        };
        let id = match &resumed {
            Some(pending) => pending.request.client,
            None => client_id(parameters)?,
        };
        tracing::Span::current().record("client.id", tracing::field::display(id));
        let cookie = session(&asked.headers, &self.ambient.settings.issuer);
        let mut visit = self.standing.visit(id, cookie.as_ref().map(|cookie| cookie.keys)).await?;
        let client = visit.client.take().ok_or(unknown_client())?;
        let redirect = match &resumed {
            Some(pending) => KnownRedirect::of_pending(&client, &pending.request, settings)?,
            None => KnownRedirect::of_request(&client, parameters, settings)?,
        };
        let checked = match resumed {
            Some(pending) => pending.request.recheck(&client, settings).map(|()| pending),
            None => self.check(parameters, &client, &redirect, now),
        };
        let arrival = Arrival { client, visit, redirect, address: asked.context.address };
        let visitor = arrival.visitor(cookie.as_ref(), now);
        match checked {
            Ok(pending) => self.proceed(&pending, &arrival, visitor).await,
            Err(refusal) => {
                let may_redirect = visitor.is_some() || is_silent(parameters);
                self.refuse(refusal, &arrival.redirect, may_redirect)
            }
        }
    }

    async fn resume(&self, sealed: &str, now: UnixTime) -> Result<Pending, Failure> {
        let stale = Refusal::new(ErrorCode::InvalidRequest, "resumed request is stale or not ours")
            .saying("This sign-in has been open for too long.");
        let pending: Pending = self.sealing.open(PENDING, sealed).await?.ok_or(stale)?;
        if pending.is_stale(&self.ambient.settings.lifetimes, now) { Err(stale.into()) } else { Ok(pending) }
    }

    fn check(
        &self,
        parameters: &Parameters,
        client: &Client,
        redirect: &KnownRedirect,
        now: UnixTime,
    ) -> Result<Pending, Refusal> {
        let address = redirect.address().clone();
        AuthorizationRequest::check(parameters, client, address, &self.ambient.settings, now)
            .map(Pending::new)
    }

    /// "The authorization server MUST always authenticate the user first and, with the exception of the silent authentication use
    /// case, prompt the user for credentials when needed, before redirecting the user." (RFC 9700 section 4.11.2) A mistake of the
    /// client's that meets nobody signed in is therefore told on a page, where whoever made it can read it.
    fn refuse(
        &self,
        refusal: Refusal,
        redirect: &KnownRedirect,
        may_redirect: bool,
    ) -> Result<Response, Failure> {
        if !may_redirect {
            return Err(refusal.into());
        }
        Ok(redirect.refuse(&refusal.into(), &self.ambient.settings))
    }

    async fn proceed(
        &self,
        pending: &Pending,
        arrival: &Arrival,
        visitor: Option<SignedIn<'_>>,
    ) -> Result<Response, Failure> {
        let (now, settings) = (self.ambient.now(), &self.ambient.settings);
        let consent = arrival.visit.consent.as_ref();
        match (pending.next(&arrival.client, visitor, consent, now), visitor) {
            (Next::Issue, Some(visitor)) => Ok(self.issue(pending, arrival, visitor).await),
            (Next::TurnAway(refusal), Some(visitor)) => {
                self.turn_away(refusal, pending, arrival, visitor.user).await
            }
            (Next::Consent, _) => self.send_to(paths::CONSENT, pending).await,
            (Next::SignIn, _) | (Next::Issue | Next::TurnAway(_), None) => {
                self.send_to(paths::LOGIN, pending).await
            }
            (Next::Refuse(refusal), _) => Ok(arrival.redirect.refuse(&refusal.into(), settings)),
        }
    }

    async fn issue(&self, pending: &Pending, arrival: &Arrival, visitor: SignedIn<'_>) -> Response {
        let granting = Granting::at_browser(visitor, arrival.address);
        tracing::Span::current().record("user.id", tracing::field::display(visitor.user.id));
        match self.hand_out(&pending.request, &arrival.client, granting).await {
            Ok(handed_out) => arrival.redirect.answer(&handed_out.parameters(), &self.ambient.settings),
            Err(failure) => arrival.redirect.refuse(&failure, &self.ambient.settings),
        }
    }

    /// An address of ours with the request sealed into it. Nothing is written for a sign-in that may be abandoned.
    async fn send_to(&self, path: &str, pending: &Pending) -> Result<Response, Failure> {
        Ok(see_other(&format!("{path}?request={}", self.seal(pending).await?)))
    }

    async fn seal(&self, pending: &Pending) -> Result<String, Failure> {
        let too_long =
            Refusal::new(ErrorCode::InvalidRequest, "authorization request too long to be carried")
                .saying("The authorization request is too long.");
        let sealer = self.sealing.current().await?;
        let sealed = sealer.seal(PENDING, pending, self.ambient.entropy.as_ref()).map_err(|_| too_long)?;
        // It has to come back as one parameter, and grows by what is answered on the way.
        let room = if pending.signed_in.is_none() { ROOM_FOR_ANSWERS } else { 0 };
        if sealed.len() + room > LONGEST_VALUE {
            return Err(too_long.into());
        }
        Ok(sealed)
    }
}

impl Arrival {
    fn visitor(&self, cookie: Option<&Token<SessionToken>>, now: UnixTime) -> Option<SignedIn<'_>> {
        signed_in(cookie, self.visit.session.as_ref(), self.visit.user.as_ref(), now)
    }
}

fn client_id(parameters: &Parameters) -> Result<ClientId, Refusal> {
    let text = parameters.require("client_id", "client_id missing", "client_id is required.")?;
    ClientId::parse(text).ok_or(unknown_client())
}

const fn unknown_client() -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "client unknown").saying("The application is not known here.")
}

fn is_silent(parameters: &Parameters) -> bool {
    parameters.get("prompt") == Some(Prompt::None.as_str())
}
