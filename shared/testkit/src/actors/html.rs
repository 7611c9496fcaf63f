//! A reader of the HTML that our own templates write, and of no other: what it doesn't know ends the test.

/// A piece of a document.
pub(super) enum Token {
    /// A tag, with its attributes.
    Open(String, Vec<(String, String)>),
    /// The tag that ends an element.
    Close(String),
    /// What is between, with its references resolved.
    Text(String),
}

/// The pieces of a document, in order. The contents of `style` and `script` are left out.
pub(super) fn tokens(html: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = html;
    while let Some((text, markup)) = rest.split_once('<') {
        tokens.push(Token::Text(decoded(text)));
        let (tag, after) = tag(markup);
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            tokens.push(Token::Close(name.trim().to_ascii_lowercase()));
            continue;
        }
        let (name, attributes) = opened(tag);
        // What is in these two is not markup.
        if name == "style" || name == "script" {
            rest = rest.split_once(&format!("</{name}>")).map_or("", |(_, after)| after);
        }
        tokens.push(Token::Open(name, attributes));
    }
    tokens.push(Token::Text(decoded(rest)));
    tokens
}

/// Splits after the `>` that ends the tag: one inside quotes doesn't.
fn tag(markup: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = markup.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '>' && !quoted
    });
    let (tag, after) = end.and_then(|(at, _)| markup.split_at_checked(at)).expect("a tag that ends");
    (tag.trim_end_matches('/'), after.strip_prefix('>').unwrap_or(after))
}

fn opened(tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (name.to_ascii_lowercase(), attributes);
        }
        let bare = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at_checked(bare).expect("an attribute");
        let Some(value) = after.strip_prefix('=') else {
            attributes.push((attribute.to_owned(), String::new()));
            rest = after;
            continue;
        };
        let quoted = value.strip_prefix('"').and_then(|value| value.split_once('"'));
        let (value, after) = quoted.unwrap_or_else(|| panic!("an attribute without quotes: {tag}"));
        attributes.push((attribute.to_owned(), decoded(value)));
        rest = after;
    }
}

/// Resolves character references: numbers, and the few names that a template engine writes.
fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, after) = part.split_once(';').unwrap_or_else(|| panic!("an open reference: &{part}"));
        let number = reference.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        });
        let character = match (reference, number) {
            ("amp", _) => Some('&'),
            ("lt", _) => Some('<'),
            ("gt", _) => Some('>'),
            ("quot", _) => Some('"'),
            (_, Some(Ok(number))) => char::from_u32(number),
            _ => None,
        };
        decoded.push(character.unwrap_or_else(|| panic!("a reference nobody writes: &{reference};")));
        decoded.push_str(after);
    }
    decoded
}
