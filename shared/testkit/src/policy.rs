//! What IAM makes of the functions' policies in `template.yaml` (IAM User Guide, "Policy evaluation logic"): what no statement allows
//! is denied.
//!
//! Statements that deny, wildcards in actions, and conditions of any other kind than the template has are not understood, and errors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::template::{Function, Template, TemplateError, attribute_of, list, member, only};

/// What the functions of the template that this program was built with may do.
static OURS: LazyLock<Result<Arc<Policies>, TemplateError>> =
    LazyLock::new(|| Policies::of(&Template::ours()?.functions()?).map(Arc::new));

/// What each function may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies(BTreeMap<String, Vec<Statement>>);

/// One thing that somebody asks to do, with what conditions may look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The action, `dynamodb:GetItem` say.
    pub action: String,
    /// The logical id of the resource; nothing where it is none of the template's.
    pub resource: Option<&'static str>,
    /// `dynamodb:LeadingKeys`: the partition keys that are asked for, all that a batch asks for together.
    pub leading_keys: BTreeSet<String>,
    /// `kms:EncryptionContext:purpose`.
    pub purpose: Option<String>,
}

/// A statement that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The actions.
    pub actions: BTreeSet<String>,
    resources: BTreeSet<Resource>,
    /// The conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Any,
    Of(String),
}

/// A condition (IAM User Guide, "IAM JSON policy elements: Condition operators").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `ForAllValues:StringLike` of a key: every value that there is fits one of these patterns; so none at all does as well.
    AllLike(Key, BTreeSet<String>),
    /// `Null` of a key with `false`: there is a value.
    Present(Key),
    /// `StringEquals` of a key: its value is one of these.
    Equals(Key, BTreeSet<String>),
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `dynamodb:LeadingKeys`.
    LeadingKeys,
    /// `kms:EncryptionContext:purpose`.
    Purpose,
}

impl Policies {
    /// The policies of the template that this program was built with.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn ours() -> Result<Arc<Self>, TemplateError> {
        OURS.clone()
    }

    /// The policies of these functions.
    ///
    /// # Errors
    /// [`TemplateError`] where a statement is not understood.
    pub fn of(functions: &[Function]) -> Result<Self, TemplateError> {
        let read = |function: &Function| {
            let statements = function.statements.iter().map(Statement::read).collect::<Result<_, _>>()?;
            Ok((function.name.clone(), statements))
        };
        functions.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the function called `function` may do this. A function that there is not may do nothing.
    #[must_use]
    pub fn allows(&self, function: &str, request: &Request) -> bool {
        self.0.get(function).into_iter().flatten().any(|statement| statement.allows(request))
    }

    /// Every function with its statements.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &[Statement])> {
        self.0.iter().map(|(name, statements)| (name.as_str(), statements.as_slice()))
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, TemplateError> {
        only("a statement", statement, &["Sid", "Effect", "Action", "Resource", "Condition"])?;
        if member(statement, "Effect")?.as_str() != Some("Allow") {
            return Err(TemplateError::new(format!("a statement does not allow, but {statement}")));
        }
        let actions = list(member(statement, "Action")?).iter().map(action).collect::<Result<_, _>>()?;
        let resources = list(member(statement, "Resource")?).iter().map(Resource::read);
        let mut conditions = Vec::new();
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                conditions.push(Condition::read(operator, Key::read(key)?, values)?);
            }
        }
        Ok(Self { actions, resources: resources.collect::<Result<_, _>>()?, conditions })
    }

    fn allows(&self, request: &Request) -> bool {
        self.actions.contains(&request.action)
            && self.resources.iter().any(|resource| resource.is(request.resource))
            && self.conditions.iter().all(|condition| condition.holds(request))
    }
}

fn action(value: &Value) -> Result<String, TemplateError> {
    let whole = value.as_str().filter(|action| action.contains(':') && !action.contains(['*', '?']));
    whole.map(str::to_owned).ok_or_else(|| TemplateError::new(format!("{value} is not an action in full")))
}

impl Resource {
    fn read(value: &Value) -> Result<Self, TemplateError> {
        if value == "*" { Ok(Self::Any) } else { attribute_of(value, "Arn").map(str::to_owned).map(Self::Of) }
    }

    fn is(&self, resource: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Of(id) => resource == Some(id),
        }
    }
}

impl Condition {
    fn read(operator: &str, key: Key, values: &Value) -> Result<Self, TemplateError> {
        let unclear = || TemplateError::new(format!("the condition {operator} {values} is not understood"));
        let texts = list(values).iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(unclear));
        let texts = texts.collect::<Result<BTreeSet<_>, _>>()?;
        match operator {
            "ForAllValues:StringLike" => Ok(Self::AllLike(key, texts)),
            "StringEquals" => Ok(Self::Equals(key, texts)),
            "Null" if values == "false" => Ok(Self::Present(key)),
            _ => Err(unclear()),
        }
    }

    fn holds(&self, request: &Request) -> bool {
        match self {
            Self::AllLike(key, patterns) => {
                key.values(request).all(|value| patterns.iter().any(|pattern| like(pattern, value)))
            }
            Self::Present(key) => key.values(request).next().is_some(),
            Self::Equals(key, values) => key.values(request).any(|value| values.contains(value)),
        }
    }
}

impl Key {
    fn read(name: &str) -> Result<Self, TemplateError> {
        match name {
            "dynamodb:LeadingKeys" => Ok(Self::LeadingKeys),
            "kms:EncryptionContext:purpose" => Ok(Self::Purpose),
            _ => Err(TemplateError::new(format!("the condition key {name} is not understood"))),
        }
    }

    fn values(self, request: &Request) -> impl Iterator<Item = &str> {
        let (leading_keys, purpose) = match self {
            Self::LeadingKeys => (Some(&request.leading_keys), None),
            Self::Purpose => (None, request.purpose.as_deref()),
        };
        leading_keys.into_iter().flatten().map(String::as_str).chain(purpose)
    }
}

/// Whether a text fits a pattern, in which `*` stands for any characters and `?` for one.
#[must_use]
pub fn like(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    match pattern_rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_rest.as_str();
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.filter_map(|at| text.get(at..)).any(|text| like(rest, text))
        }
        Some(one) => {
            let mut text_rest = text.chars();
            let fits = text_rest.next().is_some_and(|character| one == '?' || one == character);
            fits && like(pattern_rest.as_str(), text_rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{Condition, Key, Policies, Request, like};
    use crate::template::Function;

    fn policies(statements: &[Value]) -> Result<Policies, String> {
        let function = Function {
            name: "token".to_owned(),
            environment: BTreeMap::new(),
            statements: statements.to_vec(),
        };
        Policies::of(&[function]).map_err(|error| error.to_string())
    }

    fn on_table(actions: &[&str], keys: &[&str]) -> Value {
        let condition = json!({
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
            "Null": {"dynamodb:LeadingKeys": "false"},
        });
        json!({"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": ["Table", "Arn"]}, "Condition": condition})
    }

    fn item(action: &str, keys: &[&str]) -> Request {
        Request {
            action: action.to_owned(),
            resource: Some("Table"),
            leading_keys: keys.iter().map(|&key| key.to_owned()).collect(),
            purpose: None,
        }
    }

    fn key(action: &str, purpose: Option<&str>) -> Request {
        let purpose = purpose.map(str::to_owned);
        Request { action: action.to_owned(), resource: Some("WrappingKey"), leading_keys: [].into(), purpose }
    }

    #[test]
    fn what_no_statement_allows_is_denied() {
        let gets = on_table(&["dynamodb:GetItem", "dynamodb:Query"], &["client#*", "signing"]);
        let policies = policies(&[gets, on_table(&["dynamodb:GetItem"], &["user#*"])]).unwrap();
        for (request, allowed) in [
            (item("dynamodb:GetItem", &["client#1"]), true),
            (item("dynamodb:Query", &["signing"]), true),
            (item("dynamodb:Query", &["signing#1"]), false),
            (item("dynamodb:GetItem", &["user#1"]), true),
            (item("dynamodb:Query", &["user#1"]), false),
            (item("dynamodb:PutItem", &["client#1"]), false),
            (item("dynamodb:GetItem", &["login#1"]), false),
            // All keys of a batch are looked at together: two statements don't add up.
            (item("dynamodb:GetItem", &["client#1", "signing"]), true),
            (item("dynamodb:GetItem", &["client#1", "user#1"]), false),
            // Of no keys at all, everything is true that is asked of all.
            (item("dynamodb:GetItem", &[]), false),
            (Request { resource: None, ..item("dynamodb:GetItem", &["client#1"]) }, false),
        ] {
            assert_eq!(policies.allows("token", &request), allowed, "{request:?}");
            assert!(!policies.allows("login", &request));
        }
    }

    #[test]
    fn a_purpose_has_to_be_named() {
        let condition = json!({"StringEquals": {"kms:EncryptionContext:purpose": "signing"}});
        let statement = json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Fn::GetAtt": ["WrappingKey", "Arn"]}, "Condition": condition});
        let policies = policies(&[statement]).unwrap();
        for (request, allowed) in [
            (key("kms:Decrypt", Some("signing")), true),
            (key("kms:Decrypt", Some("sealing")), false),
            (key("kms:Decrypt", None), false),
            (key("kms:Encrypt", Some("signing")), false),
        ] {
            assert_eq!(policies.allows("token", &request), allowed, "{request:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let with = |name: &str, value: Value| {
            let mut statement = on_table(&["dynamodb:GetItem"], &["client#*"]);
            statement[name] = value;
            policies(&[statement]).unwrap_err()
        };
        for (error, problem) in [
            (with("Effect", json!("Deny")), "does not allow"),
            (with("NotAction", json!("dynamodb:Scan")), "NotAction in a statement"),
            (with("Action", json!("dynamodb:*")), "is not an action in full"),
            (with("Resource", json!({"Ref": "Table"})), "is not the Arn of a resource"),
            (
                with("Condition", json!({"StringLike": {"dynamodb:LeadingKeys": "a"}})),
                "the condition StringLike",
            ),
            (with("Condition", json!({"Null": {"dynamodb:LeadingKeys": "true"}})), "the condition Null"),
            (
                with("Condition", json!({"StringEquals": {"aws:SourceIp": "a"}})),
                "the condition key aws:SourceIp",
            ),
        ] {
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn patterns_are_iams() {
        for (pattern, text, fits) in [
            ("client#*", "client#1", true),
            ("client#*", "client#", true),
            ("client#*", "client", false),
            ("signing", "signing", true),
            ("signing", "Signing", false),
            ("*#1", "a#b#1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }

    /// A statement without these would let a function at every item, or at the whole table at once.
    #[test]
    fn every_statement_of_ours_says_what_it_is_for() {
        let policies = Policies::ours().unwrap();
        for (function, statements) in policies.functions() {
            for statement in statements {
                let has = |wanted: fn(&Condition) -> bool| statement.conditions.iter().any(wanted);
                let of = |service: &str| statement.actions.iter().any(|action| action.starts_with(service));
                if of("dynamodb:") {
                    assert!(
                        has(|c| matches!(c, Condition::AllLike(Key::LeadingKeys, _))),
                        "{function}: {statement:?}"
                    );
                    assert!(
                        has(|c| matches!(c, Condition::Present(Key::LeadingKeys))),
                        "{function}: {statement:?}"
                    );
                }
                if of("kms:") {
                    assert!(
                        has(|c| matches!(c, Condition::Equals(Key::Purpose, _))),
                        "{function}: {statement:?}"
                    );
                }
            }
        }
    }
}
