//! What a request must be like, rule by rule: the same for whoever brings it, a browser or a user's script.

use std::collections::BTreeSet;

use oauth::pkce::CodeChallenge;
use oauth::scope::{OFFLINE_ACCESS, OPENID};
use oauth::words::{GrantType, Prompt, ResponseMode, ResponseType};
use oauth::{ErrorCode, Parameters, Refusal, Scope};

use super::{AuthorizationRequest, ReturnAddress};
use crate::client::{Client, CodeProtection};
use crate::settings::Settings;
use crate::time::{Seconds, UnixTime};

/// The longest `state`, in bytes: it must fit into addresses beside everything else.
const LONGEST_STATE: usize = 2048;
/// The longest `nonce`, in bytes.
pub(super) const LONGEST_NONCE: usize = 512;
/// The longest `login_hint`, in bytes.
const LONGEST_HINT: usize = 256;

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
        let asked =
            parameters.require("response_type", "response_type missing", "response_type is required.")?;
        let response_type = response_type(ResponseType::of(asked.split(' ')), client)?;
        if let Some(mode) = parameters.get("response_mode") {
            ResponseMode::asked(mode, asked)
                .ok_or(refuse("response_mode not served", "response_mode is not supported."))?;
        }
        let nonce = bounded(parameters, "nonce", LONGEST_NONCE)?;
        // There is no code that a challenge could protect.
        let challenge = match response_type {
            ResponseType::Code => CodeChallenge::from_request(parameters)?,
            _ => None,
        };
        require_proof(client, response_type, (challenge, nonce.as_deref()), settings)?;
        check_state(address.state.as_deref())?;
        Ok(Self {
            client: client.id,
            response_type,
            redirect_uri: address.redirect_uri,
            response_mode: address.response_mode,
            scope: scope(parameters.get("scope"), response_type, client, settings)?,
            state: address.state,
            nonce,
            challenge,
            prompt: prompt(parameters)?,
            max_age: max_age(parameters)?,
            login_hint: bounded(parameters, "login_hint", LONGEST_HINT)?,
            asked_at: now,
        })
    }
}

impl AuthorizationRequest {
    /// Judges once more what the client may ask for, where that may have changed while somebody signed in.
    ///
    /// # Errors
    /// `unauthorized_client` and `invalid_scope`.
    pub fn recheck(&self, client: &Client, settings: &Settings) -> Result<(), Refusal> {
        client.may_use(self.response_type.grant_type())?;
        let exceeds = Refusal::new(ErrorCode::InvalidScope, "scope not registered for the client");
        self.scope.is_within(&client.permitted_scope(settings)).then_some(()).ok_or(exceeds)
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

pub(super) fn response_type(asked: Option<ResponseType>, client: &Client) -> Result<ResponseType, Refusal> {
    let unsupported = Refusal::new(ErrorCode::UnsupportedResponseType, "response_type not served");
    let asked = asked.ok_or(unsupported)?;
    client.may_use(asked.grant_type())?;
    Ok(asked)
}

/// "Public clients MUST use PKCE […] For confidential clients, the use of PKCE is RECOMMENDED […]. As an alternative, confidential
/// OpenID Connect clients may use the nonce parameter." (RFC 9700 section 2.1.1) An ID token from here proves nothing without: "nonce
/// REQUIRED." (OpenID Connect Core section 3.2.2.1)
pub(super) fn require_proof(
    client: &Client,
    response_type: ResponseType,
    (challenge, nonce): (Option<CodeChallenge>, Option<&str>),
    settings: &Settings,
) -> Result<(), Refusal> {
    if response_type.has_id_token() && nonce.is_none() {
        return Err(refuse("nonce missing", "nonce is required for an ID token."));
    }
    let missing = refuse("code_challenge missing", "code_challenge is required (PKCE, S256).");
    match (client.code_protection, nonce) {
        _ if challenge.is_some() || response_type.is_implicit() => Ok(()),
        _ if client.is_public() => Err(missing),
        (CodeProtection::Pkce, _) => Err(missing),
        // The operator may have taken back what the client was defined with.
        (CodeProtection::ClientSecret, _) if !settings.codes_without_pkce => Err(missing),
        (CodeProtection::PkceOrNonce, None) => {
            Err(refuse("neither code_challenge nor nonce", "code_challenge or nonce is required."))
        }
        (CodeProtection::PkceOrNonce, Some(_)) | (CodeProtection::ClientSecret, _) => Ok(()),
    }
}

pub(super) fn scope(
    asked: Option<&str>,
    response_type: ResponseType,
    client: &Client,
    settings: &Settings,
) -> Result<Scope, Refusal> {
    // "If the client omits the scope parameter […] the authorization server MUST either process the request using a pre-defined
    // default value or fail" (RFC 6749 section 3.3): the default is `openid`, the least there is.
    let scope = Scope::parse(asked.unwrap_or(OPENID))?;
    let allowed = client.permitted_scope(settings);
    // "The authorization server MUST ignore the offline_access request unless the Client is using a response_type value that would
    // result in an Authorization Code being returned" (OpenID Connect Core section 11), and unless tokens can outlive the session at
    // all: for a client without refresh tokens they can't.
    let offline = Scope::parse(OFFLINE_ACCESS)?;
    let lasting = !response_type.is_implicit() && client.grant_types.contains(&GrantType::RefreshToken);
    let scope = if lasting { scope } else { scope.without(&offline) };
    let exceeds = Refusal::new(ErrorCode::InvalidScope, "scope not registered for the client");
    let scope = match asked {
        Some(_) => scope.is_within(&allowed).then_some(scope).ok_or(exceeds)?,
        None => scope.intersection(&allowed),
    };
    if response_type.has_id_token() && !scope.contains(OPENID) {
        return Err(Refusal::new(ErrorCode::InvalidScope, "ID token without openid")
            .saying("An ID token needs the scope openid."));
    }
    Ok(scope)
}

pub(super) fn check_state(state: Option<&str>) -> Result<(), Refusal> {
    let too_long = refuse("state too long", "state is longer than 2048 bytes.");
    if state.is_some_and(|state| state.len() > LONGEST_STATE) { Err(too_long) } else { Ok(()) }
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
