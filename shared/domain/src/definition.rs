//! From what an administrator says of a client to what it is defined as or changed to (Argus).
//!
//! Whoever asks does it in steps: what the object refers to is looked up ([`Referred`]), the object is held against that and against
//! the rules ([`Definition::check`], [`Update::check`]), the secret is hashed, and the client comes out. Nothing is looked up here.
//!
//! Everything is bounded: names to 64 characters, a client's name to 200 and its description to 2000, an address to 2048, a secret to
//! 1024; 20 redirect URIs, 100 address ranges, 20 claim providers.

use std::fmt;

use oauth::words::GrantType;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::client::{About, Authentication, Author, Bounds, Client, CodeProtection, SecurityLevel};
use crate::entropy::Entropy;
use crate::fields::{FieldError, Fields, REQUIRED};
use crate::id::ClientId;
use crate::name::{ClientName, CustomerName, DomainName};
use crate::password::{PasswordError, PasswordHash, Verdict};
use crate::settings::Settings;
use crate::time::UnixTime;
use members::Members;
pub use place::{Directory, Reference, Referred};
use place::{place, same_place};

mod claims;
mod members;
mod place;

/// A secret that somebody chose for a client, until it is hashed.
#[derive(Clone, PartialEq, Eq)]
struct ChosenSecret(Zeroizing<String>);

/// It is not for showing.
impl fmt::Debug for ChosenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// How a client authenticates, in Argus's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// It doesn't.
    None,
    /// By a secret that somebody chose.
    Password,
}

/// A client that may be defined: what it is but for its identifier and the hash of its secret.
#[derive(Clone, Debug)]
pub struct Definition {
    short_name: ClientName,
    name: String,
    bounds: Bounds,
    domain: DomainName,
    code_protection: CodeProtection,
    members: Members,
}

/// Who does something, and when.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who; nobody that the service knows, where an operator works on the table itself.
    pub author: Option<Author>,
    /// When.
    pub at: UnixTime,
}

/// The members that a definition must have.
const MUST: [&str; 7] =
    ["shortName", "name", "description", "mainURI", "requiredFunction", "permissionScope", "clientIPRange"];

impl Definition {
    /// Holds what is said of a new client against the rules, and fills in what is left out.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(
        object: &Map<String, Value>,
        directory: &Directory<'_>,
        settings: &Settings,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(object);
        for member in MUST {
            fields.require(member);
        }
        let members = Members::read(&mut fields, directory.functions, settings);
        let (customer, domain) = place(&mut fields, directory);
        match (members.method, &members.secret) {
            (Some(Method::None), Some(_)) => fields.refuse(SECRET, SECRET_OF_NONE),
            (Some(Method::None), None) => {}
            _ if fields.has(METHOD) && members.method.is_none() => {}
            _ => {
                if !fields.has(SECRET) {
                    fields.refuse(SECRET, REQUIRED);
                }
            }
        }
        let public = members.method == Some(Method::None);
        let usual =
            if settings.codes_without_pkce { CodeProtection::ClientSecret } else { CodeProtection::Pkce };
        let code_protection = protection(&mut fields, &members, (public, usual), settings);
        let whole = Self::whole(members, (customer, domain), code_protection);
        fields.finish(whole)
    }

    /// The definition, if nothing is missing.
    fn whole(
        members: Members,
        (customer, domain): (Option<CustomerName>, DomainName),
        code_protection: CodeProtection,
    ) -> Option<Self> {
        let bounds = Bounds {
            customer,
            required_function: members.required_function.clone()?,
            permission_scope: members.permission_scope.clone()?,
            max_security_level: SecurityLevel::default(),
        };
        let (short_name, name) = (members.short_name.clone()?, members.name.clone()?);
        Some(Self { short_name, name, bounds, domain, code_protection, members })
    }

    /// How the client will authenticate. Where it will by a secret, hashing that takes tens of milliseconds.
    ///
    /// # Errors
    /// For a secret that is too long, which [`Definition::check`] lets none be.
    pub fn authentication(&self, entropy: &dyn Entropy) -> Result<Authentication, PasswordError> {
        self.members.authentication(&Authentication::Public, entropy)
    }

    /// The client.
    #[must_use]
    pub fn into_client(self, id: ClientId, authentication: Authentication, act: Act) -> Client {
        let new = Client {
            about: About { name: self.name, ..About::default() },
            // "openid" alone: an empty set of permitted scopes is none to one reader and all to another.
            scope: members::least(),
            grant_types: [
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ]
            .into(),
            short_name: Some(self.short_name),
            domain: self.domain,
            bounds: Some(self.bounds),
            same_address: true,
            created_by: act.author.clone(),
            updated_by: act.author,
            ..Client::new(id, act.at)
        };
        self.members.onto(new, authentication, self.code_protection)
    }
}

/// A change of a client that may be made.
#[derive(Clone, Debug)]
pub struct Update {
    code_protection: CodeProtection,
    members: Members,
}

impl Update {
    /// Holds what is said of `client` against the rules: what is not said stays as it is.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(
        object: &Map<String, Value>,
        directory: &Directory<'_>,
        settings: &Settings,
        client: &Client,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(object);
        let members = Members::read(&mut fields, directory.functions, settings);
        same_place(&mut fields, directory, client);
        if client.bounds.is_none() {
            for member in members::OF_DEFINED {
                if fields.has(member) {
                    fields.refuse(member, "can't be changed: no administrator defined the client");
                }
            }
        }
        let public = members.method.map_or(client.is_public(), |method| method == Method::None);
        if public && client.must_keep_a_secret() {
            fields.refuse(METHOD, "must be password: a super client keeps a secret");
        }
        match (public, client.is_public(), &members.secret) {
            (true, _, Some(_)) => fields.refuse(SECRET, SECRET_OF_NONE),
            (false, true, None) if !fields.has(SECRET) => fields.refuse(SECRET, REQUIRED),
            _ => {}
        }
        let code_protection = protection(&mut fields, &members, (public, client.code_protection), settings);
        fields.finish(Some(Self { code_protection, members }))
    }

    /// How the client, which authenticates as `current` says, will authenticate: in the very same way, if it is the same secret. Where
    /// a secret was given, comparing and hashing it takes tens of milliseconds each.
    ///
    /// # Errors
    /// For a secret that is too long, which [`Update::check`] lets none be.
    pub fn authentication(
        &self,
        current: &Authentication,
        entropy: &dyn Entropy,
    ) -> Result<Authentication, PasswordError> {
        self.members.authentication(current, entropy)
    }

    /// What it makes of `client`, for which it was checked: its next version, or nothing where nothing changes.
    #[must_use]
    pub fn apply(&self, client: &Client, authentication: Authentication, act: Act) -> Option<Client> {
        let changed = self.members.clone().onto(client.clone(), authentication, self.code_protection);
        (changed != *client).then(|| changed.changed(act))
    }
}

impl Client {
    /// Its next version, by whom and when.
    #[must_use]
    pub fn changed(self, act: Act) -> Self {
        Self { version: self.version + 1, updated_at: act.at, updated_by: act.author, ..self }
    }

    /// Itself deleted: kept, and nobody's client any more. Nothing where it is already.
    #[must_use]
    pub fn delete(&self, act: Act) -> Option<Self> {
        (!self.deleted).then(|| Self { deleted: true, ..self.clone() }.changed(act))
    }
}

const METHOD: &str = "authenticationMethod";
const SECRET: &str = "clientSecret";
const SECRET_OF_NONE: &str = "must not be given to a client whose authenticationMethod is none";

impl Members {
    fn authentication(
        &self,
        current: &Authentication,
        entropy: &dyn Entropy,
    ) -> Result<Authentication, PasswordError> {
        match (self.method, &self.secret, current) {
            (Some(Method::None), _, _) => Ok(Authentication::Public),
            (_, None, current) => Ok(current.clone()),
            (_, Some(ChosenSecret(chosen)), Authentication::Chosen { secret })
                if secret.verify(chosen) == Verdict::Right =>
            {
                Ok(current.clone())
            }
            (_, Some(ChosenSecret(chosen)), _) => {
                Ok(Authentication::Chosen { secret: PasswordHash::new(chosen, entropy)? })
            }
        }
    }
}

/// What will keep the client's codes from being used by somebody else: what is said, or else what it is otherwise. A public client has
/// nothing but PKCE (RFC 9700 section 2.1.1).
fn protection(
    fields: &mut Fields<'_>,
    members: &Members,
    (public, otherwise): (bool, CodeProtection),
    settings: &Settings,
) -> CodeProtection {
    match members.require_pkce {
        Some(false) if public => {
            fields.refuse("requirePKCE", "must be true for a client whose authenticationMethod is none");
        }
        Some(false) if !settings.codes_without_pkce => {
            fields.refuse("requirePKCE", "must be true here");
        }
        Some(false) => return CodeProtection::ClientSecret,
        None if !public => return otherwise,
        None | Some(true) => {}
    }
    CodeProtection::Pkce
}

#[cfg(test)]
mod tests;
