//! Lists for people: columns under headings, one line for each thing, whatever the width of the terminal.

use super::text::{broken, harmless, padded, shortened, width};
use super::{FAINT, STRONG, Screen, paint};

/// What stands between two columns.
const GAP: usize = 2;

/// A column of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// What is in it.
    pub heading: &'static str,
    /// Where there is no room, it is cut to this width; without one it stays whole, since somebody will copy it.
    pub least: Option<usize>,
}

impl Column {
    /// A column that stays whole.
    pub(crate) const fn whole(heading: &'static str) -> Self {
        Self { heading, least: None }
    }

    /// A column that is cut where there is no room.
    pub(crate) const fn cut(heading: &'static str) -> Self {
        Self { heading, least: Some(12) }
    }
}

/// Draws a list. Where even what is cut does not fit, the last columns are left out, and that is said.
pub(crate) fn draw(columns: &[Column], rows: &[Vec<String>], screen: Screen) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let mut widths = natural(columns, &rows);
    if let Some(room) = screen.width {
        fit(columns, &mut widths, room);
    }
    let mut lines =
        vec![line(columns.iter().map(|column| column.heading), &widths, |cell| paint(STRONG, cell))];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str), &widths, str::to_owned)));

    let left_out: Vec<_> = columns.iter().skip(widths.len()).map(|column| column.heading).collect();
    if !left_out.is_empty() {
        let note = format!("No room for: {}. A wider terminal or --json shows it.", left_out.join(", "));
        lines.push(String::new());
        lines.extend(broken(&note, screen.width.unwrap_or(usize::MAX)).iter().map(|line| paint(FAINT, line)));
    }
    lines.join("\n")
}

fn natural(columns: &[Column], rows: &[Vec<String>]) -> Vec<usize> {
    let widest = |index: usize| rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell)).max();
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| widest(index).unwrap_or_default().max(width(column.heading)))
        .collect()
}

/// Cuts the widest column that may be cut until all fit, and then leaves the last ones out.
fn fit(columns: &[Column], widths: &mut Vec<usize>, room: usize) {
    let whole = widths.clone();
    let least = |index: usize| {
        let column: &Column = columns.get(index)?;
        Some(column.least?.max(width(column.heading)))
    };
    while taken(widths) > room {
        let count = widths.len();
        let cut = widths.iter_mut().enumerate();
        let cut = cut.filter(|(index, width)| least(*index).is_some_and(|least| **width > least));
        match cut.max_by_key(|(_, width)| **width) {
            Some((_, width)) => *width -= 1,
            None if count > 1 => *widths = whole.iter().take(count - 1).copied().collect(),
            None => return,
        }
    }
}

fn taken(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn line<'a>(
    cells: impl Iterator<Item = &'a str>,
    widths: &[usize],
    style: impl Fn(&str) -> String,
) -> String {
    let mut drawn = String::new();
    let mut blanks = 0;
    for (cell, &columns) in cells.zip(widths) {
        let cell = shortened(cell, columns);
        let end = columns.saturating_sub(width(&cell));
        if cell.is_empty() {
            blanks += end + GAP;
            continue;
        }
        drawn.push_str(&padded("", blanks));
        drawn.push_str(&style(&cell));
        blanks = end + GAP;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::{Column, draw};
    use crate::output::Screen;

    const COLUMNS: [Column; 3] = [Column::whole("username"), Column::cut("name"), Column::whole("status")];

    fn drawn(width: Option<usize>) -> Vec<String> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["al", "Alice of the Long Name", "in use"]), row(["bob", "", "blocked"])];
        let drawn = draw(&COLUMNS, &rows, Screen { width });
        anstream::adapter::strip_str(&drawn).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(
            drawn(None),
            [
                "username  name                    status",
                "al        Alice of the Long Name  in use",
                "bob                               blocked",
            ]
        );
    }

    #[test]
    fn what_may_be_cut_is_cut() {
        assert_eq!(
            drawn(Some(33)),
            [
                "username  name            status",
                "al        Alice of the \u{2026}  in use",
                "bob                       blocked",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_that_is_said() {
        let lines = drawn(Some(24));
        assert_eq!(lines[..3], ["username  name", "al        Alice of the \u{2026}", "bob"]);
        assert_eq!(lines[3..], ["", "No room for: status. A", "wider terminal or --json", "shows it."]);
        assert_eq!(drawn(Some(3))[..3], ["username", "al", "bob"]);
    }
}
