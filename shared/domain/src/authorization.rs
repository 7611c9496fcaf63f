//! The authorization request once it is known to be good, and what has to happen next (RFC 6749 section 4.1.1, OpenID Connect Core
//! section 3.1.2).

use std::collections::BTreeSet;

use oauth::pkce::CodeChallenge;
use oauth::words::{Prompt, ResponseMode, ResponseType};
use oauth::{ErrorCode, Refusal, Scope};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::consent::Consent;
use crate::id::{ClientId, SessionId};
use crate::session::Session;
use crate::settings::Lifetimes;
use crate::time::{Seconds, UnixTime};
use crate::user::User;

mod granting;
mod rules;
mod wanted;

pub use granting::Granting;
pub use wanted::Wanted;

/// An authorization request that follows every rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
    /// What the answer is.
    pub response_type: ResponseType,
    /// Where the answer goes: a registered address.
    pub redirect_uri: String,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for.
    pub scope: Scope,
    /// Returned as it came.
    pub state: Option<String>,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// The PKCE challenge.
    pub challenge: Option<CodeChallenge>,
    /// What the client wants the user to be asked.
    pub prompt: BTreeSet<Prompt>,
    /// How long ago the user may have signed in.
    pub max_age: Option<Seconds>,
    /// The name the client expects.
    pub login_hint: Option<String>,
    /// When it was asked.
    pub asked_at: UnixTime,
}

/// Where and how an answer may travel: the part of a request that must be known before anything else is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    /// A registered address.
    pub redirect_uri: String,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// Returned as it came.
    pub state: Option<String>,
}

impl AuthorizationRequest {
    /// Where the answer goes.
    #[must_use]
    pub fn address(&self) -> ReturnAddress {
        ReturnAddress {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
        }
    }
}

/// An authorization request on its way through the browser, with what the user has answered to it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What was asked.
    pub request: AuthorizationRequest,
    /// The session that was begun to answer it.
    pub signed_in: Option<SessionId>,
    /// The user's word on it.
    pub answer: Option<Answer>,
}

/// A user's word on one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In which session it was given.
    pub session: SessionId,
    /// Yes or no.
    pub allowed: bool,
}

/// Who is at the browser: a live session of a user who may act.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// The session.
    pub session: &'a Session,
    /// The user.
    pub user: &'a User,
}

/// What has to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The user signs in, or signs in again.
    SignIn,
    /// The user is asked.
    Consent,
    /// The code or the tokens are issued.
    Issue,
    /// The user is told that the client doesn't let them in.
    TurnAway(Refusal),
    /// The client is told no.
    Refuse(Refusal),
}

impl Pending {
    /// A request that nothing has been answered to.
    #[must_use]
    pub const fn new(request: AuthorizationRequest) -> Self {
        Self { request, signed_in: None, answer: None }
    }

    /// Decides what has to happen next.
    #[must_use]
    pub fn next(
        &self,
        client: &Client,
        visitor: Option<SignedIn<'_>>,
        consent: Option<&Consent>,
        now: UnixTime,
    ) -> Next {
        let silent = self.request.prompt.contains(&Prompt::None);
        let Some(visitor) = visitor.filter(|visitor| self.is_fresh(visitor.session, now)) else {
            // "The authorization server MUST NOT display any authentication or consent user interface pages." (prompt=none,
            // OpenID Connect Core section 3.1.2.1)
            let required = Refusal::new(ErrorCode::LoginRequired, "prompt=none and no fresh session");
            return if silent { Next::Refuse(required) } else { Next::SignIn };
        };
        if !client.admits(visitor.user, None) {
            let denied = not_let_in();
            return if silent { Next::Refuse(denied) } else { Next::TurnAway(denied) };
        }
        let answer = self.answer.filter(|answer| answer.session == visitor.session.id);
        let ask_again = self.request.prompt.contains(&Prompt::Consent)
            || client.must_always_ask(&self.request.redirect_uri);
        // Of a client with bounds an administrator has said whom it lets in, and what it is handed of what they may do.
        let decided = client.bounds.is_some()
            || consent.is_some_and(|consent| self.request.scope.is_within(&consent.scope));
        match answer {
            Some(Answer { allowed: false, .. }) => {
                Next::Refuse(Refusal::new(ErrorCode::AccessDenied, "user refused consent"))
            }
            Some(Answer { allowed: true, .. }) => Next::Issue,
            None if decided && !ask_again => Next::Issue,
            None if silent => {
                Next::Refuse(Refusal::new(ErrorCode::ConsentRequired, "prompt=none and consent is missing"))
            }
            None => Next::Consent,
        }
    }

    /// Whether the session began in answer to this request, or is young enough and nothing asks for another.
    fn is_fresh(&self, session: &Session, now: UnixTime) -> bool {
        // "Note that max_age=0 is equivalent to prompt=login." (OpenID Connect Core section 3.1.2.1)
        let young = self
            .request
            .max_age
            .is_none_or(|max_age| max_age > Seconds(0) && session.auth_time + max_age >= now);
        self.signed_in == Some(session.id) || (young && !self.request.prompt.contains(&Prompt::Login))
    }

    /// Whether it has been under way for too long.
    #[must_use]
    pub fn is_stale(&self, lifetimes: &Lifetimes, now: UnixTime) -> bool {
        (self.request.asked_at + lifetimes.sign_in).is_past(now)
    }
}

/// What a client is told of a user whom it doesn't let in.
#[must_use]
pub const fn not_let_in() -> Refusal {
    Refusal::new(ErrorCode::AccessDenied, "user lacks the function that the client requires")
        .saying("The user is not let in by this application.")
}

#[cfg(test)]
mod tests;
