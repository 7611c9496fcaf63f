//! Moments for people: in UTC, which is what logs say.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use domain::UnixTime;

/// A moment to the second.
pub(crate) fn exact(moment: UnixTime) -> String {
    format!("{} UTC", written(moment))
}

/// A moment to the minute, for lists.
pub(crate) fn short(moment: UnixTime) -> String {
    let mut text = written(moment);
    text.truncate("2026-01-01 00:00".len());
    text
}

/// `2026-01-01 00:00:00`.
fn written(moment: UnixTime) -> String {
    let seconds = i64::try_from(moment.0).unwrap_or(i64::MAX);
    let text = DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_else(|_| moment.to_string());
    text.trim_end_matches('Z').replace('T', " ")
}

#[cfg(test)]
mod tests {
    use domain::UnixTime;

    use super::{exact, short};

    #[test]
    fn moments_are_in_utc() {
        assert_eq!(exact(UnixTime(1_767_225_599)), "2025-12-31 23:59:59 UTC");
        assert_eq!(short(UnixTime(1_767_225_599)), "2025-12-31 23:59");
        assert_eq!(exact(UnixTime(u64::MAX)), format!("{} UTC", u64::MAX));
    }
}
