//! The claim providers of a client (Argus's `openIDCustomClaims`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::claims::ClaimProvider;
use crate::function::{FunctionName, Functions};

/// The most claim providers.
const MOST: usize = 20;
/// The most groups or functions of one.
const MOST_ENTRIES: usize = 100;
/// The most characters of a claim's name, a group or a role.
const LONGEST: usize = 200;

/// The claims that say what a token or an answer is, and not what is known of a user: nobody's to choose (RFC 7519 section 4.1, OpenID
/// Connect Core sections 2, 3.3.2.11, 5.1 and 5.6.2, RFC 7662 section 2.2, RFC 7800, RFC 8417, RFC 8693). What we vouch for is among them.
pub(super) const RESERVED: [&str; 35] = [
    "_claim_names",
    "_claim_sources",
    "act",
    "active",
    "acr",
    "amr",
    "at_hash",
    "at_use_nbr",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "customer_permissions",
    "email_verified",
    "error",
    "error_description",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "permissions",
    "phone_number_verified",
    "s_hash",
    "scope",
    "sid",
    "sub",
    "sub_jwk",
    "token_type",
    "typ",
];

const OBJECTS: &str = "must be an array of at most 20 objects with a provider";
const PROVIDER: &str = "provider must be customClaim, userGroups, allUserGroups or functionRoleMapping";
const CLAIM: &str = "claim must be username, name, picture, email, clientIP, customerID, customerShortName, customerName, domainID or phone";
const CLAIM_NAME: &str =
    "claimName must be 1 to 200 printable ASCII characters without spaces, quotes and backslashes";
const CLAIM_RESERVED: &str = "claimName must not be a claim of the protocol itself";
const GROUPS: &str = "allowedGroups must be an array of 1 to 100 groups";
const STRINGIFIED: &str = "stringified must be true or false";
const MAPPING: &str = "roleMapping must be an object of 1 to 100 functions, each with a role";
const MAPPED: &str = "roleMapping must name functions that there are";
const TWICE: &str = "must not make one claim twice";

/// Reads claim providers, or says what is wrong with them.
pub(super) fn providers(value: &Value, functions: &Functions) -> Result<Vec<ClaimProvider>, &'static str> {
    let values = value.as_array().filter(|values| values.len() <= MOST).ok_or(OBJECTS)?;
    let mut providers = Vec::with_capacity(values.len());
    let mut claims = BTreeSet::new();
    for value in values {
        let provider = provider(value.as_object().ok_or(OBJECTS)?, functions)?;
        if !claims.insert(claim(&provider).to_owned()) {
            return Err(TWICE);
        }
        providers.push(provider);
    }
    Ok(providers)
}

fn provider(object: &Map<String, Value>, functions: &Functions) -> Result<ClaimProvider, &'static str> {
    let member = |name: &str| object.get(name).filter(|value| !value.is_null());
    let stringified = || member("stringified").map_or(Some(false), Value::as_bool).ok_or(STRINGIFIED);
    let claim_name = || claim_name(member("claimName"));
    match member("provider").and_then(Value::as_str) {
        Some("customClaim") => {
            let claim = member("claim").cloned().unwrap_or_default();
            let claim = serde_json::from_value(claim).map_err(|_| CLAIM)?;
            Ok(ClaimProvider::CustomClaim { claim, claim_name: claim_name()? })
        }
        Some("userGroups") => {
            let groups: Option<BTreeSet<_>> = member("allowedGroups")
                .and_then(Value::as_array)
                .and_then(|groups| groups.iter().map(word).collect());
            let allowed_groups =
                groups.filter(|groups| (1..=MOST_ENTRIES).contains(&groups.len())).ok_or(GROUPS)?;
            Ok(ClaimProvider::UserGroups { allowed_groups, stringified: stringified()? })
        }
        Some("allUserGroups") => Ok(ClaimProvider::AllUserGroups { stringified: stringified()? }),
        Some("functionRoleMapping") => {
            let mapping = member("roleMapping").and_then(Value::as_object).ok_or(MAPPING)?;
            Ok(ClaimProvider::FunctionRoleMapping {
                claim_name: claim_name()?,
                role_mapping: role_mapping(mapping, functions)?,
            })
        }
        _ => Err(PROVIDER),
    }
}

/// The claim that a provider makes.
fn claim(provider: &ClaimProvider) -> &str {
    match provider {
        ClaimProvider::CustomClaim { claim_name, .. }
        | ClaimProvider::FunctionRoleMapping { claim_name, .. } => claim_name,
        ClaimProvider::UserGroups { .. } | ClaimProvider::AllUserGroups { .. } => "groups",
    }
}

fn claim_name(value: Option<&Value>) -> Result<String, &'static str> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
    let name = value.and_then(word).filter(|name| plain(name)).ok_or(CLAIM_NAME)?;
    if RESERVED.contains(&name.as_str()) {
        return Err(CLAIM_RESERVED);
    }
    Ok(name)
}

fn role_mapping(
    mapping: &Map<String, Value>,
    functions: &Functions,
) -> Result<BTreeMap<FunctionName, String>, &'static str> {
    if !(1..=MOST_ENTRIES).contains(&mapping.len()) {
        return Err(MAPPING);
    }
    let mut roles = BTreeMap::new();
    for (function, role) in mapping {
        let function = functions.find(function).ok_or(MAPPED)?;
        if roles.insert(function.name.clone(), word(role).ok_or(MAPPING)?).is_some() {
            // By its name and by its number.
            return Err(TWICE);
        }
    }
    Ok(roles)
}

/// A text of some characters, none of them a control character.
fn word(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let fine = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fine.then(|| text.to_owned())
}
