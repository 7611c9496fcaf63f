//! Rotates the service's own keys: publishes the next, retires and removes what is no longer used (OpenID Connect Core section 10.1.1).
//!
//! It decides from what is stored and writes under conditions: it may run twice, at the same time as another, or be killed anywhere.
//! Whatever is left undone, the next run does, and until then the keys in use go on being used. New keys are wrapped; none is opened.

use std::sync::Arc;

use domain::UnixTime;
use domain::settings::Lifetimes;
use domain::time::Seconds;
use jose::{
    KeyWrapping, Occasion, Purpose, Rotation, Step, Timed, Times, WrappedKey, WrappedSealingKey, rotation,
};
use oauth::words::SigningAlgorithm;
use serde::Serialize;
use store::keys::{Keys, Line};

use crate::audit::{self, Event};
use crate::error::Failure;
use crate::keyring::CACHE;
use crate::metrics::Metric;
use crate::platform::{Ambient, Platform, StartupError, Task};

/// How long a key is published before it is used, if there is no hurry. Clients are told to look for keys every few minutes, and some
/// do once a day.
pub const NOTICE: Seconds = Seconds::days(1);

/// What two clocks may differ by, and a run of the function may take.
pub const SKEW: Seconds = Seconds::minutes(5);

/// How long a new key takes to get to everyone who does as told: a sandbox shows it once its copy is too old, and clients see it once
/// theirs is.
pub const SPREAD: Seconds = Seconds(2 * CACHE.0 + SKEW.0);

/// Rotates the keys.
#[derive(Clone)]
pub struct Rotate {
    ambient: Ambient,
    keys: Keys,
    wrapping: Arc<dyn KeyWrapping>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Step by step. Of what several runs do at the same time, more than one may say that it did it; but one key is published by one.
    pub steps: Vec<Done>,
    /// For how long the oldest key has been in use that signs, in seconds.
    pub signing_key_age: Seconds,
}

/// Something that was done to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// `published`, `advanced`, `retired` or `removed`.
    pub step: &'static str,
    /// The algorithm that it signs with, or `sealing`.
    pub line: String,
    /// Its place in the line.
    pub generation: u32,
    /// Its name: of a signing key, the `kid`.
    pub key: String,
    /// The time that was settled: from when on it is used, or not relied on any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixTime>,
}

impl Task for Rotate {
    const NAME: &'static str = "rotate";
    const WRAPS: &'static [Purpose] = &[Purpose::Signing, Purpose::Sealing];

    type Report = Report;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            keys: platform.store.keys.clone(),
            wrapping: Arc::clone(&platform.wrapping),
        })
    }

    async fn run(&self) -> Result<Report, Failure> {
        self.rotate(Occasion::Schedule).await
    }
}

/// A key by its name, with its times.
struct Key {
    id: String,
    times: Times,
}

impl Key {
    fn new(id: &str, key: &impl Timed) -> Self {
        Self { id: id.to_owned(), times: key.times() }
    }
}

impl Timed for Key {
    fn times(&self) -> Times {
        self.times
    }
}

impl Rotate {
    /// Does what there is to do about all keys.
    ///
    /// # Errors
    /// Where the table or the wrapping key does not answer. What was done until then stays done.
    pub async fn rotate(&self, occasion: Occasion) -> Result<Report, Failure> {
        let now = self.ambient.now();
        let stored: Vec<WrappedKey> = self.keys.signing().await?;
        let signing = SigningAlgorithm::ALL.iter().map(|&algorithm| {
            let own = stored.iter().filter(|key| key.algorithm == algorithm);
            (Line::Signing(algorithm), own.map(|key| Key::new(&key.kid, key)).collect::<Vec<_>>())
        });
        let signing: Vec<_> = signing.collect();
        let current = signing.iter().filter_map(|(_, keys)| rotation::current(keys.iter(), now));
        let age = current.map(|key| now.until(key.times.usable_from)).max().unwrap_or_default();
        Metric::SigningKeyAge.record(age.0);
        let mut steps = Vec::new();
        for (line, keys) in &signing {
            steps.extend(self.follow(*line, keys, occasion).await?);
        }
        let stored: Vec<WrappedSealingKey> = self.keys.sealing().await?;
        let keys: Vec<_> = stored.iter().map(|key| Key::new(&key.id, key)).collect();
        steps.extend(self.follow(Line::Sealing, &keys, occasion).await?);
        Ok(Report { steps, signing_key_age: age })
    }

    /// Does what there is to do about one line of keys.
    async fn follow(&self, line: Line, keys: &[Key], occasion: Occasion) -> Result<Vec<Done>, Failure> {
        let now = self.ambient.now();
        let calendar = calendar(line, &self.ambient.settings.lifetimes);
        let times: Vec<_> = keys.iter().map(|key| key.times).collect();
        let mut done = Vec::new();
        for step in calendar.steps(&times, occasion, now) {
            if let Some(taken) = self.take(line, keys, step).await? {
                let (id, generation) = (&taken.key, taken.generation);
                tracing::info!(key.line = %line, key.id = id, key.generation = generation, "key {}", taken.step);
                record(line, keys, step, &taken, now);
                done.push(taken);
            }
        }
        Ok(done)
    }

    /// Takes a step; nothing where another run has taken it with a key of its own, or taken the key away.
    async fn take(&self, line: Line, keys: &[Key], step: Step) -> Result<Option<Done>, Failure> {
        let id = |generation| {
            let key = keys.iter().find(|key| key.times.generation == generation);
            key.map(|key| key.id.clone()).unwrap_or_default()
        };
        let (taken, step, generation, key, at) = match step {
            Step::Publish { generation, usable_from } => {
                let Some(key) = self.publish(line, generation, usable_from).await? else { return Ok(None) };
                (true, "published", generation, key, Some(usable_from))
            }
            Step::Advance { generation, usable_from } => {
                let taken = self.keys.advance(line, generation, usable_from).await?;
                (taken, "advanced", generation, id(generation), Some(usable_from))
            }
            Step::Retire { generation, retires_at } => {
                let taken = self.keys.retire(line, generation, retires_at).await?;
                (taken, "retired", generation, id(generation), Some(retires_at))
            }
            Step::Remove { generation } => {
                self.keys.remove(line, generation).await?;
                (true, "removed", generation, id(generation), None)
            }
        };
        Ok(taken.then(|| Done { step, line: line.to_string(), generation, key, at }))
    }

    /// Makes a key, and says its name if it is the one that was kept.
    async fn publish(
        &self,
        line: Line,
        generation: u32,
        usable_from: UnixTime,
    ) -> Result<Option<String>, Failure> {
        let (wrapping, now) = (self.wrapping.as_ref(), self.ambient.now());
        let (made, kept) = match line {
            Line::Signing(algorithm) => {
                let key = WrappedKey::generate(algorithm, wrapping, now).await?;
                let (key, made) = (WrappedKey { generation, usable_from, ..key.clone() }, key.kid);
                (made, self.keys.publish(line, generation, key).await?.kid)
            }
            Line::Sealing => {
                let entropy = self.ambient.entropy.as_ref();
                let key = WrappedSealingKey::generate(wrapping, entropy, now).await?;
                let (key, made) = (WrappedSealingKey { generation, usable_from, ..key.clone() }, key.id);
                (made, self.keys.publish(line, generation, key).await?.id)
            }
        };
        Ok((made == kept).then_some(made))
    }
}

/// Puts on record what becomes of signing keys, whom others rely on. Nobody else relies on sealing keys.
///
/// That a key is used follows from the time. It is noticed when its predecessor ends, unless it is used from the start.
fn record(line: Line, keys: &[Key], step: Step, taken: &Done, now: UnixTime) {
    let Line::Signing(algorithm) = line else { return };
    let named = |id| audit::Key { id, algorithm };
    let successor = |generation| {
        let open =
            keys.iter().any(|key| key.times.generation == generation && key.times.retires_at.is_none());
        let current = rotation::current(keys.iter(), now);
        current.filter(|current| open && current.times.generation > generation)
    };
    match step {
        Step::Publish { usable_from, .. } => {
            Event::KeyPublished { key: named(&taken.key) }.record();
            if usable_from <= now {
                Event::KeyUsed { key: named(&taken.key) }.record();
            }
        }
        Step::Advance { .. } => {}
        Step::Retire { generation, .. } | Step::Remove { generation } => {
            if let Some(successor) = successor(generation) {
                Event::KeyUsed { key: named(&successor.id) }.record();
            }
            if matches!(step, Step::Remove { .. }) {
                Event::KeyRetired { key: named(&taken.key) }.record();
            }
        }
    }
}

/// When the keys of a line follow each other.
#[must_use]
pub fn calendar(line: Line, lifetimes: &Lifetimes) -> Rotation {
    let outlives = match line {
        // To sign out, an application shows an ID token that may be as old as the session (OpenID Connect RP-Initiated Logout 1.0).
        Line::Signing(_) => lifetimes.id_token.max(lifetimes.session),
        Line::Sealing => lifetimes.sign_in,
    };
    Rotation {
        in_use: lifetimes.own_key,
        notice: NOTICE,
        spread: SPREAD,
        overlap: Seconds(outlives.0 + SPREAD.0),
    }
}
