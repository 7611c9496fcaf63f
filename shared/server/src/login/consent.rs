//! Asking a person whether an application may have what it asks for (OpenID Connect Core section 3.1.2.4).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::authorization::{Answer, Pending};
use domain::client::Client;
use domain::consent::Consent;
use domain::secret::SessionToken;
use domain::token::Token;
use domain::user::User;
use oauth::metadata::paths;
use oauth::scope::OFFLINE_ACCESS;
use oauth::{ErrorCode, Parameters, Refusal};
use pages::{Consent as ConsentPage, ScopeView};

use super::{Login, view};
use crate::audit::{Decision, Event};
use crate::body::Asked;
use crate::cookies::{session, signed_in};
use crate::error::Failure;
use crate::respond::{error_page, page, see_other};

const CONSENT: &str = "consent form";

/// Shows the question.
pub(super) async fn show(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.ask(parameters, &asked.headers).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// Takes the answer.
pub(super) async fn submit(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.decide(parameters, &asked.headers).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// A question, and who is asked.
struct Question {
    pending: Pending,
    client: Arc<Client>,
    user: User,
    cookie: Token<SessionToken>,
}

impl Login {
    /// What is asked of whom; somebody who is not signed in is sent to sign in first.
    async fn question(
        &self,
        parameters: &Parameters,
        headers: &HeaderMap,
    ) -> Result<Result<Question, Response>, Failure> {
        let missing = Refusal::new(ErrorCode::InvalidRequest, "consent without a request")
            .saying("There is nothing to consent to.");
        let pending = self.pending(parameters).await?.ok_or(missing)?;
        let sign_in = async |pending: &Pending| -> Result<_, Failure> {
            Ok(Err(see_other(&format!("{}?request={}", paths::LOGIN, self.seal(pending).await?))))
        };
        let Some(cookie) = session(headers, self.issuer()) else { return sign_in(&pending).await };
        let (found, user) = self.standing.visitor(cookie.keys).await?;
        let visitor = signed_in(Some(&cookie), found.as_ref(), user.as_ref(), self.ambient.now());
        let Some(user) = visitor.map(|visitor| visitor.user.clone()) else { return sign_in(&pending).await };
        let client = self.client(pending.request.client).await?;
        Ok(Ok(Question { pending, client, user, cookie }))
    }

    async fn ask(&self, parameters: &Parameters, headers: &HeaderMap) -> Result<Response, Failure> {
        let question = match self.question(parameters, headers).await? {
            Ok(question) => question,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let request = self.seal(&question.pending).await?;
        let sealer = self.sealing.current().await?;
        let settings = &self.ambient.settings;
        let asked = &question.pending.request.scope;
        // Whoever is asked is told of it at the end, though some clients need no scope for it.
        let unasked = question.client.keeps_access() && !asked.contains(OFFLINE_ACCESS);
        let unasked = settings.scopes().filter(|&(token, _)| unasked && token == OFFLINE_ACCESS);
        let scopes = settings.scopes().filter(|(token, _)| asked.contains(token)).chain(unasked);
        let scopes: Vec<_> = scopes.map(|(name, words)| ScopeView { name, words }).collect();
        let shown = ConsentPage {
            service: &settings.service_name,
            action: paths::CONSENT,
            request: &request,
            csrf: &sealer.mac(CONSENT, &[question.cookie.to_text().as_bytes(), request.as_bytes()]),
            username: question.user.username.as_str(),
            client: view(&question.client, &question.pending.request.redirect_uri),
            scopes: &scopes,
            switch_account: Some(&format!("{}?switch=yes&request={request}", paths::LOGIN)),
        };
        Ok(page(StatusCode::OK, &shown))
    }

    async fn decide(&self, form: &Parameters, headers: &HeaderMap) -> Result<Response, Failure> {
        let question = match self.question(form, headers).await? {
            Ok(question) => question,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let (request, csrf) = (form.get("request").unwrap_or_default(), form.get("csrf").unwrap_or_default());
        let cookie = question.cookie.to_text();
        let parts = [cookie.as_bytes(), request.as_bytes()];
        if !self.sealing.verify_mac(CONSENT, &parts, csrf).await? {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "consent form of another session");
            return Err(refusal.saying("This form is not yours, or no longer good.").into());
        }
        let allowed = match form.get("decision") {
            Some("allow") => true,
            Some("deny") => false,
            _ => {
                let refusal = Refusal::new(ErrorCode::InvalidRequest, "consent neither given nor refused");
                return Err(refusal.saying("The answer must be to allow or to deny.").into());
            }
        };
        self.remember(&question, allowed).await?;
        let answer = Some(Answer { session: question.cookie.keys.session, allowed });
        self.resume(&Pending { answer, ..question.pending }).await
    }

    async fn remember(&self, question: &Question, allowed: bool) -> Result<(), Failure> {
        let (user, client) = (question.user.id, question.client.id);
        let (scope, session) = (&question.pending.request.scope, question.cookie.keys.session);
        let consent = Decision { user, session, client, scope };
        if allowed {
            let (scope, given_at) = (scope.clone(), self.ambient.now());
            self.consents.allow(&Consent { user, client, scope, given_at }).await?;
            Event::ConsentGiven { consent }.record();
        } else {
            Event::ConsentRefused { consent }.record();
        }
        Ok(())
    }
}
