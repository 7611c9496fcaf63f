//! The members of a JSON object, read one by one, with everything that is wrong with any of them (Argus answers them all at once).

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Map, Value};

/// What is wrong with one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The member's name.
    pub field: String,
    /// What is wrong, as a sentence for people. No input is in it.
    pub message: &'static str,
}

/// A member that must be there.
pub const REQUIRED: &str = "must be given";

/// An object that is being read. A member that is null counts as absent; members that nobody asks for are ignored.
#[derive(Debug)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Begins with an object.
    #[must_use]
    pub const fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, errors: Vec::new() }
    }

    /// Notes what is wrong with `field`.
    pub fn refuse(&mut self, field: &str, message: &'static str) {
        self.errors.push(FieldError { field: field.to_owned(), message });
    }

    /// Whether `field` is there.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    fn get(&self, field: &str) -> Option<&'a Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }

    /// Notes `field` as missing unless it is there.
    pub fn require(&mut self, field: &str) {
        if !self.has(field) {
            self.refuse(field, REQUIRED);
        }
    }

    fn read<T>(
        &mut self,
        field: &str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(field)?;
        let read = read(value);
        if read.is_none() {
            self.refuse(field, expected);
        }
        read
    }

    /// A text.
    pub fn text(&mut self, field: &str) -> Option<&'a str> {
        self.read(field, "must be a string", Value::as_str)
    }

    /// A text that `parse` makes something of; what it expects is said where it makes nothing.
    pub fn parsed<T>(
        &mut self,
        field: &str,
        expected: &'static str,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(field)?;
        let parsed = parse(text);
        if parsed.is_none() {
            self.refuse(field, expected);
        }
        parsed
    }

    /// A yes or no.
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        self.read(field, "must be true or false", Value::as_bool)
    }

    /// A number that is not negative.
    pub fn number(&mut self, field: &str) -> Option<u64> {
        self.read(field, "must be a whole number, not negative", Value::as_u64)
    }

    /// An array of texts. A single text counts as an array of it, since Argus's own client library sends it so.
    pub fn texts(&mut self, field: &str) -> Option<Vec<&'a str>> {
        self.read(field, "must be an array of strings", |value| match value {
            Value::String(text) => Some(vec![text.as_str()]),
            Value::Array(values) => values.iter().map(Value::as_str).collect(),
            _ => None,
        })
    }

    /// An array of texts of each of which `parse` makes something; what it expects is said where it doesn't.
    pub fn parsed_all<T: Ord>(
        &mut self,
        field: &str,
        expected: &'static str,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Option<BTreeSet<T>> {
        let texts = self.texts(field)?;
        let parsed: Option<BTreeSet<T>> = texts.into_iter().map(parse).collect();
        if parsed.is_none() {
            self.refuse(field, expected);
        }
        parsed
    }

    /// An object, whose members `read` reads; what is wrong with one of them is noted as `field.member`.
    pub fn object<T>(&mut self, field: &str, read: impl FnOnce(&mut Fields<'a>) -> Option<T>) -> Option<T> {
        let object = self.read(field, "must be an object", Value::as_object)?;
        let mut inside = Fields::new(object);
        let value = read(&mut inside);
        let named = |error: FieldError| FieldError { field: format!("{field}.{}", error.field), ..error };
        self.errors.extend(inside.errors.into_iter().map(named));
        value
    }

    /// An array of addresses and CIDR ranges.
    pub fn ranges(&mut self, field: &str) -> Option<Vec<IpNet>> {
        let expected = "must be IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1";
        Some(self.parsed_all(field, expected, range)?.into_iter().collect())
    }

    /// Any other value.
    pub fn value(&self, field: &str) -> Option<&'a Value> {
        self.get(field)
    }

    /// `read`, unless anything is wrong.
    ///
    /// # Errors
    /// Everything that is wrong, in the order it was read in.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Vec<FieldError>> {
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => Err(self.errors),
        }
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Whether a text has only the characters that Argus allows in what people are shown: letters and digits of any alphabet, `_`, white
/// space, and ``{}$-().[]"'/\,*+#:@!?;=``.
#[must_use]
pub fn is_prose(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric()
            || c.is_ascii_whitespace()
            || c == '\u{b}'
            || "_{}$-().[]\"'/\\,*+#:@!?;=".contains(c)
    };
    text.chars().all(allowed)
}

/// Reads an address or a CIDR range. An IPv4 address mapped into IPv6 is that IPv4 address.
#[must_use]
pub fn range(text: &str) -> Option<IpNet> {
    match text.parse::<std::net::IpAddr>() {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => text.parse::<IpNet>().ok().map(|range| mapped(range).unwrap_or(range).trunc()),
    }
}

/// The IPv4 range that `range` is, if it is one mapped into IPv6: ::ffff:0:0/96 and what is in it (RFC 4291 section 2.5.5.2).
fn mapped(range: IpNet) -> Option<IpNet> {
    let IpNet::V6(range) = range else { return None };
    let bits = range.prefix_len().checked_sub(96)?;
    IpNet::new(range.addr().to_ipv4_mapped()?.into(), bits).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FieldError, Fields, range};

    #[test]
    fn everything_that_is_wrong_is_said() {
        let object = json!({"name": 1, "hidden": "no", "limit": -1, "list": ["a", 2], "null": null});
        let mut fields = Fields::new(object.as_object().unwrap());
        fields.require("null");
        fields.text("name");
        fields.flag("hidden");
        fields.number("limit");
        fields.texts("list");
        let errors = fields.finish(Some(())).unwrap_err();
        let named: Vec<_> =
            errors.iter().map(|FieldError { field, message }| (field.as_str(), *message)).collect();
        assert_eq!(
            named,
            [
                ("null", "must be given"),
                ("name", "must be a string"),
                ("hidden", "must be true or false"),
                ("limit", "must be a whole number, not negative"),
                ("list", "must be an array of strings"),
            ]
        );
    }

    #[test]
    fn one_text_is_a_list_of_it() {
        let object = json!({"one": "code", "many": ["code", "token"]});
        let mut fields = Fields::new(object.as_object().unwrap());
        assert_eq!(fields.texts("one"), Some(vec!["code"]));
        assert_eq!(fields.texts("many"), Some(vec!["code", "token"]));
        assert_eq!(fields.texts("none"), None);
        assert_eq!(fields.finish(Some(1)), Ok(1));
    }

    #[test]
    fn members_of_an_object_are_named_by_their_path() {
        let object = json!({"source": {"provider": 1}, "other": []});
        let mut fields = Fields::new(object.as_object().unwrap());
        let read = fields.object("source", |source| source.text("provider"));
        assert_eq!((read, fields.object("other", |other| other.text("x"))), (None, None));
        let errors = fields.finish(Some(())).unwrap_err();
        let named: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(named, ["source.provider", "other"]);
    }

    #[test]
    fn ranges_are_read_as_what_they_are() {
        for (text, read) in [
            ("192.0.2.1", Some("192.0.2.1/32")),
            ("192.0.2.77/24", Some("192.0.2.0/24")),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("::ffff:192.0.2.1", Some("192.0.2.1/32")),
            ("::ffff:192.0.2.77/120", Some("192.0.2.0/24")),
            ("::ffff:0:0/95", Some("::fffe:0:0/95")),
            ("", None),
            ("192.0.2", None),
            ("192.0.2.0/33", None),
            ("example.com", None),
        ] {
            assert_eq!(range(text).map(|range| range.to_string()).as_deref(), read, "{text}");
        }
    }
}
