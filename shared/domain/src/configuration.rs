//! A function's configuration: environment variables, read once.

use crate::address::AddressPrefix;
use crate::settings::{Lifetimes, Registration, parse_allowed};
use crate::{Issuer, Settings};

/// What a function is told by its environment.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The settings that the endpoints share.
    pub settings: Settings,
    /// `TABLE_NAME`: the DynamoDB table.
    pub table_name: String,
    /// `WRAPPING_KEY`: the ARN of the KMS key that wraps the service's own keys; none where the function uses none of them.
    pub wrapping_key: Option<String>,
}

/// What a function does with the service's own keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnKeys {
    /// Nothing, or reads what is public of them.
    Untouched,
    /// Opens them, and makes the first: `WRAPPING_KEY` is read.
    Opened,
    /// Rotates them: `SIGNING_KEY_DAYS` is read too.
    Rotated,
}

/// A variable that is missing or malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct ConfigurationError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it; never its value.
    pub problem: String,
}

impl Configuration {
    /// Reads the configuration through `variable`, which knows the environment: what concerns every function, and the service's own keys
    /// as far as this one has to do with them.
    ///
    /// # Errors
    /// [`ConfigurationError`] for the first variable that is missing or malformed.
    pub fn read(
        own_keys: OwnKeys,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigurationError> {
        let required = |name| variable(name).ok_or_else(|| wrong(name, "is not set"));
        let issuer = Issuer::parse(&required("ISSUER")?).map_err(|error| wrong("ISSUER", error))?;
        let mut settings = Settings::new(issuer);
        if let Some(name) = variable("SERVICE_NAME") {
            settings.service_name = name;
        }
        if let Some(text) = variable("REGISTRATION") {
            settings.registration =
                Registration::parse(&text).map_err(|error| wrong("REGISTRATION", error))?;
        }
        if let Some(text) = variable("API_SCOPES") {
            let scopes = Settings::parse_api_scopes(&text);
            settings.api_scopes = scopes.map_err(|refusal| wrong("API_SCOPES", refusal.reason))?;
        }
        if let Some(text) = variable("CODES_WITHOUT_PKCE") {
            settings.codes_without_pkce =
                parse_allowed(&text).map_err(|error| wrong("CODES_WITHOUT_PKCE", error))?;
        }
        if let Some(text) = variable("HTTP_REDIRECT_URIS") {
            settings.http_redirect_uris =
                parse_allowed(&text).map_err(|error| wrong("HTTP_REDIRECT_URIS", error))?;
        }
        let prefix = &mut settings.address_prefix;
        if let Some(bits) = variable("ADDRESS_PREFIX_IPV4") {
            let bits = AddressPrefix::parse_ipv4(&bits);
            prefix.ipv4 = bits.map_err(|error| wrong("ADDRESS_PREFIX_IPV4", error))?;
        }
        if let Some(bits) = variable("ADDRESS_PREFIX_IPV6") {
            let bits = AddressPrefix::parse_ipv6(&bits);
            prefix.ipv6 = bits.map_err(|error| wrong("ADDRESS_PREFIX_IPV6", error))?;
        }
        if own_keys == OwnKeys::Rotated
            && let Some(days) = variable("SIGNING_KEY_DAYS")
        {
            let days = Lifetimes::parse_own_key(&days);
            settings.lifetimes.own_key = days.map_err(|error| wrong("SIGNING_KEY_DAYS", error))?;
        }
        Ok(Self {
            settings,
            table_name: required("TABLE_NAME")?,
            wrapping_key: match own_keys {
                OwnKeys::Untouched => None,
                OwnKeys::Opened | OwnKeys::Rotated => Some(required("WRAPPING_KEY")?),
            },
        })
    }
}

fn wrong(name: &'static str, problem: impl ToString) -> ConfigurationError {
    ConfigurationError { name, problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{Configuration, OwnKeys};
    use crate::address::AddressPrefix;
    use crate::settings::Registration;
    use crate::time::Seconds;

    fn read(variables: &[(&str, &str)]) -> Result<Configuration, String> {
        read_for(OwnKeys::Rotated, variables)
    }

    fn read_for(own_keys: OwnKeys, variables: &[(&str, &str)]) -> Result<Configuration, String> {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let find =
            |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Configuration::read(own_keys, &find).map_err(|error| error.to_string())
    }

    const LEAST: [(&str, &str); 3] =
        [("ISSUER", "https://id.example"), ("TABLE_NAME", "gatelet"), ("WRAPPING_KEY", "arn:key")];

    #[test]
    fn is_closed_to_registration_unless_told() {
        let configuration = read(&LEAST).unwrap();
        assert_eq!(configuration.settings.registration, Registration::Closed);
        assert_eq!(configuration.table_name, "gatelet");
    }

    #[test]
    fn codes_need_pkce_answers_need_tls_and_addresses_are_exact_unless_told() {
        let settings = read(&LEAST).unwrap().settings;
        assert!(!settings.codes_without_pkce && !settings.http_redirect_uris);
        assert_eq!(settings.address_prefix, AddressPrefix { ipv4: 32, ipv6: 64 });
        let told = [
            ("CODES_WITHOUT_PKCE", "allowed"),
            ("HTTP_REDIRECT_URIS", "allowed"),
            ("ADDRESS_PREFIX_IPV4", "24"),
            ("ADDRESS_PREFIX_IPV6", "56"),
        ];
        let settings = read(&[LEAST.as_slice(), &told].concat()).unwrap().settings;
        assert!(settings.codes_without_pkce && settings.http_redirect_uris);
        assert_eq!(settings.address_prefix, AddressPrefix { ipv4: 24, ipv6: 56 });
    }

    #[test]
    fn needs_a_wrapping_key_only_to_use_keys() {
        assert_eq!(read(&LEAST).unwrap().wrapping_key.as_deref(), Some("arn:key"));
        assert_eq!(read(&LEAST[..2]).unwrap_err(), "WRAPPING_KEY is not set");
        assert_eq!(read_for(OwnKeys::Untouched, &LEAST).unwrap().wrapping_key, None);
        assert_eq!(read_for(OwnKeys::Untouched, &LEAST[..2]).unwrap().wrapping_key, None);
    }

    #[test]
    fn keys_are_in_use_for_ninety_days_unless_told() {
        assert_eq!(read(&LEAST).unwrap().settings.lifetimes.own_key, Seconds::days(90));
        let days = [("SIGNING_KEY_DAYS", "1")];
        let opened = read_for(OwnKeys::Opened, &[LEAST.as_slice(), &days].concat()).unwrap();
        assert_eq!(opened.settings.lifetimes.own_key, Seconds::days(90), "only who rotates has to know");
        for days in [1, 365] {
            let mut variables = LEAST.to_vec();
            let text = days.to_string();
            variables.push(("SIGNING_KEY_DAYS", &text));
            assert_eq!(read(&variables).unwrap().settings.lifetimes.own_key, Seconds::days(days));
        }
    }

    #[test]
    fn names_the_variable_that_is_wrong_and_not_its_value() {
        assert_eq!(read(&LEAST[1..]).unwrap_err(), "ISSUER is not set");
        for (name, value, error) in [
            (
                "ISSUER",
                "http://id.example",
                "ISSUER the issuer must be https; http is for loopback addresses only",
            ),
            (
                "REGISTRATION",
                "hunter2",
                "REGISTRATION expected open, users, closed, or sha256: and 64 hexadecimal digits",
            ),
            ("API_SCOPES", "notes", "API_SCOPES a scope is not written token=words"),
            ("CODES_WITHOUT_PKCE", "yes", "CODES_WITHOUT_PKCE expected refused or allowed"),
            ("HTTP_REDIRECT_URIS", "true", "HTTP_REDIRECT_URIS expected refused or allowed"),
            ("ADDRESS_PREFIX_IPV4", "33", "ADDRESS_PREFIX_IPV4 expected a number of bits from 0 to 32"),
            ("ADDRESS_PREFIX_IPV6", "-1", "ADDRESS_PREFIX_IPV6 expected a number of bits from 0 to 128"),
            ("SIGNING_KEY_DAYS", "0", "SIGNING_KEY_DAYS expected a number of days from 1 to 365"),
            ("SIGNING_KEY_DAYS", "366", "SIGNING_KEY_DAYS expected a number of days from 1 to 365"),
            ("SIGNING_KEY_DAYS", "ninety", "SIGNING_KEY_DAYS expected a number of days from 1 to 365"),
        ] {
            let mut variables = vec![(name, value)];
            variables.extend(LEAST);
            assert_eq!(read(&variables).unwrap_err(), error);
        }
    }
}
