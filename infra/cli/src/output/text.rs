//! Text as a terminal shows it: without what would command it, and as wide as it comes out.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What stands for the rest.
const REST: char = '\u{2026}';

/// Text that anybody may have written, without the characters that move the cursor, colour the screen or turn the direction of writing
/// around.
pub(crate) fn harmless(text: &str) -> String {
    let commands = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if commands(c) { '\u{fffd}' } else { c }).collect()
}

/// How many columns it takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// As much of it as fits into `columns`, and a sign that it was more.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut short, mut left) = (String::new(), columns.saturating_sub(1));
    for c in text.chars() {
        let wide = c.width().unwrap_or_default();
        if wide > left {
            break;
        }
        left -= wide;
        short.push(c);
    }
    short.push(REST);
    short
}

/// Filled up with blanks.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{:blanks$}", "")
}

/// Lines of at most so many columns, broken at blanks only: what has none, as an address, stays whole.
pub(crate) fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{broken, harmless, padded, shortened};

    #[test]
    fn what_commands_a_terminal_is_taken_out() {
        assert_eq!(harmless("a\u{1b}[31mb\r\n\u{202e}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c");
        assert_eq!(harmless("Zoë 会社"), "Zoë 会社");
    }

    #[test]
    fn is_as_wide_as_it_comes_out() {
        assert_eq!(shortened("会社の名前", 6), "会社\u{2026}");
        assert_eq!(shortened("会社", 4), "会社");
        assert_eq!(shortened("abcdef", 3), "ab\u{2026}");
        assert_eq!(padded("会", 4), "会  ");
    }

    #[test]
    fn breaks_at_blanks_and_nowhere_else() {
        assert_eq!(broken("one two three", 7), ["one two", "three"]);
        assert_eq!(broken("https://example.com/long", 7), ["https://example.com/long"]);
        assert_eq!(broken("", 7), [""]);
    }
}
