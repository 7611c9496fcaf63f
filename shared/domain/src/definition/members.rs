//! The members that define a client and that change it, each by its own rule.

use std::collections::BTreeSet;

use ipnet::IpNet;
use oauth::redirect::RedirectUri;
use oauth::scope::OPENID;
use oauth::words::GrantType;
use oauth::{Refusal, Scope};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::claims::providers;
use super::{ChosenSecret, METHOD, Method, SECRET};
use crate::claims::ClaimProvider;
use crate::client::{About, Authentication, Bounds, Client, CodeProtection, SecurityLevel};
use crate::fields::{Fields, is_prose};
use crate::function::{FunctionName, Functions};
use crate::name::ClientName;
use crate::settings::Settings;

/// The most characters of a client's name.
const LONGEST_NAME: usize = 200;
/// The most characters of a client's description.
const LONGEST_DESCRIPTION: usize = 2000;
/// The most bytes of a web address.
const LONGEST_URI: usize = 2048;
/// How long a secret may be. Beside its secret a client proves itself by where it calls from.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 12..=1024;
/// The most redirect URIs.
const MOST_REDIRECT_URIS: usize = 20;
/// The most address ranges.
const MOST_RANGES: usize = 100;

pub(super) const SHORT_NAME: &str =
    "must be 1 to 64 of the characters A-Z a-z 0-9 _ : - . and no UUID, nor search, nor dots alone";
pub(super) const NAME: &str = "must be 1 to 200 letters, digits, white space and the characters _ { } $ - ( ) . [ ] \" ' / \\ , * + # : @ ! ? ; =";
pub(super) const DESCRIPTION: &str = "must be at most 2000 letters, digits, white space and the characters _ { } $ - ( ) . [ ] \" ' / \\ , * + # : @ ! ? ; =";
const MAIN_URI: &str = "must be an https:// address of at most 2048 characters";
const FUNCTION: &str = "must be the name or number of a function";
const SCOPES: &str = "must be scopes that are served here";
const METHODS: &str = "must be password or none";
const CHOSEN_SECRET: &str = "must be 12 to 1024 printable ASCII characters";
const LEVELS: &str = "must be external, standard or administrative";

/// The members that only a client has that was defined. One that registered itself manages them itself (RFC 7592).
pub(super) const OF_DEFINED: [&str; 17] = [
    "shortName",
    "name",
    "description",
    "mainURI",
    "redirectURIs",
    "redirectURI",
    "requiredFunction",
    "permissionScope",
    "permittedScopes",
    "clientIPRange",
    METHOD,
    SECRET,
    "maxSecurityLevel",
    "openIDCustomClaims",
    "allowImplicit",
    "requirePKCE",
    "requireSameClientIP",
];

/// What was said of a client; nothing of what wasn't, or was wrong.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub short_name: Option<ClientName>,
    pub name: Option<String>,
    description: Option<String>,
    main_uri: Option<String>,
    redirect_uris: Option<Vec<RedirectUri>>,
    pub required_function: Option<FunctionName>,
    pub permission_scope: Option<FunctionName>,
    scope: Option<Scope>,
    addresses: Option<Vec<IpNet>>,
    pub method: Option<Method>,
    pub secret: Option<ChosenSecret>,
    max_security_level: Option<SecurityLevel>,
    hidden: Option<bool>,
    custom_claims: Option<Vec<ClaimProvider>>,
    implicit: Option<bool>,
    pub require_pkce: Option<bool>,
    same_address: Option<bool>,
}

impl Members {
    pub(super) fn read(fields: &mut Fields<'_>, functions: &Functions, settings: &Settings) -> Self {
        let function = |text: &str| functions.find(text).map(|function| function.name.clone());
        Self {
            short_name: fields.parsed("shortName", SHORT_NAME, short_name),
            name: fields.parsed("name", NAME, |text| {
                shown(text, LONGEST_NAME).filter(|name| !name.trim().is_empty())
            }),
            description: fields.parsed("description", DESCRIPTION, |text| shown(text, LONGEST_DESCRIPTION)),
            main_uri: fields.parsed("mainURI", MAIN_URI, main_uri),
            redirect_uris: redirect_uris(fields),
            required_function: fields.parsed("requiredFunction", FUNCTION, function),
            permission_scope: fields.parsed("permissionScope", FUNCTION, function),
            scope: permitted(fields, settings),
            addresses: addresses(fields),
            method: fields.parsed(METHOD, METHODS, |text| match text {
                "none" => Some(Method::None),
                "password" => Some(Method::Password),
                _ => None,
            }),
            secret: fields.parsed(SECRET, CHOSEN_SECRET, secret),
            max_security_level: fields
                .parsed("maxSecurityLevel", LEVELS, |text| serde_json::from_value(Value::from(text)).ok()),
            hidden: fields.flag("hidden"),
            custom_claims: custom_claims(fields, functions),
            implicit: fields.flag("allowImplicit"),
            require_pkce: fields.flag("requirePKCE"),
            same_address: fields.flag("requireSameClientIP"),
        }
    }

    /// `client`, with what was said of it.
    pub(super) fn onto(
        self,
        client: Client,
        authentication: Authentication,
        code_protection: CodeProtection,
    ) -> Client {
        let mut grant_types = client.grant_types;
        match self.implicit {
            Some(true) => drop(grant_types.insert(GrantType::Implicit)),
            Some(false) => drop(grant_types.remove(&GrantType::Implicit)),
            None => {}
        }
        let bounds = client.bounds.map(|bounds| Bounds {
            customer: bounds.customer,
            required_function: self.required_function.unwrap_or(bounds.required_function),
            permission_scope: self.permission_scope.unwrap_or(bounds.permission_scope),
            max_security_level: self.max_security_level.unwrap_or(bounds.max_security_level),
        });
        Client {
            about: About {
                name: self.name.unwrap_or(client.about.name),
                description: self.description.or(client.about.description),
                main_uri: self.main_uri.or(client.about.main_uri),
                contacts: client.about.contacts,
            },
            authentication,
            grant_types,
            redirect_uris: self.redirect_uris.unwrap_or(client.redirect_uris),
            scope: self.scope.unwrap_or(client.scope),
            code_protection,
            short_name: self.short_name.or(client.short_name),
            bounds,
            addresses: self.addresses.unwrap_or(client.addresses),
            same_address: self.same_address.unwrap_or(client.same_address),
            custom_claims: self.custom_claims.unwrap_or(client.custom_claims),
            hidden: self.hidden.unwrap_or(client.hidden),
            ..client
        }
    }
}

/// The scope of a client that no scope is permitted of.
pub(super) fn least() -> Scope {
    Scope::parse(OPENID).unwrap_or_default()
}

/// A name that is good in a path: neither one of the service's own words there, nor what a path is shortened by (RFC 3986 section 5.2.4).
fn short_name(text: &str) -> Option<ClientName> {
    let path = text == "search" || text.bytes().all(|b| b == b'.');
    ClientName::parse(text).ok().filter(|_| !path)
}

/// Text that people are shown.
fn shown(text: &str, longest: usize) -> Option<String> {
    (text.chars().count() <= longest && is_prose(text)).then(|| text.to_owned())
}

fn main_uri(text: &str) -> Option<String> {
    let plain = text.len() <= LONGEST_URI && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let url = Url::parse(text).ok().filter(|_| plain && text.starts_with("https://"))?;
    // User information before the host misleads whoever reads the address.
    let honest = url.username().is_empty() && url.password().is_none() && url.has_host();
    honest.then(|| text.to_owned())
}

/// `redirectURIs`, or the one `redirectURI` that is their form from before there could be several.
fn redirect_uris(fields: &mut Fields<'_>) -> Option<Vec<RedirectUri>> {
    let (many, one) = ("redirectURIs", "redirectURI");
    let first = fields.text(one);
    if !fields.has(many) {
        return read_redirect_uris(fields, one, vec![first?]);
    }
    let texts = fields.texts(many)?;
    if first.is_some_and(|first| !texts.contains(&first)) {
        fields.refuse(one, "must be one of redirectURIs where both are given");
    }
    read_redirect_uris(fields, many, texts)
}

fn read_redirect_uris(fields: &mut Fields<'_>, field: &str, texts: Vec<&str>) -> Option<Vec<RedirectUri>> {
    if texts.len() > MOST_REDIRECT_URIS {
        fields.refuse(field, "must be at most 20 redirect URIs");
        return None;
    }
    let mut uris = Vec::new();
    for text in texts {
        match RedirectUri::parse(text) {
            Ok(uri) if uri.is_private_use() => {
                fields.refuse(field, "must be https:// addresses, or http:// on loopback");
                return None;
            }
            Ok(uri) if uris.contains(&uri) => {}
            Ok(uri) => uris.push(uri),
            Err(error) => {
                fields.refuse(field, Refusal::from(error).description);
                return None;
            }
        }
    }
    Some(uris)
}

fn permitted(fields: &mut Fields<'_>, settings: &Settings) -> Option<Scope> {
    let served = settings.registrable_scope();
    let tokens: BTreeSet<_> =
        fields.parsed_all("permittedScopes", SCOPES, |token| served.contains(token).then_some(token))?;
    if tokens.is_empty() {
        return Some(least());
    }
    Scope::parse(&tokens.into_iter().collect::<Vec<_>>().join(" ")).ok()
}

fn addresses(fields: &mut Fields<'_>) -> Option<Vec<IpNet>> {
    let field = "clientIPRange";
    let ranges = fields.ranges(field)?;
    match ranges.len() {
        0 => fields.refuse(field, "must be at least one address or range"),
        1..=MOST_RANGES => {}
        _ => fields.refuse(field, "must be at most 100 addresses and ranges"),
    }
    Some(ranges)
}

/// "client-secret = *VSCHAR" (RFC 6749 appendix A.2)
fn secret(text: &str) -> Option<ChosenSecret> {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    (printable && SECRET_LENGTH.contains(&text.len())).then(|| ChosenSecret(Zeroizing::new(text.to_owned())))
}

fn custom_claims(fields: &mut Fields<'_>, functions: &Functions) -> Option<Vec<ClaimProvider>> {
    let field = "openIDCustomClaims";
    match providers(fields.value(field)?, functions) {
        Ok(providers) => Some(providers),
        Err(wrong) => {
            fields.refuse(field, wrong);
            None
        }
    }
}
