//! What is added, listed, shown, set and removed: a file or folder for each kind, which says what one looks like ([`Thing`]) and what
//! each verb does. How verbs answer is here, the same for all.

pub(crate) mod api_key;
pub(crate) mod client;
pub(crate) mod customer;
pub(crate) mod domain;
mod find;
pub(crate) mod function;
pub(crate) mod key;
mod refer;
pub(crate) mod session;
pub(crate) mod user;

use serde::Serialize;
use store::clients::Change;

use crate::failure::Failure;
use crate::output::columns::{Column, draw};
use crate::output::sheet::Sheet;
use crate::output::text::harmless;
use crate::output::{FAINT, GOOD, Report, STRONG, Screen, paint};

/// Something that an operator manages. As JSON, it is what the service's JSON interfaces show.
pub(crate) trait Thing: Serialize {
    /// What one is called, and what several are.
    const NOUNS: (&'static str, &'static str);
    /// The columns of a list.
    const COLUMNS: &'static [Column];

    /// What it is called by.
    fn name(&self) -> String;
    /// Its line in a list, a cell for each column.
    fn row(&self) -> Vec<String>;
    /// All that is known of it.
    fn sheet(&self) -> Sheet;
    /// What is shown this once: what it is, and the text.
    fn once(&self) -> Option<(&'static str, &str)> {
        None
    }
}

fn called<T: Thing>(thing: &T) -> String {
    format!("{} {}", T::NOUNS.0, paint(STRONG, &harmless(&thing.name())))
}

/// Somebody has the name.
fn taken<T: Thing>(name: &str) -> Failure {
    Failure::refused(format!("there is a {} {name} already", T::NOUNS.0))
}

/// What became of a change.
fn written<T: Thing>(change: Change) -> Result<(), Failure> {
    match change {
        Change::Made => Ok(()),
        Change::Outdated => Err(Failure::refused_but(
            format!("somebody else changed or removed the {} at the same moment", T::NOUNS.0),
            "look at it, and run it again",
        )),
        Change::NameTaken => Err(Failure::refused("something else has that name")),
    }
}

/// Refuses to take away what others depend on: how many of each there are.
fn unused<T: Thing>(name: &str, uses: &[(&str, usize)]) -> Result<(), Failure> {
    let used: Vec<_> =
        uses.iter().filter(|(_, count)| *count > 0).map(|(what, count)| counted(*count, what)).collect();
    if used.is_empty() {
        return Ok(());
    }
    let because = format!("{} {name} is in use: {}", T::NOUNS.0, used.join(", "));
    Err(Failure::refused_but(because, "change or remove them first"))
}

/// So many of what is called `one`.
fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// What became of a removal.
fn gone<T: Thing>(removed: bool, name: &str) -> Result<(), Failure> {
    if removed { Ok(()) } else { Err(Failure::refused(format!("{} {name} is gone already", T::NOUNS.0))) }
}

/// Several in one cell.
fn joined<'a>(names: impl IntoIterator<Item = &'a (impl ToString + 'a)>) -> String {
    names.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Answers `show`.
#[derive(Serialize)]
pub(crate) struct Shown<T> {
    /// What was asked for.
    pub data: T,
}

impl<T: Thing> Report for Shown<T> {
    fn words(&self, screen: Screen) -> String {
        format!("{}\n{}", called(&self.data), self.data.sheet().draw(screen))
    }
}

/// Answers `add`.
#[derive(Serialize)]
pub(crate) struct Made<T> {
    /// What was made.
    pub data: T,
}

impl<T: Thing> Report for Made<T> {
    fn words(&self, screen: Screen) -> String {
        let made =
            format!("{} {}.\n{}", paint(GOOD, "Made"), called(&self.data), self.data.sheet().draw(screen));
        match self.data.once() {
            Some((what, text)) => format!("{made}\n\n{}", once(what, text)),
            None => made,
        }
    }
}

/// The text is on a line of its own and in one piece, to be copied.
fn once(what: &str, text: &str) -> String {
    format!("The {what}, which is shown this once:\n  {}", paint(STRONG, text))
}

/// Answers `set`.
#[derive(Serialize)]
pub(crate) struct Changed<T> {
    /// Whether anything is different now.
    pub changed: bool,
    /// What it is now.
    pub data: T,
}

impl<T: Thing> Report for Changed<T> {
    fn words(&self, screen: Screen) -> String {
        if !self.changed {
            return format!("Nothing changed: {} is like that already.", called(&self.data));
        }
        let changed =
            format!("{} {}.\n{}", paint(GOOD, "Changed"), called(&self.data), self.data.sheet().draw(screen));
        match self.data.once() {
            Some((what, text)) => format!("{changed}\n\n{}", once(what, text)),
            None => changed,
        }
    }
}

/// Answers `remove`.
#[derive(Serialize)]
pub(crate) struct Removed<T> {
    /// What is gone.
    pub data: T,
}

impl<T: Thing> Report for Removed<T> {
    fn words(&self, _: Screen) -> String {
        format!("{} {}.", paint(GOOD, "Removed"), called(&self.data))
    }
}

/// Answers `remove --all`.
#[derive(Serialize)]
pub(crate) struct RemovedAll<T> {
    /// How many.
    count: usize,
    /// What is gone.
    data: Vec<T>,
    #[serde(skip)]
    whose: String,
}

impl<T> RemovedAll<T> {
    /// All of somebody's.
    fn of(whose: &str, data: Vec<T>) -> Self {
        Self { count: data.len(), data, whose: harmless(whose) }
    }
}

impl<T: Thing> Report for RemovedAll<T> {
    fn words(&self, _: Screen) -> String {
        match self.count {
            0 => format!("There are no {} of {}.", T::NOUNS.1, self.whose),
            count => format!("{} {} of {}.", paint(GOOD, "Removed"), counted(count, T::NOUNS.0), self.whose),
        }
    }
}

/// Answers `list`.
#[derive(Serialize)]
pub(crate) struct Listed<T> {
    /// How many there are.
    count: usize,
    /// Those that are shown.
    data: Vec<T>,
    #[serde(skip)]
    which: Which,
}

/// Which ones a list has.
enum Which {
    /// All there are.
    All,
    /// Those of somebody.
    Of(String),
    /// Those that were asked for.
    Matching,
    /// Those that nothing speaks against: what is left out, in words.
    But(&'static str),
}

impl<T> Listed<T> {
    /// All of them.
    pub(crate) const fn all(data: Vec<T>) -> Self {
        Self { count: data.len(), data, which: Which::All }
    }

    /// Those of somebody.
    pub(crate) fn of(whose: &str, data: Vec<T>) -> Self {
        Self { which: Which::Of(harmless(whose)), ..Self::all(data) }
    }

    /// The first of `count` that were asked for.
    pub(crate) fn matching(self, count: usize) -> Self {
        Self { which: Which::Matching, count, ..self }
    }

    /// The first of `count`, without those that lists leave out.
    pub(crate) fn but(self, left_out: &'static str, count: usize) -> Self {
        Self { which: Which::But(left_out), count, ..self }
    }

    /// The first of `count`.
    pub(crate) fn first_of(self, count: usize) -> Self {
        Self { count, ..self }
    }
}

impl<T: Thing> Listed<T> {
    /// How many there are, and which.
    fn total(&self) -> String {
        let (one, many) = T::NOUNS;
        let (count, shown) = (self.count, self.data.len());
        let counted = match (count, shown) {
            (0, _) => format!("no {many}"),
            (1, _) => format!("1 {one}"),
            (count, shown) if shown < count => format!("the first {shown} of {count} {many}"),
            _ => format!("{count} {many}"),
        };
        let told = match (&self.which, count) {
            (Which::All, 0) => format!("there are {counted}"),
            (Which::Of(whose), 0) => format!("there are {counted} of {whose}"),
            (Which::But(left_out), 0) => format!("there are {counted} but {left_out} ones"),
            (Which::Matching, 0) => format!("no {one} matches"),
            (Which::All, _) => counted,
            (Which::Of(whose), _) => format!("{counted} of {whose}"),
            (Which::But(left_out), _) => format!("{counted}, without {left_out} ones"),
            (Which::Matching, 1) => format!("{counted} matches"),
            (Which::Matching, count) if shown < count => format!("{counted} that match"),
            (Which::Matching, _) => format!("{counted} match"),
        };
        let mut letters = told.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).chain(['.']).collect()
    }
}

impl<T: Thing> Report for Listed<T> {
    fn words(&self, screen: Screen) -> String {
        if self.data.is_empty() {
            return self.total();
        }
        let rows: Vec<_> = self.data.iter().map(Thing::row).collect();
        format!("{}\n\n{}", draw(T::COLUMNS, &rows, screen), paint(FAINT, &self.total()))
    }
}
