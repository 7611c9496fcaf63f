//! An authorization that a user asks for directly, as Argus's JSON interface has it: everything that is wrong is said at once.

use std::collections::BTreeSet;

use oauth::pkce::{self, CodeChallenge};
use oauth::words::{ResponseMode, ResponseType};
use oauth::{Refusal, Scope};
use serde_json::{Map, Value};

use super::AuthorizationRequest;
use super::rules::{LONGEST_NONCE, check_state, require_proof, response_type, scope};
use crate::client::Client;
use crate::fields::{FieldError, Fields};
use crate::id::ClientId;
use crate::settings::Settings;
use crate::time::UnixTime;

/// The members, by their names.
mod member {
    pub const CLIENT: &str = "clientID";
    pub const REDIRECT_URI: &str = "redirectURI";
    pub const RESPONSE_TYPE: &str = "responseType";
    pub const SCOPE: &str = "scope";
    pub const STATE: &str = "state";
    pub const NONCE: &str = "nonce";
    pub const CHALLENGE: &str = "codeChallenge";
    pub const METHOD: &str = "codeChallengeMethod";
}

/// One answer for what can't be a client's id and for what is nobody's.
const NO_CLIENT: &str = "must be the id of a client";

/// What is asked for, before it is held against the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// For which client.
    pub client: ClientId,
    redirect_uri: String,
    response_type: ResponseType,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    challenge: Option<CodeChallenge>,
}

impl Wanted {
    /// Reads the members.
    ///
    /// # Errors
    /// Everything that is missing or of the wrong form.
    pub fn read(object: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(object);
        for required in [member::CLIENT, member::REDIRECT_URI, member::RESPONSE_TYPE] {
            fields.require(required);
        }
        let client = fields.parsed(member::CLIENT, NO_CLIENT, ClientId::parse);
        let redirect_uri = fields.text(member::REDIRECT_URI).map(str::to_owned);
        let asked = fields.texts(member::RESPONSE_TYPE);
        let response_type = asked.and_then(|words| {
            // One text may hold several words, as the parameter of a browser's request does.
            let kind = ResponseType::of(words.into_iter().flat_map(|words| words.split(' ')));
            if kind.is_none() {
                fields.refuse(member::RESPONSE_TYPE, "must be code, or token and id_token or one of them");
            }
            kind
        });
        let scope = fields.texts(member::SCOPE).filter(|scope| !scope.is_empty());
        let scope = scope.map(|scope| scope.join(" "));
        if scope.as_deref().is_some_and(|scope| Scope::parse(scope).is_err()) {
            fields.refuse(member::SCOPE, "must be scopes");
        }
        let state = fields.text(member::STATE).map(str::to_owned);
        if check_state(state.as_deref()).is_err() {
            fields.refuse(member::STATE, "must not be longer than 2048 bytes");
        }
        let nonce = fields.parsed(member::NONCE, "must not be longer than 512 bytes", |nonce| {
            (nonce.len() <= LONGEST_NONCE).then(|| nonce.to_owned())
        });
        let challenge = challenge(&mut fields);
        let read = client.zip(redirect_uri).zip(response_type);
        let read = read.map(|((client, redirect_uri), response_type)| Self {
            client,
            redirect_uri,
            response_type,
            scope,
            state,
            nonce: nonce.filter(|nonce| !nonce.is_empty()),
            challenge,
        });
        fields.finish(read)
    }

    /// The refusal of a client that there isn't.
    #[must_use]
    pub fn no_client() -> Vec<FieldError> {
        vec![FieldError { field: member::CLIENT.to_owned(), message: NO_CLIENT }]
    }

    /// Holds it against the client that it names.
    ///
    /// # Errors
    /// Everything that the client may not ask for.
    pub fn check(
        self,
        client: &Client,
        settings: &Settings,
        now: UnixTime,
    ) -> Result<AuthorizationRequest, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut note = |field: &str, refusal: Refusal| {
            errors.push(FieldError { field: field.to_owned(), message: refusal.description });
        };
        if let Err(refusal) = client.redirect_uri(Some(&self.redirect_uri), settings) {
            note(member::REDIRECT_URI, refusal);
        }
        let kind = self.response_type;
        if let Err(refusal) = response_type(Some(kind), client) {
            note(member::RESPONSE_TYPE, refusal);
        }
        let challenge = self.challenge.filter(|_| !kind.is_implicit());
        if let Err(refusal) = require_proof(client, kind, (challenge, self.nonce.as_deref()), settings) {
            note(if kind.is_implicit() { member::NONCE } else { member::CHALLENGE }, refusal);
        }
        let scope = scope(self.scope.as_deref(), kind, client, settings);
        let scope = scope.map_err(|refusal| note(member::SCOPE, refusal)).unwrap_or_default();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(AuthorizationRequest {
            client: client.id,
            response_type: kind,
            response_mode: ResponseMode::usual(kind.as_str()),
            redirect_uri: self.redirect_uri,
            scope,
            state: self.state,
            nonce: self.nonce,
            challenge,
            prompt: BTreeSet::new(),
            max_age: None,
            login_hint: None,
            asked_at: now,
        })
    }
}

/// PKCE, which Argus's own clients don't know (RFC 7636 section 4.3).
fn challenge(fields: &mut Fields<'_>) -> Option<CodeChallenge> {
    let known = |method| pkce::METHODS.contains(&method).then_some(method);
    let method = fields.parsed(member::METHOD, "must be S256", known);
    let challenge = fields.parsed(member::CHALLENGE, "must be a S256 challenge", CodeChallenge::parse);
    for (one, other) in [(member::CHALLENGE, member::METHOD), (member::METHOD, member::CHALLENGE)] {
        if fields.has(one) {
            fields.require(other);
        }
    }
    challenge.filter(|_| method.is_some())
}
