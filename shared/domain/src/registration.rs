//! From what a client says of itself to what it is registered as (RFC 7591 section 2), and back.

use oauth::redirect::RedirectUri;
use oauth::registration::ClientMetadata;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType, ResponseType, SigningAlgorithm};
use oauth::{ErrorCode, Refusal, Scope};
use url::Url;

use crate::client::{About, Client, CodeProtection};
use crate::settings::Settings;

/// The most redirect URIs or contacts one client may have.
const MOST: usize = 20;
/// The longest text of a client that people are shown, in characters.
const LONGEST: usize = 200;

/// Client metadata that holds together: what a [`Client`] is but for its identifiers and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrable {
    /// What people are shown.
    pub about: About,
    /// How it will authenticate.
    pub method: AuthenticationMethod,
    /// What kind of program it is.
    pub application_type: ApplicationType,
    /// The grant types it may use.
    pub grant_types: std::collections::BTreeSet<GrantType>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may be sent after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask for.
    pub scope: Scope,
    /// What its ID tokens are signed with.
    pub id_token_algorithm: SigningAlgorithm,
    /// What keeps its codes from being used by somebody else.
    pub code_protection: CodeProtection,
}

impl Registrable {
    /// Checks what a client says of itself, and fills in what it leaves out.
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 section 3.2.2).
    pub fn check(metadata: &ClientMetadata, settings: &Settings) -> Result<Self, Refusal> {
        let method = word(&metadata.token_endpoint_auth_method, AuthenticationMethod::parse, METHOD)?
            .unwrap_or(AuthenticationMethod::ClientSecretBasic);
        let grant_types = grant_types(metadata, method)?;
        let redirect_uris = registered_uris(metadata.redirect_uris.as_deref())?;
        if grant_types.contains(&GrantType::AuthorizationCode) && redirect_uris.is_empty() {
            return Err(Refusal::new(ErrorCode::InvalidRedirectUri, "redirect_uris missing")
                .saying("The authorization_code grant needs redirect_uris."));
        }
        let public = method == AuthenticationMethod::None;
        let application_type = application_type(metadata, public, &redirect_uris)?;
        let require_pkce = metadata.require_pkce.unwrap_or(true);
        if !require_pkce && public {
            return Err(
                metadata_refused("public client without PKCE").saying("A public client must use PKCE.")
            );
        }
        Ok(Self {
            about: about(metadata)?,
            method,
            application_type,
            grant_types,
            redirect_uris,
            post_logout_redirect_uris: registered_uris(metadata.post_logout_redirect_uris.as_deref())?,
            scope: scope(metadata, settings)?,
            id_token_algorithm: word(
                &metadata.id_token_signed_response_alg,
                SigningAlgorithm::parse,
                ALGORITHM,
            )?
            .unwrap_or(SigningAlgorithm::Rs256),
            code_protection: if require_pkce { CodeProtection::Pkce } else { CodeProtection::PkceOrNonce },
        })
    }

    /// The client that this makes of `client`: what it is whatever it says of itself stays as it is.
    #[must_use]
    pub fn into_client(self, client: Client) -> Client {
        Client {
            about: self.about,
            application_type: self.application_type,
            grant_types: self.grant_types,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            scope: self.scope,
            id_token_algorithm: self.id_token_algorithm,
            code_protection: self.code_protection,
            ..client
        }
    }
}

/// What is wrong with a word that is not served, for the log and for the caller.
type Wrong = (&'static str, &'static str);
const METHOD: Wrong = (
    "token_endpoint_auth_method not served",
    "token_endpoint_auth_method is not one of those in the metadata document.",
);
const ALGORITHM: Wrong =
    ("id_token_signed_response_alg not served", "id_token_signed_response_alg must be RS256 or ES256.");
const APPLICATION: Wrong = ("application_type unknown", "application_type must be web or native.");

const fn metadata_refused(reason: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidClientMetadata, reason)
}

fn word<T>(text: &Option<String>, parse: fn(&str) -> Option<T>, wrong: Wrong) -> Result<Option<T>, Refusal> {
    let refusal = metadata_refused(wrong.0).saying(wrong.1);
    text.as_deref().map(|text| parse(text).ok_or(refusal)).transpose()
}

fn grant_types(
    metadata: &ClientMetadata,
    method: AuthenticationMethod,
) -> Result<std::collections::BTreeSet<GrantType>, Refusal> {
    let unknown = metadata_refused("grant_types not served").saying("A grant type is not supported.");
    let asked = match &metadata.grant_types {
        Some(words) => {
            // Implicit is nothing to grant oneself (RFC 9700 section 2.1.2): it is for an administrator to allow.
            let served = |word: &String| {
                GrantType::parse(word).filter(|&grant| grant != GrantType::Implicit).ok_or(unknown)
            };
            words.iter().map(served).collect::<Result<_, _>>()?
        }
        None => [GrantType::AuthorizationCode].into(),
    };
    let has = |grant| std::collections::BTreeSet::contains(&asked, &grant);
    if asked.is_empty() || (has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode)) {
        return Err(metadata_refused("grant_types do not hold together")
            .saying("refresh_token needs authorization_code beside it."));
    }
    // "The client credentials grant type MUST only be used by confidential clients." (RFC 6749 section 4.4)
    if has(GrantType::ClientCredentials) && method == AuthenticationMethod::None {
        return Err(metadata_refused("client_credentials for a public client")
            .saying("A public client may not use client_credentials."));
    }
    // The correlation of section 2.1: `authorization_code` goes with `code`, and neither without the other.
    let code = has(GrantType::AuthorizationCode);
    let responses = match &metadata.response_types {
        Some(words) => words.iter().map(String::as_str).collect::<Vec<_>>(),
        None if code => vec![ResponseType::Code.as_str()],
        None => vec![],
    };
    let served = responses.iter().all(|word| *word == ResponseType::Code.as_str());
    if !served || responses.is_empty() == code {
        return Err(metadata_refused("response_types do not fit grant_types")
            .saying("response_types must be code with authorization_code, and empty without."));
    }
    Ok(asked)
}

fn registered_uris(texts: Option<&[String]>) -> Result<Vec<RedirectUri>, Refusal> {
    let texts = texts.unwrap_or_default();
    if texts.len() > MOST {
        return Err(Refusal::new(ErrorCode::InvalidRedirectUri, "too many redirect URIs")
            .saying("At most 20 redirect URIs may be registered."));
    }
    texts.iter().map(|text| RedirectUri::parse(text).map_err(Refusal::from)).collect()
}

fn application_type(
    metadata: &ClientMetadata,
    public: bool,
    redirect_uris: &[RedirectUri],
) -> Result<ApplicationType, Refusal> {
    let native = redirect_uris.iter().any(RedirectUri::is_native);
    let stated = word(&metadata.application_type, ApplicationType::parse, APPLICATION)?;
    let application = match stated {
        Some(application) => application,
        None if public && native => ApplicationType::Native,
        None => ApplicationType::Web,
    };
    if application == ApplicationType::Web && redirect_uris.iter().any(RedirectUri::is_private_use) {
        return Err(Refusal::new(ErrorCode::InvalidRedirectUri, "private-use scheme of a web client")
            .saying("A web application's redirect URIs must be https, or http on loopback."));
    }
    Ok(application)
}

fn scope(metadata: &ClientMetadata, settings: &Settings) -> Result<Scope, Refusal> {
    let served = settings.registrable_scope();
    let Some(text) = &metadata.scope else { return Ok(settings.standard_scope()) };
    let asked = Scope::parse(text).map_err(|_| {
        metadata_refused("scope malformed").saying("scope is not a space-separated list of scopes.")
    })?;
    let unknown =
        metadata_refused("scope not served").saying("A scope is not one of those in the metadata document.");
    asked.is_within(&served).then_some(asked).ok_or(unknown)
}

fn about(metadata: &ClientMetadata) -> Result<About, Refusal> {
    let uri = metadata.client_uri.as_deref().map(home_page).transpose()?;
    let name = shown(metadata.client_name.as_deref())?.unwrap_or_else(|| "An unnamed application".to_owned());
    let contacts = metadata.contacts.iter().flatten();
    let contacts = contacts.map(|contact| shown(Some(contact)).map(Option::unwrap_or_default));
    let contacts = contacts.collect::<Result<Vec<_>, _>>()?;
    if contacts.len() > MOST {
        return Err(metadata_refused("too many contacts").saying("At most 20 contacts may be registered."));
    }
    let description = shown(metadata.client_description.as_deref())?;
    Ok(About { name, description, main_uri: uri, contacts })
}

fn shown(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if !is_presentable(text, LONGEST) {
        return Err(metadata_refused("text too long or with control characters")
            .saying("A name or description is longer than 200 characters or has control characters."));
    }
    Ok(Some(text.to_owned()))
}

/// Whether people can be shown a text: at most `longest` characters, on one line, nothing that changes how its surroundings read.
pub(crate) fn is_presentable(text: &str, longest: usize) -> bool {
    let misleading = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().count() <= longest && !text.chars().any(misleading)
}

fn home_page(text: &str) -> Result<String, Refusal> {
    let refusal = metadata_refused("client_uri is not a web address")
        .saying("client_uri must be an https or http URL.");
    is_web_address(text).then(|| text.to_owned()).ok_or(refusal)
}

/// Whether a browser can be sent there: `https` or `http`, at most 2048 bytes.
pub(crate) fn is_web_address(text: &str) -> bool {
    let web = |url: Url| matches!(url.scheme(), "https" | "http") && url.host().is_some();
    text.len() <= 2048 && Url::parse(text).is_ok_and(web)
}

/// What a client is registered as, whoever registered it.
#[must_use]
pub fn metadata(client: &Client, settings: &Settings) -> ClientMetadata {
    let code = client.grant_types.contains(&GrantType::AuthorizationCode);
    let uris = |uris: &[RedirectUri]| {
        (!uris.is_empty()).then(|| uris.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let scope = if client.owned.is_some() { &client.permitted_scope(settings) } else { &client.scope };
    ClientMetadata {
        redirect_uris: uris(&client.redirect_uris),
        post_logout_redirect_uris: uris(&client.post_logout_redirect_uris),
        token_endpoint_auth_method: Some(client.authentication.method().to_string()),
        grant_types: Some(client.grant_types.iter().map(ToString::to_string).collect()),
        response_types: Some(code.then(|| ResponseType::Code.to_string()).into_iter().collect()),
        application_type: Some(client.application_type.to_string()),
        client_name: Some(client.about.name.clone()),
        client_description: client.about.description.clone(),
        client_uri: client.about.main_uri.clone(),
        scope: Some(scope.to_string()),
        contacts: (!client.about.contacts.is_empty()).then(|| client.about.contacts.clone()),
        id_token_signed_response_alg: Some(client.id_token_algorithm.to_string()),
        require_pkce: Some(match client.code_protection {
            CodeProtection::Pkce => true,
            CodeProtection::PkceOrNonce => false,
            CodeProtection::ClientSecret => !settings.codes_without_pkce,
        }),
        client_id: None,
        client_secret: None,
    }
}

#[cfg(test)]
mod tests {
    use oauth::registration::ClientMetadata;
    use oauth::words::{ApplicationType, AuthenticationMethod, GrantType};

    use super::Registrable;
    use crate::client::CodeProtection;
    use crate::issuer::Issuer;
    use crate::settings::Settings;

    fn check(json: &str) -> Result<Registrable, &'static str> {
        let settings = Settings::new(Issuer::parse("https://id.example").unwrap());
        let metadata: ClientMetadata = serde_json::from_str(json).unwrap();
        Registrable::check(&metadata, &settings).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn fills_in_the_rfcs_defaults() {
        let client = check(r#"{"redirect_uris":["https://app.example/cb"]}"#).unwrap();
        assert_eq!(client.method, AuthenticationMethod::ClientSecretBasic);
        assert_eq!(client.grant_types, [GrantType::AuthorizationCode].into());
        assert_eq!(client.application_type, ApplicationType::Web);
        assert_eq!(client.code_protection, CodeProtection::Pkce);
    }

    #[test]
    fn a_public_client_on_loopback_is_native() {
        let json = r#"{"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}"#;
        assert_eq!(check(json).unwrap().application_type, ApplicationType::Native);
    }

    #[test]
    fn refuses_what_does_not_hold_together() {
        for (json, reason) in [
            (r"{}", "redirect_uris missing"),
            (r#"{"redirect_uris":["https://app.example/cb#x"]}"#, "redirect URI has a fragment"),
            (r#"{"redirect_uris":["http://app.example/cb"]}"#, "redirect URI is http but not loopback"),
            (r#"{"grant_types":["password"]}"#, "grant_types not served"),
            (r#"{"grant_types":[]}"#, "grant_types do not hold together"),
            (r#"{"grant_types":["refresh_token"]}"#, "grant_types do not hold together"),
            (
                r#"{"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"}"#,
                "client_credentials for a public client",
            ),
            (
                r#"{"grant_types":["client_credentials"],"response_types":["code"]}"#,
                "response_types do not fit grant_types",
            ),
            (
                r#"{"redirect_uris":["https://a.example"],"response_types":["token"]}"#,
                "response_types do not fit grant_types",
            ),
            (
                r#"{"redirect_uris":["https://a.example"],"token_endpoint_auth_method":"private_key_jwt"}"#,
                "token_endpoint_auth_method not served",
            ),
            (
                r#"{"redirect_uris":["https://a.example"],"token_endpoint_auth_method":"none","require_pkce":false}"#,
                "public client without PKCE",
            ),
            (r#"{"redirect_uris":["https://a.example"],"scope":"root"}"#, "scope not served"),
            (
                r#"{"redirect_uris":["https://a.example"],"client_uri":"javascript:x"}"#,
                "client_uri is not a web address",
            ),
            (
                r#"{"redirect_uris":["https://a.example"],"client_name":"\u202egnp.exe"}"#,
                "text too long or with control characters",
            ),
            (r#"{"redirect_uris":["com.example:/cb"]}"#, "private-use scheme of a web client"),
            (
                r#"{"redirect_uris":["https://a.example"],"id_token_signed_response_alg":"none"}"#,
                "id_token_signed_response_alg not served",
            ),
        ] {
            assert_eq!(check(json), Err(reason), "{json}");
        }
    }
}
