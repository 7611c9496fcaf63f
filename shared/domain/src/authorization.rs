//! The authorization request once it is known to be good, and what has to happen next (RFC 6749 section 4.1.1, OpenID Connect Core
//! section 3.1.2).

use std::collections::BTreeSet;

use oauth::pkce::CodeChallenge;
use oauth::scope::{OFFLINE_ACCESS, OPENID};
use oauth::words::{GrantType, Prompt, ResponseMode, ResponseType};
use oauth::{ErrorCode, Parameters, Refusal, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Client, CodeProtection};
use crate::consent::Consent;
use crate::entropy::Entropy;
use crate::grant::{CodeBinding, Grant, RedirectUriDigest, State};
use crate::id::{ClientId, GrantId, Owner, SessionId};
use crate::secret::Code;
use crate::session::Session;
use crate::settings::{Lifetimes, Settings};
use crate::time::{Seconds, UnixTime};
use crate::token::{GrantKeys, Token};
use crate::user::User;

/// The longest `state`, in bytes: it must fit into addresses beside everything else.
const LONGEST_STATE: usize = 2048;
/// The longest `nonce`, in bytes.
const LONGEST_NONCE: usize = 512;
/// The longest `login_hint`, in bytes.
const LONGEST_HINT: usize = 256;

/// An authorization request that follows every rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
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

const fn refuse(reason: &'static str, description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, reason).saying(description)
}

impl AuthorizationRequest {
    /// Judges everything that follows client and redirect URI.
    ///
    /// # Errors
    /// The codes of RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6.
    pub fn check(
        parameters: &Parameters,
        client: &Client,
        address: ReturnAddress,
        settings: &Settings,
        now: UnixTime,
    ) -> Result<Self, Refusal> {
        refuse_unsupported(parameters)?;
        response_type(parameters, client)?;
        if let Some(mode) = parameters.get("response_mode") {
            ResponseMode::parse(mode)
                .ok_or(refuse("response_mode not served", "response_mode is not supported."))?;
        }
        let challenge = CodeChallenge::from_request(parameters)?;
        let nonce = bounded(parameters, "nonce", LONGEST_NONCE)?;
        require_proof(client, challenge, nonce.as_deref())?;
        if address.state.as_ref().is_some_and(|state| state.len() > LONGEST_STATE) {
            return Err(refuse("state too long", "state is longer than 2048 bytes."));
        }
        Ok(Self {
            client: client.id,
            redirect_uri: address.redirect_uri,
            response_mode: address.response_mode,
            scope: scope(parameters, client, settings)?,
            state: address.state,
            nonce,
            challenge,
            prompt: prompt(parameters)?,
            max_age: max_age(parameters)?,
            login_hint: bounded(parameters, "login_hint", LONGEST_HINT)?,
            asked_at: now,
        })
    }

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

/// "OPs […] that do not support this parameter MUST return request_not_supported" (OpenID Connect Core section 3.1.2.6)
fn refuse_unsupported(parameters: &Parameters) -> Result<(), Refusal> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err(Refusal::new(code, "unsupported parameter"));
        }
    }
    Ok(())
}

fn response_type(parameters: &Parameters, client: &Client) -> Result<(), Refusal> {
    let asked = parameters.require("response_type", "response_type missing", "response_type is required.")?;
    match ResponseType::parse(asked) {
        Some(ResponseType::Code) => client.may_use(GrantType::AuthorizationCode),
        None => Err(Refusal::new(ErrorCode::UnsupportedResponseType, "response_type not served")),
    }
}

/// "Public clients MUST use PKCE […] For confidential clients, the use of PKCE is RECOMMENDED […]. As an alternative, confidential
/// OpenID Connect clients may use the nonce parameter." (RFC 9700 section 2.1.1)
fn require_proof(
    client: &Client,
    challenge: Option<CodeChallenge>,
    nonce: Option<&str>,
) -> Result<(), Refusal> {
    let missing = refuse("code_challenge missing", "code_challenge is required (PKCE, S256).");
    match (client.code_protection, nonce) {
        _ if challenge.is_some() => Ok(()),
        _ if client.is_public() => Err(missing),
        (CodeProtection::Pkce, _) => Err(missing),
        (CodeProtection::PkceOrNonce, None) => {
            Err(refuse("neither code_challenge nor nonce", "code_challenge or nonce is required."))
        }
        (CodeProtection::PkceOrNonce, Some(_)) | (CodeProtection::ClientSecret, _) => Ok(()),
    }
}

fn scope(parameters: &Parameters, client: &Client, settings: &Settings) -> Result<Scope, Refusal> {
    // "If the client omits the scope parameter […] the authorization server MUST either process the request using a pre-defined
    // default value or fail" (RFC 6749 section 3.3): the default is `openid`, the least there is.
    let asked = Scope::parse(parameters.get("scope").unwrap_or(OPENID))?;
    let allowed = client.scope.intersection(&settings.served_scope());
    // "The authorization server MUST ignore the offline_access request unless" tokens can outlive the session (OpenID Connect Core
    // section 11); for a client without refresh tokens they can't.
    let offline = Scope::parse(OFFLINE_ACCESS)?;
    let asked =
        if client.grant_types.contains(&GrantType::RefreshToken) { asked } else { asked.without(&offline) };
    let exceeds = Refusal::new(ErrorCode::InvalidScope, "scope not registered for the client");
    match parameters.get("scope") {
        Some(_) => asked.is_within(&allowed).then_some(asked).ok_or(exceeds),
        None => Ok(asked.intersection(&allowed)),
    }
}

fn prompt(parameters: &Parameters) -> Result<BTreeSet<Prompt>, Refusal> {
    let words = parameters.get("prompt").unwrap_or_default();
    let unknown = refuse("prompt not served", "prompt is not one of none, login, consent.");
    let prompt = words.split_ascii_whitespace().map(|word| Prompt::parse(word).ok_or(unknown));
    let prompt = prompt.collect::<Result<BTreeSet<_>, _>>()?;
    // "If this parameter contains none with any other value, an error is returned." (OpenID Connect Core section 3.1.2.1)
    if prompt.contains(&Prompt::None) && prompt.len() > 1 {
        return Err(refuse("prompt none beside another", "prompt=none must stand alone."));
    }
    Ok(prompt)
}

fn max_age(parameters: &Parameters) -> Result<Option<Seconds>, Refusal> {
    let refusal = refuse("max_age malformed", "max_age must be a whole number of seconds.");
    let Some(text) = parameters.get("max_age") else { return Ok(None) };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(|seconds| Some(Seconds(seconds))).ok_or(refusal)
}

fn bounded(parameters: &Parameters, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
    let value = parameters.get(name);
    if value.is_some_and(|value| value.len() > longest) {
        return Err(refuse("nonce or login_hint too long", "nonce or login_hint is too long."));
    }
    Ok(value.map(str::to_owned))
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
    /// The code is issued.
    Issue,
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
        let answer = self.answer.filter(|answer| answer.session == visitor.session.id);
        let ask_again = self.request.prompt.contains(&Prompt::Consent)
            || client.must_always_ask(&self.request.redirect_uri);
        let remembered = consent.is_some_and(|consent| self.request.scope.is_within(&consent.scope));
        match answer {
            Some(Answer { allowed: false, .. }) => {
                Next::Refuse(Refusal::new(ErrorCode::AccessDenied, "user refused consent"))
            }
            Some(Answer { allowed: true, .. }) => Next::Issue,
            None if remembered && !ask_again => Next::Issue,
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

impl AuthorizationRequest {
    /// The grant that answers it, and the code that leads to the grant.
    #[must_use]
    pub fn issue(
        &self,
        visitor: SignedIn<'_>,
        lifetimes: &Lifetimes,
        now: UnixTime,
        entropy: &dyn Entropy,
    ) -> (Grant, Token<Code>) {
        // A grant with `offline_access` outlives the session; every other ends with it.
        let session = (!self.scope.contains(OFFLINE_ACCESS)).then_some(visitor.session.id);
        let keys =
            GrantKeys { owner: Owner::User(visitor.user.id), session, grant: GrantId::generate(entropy) };
        let code = Token::generate(keys, entropy);
        let binding = CodeBinding {
            code: code.digest(),
            redirect_uri: RedirectUriDigest::of(&self.redirect_uri),
            challenge: self.challenge,
        };
        let grant = Grant {
            keys,
            client: self.client,
            username: Some(visitor.user.username.clone()),
            scope: self.scope.clone(),
            auth_time: Some(visitor.session.auth_time),
            nonce: self.nonce.clone(),
            address: visitor.session.address,
            limit: None,
            ends_at: now + lifetimes.grant,
            state: State::Issued { binding, code_expires_at: now + lifetimes.code },
        };
        (grant, code)
    }
}

#[cfg(test)]
mod tests;
