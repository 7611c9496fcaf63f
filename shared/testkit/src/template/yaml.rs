//! CloudFormation's YAML as its JSON: short functions (`!GetAtt Table.Arn`) in their long form (`{"Fn::GetAtt": ["Table", "Arn"]}`).
//!
//! Scalars stay text, whatever they look like: that is what CloudFormation makes of a parameter anyway.

use saphyr_parser::{Event, Parser, StrInput, Tag};
use serde_json::{Map, Value};

use super::TemplateError;

/// Reads the one document of `text`.
pub(super) fn read(text: &str) -> Result<Value, TemplateError> {
    let mut events = Events(Parser::new_from_str(text));
    loop {
        match events.next()? {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => return events.node(event),
        }
    }
}

struct Events<'a>(Parser<'a, StrInput<'a>>);

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<Event<'a>, TemplateError> {
        let event = self.0.next().ok_or_else(|| TemplateError::new("it ends too early"))?;
        event.map(|(event, _)| event).map_err(TemplateError::new)
    }

    fn node(&mut self, event: Event<'a>) -> Result<Value, TemplateError> {
        let (value, tag) = match event {
            Event::Scalar(text, _, _, tag) => (Value::String(text.into_owned()), tag),
            Event::SequenceStart(_, tag) => (self.sequence()?, tag),
            Event::MappingStart(_, tag) => (self.mapping()?, tag),
            other => return Err(TemplateError::new(format!("{other:?} is not understood"))),
        };
        Ok(match tag {
            Some(tag) => long(&tag, value),
            None => value,
        })
    }

    fn sequence(&mut self) -> Result<Value, TemplateError> {
        let mut values = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(values)),
                event => values.push(self.node(event)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Value, TemplateError> {
        let mut members = Map::new();
        loop {
            let name = match self.next()? {
                Event::MappingEnd => return Ok(Value::Object(members)),
                Event::Scalar(name, ..) => name.into_owned(),
                other => return Err(TemplateError::new(format!("{other:?} is no name"))),
            };
            let event = self.next()?;
            let value = self.node(event)?;
            if members.insert(name.clone(), value).is_some() {
                return Err(TemplateError::new(format!("{name} is there twice")));
            }
        }
    }
}

/// A function in its long form. Of the short ones only `!Ref` and `!Condition` go without `Fn::`.
fn long(tag: &Tag, value: Value) -> Value {
    let name = match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    let parts = match (&value, name.as_str()) {
        (Value::String(text), "Fn::GetAtt") => text.split_once('.'),
        _ => None,
    };
    let value =
        parts.map(|(resource, attribute)| [resource, attribute].into_iter().collect()).unwrap_or(value);
    Value::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn short_functions_are_read_as_long_ones() {
        let text = "a: !GetAtt Table.Arn\nb: [!Ref Table, !Sub 'x-${Table}']\nc: !If\n  - Is\n  - 2.0\n  - !Condition Was\n";
        let expected = json!({
            "a": {"Fn::GetAtt": ["Table", "Arn"]},
            "b": [{"Ref": "Table"}, {"Fn::Sub": "x-${Table}"}],
            "c": {"Fn::If": ["Is", "2.0", {"Condition": "Was"}]},
        });
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for (text, problem) in [
            ("a: 1\na: 2", "a is there twice"),
            ("a: &x 1\nb: *x", "Alias"),
            ("a: [1", "while parsing"),
            ("", "StreamEnd"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
