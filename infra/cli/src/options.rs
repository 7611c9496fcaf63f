//! Options as the members of a JSON object, so that they are judged by the rules of the JSON interfaces, which are written once.

use domain::fields::{FieldError, Fields};
use serde_json::{Map, Value};

use crate::failure::{Failure, WrongOption};

/// An object that is put together from options, and which option each member comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    object: Map<String, Value>,
    options: Vec<(&'static str, &'static str)>,
}

impl Members {
    /// A member, if its option was given.
    pub(crate) fn with(
        mut self,
        member: &'static str,
        option: &'static str,
        value: Option<impl Into<Value>>,
    ) -> Self {
        self.options.push((member, option));
        if let Some(value) = value {
            self.object.insert(member.to_owned(), value.into());
        }
        self
    }

    /// A member that is a list, if its option was given at all; given once and empty, the list is empty.
    pub(crate) fn with_all(
        self,
        member: &'static str,
        option: &'static str,
        values: Option<&Vec<String>>,
    ) -> Self {
        let given = |values: &Vec<String>| -> Value {
            if values.iter().all(String::is_empty) { Vec::<String>::new() } else { values.clone() }.into()
        };
        self.with(member, option, values.map(given))
    }

    /// What the rules make of the object; `command` is what is to be done.
    ///
    /// # Errors
    /// Everything that is wrong with the options.
    pub(crate) fn judged<T>(
        &self,
        command: &str,
        rules: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut fields = Fields::new(&self.object);
        let read = rules(&mut fields);
        fields.finish(read).map_err(|errors| self.failure(errors, command))
    }

    /// The object.
    pub(crate) const fn object(&self) -> &Map<String, Value> {
        &self.object
    }

    /// Sees to it that there is something to be done at all.
    ///
    /// # Errors
    /// Where no option was given.
    pub(crate) fn some(&self, command: &str) -> Result<(), Failure> {
        if !self.object.is_empty() {
            return Ok(());
        }
        Err(Failure::open(
            "there is nothing to change",
            format!("gatelet {command} --help lists what can be"),
        ))
    }

    /// What is wrong with the members, told of the options; `command` is what was to be done.
    pub(crate) fn failure(&self, errors: Vec<FieldError>, command: &str) -> Failure {
        let option = |field: &str| {
            let member = field.split(['.', '[']).next().unwrap_or(field);
            // The last one that was said of it.
            let known = self.options.iter().rfind(|(known, _)| *known == member);
            known.map_or_else(|| field.to_owned(), |(_, option)| (*option).to_owned())
        };
        // The rules speak of JSON; an option that is repeated is an array.
        let wrong = |error: FieldError| WrongOption {
            option: option(&error.field),
            message: error.message.trim_end_matches('.').replacen("an array of ", "", 1),
        };
        Failure::Options {
            wrong: errors.into_iter().map(wrong).collect(),
            help: format!("gatelet {command} --help tells how they are written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::fields::FieldError;
    use serde_json::json;

    use super::Members;

    #[test]
    fn members_are_told_as_options() {
        let members = Members::default()
            .with("mainURI", "--main-uri", Some("x"))
            .with("name", "--name", None::<&str>)
            .with_all("groups", "--group", Some(&vec![String::new()]));
        assert_eq!(serde_json::Value::from(members.object().clone()), json!({"mainURI": "x", "groups": []}));
        let error = |field: &str, message| FieldError { field: field.to_owned(), message };
        let errors = vec![
            error("mainURI", "must be an address"),
            error("name", "must be given"),
            error("x.y", "is odd."),
        ];
        let failure = members.failure(errors, "client add");
        assert_eq!(failure.to_string(), "--main-uri must be an address; --name must be given; x.y is odd");
        assert_eq!(failure.remedy().as_deref(), Some("gatelet client add --help tells how they are written"));
    }
}
