//! Columns for a terminal.

/// A table: the first column is words and begins at the left, all others are figures and end at the right.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row. A cell that is missing is empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, a line for each row, without spaces at the end of any.
    #[must_use]
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        self.rows.iter().map(|row| line(row, &widths)).collect()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        line += &if column == 0 { format!("{cell:<width$}") } else { format!("   {cell:>width$}") };
    }
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn figures_stand_under_each_other() {
        let mut table = Table::new(&["function", "KiB", "× bare"]);
        table.row(["token".to_owned(), "5321".to_owned(), "2.1".to_owned()]);
        table.row(["bare".to_owned(), "987".to_owned(), String::new()]);
        table.row(["sum".to_owned()]);
        assert_eq!(
            table.text(),
            "function    KiB   × bare\ntoken      5321      2.1\nbare        987\nsum\n"
        );
    }
}
