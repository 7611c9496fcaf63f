//! From what a user says of a client to what it is registered as (Kustvakt's `client/register`).
//!
//! The texts are Kustvakt's, letter by letter: its front ends show them. Where it has none, they are our own.

use oauth::redirect::RedirectUri;
use oauth::words::{ApplicationType, GrantType};
use oauth::{ErrorCode, Refusal};
use serde_json::{Map, Value};

use crate::client::{About, Authentication, Author, Client, CodeProtection, Owned, Plugin};
use crate::id::{ClientId, UserId};
use crate::registration::{is_presentable, is_web_address};
use crate::settings::Settings;
use crate::time::{Seconds, UnixTime};

/// The least and the most characters of a name.
const NAME: std::ops::RangeInclusive<usize> = 3..=200;
/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 2000;
/// The most bytes of a plugin's source, written as JSON.
const LARGEST_SOURCE: usize = 16 * 1024;

/// A registration that holds together: what a [`Client`] is but for its identifier and its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    about: About,
    /// Whether it keeps a secret.
    pub confidential: bool,
    redirect_uri: Option<RedirectUri>,
    refresh_token: Option<Seconds>,
    source: Option<Value>,
}

impl Registration {
    /// Checks what a user says of a client. A member that is null counts as absent; members that nobody asks for are ignored.
    ///
    /// # Errors
    /// `invalid_request`, with Kustvakt's text for the first that is wrong.
    pub fn check(object: &Map<String, Value>, settings: &Settings) -> Result<Self, Refusal> {
        let name = name(object)?;
        let confidential = is_confidential(object)?;
        let description = description(object)?;
        let source = member(object, &["source"])?.cloned();
        let main_uri = url(object, source.is_some())?;
        let redirect_uri = redirect_uri(object)?;
        if source.is_some() && !confidential {
            return Err(refuse("public plugin").saying("Only confidential plugins are supported."));
        }
        if source.as_ref().is_some_and(|source| source.to_string().len() > LARGEST_SOURCE) {
            return Err(refuse("plugin's source too large").saying("source is larger than 16 KiB."));
        }
        let refresh_token = refresh_token(object, confidential, settings)?;
        let about = About { name, description: Some(description), main_uri, contacts: Vec::new() };
        Ok(Self { about, confidential, redirect_uri, refresh_token, source })
    }

    /// The client. A plugin is not permitted yet.
    ///
    /// Where no redirect URI is registered there is none that a code could be sent to, and the client can't ask for one.
    #[must_use]
    pub fn into_client(
        self,
        id: ClientId,
        authentication: Authentication,
        owner: Author,
        now: UnixTime,
    ) -> Client {
        let code = self.redirect_uri.is_some();
        let native = self.redirect_uri.as_ref().is_some_and(RedirectUri::is_native);
        let grant_types = [
            (GrantType::AuthorizationCode, code),
            (GrantType::RefreshToken, code && self.confidential),
            (GrantType::ClientCredentials, self.confidential),
        ];
        let plugin = self.source.map(|source| Plugin { source, permitted: false });
        Client {
            about: self.about,
            authentication,
            application_type: match native && !self.confidential {
                true => ApplicationType::Native,
                false => ApplicationType::Web,
            },
            grant_types: grant_types.into_iter().filter_map(|(grant, may)| may.then_some(grant)).collect(),
            redirect_uris: self.redirect_uri.into_iter().collect(),
            // Kustvakt's clients know of no PKCE. Those that keep a secret may do without where the operator allows it.
            code_protection: match self.confidential {
                true => CodeProtection::ClientSecret,
                false => CodeProtection::Pkce,
            },
            owned: Some(Owned { by: owner.id, refresh_token: self.refresh_token, plugin }),
            created_by: Some(owner.clone()),
            updated_by: Some(owner),
            ..Client::new(id, now)
        }
    }
}

/// A plugin that a user has installed in a super client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Who installed it.
    pub user: UserId,
    /// Where.
    pub super_client: ClientId,
    /// The plugin.
    pub plugin: ClientId,
    /// When.
    pub installed_at: UnixTime,
}

const fn refuse(reason: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, reason)
}

/// The member under any of its spellings. Two of them at once are one too many.
fn member<'a>(object: &'a Map<String, Value>, spellings: &[&str]) -> Result<Option<&'a Value>, Refusal> {
    let known = spellings.iter().filter_map(|spelling| object.get(*spelling));
    let mut given = known.filter(|value| !value.is_null());
    let value = given.next();
    match given.next() {
        Some(_) => Err(refuse("member under two spellings").saying("A member is given under two spellings.")),
        None => Ok(value),
    }
}

/// A text, if it is there; one that is empty counts as absent, as in Kustvakt.
fn text<'a>(object: &'a Map<String, Value>, spellings: &[&str]) -> Result<Option<&'a str>, Refusal> {
    let not_text = refuse("member is no text").saying("A member is not a string.");
    let text = member(object, spellings)?.map(|value| value.as_str().ok_or(not_text)).transpose()?;
    Ok(text.map(str::trim).filter(|text| !text.is_empty()))
}

fn name(object: &Map<String, Value>) -> Result<String, Refusal> {
    if member(object, &["name"])?.is_none() {
        return Err(refuse("name missing").saying("client_name is null"));
    }
    let name = text(object, &["name"])?.unwrap_or_default();
    if name.chars().count() < *NAME.start() {
        return Err(refuse("name too short").saying("client_name must contain at least 3 characters"));
    }
    let unfit = refuse("name too long or with control characters")
        .saying("client_name must contain at most 200 characters, and none that control how text reads");
    is_presentable(name, *NAME.end()).then(|| name.to_owned()).ok_or(unfit)
}

fn is_confidential(object: &Map<String, Value>) -> Result<bool, Refusal> {
    match text(object, &["type"])? {
        Some("CONFIDENTIAL") => Ok(true),
        Some("PUBLIC") => Ok(false),
        Some(_) => Err(refuse("type unknown").saying("client_type must be PUBLIC or CONFIDENTIAL")),
        None => Err(refuse("type missing").saying("client_type is null")),
    }
}

/// A description is shown on one line, whatever it was wrapped into.
fn description(object: &Map<String, Value>) -> Result<String, Refusal> {
    let missing = refuse("description missing").saying("client_description is null");
    let text = text(object, &["description"])?.ok_or(missing)?;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let unfit = refuse("description too long or with control characters").saying(
        "client_description must contain at most 2000 characters, and none that control how text reads",
    );
    is_presentable(&line, LONGEST_DESCRIPTION).then_some(line).ok_or(unfit)
}

fn url(object: &Map<String, Value>, required: bool) -> Result<Option<String>, Refusal> {
    let invalid = refuse("url is not a web address").saying("Invalid URL");
    match text(object, &["url"])? {
        Some(url) if is_web_address(url) => Ok(Some(url.to_owned())),
        None if !required => Ok(None),
        _ => Err(invalid),
    }
}

fn redirect_uri(object: &Map<String, Value>) -> Result<Option<RedirectUri>, Refusal> {
    let Some(text) = text(object, &["redirect_uri", "redirectURI"])? else { return Ok(None) };
    let uri =
        RedirectUri::read(text).map_err(|error| Refusal { code: ErrorCode::InvalidRequest, ..error.into() });
    let uri = uri.map_err(|refusal| refusal.saying("Invalid redirect URI"))?;
    let private = refuse("redirect URI has a scheme that is not allowed").saying("Invalid redirect URI");
    if uri.is_private_use() { Err(private) } else { Ok(Some(uri)) }
}

/// How long refresh tokens last. A number may come as text, as Kustvakt reads it.
fn refresh_token(
    object: &Map<String, Value>,
    confidential: bool,
    settings: &Settings,
) -> Result<Option<Seconds>, Refusal> {
    let longest = settings.lifetimes.owned_grant;
    let malformed = refuse("refresh token expiry is no number")
        .saying("refresh_token_expiry must be a whole number of seconds");
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    };
    let given = member(object, &["refreshTokenExpiry", "refresh_token_expiry"])?;
    let given = given.map(|value| number(value).ok_or(malformed)).transpose()?;
    match (given.and_then(|seconds| u64::try_from(seconds).ok()).filter(|&seconds| seconds > 0), confidential)
    {
        (None, true) => Ok(Some(longest)),
        (None, false) => Ok(None),
        (Some(_), false) => Err(refuse("refresh token expiry of a public client")
            .saying("Custom refresh token expiry is only applicable for confidential clients")),
        (Some(seconds), true) if seconds > longest.0 => Err(refuse("refresh token expiry too long")
            .saying("Maximum refresh token expiry is 31536000 seconds (1 year)")),
        (Some(seconds), true) => Ok(Some(Seconds(seconds))),
    }
}

#[cfg(test)]
mod tests;
