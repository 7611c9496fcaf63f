//! The service's own keys in the table: one that signs for each algorithm, none too old, and the one that seals.

use domain::UnixTime;
use domain::time::Seconds;
use jose::{SigningKeys, WrappedKey, WrappedSealingKey};
use oauth::words::SigningAlgorithm;

use super::finding::Finding;
use crate::connection::Connection;

const SEALING: &str = "sealing key";
/// How late a rotation may be before it is a problem: a scheduled function runs daily, and once may fail.
const GRACE: Seconds = Seconds::days(2);

/// What is found, and the signing keys, if they could be read.
pub(super) async fn check(
    connection: &Connection,
    usable: bool,
    days: u64,
    now: UnixTime,
) -> (Vec<Finding>, Option<Vec<WrappedKey>>) {
    if !usable {
        let unknown = |check| Finding::not_checked(check, "there is no table to read it from");
        let mut findings =
            SigningAlgorithm::ALL.iter().map(|&algorithm| unknown(name(algorithm))).collect::<Vec<_>>();
        findings.push(unknown(SEALING));
        return (findings, None);
    }
    let keys = &connection.store.keys;
    let (signing, sealing) = (keys.signing::<WrappedKey>().await, keys.sealing::<WrappedSealingKey>().await);
    let mut findings = Vec::new();
    let read = match signing {
        Ok(read) => {
            let found = SigningAlgorithm::ALL.iter().map(|&algorithm| signs(&read, algorithm, days, now));
            findings.extend(found);
            Some(read)
        }
        Err(error) => {
            let found = SigningAlgorithm::ALL.iter().map(|&algorithm| {
                Finding::problem(name(algorithm), error.to_string(), "allow dynamodb:Query on the table")
            });
            findings.extend(found);
            None
        }
    };
    findings.push(match sealing {
        Ok(keys) => match keys.iter().filter(|key| key.usable_from <= now).max_by_key(|key| key.generation) {
            Some(key) => {
                Finding::ok(SEALING, format!("{}, made {} ago", short(&key.id), length(now, key.created_at)))
            }
            None => Finding::problem(
                SEALING,
                "there is none, so nobody can sign in",
                "the login function makes it when it starts: open ISSUER/login once",
            ),
        },
        Err(error) => Finding::problem(SEALING, error.to_string(), "allow dynamodb:Query on the table"),
    });
    (findings, read)
}

const fn name(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::Rs256 => "signing key RS256",
        SigningAlgorithm::Es256 => "signing key ES256",
    }
}

fn signs(keys: &[WrappedKey], algorithm: SigningAlgorithm, days: u64, now: UnixTime) -> Finding {
    let check = name(algorithm);
    let all = SigningKeys::new(keys.to_vec());
    let Some(key) = all.choose(algorithm, now) else {
        return Finding::problem(
            check,
            "there is none, so no ID token can be signed",
            "the token function makes it when it starts: call ISSUER/oauth2/token once",
        );
    };
    let next = keys.iter().filter(|next| next.algorithm == algorithm && next.generation > key.generation);
    let next = next.min_by_key(|next| next.generation);
    let due = key.usable_from + Seconds::days(days);
    let used = format!("{} has signed for {}", short(&key.kid), length(now, key.usable_from));
    match next {
        Some(next) => Finding::ok(
            check,
            format!("{used}; {} takes over in {}", short(&next.kid), length(next.usable_from, now)),
        ),
        None if (due + GRACE).is_past(now) => Finding::problem(
            check,
            format!("{used}, and should have been replaced {} ago", length(now, due)),
            "does the rotate function run? Look at its schedule and its log",
        ),
        None if due.is_past(now) => Finding::ok(check, format!("{used}; its replacement is due now")),
        None => Finding::ok(check, format!("{used}; its replacement is due in {}", length(due, now))),
    }
}

/// The time from one moment to a later one, to the nearest of its unit.
fn length(later: UnixTime, earlier: UnixTime) -> String {
    let seconds = later.until(earlier).0;
    let (length, unit) = match seconds {
        0..60 => (1, "second"),
        60..3600 => (60, "minute"),
        3600..86400 => (3600, "hour"),
        _ => (86400, "day"),
    };
    let count = (seconds + length / 2) / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The beginning of a key's name: enough to tell it from the others.
fn short(kid: &str) -> String {
    let mut start = kid.chars().take(8).collect::<String>();
    if start.len() < kid.len() {
        start.push('\u{2026}');
    }
    start
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::UnixTime;
    use domain::entropy::SystemEntropy;
    use domain::time::Seconds;
    use jose::{LocalKey, WrappedKey};
    use oauth::words::SigningAlgorithm;

    use super::signs;

    const MADE: UnixTime = UnixTime(1_800_000_000);

    async fn key() -> WrappedKey {
        let wrapping = LocalKey::from_bytes([1; 32], Arc::new(SystemEntropy));
        let key = WrappedKey::generate(SigningAlgorithm::Es256, &wrapping, MADE).await.unwrap();
        WrappedKey { kid: "this".to_owned(), ..key }
    }

    fn found(keys: &[WrappedKey], now: UnixTime) -> String {
        let finding = signs(keys, SigningAlgorithm::Es256, 90, now);
        format!("{}: {}", finding.status.words(), finding.says)
    }

    #[tokio::test]
    async fn a_key_is_well_until_its_rotation_is_overdue() {
        let keys = [key().await];
        let after = |days, seconds| found(&keys, MADE + Seconds::days(days) + Seconds(seconds));
        assert_eq!(after(0, 1), "ok: this has signed for 1 second; its replacement is due in 90 days");
        assert_eq!(after(89, 0), "ok: this has signed for 89 days; its replacement is due in 1 day");
        assert_eq!(after(91, 0), "ok: this has signed for 91 days; its replacement is due now");
        assert_eq!(
            after(92, 0),
            "problem: this has signed for 92 days, and should have been replaced 2 days ago"
        );
    }

    #[tokio::test]
    async fn a_successor_is_told_of() {
        let first = key().await;
        let next = WrappedKey {
            kid: "next".to_owned(),
            generation: 2,
            usable_from: MADE + Seconds::days(100),
            ..first.clone()
        };
        let now = MADE + Seconds::days(95);
        assert_eq!(
            found(&[first.clone(), next.clone()], now),
            "ok: this has signed for 95 days; next takes over in 5 days"
        );
        // Where there is no other, it signs early rather than nobody.
        let alone = found(&[next], now);
        assert_eq!(alone, "ok: next has signed for 0 seconds; its replacement is due in 95 days");
        let retired = WrappedKey { retires_at: Some(now), ..first };
        assert_eq!(found(&[retired], now), "problem: there is none, so no ID token can be signed");
        assert_eq!(found(&[], now), "problem: there is none, so no ID token can be signed");
    }
}
