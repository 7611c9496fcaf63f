//! The SDK's configuration in a function, from the variables that Lambda sets
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
//!
//! Not the SDK's default chain: a function has no profile, no metadata service and no single sign-on, so whatever looks for them, and the
//! clients that it takes along, would be weight in every binary and work in every start.

use std::fmt::Display;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::sdk_config::{RetryConfig, SharedCredentialsProvider, TimeoutConfig};

use crate::configuration::ConfigurationError;

/// How long a connection may take to come about: the SDK's own default.
const CONNECT: Duration = Duration::from_millis(3100);

/// The roots of Amazon Trust Services: all five, as it asks of who keeps a store of their own.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Reads the SDK's configuration through `variable`, which knows the environment. Every call says which function makes it
/// (`app/gatelet-token` in `User-Agent`).
///
/// # Errors
/// [`ConfigurationError`] for the first variable that is missing.
pub(crate) fn configuration(
    function: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<SdkConfig, ConfigurationError> {
    let required = |name| variable(name).ok_or_else(|| wrong(name, &"is not set"));
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
        None,
        "Lambda",
    );
    let yes = |name| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut configuration = SdkConfig::builder()
        .region(Region::new(required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client(trusted(variable("SSL_CERT_FILE").is_some()))?)
        .retry_config(RetryConfig::standard())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
    configuration.set_app_name(AppName::new(format!("gatelet-{function}")).ok());
    configuration.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    configuration.set_use_fips(yes("AWS_USE_FIPS_ENDPOINT"));
    configuration.set_use_dual_stack(yes("AWS_USE_DUALSTACK_ENDPOINT"));
    Ok(configuration.build())
}

/// One pool of connections for every client that is made from the configuration.
fn http_client(trusted: TrustStore) -> Result<SharedHttpClient, ConfigurationError> {
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| wrong("SSL_CERT_FILE", &error))?;
    let connector = Connector::builder()
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .proxy_config(ProxyConfig::from_env())
        .build();
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}

/// Who is trusted to say that a server is AWS: Amazon, which says so for all of AWS's own endpoints. Reading the system's whole store
/// instead takes most of a start. `SSL_CERT_FILE` names another store, for a TLS proxy in between, say.
fn trusted(own: bool) -> TrustStore {
    if own { TrustStore::default() } else { TrustStore::empty().with_pem_certificate(AMAZON_ROOTS) }
}

fn wrong(name: &'static str, problem: &dyn Display) -> ConfigurationError {
    ConfigurationError { name, problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use aws_types::SdkConfig;

    use super::{AMAZON_ROOTS, configuration};

    const LAMBDA: [(&str, &str); 4] = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", "eu-west-1"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<SdkConfig, String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        configuration("token", &find).map_err(|error| error.to_string())
    }

    #[test]
    fn lambda_sets_all_that_is_needed() {
        let configuration = read(&LAMBDA).unwrap();
        assert_eq!(configuration.region().unwrap().as_ref(), "eu-west-1");
        assert_eq!(configuration.app_name().unwrap().as_ref(), "gatelet-token");
        assert_eq!(configuration.retry_config().unwrap().max_attempts(), 3);
        assert!(configuration.http_client().is_some() && configuration.credentials_provider().is_some());
        assert_eq!((configuration.endpoint_url(), configuration.use_fips()), (None, None));
        for missing in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
            let others: Vec<_> = LAMBDA.into_iter().filter(|(name, _)| *name != missing).collect();
            assert_eq!(read(&others).unwrap_err(), format!("{missing} is not set"));
        }
    }

    #[test]
    fn another_endpoint_can_be_asked_for() {
        let mut variables = LAMBDA.to_vec();
        variables.extend([("AWS_ENDPOINT_URL", "http://127.0.0.1:8000"), ("AWS_USE_FIPS_ENDPOINT", "true")]);
        let configuration = read(&variables).unwrap();
        assert_eq!(configuration.endpoint_url(), Some("http://127.0.0.1:8000"));
        assert_eq!((configuration.use_fips(), configuration.use_dual_stack()), (Some(true), None));
    }

    #[test]
    fn amazon_is_trusted_and_nobody_else() {
        // That they can be read shows in `configuration`, which would not get past one that can't.
        assert_eq!(AMAZON_ROOTS.matches("-----BEGIN CERTIFICATE-----").count(), 5);
        let shown = |own| format!("{:?}", super::trusted(own));
        assert!(shown(false).starts_with("TrustStore { enable_native_roots: false, "), "{}", shown(false));
        assert_eq!(shown(true), "TrustStore { enable_native_roots: true, custom_certs: [] }");
    }
}
