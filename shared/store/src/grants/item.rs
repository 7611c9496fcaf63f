//! The grant item: its attributes, and the way to and from the domain's grant.
//!
//! Digests instead of texts keep an ordinary grant under 1 KiB, so that every write of it is one unit.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::function::FunctionName;
use domain::grant::{Access, Active, CodeBinding, Grant, RedirectUriDigest, Refresh, Rotation, State};
use domain::id::RequestId;
use domain::secret::Digest;
use domain::token::GrantKeys;
use domain::user::Username;
use domain::{ClientId, SessionId, UnixTime};
use oauth::pkce::CodeChallenge;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::attributes::{Binary, Tokens};
use crate::error::StoreError;
use crate::schema::Key;
use crate::table::Item;

#[derive(Serialize, Deserialize)]
struct GrantItem {
    pk: String,
    sk: String,
    expires_at: UnixTime,
    client_id: ClientId,
    #[serde(default, skip_serializing_if = "Tokens::is_empty")]
    granted: Tokens,
    ends_at: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<Username>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    functions: Option<BTreeSet<FunctionName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_by: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<AccessAttribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_access: Option<AccessAttribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_at: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_refresh: Option<Binary<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<Binary<16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<UnixTime>,
}

#[derive(Serialize, Deserialize)]
struct AccessAttribute {
    digest: Binary<32>,
    issued_at: UnixTime,
    expires_at: UnixTime,
    #[serde(default, skip_serializing_if = "Tokens::is_empty")]
    scope: Tokens,
}

impl From<&Access> for AccessAttribute {
    fn from(access: &Access) -> Self {
        Self {
            digest: Binary(*access.token.as_bytes()),
            issued_at: access.issued_at,
            expires_at: access.expires_at,
            scope: access.narrowed.as_ref().map(Tokens::from).unwrap_or_default(),
        }
    }
}

impl From<AccessAttribute> for Access {
    fn from(attribute: AccessAttribute) -> Self {
        let narrowed = (!attribute.scope.is_empty()).then(|| attribute.scope.into());
        Self {
            token: Digest::from_bytes(attribute.digest.0),
            issued_at: attribute.issued_at,
            expires_at: attribute.expires_at,
            narrowed,
        }
    }
}

/// The value of the `access` attribute.
pub(super) fn access(access: &Access) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(AccessAttribute::from(access)).map_err(StoreError::corrupt("grant"))
}

/// The item that a grant is stored as.
pub(super) fn grant_item(grant: &Grant) -> Result<Item, StoreError> {
    serde_dynamo::to_item(GrantItem::from(grant)).map_err(StoreError::corrupt("grant"))
}

impl From<&Grant> for GrantItem {
    fn from(grant: &Grant) -> Self {
        let key = Key::grant(grant.keys.owner, grant.keys.grant);
        let (binding, redeemed_by) = match &grant.state {
            State::Issued { binding, .. } => (Some(binding), None),
            State::Active(active) => {
                active.redeemed.as_ref().map(|(binding, by)| (binding, by.clone())).unzip()
            }
        };
        let active = grant.active();
        let refresh = active.and_then(|active| active.refresh.as_ref());
        let rotation = refresh.and_then(|refresh| refresh.rotation);
        Self {
            pk: key.pk,
            sk: key.sk,
            expires_at: grant.expires_at(),
            client_id: grant.client,
            granted: (&grant.scope).into(),
            ends_at: grant.ends_at,
            session: grant.keys.session,
            username: grant.username.clone(),
            auth_time: grant.auth_time,
            nonce: grant.nonce.clone(),
            address: grant.address,
            functions: grant.limit.clone(),
            code: binding.map(|binding| Binary(*binding.code.as_bytes())),
            redirect_uri: binding.map(|binding| Binary(*binding.redirect_uri.as_bytes())),
            challenge: binding
                .and_then(|binding| binding.challenge)
                .map(|challenge| Binary(*challenge.as_bytes())),
            redeemed_by,
            access: active.map(|active| (&active.access).into()),
            previous_access: active.and_then(|active| active.previous_access.as_ref()).map(Into::into),
            refresh: refresh.map(|refresh| Binary(*refresh.token.as_bytes())),
            refresh_expires_at: refresh.map(|refresh| refresh.expires_at),
            previous_refresh: rotation.map(|rotation| Binary(*rotation.previous.as_bytes())),
            salt: rotation.map(|rotation| Binary(rotation.salt)),
            rotated_at: rotation.map(|rotation| rotation.at),
        }
    }
}

/// Reads the grant that `keys` lead to.
///
/// The session is the item's own word, not the token's: a token can't shed the session that it depends on.
pub(super) fn grant(keys: GrantKeys, item: Item) -> Result<Grant, StoreError> {
    let item: GrantItem = serde_dynamo::from_item(item).map_err(StoreError::corrupt("grant"))?;
    let corrupt = |cause: &str| StoreError::Corrupt { entity: "grant", cause: cause.to_owned() };
    let binding = match (item.code, item.redirect_uri) {
        (Some(code), Some(redirect_uri)) => Some(CodeBinding {
            code: Digest::from_bytes(code.0),
            redirect_uri: RedirectUriDigest::from_bytes(redirect_uri.0),
            challenge: item.challenge.map(|challenge| CodeChallenge::from_bytes(challenge.0)),
        }),
        (None, None) => None,
        _ => return Err(corrupt("a code without its redirect URI")),
    };
    let rotation = match (item.previous_refresh, item.salt, item.rotated_at) {
        (Some(previous), Some(salt), Some(at)) => {
            Some(Rotation { previous: Digest::from_bytes(previous.0), salt: salt.0, at })
        }
        _ => None,
    };
    let refresh = item.refresh.zip(item.refresh_expires_at);
    let refresh = refresh.map(|(token, expires_at)| Refresh {
        token: Digest::from_bytes(token.0),
        expires_at,
        rotation,
    });
    let state = match (item.access, binding) {
        (Some(access), binding) => State::Active(Active {
            redeemed: binding.zip(item.redeemed_by),
            access: access.into(),
            previous_access: item.previous_access.map(Into::into),
            refresh,
        }),
        (None, Some(binding)) => State::Issued { binding, code_expires_at: item.expires_at },
        (None, None) => return Err(corrupt("neither a code nor a token")),
    };
    Ok(Grant {
        keys: GrantKeys { session: item.session, ..keys },
        client: item.client_id,
        username: item.username,
        scope: item.granted.into(),
        auth_time: item.auth_time,
        nonce: item.nonce,
        address: item.address,
        limit: item.functions,
        ends_at: item.ends_at,
        state,
    })
}
