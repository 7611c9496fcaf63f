//! A function's configuration: environment variables, read once.

use crate::settings::Registration;
use crate::{Issuer, Settings};

/// What a function is told by its environment.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The settings that the endpoints share.
    pub settings: Settings,
    /// `TABLE_NAME`: the DynamoDB table.
    pub table_name: String,
    /// `WRAPPING_KEY_FILE`: where the key lies that wraps the service's own keys. 32 bytes.
    pub wrapping_key_file: String,
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
    /// Reads the configuration through `variable`, which knows the environment.
    ///
    /// # Errors
    /// [`ConfigurationError`] for the first variable that is missing or malformed.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigurationError> {
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
        Ok(Self {
            settings,
            table_name: required("TABLE_NAME")?,
            wrapping_key_file: required("WRAPPING_KEY_FILE")?,
        })
    }
}

/// A variable that is wrong in a way that only whoever uses it finds out.
#[must_use]
pub fn wrong(name: &'static str, problem: impl ToString) -> ConfigurationError {
    ConfigurationError { name, problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use super::Configuration;
    use crate::settings::Registration;

    fn read(variables: &[(&str, &str)]) -> Result<Configuration, String> {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let find =
            |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Configuration::read(&find).map_err(|error| error.to_string())
    }

    const LEAST: [(&str, &str); 3] =
        [("ISSUER", "https://id.example"), ("TABLE_NAME", "gatelet"), ("WRAPPING_KEY_FILE", "/key")];

    #[test]
    fn is_closed_to_registration_unless_told() {
        let configuration = read(&LEAST).unwrap();
        assert_eq!(configuration.settings.registration, Registration::Closed);
        assert_eq!(configuration.table_name, "gatelet");
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
                "REGISTRATION expected open, closed, or sha256: and 64 hexadecimal digits",
            ),
            ("API_SCOPES", "notes", "API_SCOPES a scope is not written token=words"),
        ] {
            let mut variables = vec![(name, value)];
            variables.extend(LEAST);
            assert_eq!(read(&variables).unwrap_err(), error);
        }
    }
}
