//! Time as whole seconds since 1970, and the clock that tells it.

use std::fmt;
use std::ops::Add;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last second that has a year of four digits.
const LAST: i64 = 253_402_300_799;

/// A moment, in unix seconds (RFC 7519 `NumericDate` without fractions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(pub u64);

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

impl Seconds {
    /// So many minutes.
    #[must_use]
    pub const fn minutes(n: u64) -> Self {
        Self(n * 60)
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(n: u64) -> Self {
        Self(n * 60 * 60)
    }

    /// So many days.
    #[must_use]
    pub const fn days(n: u64) -> Self {
        Self(n * 24 * 60 * 60)
    }
}

impl UnixTime {
    /// Whether this moment, taken as an expiry, is over at `now`.
    #[must_use]
    pub fn is_past(self, now: Self) -> bool {
        self <= now
    }

    /// The moment as text, in UTC (RFC 3339): `2026-11-29T23:59:59Z`. A moment after the year 9999 is told as that year's last.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX).min(LAST);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        moment.format(&Rfc3339).unwrap_or_default()
    }

    /// How long it is from `now` until this moment; nothing if it is past.
    #[must_use]
    pub fn until(self, now: Self) -> Seconds {
        Seconds(self.0.saturating_sub(now.0))
    }
}

impl Add<Seconds> for UnixTime {
    type Output = Self;
    fn add(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells the time. Everything that depends on it takes one of these.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> UnixTime;
}

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> UnixTime {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        UnixTime(since.map_or(0, |elapsed| elapsed.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[test]
    fn a_moment_is_told_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(UnixTime(seconds).to_rfc3339(), text);
        }
    }
}
