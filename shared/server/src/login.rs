//! Where a person signs in, consents and signs out. Server-rendered, without script; nothing is written for what is abandoned.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use domain::authorization::Pending;
use domain::client::Client;
use domain::customer::CustomerName;
use domain::{ClientId, Issuer};
use jose::Purpose;
use oauth::metadata::paths;
use oauth::{ErrorCode, Parameters, Refusal};
use pages::ClientView;
use store::consents::Consents;
use store::sessions::Sessions;
use store::standing::Standing;
use store::users::Logins;

use crate::authorize::{PENDING, RESUME};
use crate::error::Failure;
use crate::keyring::{Sealing, Verifier};
use crate::passwords::Passwords;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};
use crate::respond::see_other;

mod consent;
mod form;
mod logout;
mod sign_in;

/// The sign-in, consent and sign-out pages.
#[derive(Clone)]
pub struct Login {
    ambient: Ambient,
    standing: Standing,
    sessions: Sessions,
    logins: Logins,
    passwords: Passwords,
    consents: Consents,
    clients: store::clients::Clients,
    verifier: Verifier,
    sealing: Sealing,
}

impl Endpoint for Login {
    const NAME: &'static str = "login";
    const PATHS: &'static [&'static str] = &[paths::LOGIN, paths::CONSENT, paths::LOGOUT];
    const OPENS: &'static [Purpose] = &[Purpose::Sealing];

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        let store = &platform.store;
        Ok(Self {
            ambient: platform.ambient.clone(),
            standing: store.standing.clone(),
            sessions: store.sessions.clone(),
            logins: store.logins.clone(),
            passwords: Passwords::new(platform),
            consents: store.consents.clone(),
            clients: store.clients.clone(),
            verifier: Verifier::new(store.keys.clone()),
            sealing: Sealing::connect(platform).await?,
        })
    }

    fn routes(self) -> Router {
        Router::new()
            .route(paths::LOGIN, get(sign_in::show).post(sign_in::submit))
            .route(paths::CONSENT, get(consent::show).post(consent::submit))
            .route(paths::LOGOUT, get(logout::show).post(logout::submit))
            .with_state(self)
    }
}

impl Login {
    fn issuer(&self) -> &Issuer {
        &self.ambient.settings.issuer
    }

    /// The authorization request that a page was opened for.
    async fn pending(&self, parameters: &Parameters) -> Result<Option<Pending>, Failure> {
        let stale = Refusal::new(ErrorCode::InvalidRequest, "pending request is stale or not ours")
            .saying("This page has been open for too long.");
        let Some(sealed) = parameters.get("request") else { return Ok(None) };
        let pending: Pending = self.sealing.open(PENDING, sealed).await?.ok_or(stale)?;
        let over = pending.is_stale(&self.ambient.settings.lifetimes, self.ambient.now());
        if over { Err(stale.into()) } else { Ok(Some(pending)) }
    }

    /// Back to the authorization endpoint, which alone answers the client.
    async fn resume(&self, pending: &Pending) -> Result<axum::response::Response, Failure> {
        let sealed = self.seal(pending).await?;
        Ok(see_other(&format!("{}?{RESUME}={sealed}", paths::AUTHORIZE)))
    }

    async fn seal(&self, pending: &Pending) -> Result<String, Failure> {
        let sealer = self.sealing.current().await?;
        let sealed = sealer.seal(PENDING, pending, self.ambient.entropy.as_ref());
        sealed.map_err(|_| Failure::Broken("pending request can't be sealed"))
    }

    async fn client(&self, id: ClientId) -> Result<Arc<Client>, Failure> {
        let unknown = Refusal::new(ErrorCode::InvalidRequest, "client unknown")
            .saying("The application is not known here.");
        Ok(self.clients.recall(id, self.ambient.now()).await?.ok_or(unknown)?)
    }
}

/// What a page shows of a client.
pub(crate) fn view<'a>(client: &'a Client, redirect_uri: &'a str) -> ClientView<'a> {
    ClientView {
        name: &client.about.name,
        description: client.about.description.as_deref(),
        main_uri: client.about.main_uri.as_deref(),
        customer: client.customer().map(CustomerName::as_str),
        redirect_uri,
    }
}
