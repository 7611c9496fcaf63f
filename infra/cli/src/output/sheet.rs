//! One thing for people: what is known of it, line by line.

use super::text::{broken, harmless, padded, width};
use super::{FAINT, Screen, paint};

/// What is known of one thing, in the order it is shown. What is not known is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    entries: Vec<(&'static str, Vec<String>)>,
}

impl Sheet {
    /// Adds a text, if there is any.
    pub(crate) fn with(self, label: &'static str, value: impl Into<Option<String>>) -> Self {
        self.with_all(label, value.into())
    }

    /// Adds one line for each text.
    pub(crate) fn with_all(
        mut self,
        label: &'static str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let values: Vec<String> =
            values.into_iter().map(Into::into).filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            self.entries.push((label, values));
        }
        self
    }

    /// Draws it, a little to the right.
    pub(crate) fn draw(&self, screen: Screen) -> String {
        const INDENT: usize = 2;
        let labels = self.entries.iter().map(|(label, _)| width(label)).max().unwrap_or_default();
        let start = INDENT + labels + 2;
        let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(start).max(20));
        let mut lines = Vec::new();
        for (label, values) in &self.entries {
            // The label stands beside the first line only.
            let mut label = padded(label, labels);
            for value in values.iter().flat_map(|value| broken(&harmless(value), room)) {
                lines.push(format!("{:INDENT$}{}  {value}", "", paint(FAINT, &label)));
                label = padded("", labels);
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;
    use crate::output::Screen;

    #[test]
    fn values_stand_under_each_other() {
        let sheet = Sheet::default()
            .with("id", "7".to_owned())
            .with("e-mail", None)
            .with_all("redirect URIs", ["https://a.example/", "https://b.example/"])
            .with("description", "As long as it must be to be broken".to_owned());
        let drawn = anstream::adapter::strip_str(&sheet.draw(Screen { width: Some(40) })).to_string();
        assert_eq!(
            drawn.lines().collect::<Vec<_>>(),
            [
                "  id             7",
                "  redirect URIs  https://a.example/",
                "                 https://b.example/",
                "  description    As long as it must be",
                "                 to be broken",
            ]
        );
    }
}
