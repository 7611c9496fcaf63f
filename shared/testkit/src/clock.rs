//! A clock that moves only when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::time::Seconds;
use domain::{Clock, UnixTime};

/// When a test begins unless it says otherwise: 15 January 2027, 08:00 UTC.
pub const START: UnixTime = UnixTime(1_800_000_000);

/// A clock that moves only when it is told to. Clones show the same time.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// A clock that shows `time`.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        Self(Arc::new(AtomicU64::new(time.0)))
    }

    /// Sets it to `time`, forward or back.
    pub fn set(&self, time: UnixTime) {
        self.0.store(time.0, Ordering::SeqCst);
    }

    /// Moves it forward, and returns what it shows then.
    pub fn advance(&self, length: Seconds) -> UnixTime {
        UnixTime(self.0.fetch_add(length.0, Ordering::SeqCst)) + length
    }
}

/// Shows [`START`].
impl Default for TestClock {
    fn default() -> Self {
        Self::at(START)
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Seconds;
    use domain::{Clock, UnixTime};

    use super::{START, TestClock};

    #[test]
    fn clones_show_the_same_time() {
        let clock = TestClock::default();
        let other = clock.clone();
        assert_eq!(clock.advance(Seconds(5)), START + Seconds(5));
        assert_eq!(other.now(), clock.now());
        other.set(UnixTime(7));
        assert_eq!(clock.now(), UnixTime(7));
    }
}
