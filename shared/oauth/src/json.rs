//! JSON bodies, read strictly: one meaning or none (RFC 8259 section 4, RFC 7493 section 2.3).

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{ErrorCode, Refusal};
use crate::parameters::LONGEST_VALUE;

/// Reads a JSON object.
///
/// # Errors
/// `code` for anything that is not JSON, repeats a member's name, holds a NUL or a string longer than 8 KiB, or does not fit `T`.
pub fn parse<T: DeserializeOwned>(body: &[u8], code: ErrorCode) -> Result<T, Refusal> {
    let Strict(value) = serde_json::from_slice(body).map_err(|_| {
        Refusal::new(code, "body is not strict JSON").saying("The body is not acceptable JSON.")
    })?;
    if !value.is_object() {
        return Err(Refusal::new(code, "body is not a JSON object").saying("The body must be a JSON object."));
    }
    serde_json::from_value(value).map_err(|_| {
        Refusal::new(code, "JSON member has the wrong type").saying("A member has the wrong type.")
    })
}

/// A value whose objects name each member once and whose strings are bounded text.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        bounded(text)?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = sequence.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            bounded(&name)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("name repeated"));
            }
        }
        Ok(object.into())
    }
}

fn bounded<E: serde::de::Error>(text: &str) -> Result<(), E> {
    if text.len() > LONGEST_VALUE || text.contains('\0') {
        return Err(E::custom("string too long or with NUL"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::parse;
    use crate::error::ErrorCode;

    #[test]
    fn refuses_what_has_two_meanings() {
        for body in [
            r#"{"a":1,"a":2}"#,
            r#"{"o":{"a":1,"a":1}}"#,
            r#"{"l":[{"a":1,"\u0061":1}]}"#,
            r#"{"a":"\u0000"}"#,
            r#"{"a":1} x"#,
            "",
        ] {
            let refusal = parse::<Value>(body.as_bytes(), ErrorCode::InvalidRequest).unwrap_err();
            assert_eq!(refusal.reason, "body is not strict JSON", "{body}");
        }
        let refusal = parse::<Value>(b"[]", ErrorCode::InvalidRequest).unwrap_err();
        assert_eq!(refusal.reason, "body is not a JSON object");
    }

    #[test]
    fn refuses_nesting_without_end() {
        let body = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse::<Value>(body.as_bytes(), ErrorCode::InvalidRequest).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Value>(&bytes, ErrorCode::InvalidRequest);
        }
    }
}
