//! Who calls: the credentials that the AWS SDK finds, and whose they are (STS `GetCallerIdentity`, which everybody may call).

use aws_credential_types::provider::ProvideCredentials as _;

use super::finding::Finding;
use crate::connection::Connection;
use crate::http::chain;

const CHECK: &str = "AWS credentials";

pub(super) async fn check(connection: &Connection) -> Finding {
    if connection.is_local() {
        return Finding::not_checked(CHECK, "a DynamoDB behind plain http is not AWS's, and takes any");
    }
    let Some(provider) = connection.shared.credentials_provider() else {
        return none("there are none");
    };
    let credentials = match provider.provide_credentials().await {
        Ok(credentials) => credentials,
        Err(error) => return none(&chain(&error)),
    };
    if connection.region().is_none() {
        return Finding::problem(CHECK, "found, but there is no region", "give --region, or set AWS_REGION");
    }
    // The end of a key id tells keys apart and is no secret.
    let id = credentials.access_key_id();
    let end = id.get(id.len().saturating_sub(4)..).unwrap_or_default();
    let found = format!("found, with an access key that ends in {end}");
    if connection.endpoint.is_some() {
        return Finding::ok(CHECK, found);
    }
    match aws_sdk_sts::Client::new(&connection.shared).get_caller_identity().send().await {
        Ok(identity) => {
            let (arn, account) = (identity.arn().unwrap_or("nobody"), identity.account().unwrap_or("none"));
            Finding::ok(CHECK, format!("{arn}, account {account}"))
        }
        Err(error) => Finding::problem(
            CHECK,
            format!("{found}, but STS does not say whose: {}", chain(&error)),
            "are they expired or for another partition? Sign in again, or give another --profile",
        ),
    }
}

fn none(cause: &str) -> Finding {
    Finding::problem(
        CHECK,
        format!("none found: {cause}"),
        "sign in (aws sso login, say), give --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )
}
