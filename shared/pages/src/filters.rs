//! How text that others wrote is shown, so that it cannot pretend to be anything but itself.

use std::fmt::Display;

/// Text without the characters that are not seen but change what is: those that reorder the text around them
/// (Unicode Standard Annex #9) could let `moc.live` read as another host, and invisible ones hide a difference.
#[askama::filter_fn]
pub fn shown(text: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(text.to_string().chars().filter_map(visible).collect())
}

/// A character as it may be shown: a line break as a space, an invisible one not at all.
///
/// The zero-width joiners stay, because Persian and the Indic scripts are not written correctly without them.
fn visible(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if character.is_control() => None,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        '\u{00ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' => None,
        _ => Some(character),
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    fn shown(text: &str) -> String {
        text.chars().filter_map(visible).collect()
    }

    #[test]
    fn reordering_and_invisible_characters_are_not_shown() {
        assert_eq!(shown("bank.example\u{202e}live.com"), "bank.examplelive.com");
        assert_eq!(shown("\u{2066}a\u{2069}\u{200f}b\u{061c}c"), "abc");
        assert_eq!(shown("pay\u{200b}\u{00ad}\u{feff}pal\u{e0041}"), "paypal");
        assert_eq!(shown("a\u{0}b\u{1b}c\u{9b}d"), "abcd");
    }

    #[test]
    fn a_line_break_becomes_a_space() {
        assert_eq!(shown("one\ntwo\u{2028}three"), "one two three");
    }

    #[test]
    fn every_script_stays_readable() {
        for text in ["Blåbærsyltetøy", "مرکز داده\u{200c}ها", "क्\u{200d}ष", "東京 👩\u{200d}🚒"]
        {
            assert_eq!(shown(text), text);
        }
    }
}
