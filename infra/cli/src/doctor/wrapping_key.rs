//! The KMS key that wraps the service's own keys: whether it is named as KMS names keys.

use super::finding::Finding;

const CHECK: &str = "wrapping key";

pub(super) fn check(arn: Option<&str>) -> Finding {
    let Some(arn) = arn else {
        return Finding::not_checked(CHECK, "give --wrapping-key, or set WRAPPING_KEY");
    };
    match region_and_key(arn) {
        Some((region, key)) => {
            let ask = format!(
                "aws kms describe-key --region {region} --key-id {key} --query KeyMetadata.KeyState, which has to say Enabled"
            );
            Finding {
                remedy: Some(ask),
                ..Finding::not_checked(CHECK, "it is named well; whether it works, KMS knows")
            }
        }
        None => Finding::problem(
            CHECK,
            format!("{arn} is not the ARN of a KMS key"),
            "it looks like arn:aws:kms:REGION:ACCOUNT:key/ID, and is an output of the stack",
        ),
    }
}

/// The parts of `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`. An alias would do for KMS, but not for a policy's `Resource`.
fn region_and_key(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let fixed = parts.next()? == "arn" && parts.next()?.starts_with("aws") && parts.next()? == "kms";
    let (region, account) = (parts.next()?, parts.next()?);
    let key = parts.next()?.strip_prefix("key/")?;
    let numbered = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (fixed && !region.is_empty() && numbered && !key.is_empty()).then_some((region, key))
}

#[cfg(test)]
mod tests {
    use super::region_and_key;

    #[test]
    fn what_a_key_is_called() {
        for arn in
            ["arn:aws:kms:eu-north-1:123456789012:key/0a", "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"]
        {
            assert!(region_and_key(arn).is_some(), "{arn}");
        }
        for arn in [
            "",
            "0a",
            "arn:aws:kms:eu-north-1:123456789012:alias/gatelet",
            "arn:aws:kms:eu-north-1:123456789012:key/",
            "arn:aws:kms:eu-north-1:1234:key/0a",
            "arn:aws:dynamodb:eu-north-1:123456789012:key/0a",
        ] {
            assert!(region_and_key(arn).is_none(), "{arn}");
        }
    }
}
