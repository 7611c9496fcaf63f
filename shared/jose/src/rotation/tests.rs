use std::collections::BTreeSet;

use domain::UnixTime;
use domain::time::Seconds;
use proptest::prelude::*;

use super::{FIRST, Occasion, Rotation, Step, Times, current};

const CACHE: u64 = 5 * 60;
const SKEW: u64 = 5 * 60;
const DAY: u64 = 24 * 60 * 60;
/// How long what a key made is good for.
const LIFE: u64 = DAY / 2;
const START: UnixTime = UnixTime(1_800_000_000);

fn rotation(days: u64) -> Rotation {
    let spread = Seconds(2 * CACHE + SKEW);
    let overlap = Seconds(LIFE + spread.0);
    Rotation { in_use: Seconds::days(days), notice: Seconds::days(1), spread, overlap }
}

/// The table, with the conditions that its writes have.
#[derive(Clone, Debug, Default)]
struct Line(Vec<Times>);

impl Line {
    fn write(&mut self, step: Step) {
        match step {
            Step::Publish { generation, usable_from } => {
                if !self.0.iter().any(|key| key.generation == generation) {
                    self.0.push(Times { generation, usable_from, retires_at: None });
                }
            }
            Step::Advance { generation, usable_from } => {
                self.change(generation, |key| key.usable_from = key.usable_from.min(usable_from));
            }
            Step::Retire { generation, retires_at } => {
                self.change(generation, |key| {
                    key.retires_at.get_or_insert(retires_at);
                });
            }
            Step::Remove { generation } => self.0.retain(|key| key.generation != generation),
        }
    }

    fn change(&mut self, generation: u32, change: impl Fn(&mut Times)) {
        self.0.iter_mut().filter(|key| key.generation == generation).for_each(change);
    }

    fn run(&mut self, rotation: &Rotation, occasion: Occasion, now: UnixTime) -> Vec<Step> {
        let steps = rotation.steps(&self.0, occasion, now);
        steps.iter().for_each(|step| self.write(*step));
        steps
    }

    fn used(&self, now: u64) -> Option<u32> {
        current(self.0.iter(), UnixTime(now)).map(|key| key.generation)
    }

    fn is_usable(&self, generation: u32, now: u64) -> bool {
        self.0.iter().any(|key| key.generation == generation && key.usable_from.0 <= now)
    }

    fn is_published(&self, generation: u32, now: u64) -> bool {
        let key = self.0.iter().find(|key| key.generation == generation);
        key.is_some_and(|key| !key.retires_at.is_some_and(|end| end.is_past(UnixTime(now))))
    }
}

/// A run of the function: so long after the one before, for what, and how far it gets.
#[derive(Clone, Debug)]
struct Run {
    after: u64,
    occasion: Occasion,
    /// How many steps it takes before it is killed.
    steps: usize,
    /// Whether another runs at the same moment, having seen the same.
    twice: bool,
}

fn days() -> impl Strategy<Value = u64> {
    prop_oneof![1_u64..=3, 1_u64..=365]
}

fn gap() -> impl Strategy<Value = u64> {
    let daily = (0_u64..600).prop_map(|late| DAY - 300 + late);
    prop_oneof![4 => daily, 2 => 0..2 * SKEW, 2 => 0..DAY, 1 => 0..400 * DAY]
}

fn runs(occasion: impl Strategy<Value = Occasion>) -> impl Strategy<Value = Vec<Run>> {
    let steps = prop_oneof![5 => Just(usize::MAX), 1 => 0_usize..3];
    let run = (gap(), occasion, steps, prop::bool::weighted(0.2));
    let run = run.prop_map(|(after, occasion, steps, twice)| Run { after, occasion, steps, twice });
    prop::collection::vec(run, 1..60)
}

fn scheduled() -> impl Strategy<Value = Vec<Run>> {
    runs(Just(Occasion::Schedule))
}

fn scheduled_or_requested() -> impl Strategy<Value = Vec<Run>> {
    runs(prop_oneof![4 => Just(Occasion::Schedule), 1 => Just(Occasion::Request)])
}

/// What the table held from when on.
#[derive(Debug)]
struct History(Vec<(u64, Line)>);

impl History {
    fn of(rotation: &Rotation, runs: &[Run]) -> Self {
        let (mut now, mut line) = (START.0, Line::default());
        // The first key is there before anything is served.
        line.run(rotation, Occasion::Schedule, START);
        let mut history = vec![(now, line.clone())];
        for run in runs {
            now += run.after;
            let steps = rotation.steps(&line.0, run.occasion, UnixTime(now));
            for _ in 0..=usize::from(run.twice) {
                steps.iter().take(run.steps).for_each(|step| line.write(*step));
            }
            history.push((now, line.clone()));
        }
        Self(history)
    }

    /// What somebody saw who read the table at this time. Whoever comes before the first key waits for it.
    fn read(&self, at: u64) -> &Line {
        let before = self.0.partition_point(|(since, _)| *since <= at);
        &self.0[before.saturating_sub(1)].1
    }

    /// The moments around which anything can change.
    fn moments(&self) -> BTreeSet<u64> {
        let written = self.0.iter().map(|(since, _)| *since);
        let settled = self.0.iter().flat_map(|(_, line)| &line.0).flat_map(|key| {
            let retires_at = key.retires_at.unwrap_or_default();
            [key.usable_from.0, retires_at.0, retires_at.0.saturating_sub(LIFE)]
        });
        let around = |moment: u64| {
            let near = [0, 1, CACHE, CACHE + 1, SKEW, SKEW + 1, 2 * CACHE + SKEW];
            near.into_iter().flat_map(move |by| [moment.saturating_sub(by), moment + by])
        };
        written.chain(settled).flat_map(around).filter(|moment| *moment >= START.0).collect()
    }

    /// The keys that are used at this time by those who remember what they read for as long as they may.
    fn used(&self, at: u64, clock: u64) -> BTreeSet<Option<u32>> {
        [at - CACHE, at - CACHE / 2, at].into_iter().map(|read| self.read(read).used(clock)).collect()
    }

    /// Whether a key is known to everyone at this time: each has a copy that may be as old as a copy may be, taken from another copy
    /// that may be as old, by a clock that is as wrong as it may be.
    fn is_known(&self, generation: u32, at: u64) -> bool {
        let fetched = [at - CACHE, at];
        let read = fetched.into_iter().flat_map(|fetched| [(fetched - CACHE, fetched), (fetched, fetched)]);
        let mut seen = read.flat_map(|(read, fetched)| [(read, fetched - SKEW), (read, fetched + SKEW)]);
        seen.all(|(read, clock)| self.read(read).is_published(generation, clock))
    }
}

proptest! {
    #[test]
    fn exactly_one_key_is_used_at_every_moment(days in days(), runs in scheduled_or_requested()) {
        let history = History::of(&rotation(days), &runs);
        for now in history.moments() {
            let used = history.used(now, now);
            prop_assert_eq!(used.len(), 1, "at {}: {:?}", now, used);
            prop_assert!(!used.contains(&None), "at {}", now);
        }
    }

    #[test]
    fn what_a_key_made_is_good_everywhere_for_as_long_as_it_lasts(
        days in days(),
        runs in scheduled_or_requested(),
    ) {
        let history = History::of(&rotation(days), &runs);
        for made in history.moments() {
            for clock in [made - SKEW, made, made + SKEW] {
                for generation in history.used(made, clock).into_iter().flatten() {
                    let usable = history.read(made).is_usable(generation, clock);
                    prop_assert!(usable || generation == FIRST, "{} at {}", generation, made);
                    for presented in [made, made + LIFE / 2, made + LIFE] {
                        let known = history.is_known(generation, presented);
                        prop_assert!(known, "{} of {} at {}", generation, made, presented);
                    }
                }
            }
        }
    }

    #[test]
    fn no_key_is_used_before_it_was_published_long_enough(
        days in days(),
        runs in scheduled_or_requested(),
    ) {
        let rotation = rotation(days);
        let history = History::of(&rotation, &runs);
        for [(_, before), (now, after)] in history.0.array_windows() {
            for key in after.0.iter().filter(|key| !before.0.contains(key) && key.retires_at.is_none()) {
                prop_assert!(key.usable_from >= UnixTime(*now) + rotation.spread, "{:?} at {}", key, now);
            }
        }
    }

    #[test]
    fn a_run_leaves_no_more_than_three_keys(days in days(), mut runs in scheduled()) {
        if let Some(last) = runs.last_mut() {
            last.steps = usize::MAX;
        }
        let history = History::of(&rotation(days), &runs);
        let (now, line) = &history.0[history.0.len() - 1];
        prop_assert!(line.0.len() <= 3, "{:?} at {}", line, now);
    }

    #[test]
    fn running_again_changes_nothing(days in days(), runs in scheduled_or_requested(), occasion in prop_oneof![
        Just(Occasion::Schedule),
        Just(Occasion::Request),
    ]) {
        let rotation = rotation(days);
        let history = History::of(&rotation, &runs);
        let (now, line) = &history.0[history.0.len() - 1];
        let mut line = line.clone();
        line.run(&rotation, occasion, UnixTime(*now));
        prop_assert_eq!(line.run(&rotation, occasion, UnixTime(*now)), []);
        prop_assert_eq!(line.run(&rotation, Occasion::Schedule, UnixTime(*now)), []);
    }

    /// Nothing can be promised then of when a key is used, but there always is one.
    #[test]
    fn a_clock_that_jumps_leaves_a_key_to_use(
        days in days(),
        clocks in prop::collection::vec(
            (0..u64::MAX, prop_oneof![
                8 => Just(Occasion::Schedule),
                2 => Just(Occasion::Request),
                1 => Just(Occasion::Compromise),
            ]),
            1..40,
        ),
        now: u64,
    ) {
        let mut line = Line::default();
        for (clock, occasion) in clocks {
            let newest = line.0.iter().map(|key| key.generation).max();
            line.run(&rotation(days), occasion, UnixTime(clock));
            prop_assert!(line.used(now).is_some(), "{:?}", line);
            prop_assert!(line.0.iter().map(|key| key.generation).max() >= newest, "a generation comes again");
        }
    }

    #[test]
    fn after_a_compromise_nothing_of_before_is_left(days in days(), runs in scheduled_or_requested(), kept in 1_usize..9) {
        let rotation = rotation(days);
        let history = History::of(&rotation, &runs);
        let (now, line) = &history.0[history.0.len() - 1];
        let mut half_way = line.clone();
        let steps = rotation.steps(&line.0, Occasion::Compromise, UnixTime(*now));
        let newest = line.0.iter().map(|key| key.generation).max().unwrap();
        for step in steps.iter().take(kept) {
            half_way.write(*step);
            prop_assert_eq!(half_way.used(*now), Some(newest + 1), "there is a new key before an old one goes");
        }
        let mut line = line.clone();
        steps.iter().for_each(|step| line.write(*step));
        let new = Times { generation: newest + 1, usable_from: UnixTime(*now), retires_at: None };
        prop_assert_eq!(line.0, [new]);
    }
}

/// What happens on which day when it is looked every hour, after so many days in use.
fn diary(days: u64, until: u64) -> Vec<(u64, Step)> {
    let (mut line, mut diary) = (Line::default(), Vec::new());
    for hour in 0..=until * 24 {
        let steps = line.run(&rotation(days), Occasion::Schedule, START + Seconds::hours(hour));
        diary.extend(steps.into_iter().map(|step| (hour, step)));
    }
    diary
}

#[test]
fn the_calendar_of_a_key() {
    let taken_over = START + Seconds::days(90);
    assert_eq!(
        diary(90, 95),
        [
            (0, Step::Publish { generation: FIRST, usable_from: START }),
            (89 * 24, Step::Publish { generation: 2, usable_from: taken_over }),
            (
                90 * 24 + 1,
                Step::Retire { generation: FIRST, retires_at: taken_over + Seconds(LIFE + 15 * 60) }
            ),
            (90 * 24 + 13, Step::Remove { generation: FIRST }),
        ]
    );
}

#[test]
fn a_year_without_a_run_is_made_up_for_by_the_next() {
    let (rotation, mut line) = (rotation(90), Line::default());
    line.run(&rotation, Occasion::Schedule, START);
    let late = START + Seconds::days(365);
    assert_eq!(line.used(late.0), Some(FIRST), "it signs on");
    let publish = Step::Publish { generation: 2, usable_from: late + rotation.notice };
    assert_eq!(line.run(&rotation, Occasion::Schedule, late), [publish]);
    let later = late + Seconds::days(365);
    assert_eq!(
        line.run(&rotation, Occasion::Schedule, later),
        [
            Step::Publish { generation: 3, usable_from: later + rotation.notice },
            Step::Remove { generation: FIRST }
        ]
    );
}

#[test]
fn a_request_brings_the_next_key_forward() {
    let (rotation, mut line) = (rotation(90), Line::default());
    line.run(&rotation, Occasion::Schedule, START);
    let published = START + Seconds::days(89);
    line.run(&rotation, Occasion::Schedule, published);
    let soon = published + rotation.spread;
    let advance = Step::Advance { generation: 2, usable_from: soon };
    assert_eq!(line.run(&rotation, Occasion::Request, published), [advance]);
    // It is due in less than that already.
    assert_eq!(line.run(&rotation, Occasion::Request, published + Seconds(60)), []);
    assert_eq!((line.used(soon.0 - 1), line.used(soon.0)), (Some(FIRST), Some(2)));
}

#[test]
fn what_was_removed_by_hand_is_made_again() {
    let retired = Times { generation: 4, usable_from: START, retires_at: Some(START + Seconds::days(1)) };
    let publish = Step::Publish { generation: 5, usable_from: START };
    for occasion in [Occasion::Schedule, Occasion::Request] {
        assert_eq!(rotation(90).steps(&[retired], occasion, START), [publish], "{occasion:?}");
    }
}
