//! How the service's own keys follow each other: published, then used, then retired, then removed (OpenID Connect Core section 10.1.1).
//!
//! Keys of one kind are a line of generations. Which of them is used follows from the time alone, so that whoever has read the same
//! keys uses the same one; what is to be written follows from the keys and the time, so that it does not matter who writes it, how
//! often, or whether somebody stopped half way.

use domain::UnixTime;
use domain::time::Seconds;

/// The first generation of a line.
pub const FIRST: u32 = 1;

/// A key's place in its line, and its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Its place: each key has the one after its predecessor's.
    pub generation: u32,
    /// From when on it is used. It is published from the moment it is stored.
    pub usable_from: UnixTime,
    /// From when on nobody may rely on it. Settled once another has taken over, and it is not used from then on.
    pub retires_at: Option<UnixTime>,
}

/// Something that has a place in a line of keys.
pub trait Timed {
    /// Its place and its times.
    fn times(&self) -> Times;
}

impl Timed for Times {
    fn times(&self) -> Times {
        *self
    }
}

/// The key of a line that is used at `now`: of those usable and not retired, the newest.
///
/// Where none is usable yet, it is the one that will be first. A clock that was wrong, or hands that deleted keys, can lead there, and
/// a key that not everybody knows yet is better than none.
pub fn current<'a, K: Timed>(keys: impl Iterator<Item = &'a K> + Clone, now: UnixTime) -> Option<&'a K> {
    let keys = keys.filter(|key| key.times().retires_at.is_none());
    let usable = keys.clone().filter(|key| key.times().usable_from <= now);
    usable.max_by_key(|key| key.times().generation).or_else(|| {
        keys.min_by_key(|key| {
            let Times { usable_from, generation, .. } = key.times();
            (usable_from, generation)
        })
    })
}

/// When the keys of a line follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// How long a key is used before its successor is.
    pub in_use: Seconds,
    /// How long a key is published before it is used, if there is no hurry: at least `spread`, at most `in_use`.
    pub notice: Seconds,
    /// How long a new key takes to get to everyone who remembers the keys for a while, with what their clocks may differ by.
    pub spread: Seconds,
    /// How long a key is kept after its successor has taken over: what it made must be good for no longer. At least `spread`.
    pub overlap: Seconds,
}

/// Why keys are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Because it may be time to.
    Schedule,
    /// Because somebody asks for it: the next key is used as soon as everybody knows it. Nothing breaks.
    Request,
    /// Because a key is known to somebody else: a new one is used at once, and every other goes at once. What those have made is no
    /// longer accepted, and until the last copy of the old keys is forgotten, some of what the new one makes is not accepted either.
    Compromise,
}

/// One thing to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a key and publish it.
    Publish {
        /// Its place.
        generation: u32,
        /// From when on it is used.
        usable_from: UnixTime,
    },
    /// Use a published key sooner than settled.
    Advance {
        /// Which.
        generation: u32,
        /// From when on it is used.
        usable_from: UnixTime,
    },
    /// Settle the end of a key that is not used any more, and destroy what only its use needs.
    Retire {
        /// Which.
        generation: u32,
        /// Its end.
        retires_at: UnixTime,
    },
    /// Remove a key.
    Remove {
        /// Which.
        generation: u32,
    },
}

impl Rotation {
    /// What there is to do about the keys of one line at `now`, in this order. Often nothing.
    #[must_use]
    pub fn steps(&self, keys: &[Times], occasion: Occasion, now: UnixTime) -> Vec<Step> {
        let Some(newest) = keys.iter().max_by_key(|key| key.generation) else {
            // Nobody knows of any other, so nobody has to hear of it first.
            return vec![Step::Publish { generation: FIRST, usable_from: now }];
        };
        let successor = self.successor(newest, occasion, now);
        let ends = keys.iter().filter_map(|key| match occasion {
            Occasion::Compromise => Some(Step::Remove { generation: key.generation }),
            Occasion::Schedule | Occasion::Request => self.end(key, keys, now),
        });
        successor.into_iter().chain(ends).collect()
    }

    fn successor(&self, newest: &Times, occasion: Occasion, now: UnixTime) -> Option<Step> {
        let generation = newest.generation.saturating_add(1);
        // A key retires when another has taken over; where there is no other, it was removed by hand.
        if newest.retires_at.is_some() {
            return Some(Step::Publish { generation, usable_from: now });
        }
        match occasion {
            Occasion::Compromise => Some(Step::Publish { generation, usable_from: now }),
            Occasion::Request if newest.usable_from > now => {
                let usable_from = now + self.spread;
                let sooner = usable_from < newest.usable_from;
                sooner.then_some(Step::Advance { generation: newest.generation, usable_from })
            }
            Occasion::Request => Some(Step::Publish { generation, usable_from: now + self.spread }),
            Occasion::Schedule => {
                let due = (newest.usable_from + self.in_use).until(now) <= self.notice;
                due.then_some(Step::Publish { generation, usable_from: now + self.notice })
            }
        }
    }

    /// What there is to do about a key that another has taken over from.
    fn end(&self, key: &Times, keys: &[Times], now: UnixTime) -> Option<Step> {
        let generation = key.generation;
        let later = keys.iter().filter(|later| later.generation > generation);
        let taken_over = later.map(|later| later.usable_from).min()?;
        let retires_at = key.retires_at.unwrap_or(taken_over + self.overlap);
        if retires_at.is_past(now) {
            return Some(Step::Remove { generation });
        }
        // Those who have not heard of the successor yet, or whose clock is late, may still use it.
        let used = !(taken_over + self.spread).is_past(now);
        (key.retires_at.is_none() && !used).then_some(Step::Retire { generation, retires_at })
    }
}

#[cfg(test)]
mod tests;
