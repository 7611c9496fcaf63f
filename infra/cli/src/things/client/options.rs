//! What can be said of a client on the command line.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::settings::parse_allowed;
use domain::{Issuer, Settings};
use serde_json::Value;

use crate::failure::Failure;
use crate::options::Members;

/// What a client is defined with and what may be changed of it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Its name, as shown to people
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    /// What it is, as shown to people
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
    /// Its https landing page
    #[arg(long, value_name = "URL")]
    main_uri: Option<String>,
    /// Where answers may be sent, exactly; repeat it for each
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<Vec<String>>,
    /// The function that a user must hold to be let in
    #[arg(long, value_name = "FUNCTION")]
    required_function: Option<String>,
    /// The function whose permissions are the most that the client is handed
    #[arg(long, value_name = "FUNCTION")]
    permission_scope: Option<String>,
    /// A scope that it may ask for; repeat it for each. Only openid, if none is given
    #[arg(long, value_name = "SCOPE")]
    permitted_scope: Option<Vec<String>>,
    /// An address or CIDR range that it calls from when it asks for tokens; repeat it for each
    #[arg(long, value_name = "CIDR")]
    client_ip_range: Option<Vec<String>>,
    /// The most that its sessions are trusted with; external, if nothing is said
    #[arg(long, value_name = "LEVEL", value_parser = ["external", "standard", "administrative"])]
    max_security_level: Option<String>,
    /// Leave it out of lists
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    hidden: Option<bool>,
    /// Let it get tokens in the browser's address (the implicit flow), which RFC 9700 advises against
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_implicit: Option<bool>,
    /// Let its codes be protected by its secret alone, where the service allows that
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_pkce: Option<bool>,
    /// Let its tokens be used from other addresses than the one that the user had
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_same_client_ip: Option<bool>,
    /// A file with the claim providers as a JSON array (Argus's openIDCustomClaims)
    #[arg(long, value_name = "FILE")]
    custom_claims: Option<PathBuf>,
}

/// Where a client belongs, for good.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The customer it is bound to, for good: users need the function for that customer, and sessions are confined to it
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// The domain it is in, for good; DEFAULT, if none is named
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

/// What the service is set to, which is not in the table.
#[derive(Debug, Args)]
#[command(next_help_heading = "As the service is set")]
pub(super) struct Service {
    /// The scopes that the service has beside the standard ones, as its functions are told them: permitted scopes must be among them
    #[arg(
        long,
        env = "API_SCOPES",
        value_name = "TOKEN=WORDS; \u{2026}",
        default_value = "",
        hide_default_value = true
    )]
    api_scopes: String,
    /// Whether the service lets clients that were written for Argus do without PKCE: refused or allowed, as its functions are told
    #[arg(long, env = "CODES_WITHOUT_PKCE", value_name = "WORD", default_value = "refused")]
    codes_without_pkce: String,
}

impl Options {
    pub(super) fn members(&self) -> Result<Members, Failure> {
        let custom_claims = self.custom_claims.as_deref().map(file).transpose()?;
        let not = |flag: Option<bool>| flag.map(|flag| !flag);
        Ok(Members::default()
            .with("name", "--name", self.name.as_deref())
            .with("description", "--description", self.description.as_deref())
            .with("mainURI", "--main-uri", self.main_uri.as_deref())
            .with_all("redirectURIs", "--redirect-uri", self.redirect_uri.as_ref())
            .with("requiredFunction", "--required-function", self.required_function.as_deref())
            .with("permissionScope", "--permission-scope", self.permission_scope.as_deref())
            .with_all("permittedScopes", "--permitted-scope", self.permitted_scope.as_ref())
            .with_all("clientIPRange", "--client-ip-range", self.client_ip_range.as_ref())
            .with("maxSecurityLevel", "--max-security-level", self.max_security_level.as_deref())
            .with("hidden", "--hidden", self.hidden)
            .with("allowImplicit", "--allow-implicit", self.allow_implicit)
            // What is said of these is said of the members, which say the opposite.
            .with("requirePKCE", "PKCE (--no-pkce)", not(self.no_pkce))
            .with("requireSameClientIP", "--no-same-client-ip", not(self.no_same_client_ip))
            .with("openIDCustomClaims", "--custom-claims", custom_claims))
    }
}

fn file(path: &Path) -> Result<Value, Failure> {
    let wrong = |problem: String| {
        let remedy = "--custom-claims names a file with a JSON array of claim providers";
        Failure::open(format!("{} {problem}", path.display()), remedy)
    };
    let text = std::fs::read(path).map_err(|error| wrong(format!("can't be read: {error}")))?;
    serde_json::from_slice(&text).map_err(|error| wrong(format!("is not JSON: {error}")))
}

impl Place {
    pub(super) fn onto(&self, members: Members) -> Members {
        members.with("customer", "--customer", self.customer.as_deref()).with(
            "domain",
            "--domain",
            self.domain.as_deref(),
        )
    }
}

impl Service {
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let usage = |option: &str, problem: String| Failure::Usage(format!("{option}: {problem}"));
        // The rules for clients don't ask for the issuer.
        let issuer = Issuer::parse("http://127.0.0.1").map_err(|error| Failure::Broken(error.to_string()))?;
        let api_scopes = Settings::parse_api_scopes(&self.api_scopes)
            .map_err(|refusal| usage("--api-scopes", refusal.reason.to_owned()))?;
        // Set to nothing, a variable counts as not set, as in a function.
        let codes_without_pkce = match self.codes_without_pkce.as_str() {
            "" => false,
            word => parse_allowed(word).map_err(|error| usage("--codes-without-pkce", error.to_string()))?,
        };
        Ok(Settings { api_scopes, codes_without_pkce, ..Settings::new(issuer) })
    }
}
