//! What is added, listed, shown, set and removed: a file or folder for each kind, which says what one looks like ([`Thing`]) and what
//! each verb does. How verbs answer is here, the same for all.

pub(crate) mod customer;
pub(crate) mod domain;
mod find;
pub(crate) mod function;
mod refer;
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
        uses.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")).collect();
    if used.is_empty() {
        return Ok(());
    }
    let because = format!("{} {name} is in use: {}", T::NOUNS.0, used.join(", "));
    Err(Failure::refused_but(because, "change or remove these first"))
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

/// Answers `list`.
#[derive(Serialize)]
pub(crate) struct Listed<T> {
    /// How many there are.
    count: usize,
    /// Those that are shown.
    data: Vec<T>,
    /// Whose they are, or which were asked for: said behind the noun.
    #[serde(skip)]
    which: String,
}

impl<T> Listed<T> {
    /// All of them.
    pub(crate) fn all(data: Vec<T>) -> Self {
        Self { count: data.len(), data, which: String::new() }
    }

    /// Those of somebody.
    pub(crate) fn of(whose: &str, data: Vec<T>) -> Self {
        Self { which: format!(" of {}", harmless(whose)), ..Self::all(data) }
    }

    /// Those that were asked for.
    pub(crate) fn matching(data: Vec<T>, asked: bool) -> Self {
        Self { which: if asked { " that match" } else { "" }.to_owned(), ..Self::all(data) }
    }

    /// The first of so many.
    pub(crate) fn of_all(self, count: usize) -> Self {
        Self { count, ..self }
    }
}

impl<T: Thing> Report for Listed<T> {
    fn words(&self, screen: Screen) -> String {
        let (one, many) = T::NOUNS;
        let Self { count, which, .. } = self;
        if *count == 0 {
            return format!("There are no {many}{which}.");
        }
        let rows: Vec<_> = self.data.iter().map(Thing::row).collect();
        let noun = if *count == 1 { one } else { many };
        let total = match self.data.len() {
            shown if shown == *count => format!("{count} {noun}{which}."),
            shown => format!("The first {shown} of {count} {noun}{which}."),
        };
        format!("{}\n\n{}", draw(T::COLUMNS, &rows, screen), paint(FAINT, &total))
    }
}
