//! The KMS key that wraps the service's own keys: whether it is named as KMS names keys, and in use.

use kms::KmsKey;

use super::finding::Finding;
use crate::connection::Connection;

const CHECK: &str = "wrapping key";

pub(super) async fn check(connection: &Connection, arn: Option<&str>) -> Finding {
    let Some(arn) = arn else {
        return Finding::not_checked(CHECK, "give --wrapping-key, or set WRAPPING_KEY");
    };
    if !is_key(arn) {
        return Finding::problem(
            CHECK,
            format!("{arn} is not the ARN of a KMS key"),
            "it looks like arn:aws:kms:REGION:ACCOUNT:key/ID, and is an output of the stack",
        );
    }
    match KmsKey::connect(&connection.shared, arn).state().await {
        Ok(state) if state == "Enabled" => Finding::ok(CHECK, "enabled"),
        Ok(state) => Finding::problem(
            CHECK,
            format!("its state is {state}, so functions that start now can't open the service's own keys"),
            "enable it, or cancel its deletion: without it every signing key is lost",
        ),
        Err(error) => Finding::problem(
            CHECK,
            error.to_string(),
            "is it this Region's and this account's? Allow kms:DescribeKey on it",
        ),
    }
}

/// Whether it reads `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`. An alias would do for KMS, but not for a policy's `Resource`.
fn is_key(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let [arn, partition, service, region, account, key] = parts.as_slice() else { return false };
    let named = *arn == "arn" && partition.starts_with("aws") && *service == "kms" && !region.is_empty();
    let numbered = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    named && numbered && key.strip_prefix("key/").is_some_and(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn what_a_key_is_called() {
        for arn in
            ["arn:aws:kms:eu-north-1:123456789012:key/0a", "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"]
        {
            assert!(is_key(arn), "{arn}");
        }
        for arn in [
            "",
            "0a",
            "arn:aws:kms:eu-north-1:123456789012:alias/gatelet",
            "arn:aws:kms:eu-north-1:123456789012:key/",
            "arn:aws:kms:eu-north-1:1234:key/0a",
            "arn:aws:dynamodb:eu-north-1:123456789012:key/0a",
        ] {
            assert!(!is_key(arn), "{arn}");
        }
    }
}
