//! `template.yaml` as CloudFormation reads it, every parameter at its default, as far as policies, routes and environments need.
//!
//! It is the one that this program was built with. What is not understood is an error and never passed over: a policy that is read
//! wrongly would be worse than none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde_json::{Map, Value};

mod yaml;

/// The template, or what is wrong with it.
static TEMPLATE: LazyLock<Result<Template, TemplateError>> =
    LazyLock::new(|| Template::parse(include_str!("../../../template.yaml")));

/// Something in the template that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template.yaml: {0}")]
pub struct TemplateError(String);

impl TemplateError {
    pub(crate) fn new(problem: impl fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

/// A template.
#[derive(Clone, Debug)]
pub struct Template(Value);

/// A function as the template has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name: that of its folder under `functions/`.
    pub name: String,
    /// Its environment, variable by variable. Those that are never set when deployed (`AWS::NoValue`) are left out.
    pub environment: BTreeMap<String, Value>,
    /// The statements of its role's policies, as they are written.
    pub statements: Vec<Value>,
}

/// A route of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The function that answers.
    pub function: String,
    /// The method, or `ANY`.
    pub method: String,
    /// The path; a parameter is in braces.
    pub path: String,
    /// How the request is handed to the function.
    pub payload_format: String,
}

impl Template {
    /// The template that this program was built with.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn ours() -> Result<&'static Self, TemplateError> {
        TEMPLATE.as_ref().map_err(Clone::clone)
    }

    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] where it is not YAML as CloudFormation takes it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        yaml::read(text).map(Self)
    }

    /// The functions.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn functions(&self) -> Result<Vec<Function>, TemplateError> {
        let functions = self.resources("AWS::Serverless::Function")?;
        functions.into_iter().map(|(id, function)| self.function(id, function)).collect()
    }

    fn function(&self, id: &str, function: &Value) -> Result<Function, TemplateError> {
        let globals = self.0.pointer("/Globals/Function").unwrap_or(&Value::Null);
        for properties in [globals, function] {
            if properties.get("Policies").is_some() {
                return Err(TemplateError::new(format!("{id} has policies beside those of its role")));
            }
        }
        let mut environment = BTreeMap::new();
        for properties in [globals, function] {
            let variables = properties.pointer("/Environment/Variables").and_then(Value::as_object);
            let set = variables.into_iter().flatten().filter(|(_, value)| !is_no_value(value));
            environment.extend(set.map(|(name, value)| (name.clone(), value.clone())));
        }
        let role = attribute_of(member(function, "Role")?, "Arn")?;
        Ok(Function { name: folder(function)?.to_owned(), environment, statements: self.statements(role)? })
    }

    /// What a role's own policies say, and those that others attach to it.
    fn statements(&self, id: &str) -> Result<Vec<Value>, TemplateError> {
        const KNOWN: [&str; 4] = ["AssumeRolePolicyDocument", "Description", "Path", "Policies"];
        let roles = self.resources("AWS::IAM::Role")?;
        let role = roles.get(id).ok_or_else(|| TemplateError::new(format!("there is no role {id}")))?;
        only(id, role, &KNOWN)?;
        let own = list(member(role, "Policies")?).iter().map(|policy| member(policy, "PolicyDocument"));
        let mut documents = own.collect::<Result<Vec<_>, _>>()?;
        for policy in self.resources("AWS::IAM::Policy")?.into_values() {
            let roles = list(member(policy, "Roles")?);
            if roles.iter().any(|role| reference(role) == Some(id)) {
                documents.push(member(policy, "PolicyDocument")?);
            }
        }
        let statements = documents.into_iter().map(|document| member(document, "Statement").map(list));
        Ok(statements.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The routes.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn routes(&self) -> Result<Vec<Route>, TemplateError> {
        let functions = self.resources("AWS::Serverless::Function")?;
        let integrations = self.resources("AWS::ApiGatewayV2::Integration")?;
        let permissions = self.resources("AWS::Lambda::Permission")?;
        let find = |route: &Value| {
            let (method, path) = text(route, "RouteKey")?.split_once(' ')?;
            let target = member(route, "Target").ok()?.get("Fn::Sub")?.as_str()?;
            let integration = integrations.get(target.strip_prefix("integrations/${")?.strip_suffix('}')?)?;
            let function = attribute_of(member(integration, "IntegrationUri").ok()?, "Arn").ok()?;
            // Without it the gateway answers 500.
            permissions.values().find(|permission| {
                let of = permission.get("FunctionName").and_then(reference);
                of == Some(function) && text(permission, "Principal") == Some("apigateway.amazonaws.com")
            })?;
            Some(Route {
                function: folder(functions.get(function)?).ok()?.to_owned(),
                method: method.to_owned(),
                path: path.to_owned(),
                payload_format: text(integration, "PayloadFormatVersion")?.to_owned(),
            })
        };
        let routes = self.resources("AWS::ApiGatewayV2::Route")?.into_iter();
        let routes = routes
            .map(|(id, route)| find(route).ok_or_else(|| TemplateError::new(format!("{id} leads nowhere"))));
        routes.collect()
    }

    /// The properties of the resources of one type, those under a condition only where it holds, by their logical ids.
    fn resources(&self, kind: &str) -> Result<BTreeMap<&str, &Value>, TemplateError> {
        let mut found = BTreeMap::new();
        for (id, resource) in member(&self.0, "Resources")?.as_object().into_iter().flatten() {
            let there = match resource.get("Condition").and_then(Value::as_str) {
                Some(condition) => self.condition(condition)?,
                None => true,
            };
            if there && text(resource, "Type") == Some(kind) {
                found.insert(id.as_str(), member(resource, "Properties")?);
            }
        }
        Ok(found)
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        let condition = self.0.pointer(&format!("/Conditions/{name}"));
        self.holds(condition.ok_or_else(|| TemplateError::new(format!("there is no condition {name}")))?)
    }

    fn holds(&self, condition: &Value) -> Result<bool, TemplateError> {
        let unclear = || TemplateError::new(format!("the condition {condition} is not understood"));
        let (function, about) = call(condition).ok_or_else(unclear)?;
        match (function, about) {
            ("Condition", Value::String(name)) => self.condition(name),
            ("Fn::Equals", Value::Array(both)) => match both.as_slice() {
                [one, other] => Ok(self.word(one)? == self.word(other)?),
                _ => Err(unclear()),
            },
            ("Fn::Not", Value::Array(conditions)) => match conditions.as_slice() {
                [condition] => Ok(!self.holds(condition)?),
                _ => Err(unclear()),
            },
            ("Fn::And", Value::Array(conditions)) => {
                conditions.iter().try_fold(true, |all, condition| Ok(self.holds(condition)? && all))
            }
            ("Fn::Or", Value::Array(conditions)) => {
                conditions.iter().try_fold(false, |any, condition| Ok(self.holds(condition)? || any))
            }
            _ => Err(unclear()),
        }
    }

    /// A text, or the default of the parameter that is referred to.
    fn word<'a>(&'a self, value: &'a Value) -> Result<&'a str, TemplateError> {
        let default =
            reference(value).and_then(|name| self.0.pointer(&format!("/Parameters/{name}/Default")));
        let word = value.as_str().or(default.and_then(Value::as_str));
        word.ok_or_else(|| TemplateError::new(format!("{value} has no value that is known here")))
    }
}

/// The folder under `functions/` that a function is built from.
fn folder(function: &Value) -> Result<&str, TemplateError> {
    let code = text(function, "CodeUri").and_then(|uri| uri.strip_prefix("functions/"));
    code.ok_or_else(|| TemplateError::new("a function's CodeUri is not functions/NAME"))
}

pub(crate) fn member<'a>(value: &'a Value, name: &str) -> Result<&'a Value, TemplateError> {
    value.get(name).ok_or_else(|| TemplateError::new(format!("{name} is missing in {value}")))
}

/// Refuses what has any other member than these.
pub(crate) fn only(what: &str, value: &Value, known: &[&str]) -> Result<(), TemplateError> {
    let mut names = value.as_object().into_iter().flat_map(Map::keys);
    match names.find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(TemplateError::new(format!("{name} in {what} is not understood"))),
        None => Ok(()),
    }
}

/// One value stands for a list of it.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The resource that an attribute is of.
pub(crate) fn attribute_of<'a>(value: &'a Value, attribute: &str) -> Result<&'a str, TemplateError> {
    let parts = call(value).filter(|(function, _)| *function == "Fn::GetAtt").map(|(_, parts)| list(parts));
    match parts {
        Some([Value::String(resource), Value::String(of)]) if of == attribute => Ok(resource),
        _ => Err(TemplateError::new(format!("{value} is not the {attribute} of a resource"))),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn reference(value: &Value) -> Option<&str> {
    call(value).filter(|(function, _)| *function == "Ref").and_then(|(_, name)| name.as_str())
}

fn is_no_value(value: &Value) -> bool {
    reference(value) == Some("AWS::NoValue")
}

/// A function of CloudFormation and what it is about.
fn call(value: &Value) -> Option<(&str, &Value)> {
    let mut members = value.as_object()?.iter();
    let (function, about) = members.next()?;
    members.next().is_none().then_some((function.as_str(), about))
}

#[cfg(test)]
mod tests {
    use super::{Route, Template};

    const SMALL: &str = "
Parameters:
  Traced: {Default: 'yes'}
  KeyArn: {Default: ''}
Conditions:
  IsTraced: !And [!Equals [!Ref Traced, 'yes'], !Not [!Equals [!Ref Traced, 'no']]]
  HasKey: !Not [!Equals [!Ref KeyArn, '']]
  Either: !Or [!Condition IsTraced, !Condition HasKey]
Globals:
  Function:
    Environment: {Variables: {ISSUER: !Ref Issuer, AWS_ENDPOINT_URL: !Ref AWS::NoValue}}
Resources:
  TokenFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/token
      Role: !GetAtt TokenRole.Arn
      Environment: {Variables: {WRAPPING_KEY: !GetAtt Key.Arn}}
  TokenRole:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{PolicyName: own, PolicyDocument: {Statement: [own]}}]
  Tracing:
    Type: AWS::IAM::Policy
    Condition: Either
    Properties: {Roles: [!Ref OtherRole, !Ref TokenRole], PolicyDocument: {Statement: tracing}}
  TableKey:
    Type: AWS::IAM::Policy
    Condition: HasKey
    Properties: {Roles: [!Ref TokenRole], PolicyDocument: {Statement: key}}
  TokenIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {IntegrationUri: !GetAtt TokenFunction.Arn, PayloadFormatVersion: '2.0'}
  TokenPermission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref TokenFunction, Principal: apigateway.amazonaws.com}
  TokenRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {RouteKey: ANY /oauth2/token, Target: !Sub 'integrations/${TokenIntegration}'}
";

    fn small(change: (&str, &str)) -> Template {
        assert!(SMALL.contains(change.0), "{}", change.0);
        Template::parse(&SMALL.replace(change.0, change.1)).unwrap()
    }

    #[test]
    fn finds_functions_with_all_that_is_theirs() {
        let functions = small(("", "")).functions().unwrap();
        let [token] = functions.as_slice() else { panic!("{functions:?}") };
        assert_eq!(token.name, "token");
        assert_eq!(token.environment.keys().collect::<Vec<_>>(), ["ISSUER", "WRAPPING_KEY"]);
        assert_eq!(token.statements, ["own", "tracing"]);
        let keyed = small(("KeyArn: {Default: ''}", "KeyArn: {Default: arn}")).functions().unwrap();
        assert_eq!(keyed[0].statements, ["own", "key", "tracing"]);
    }

    #[test]
    fn finds_routes_with_the_functions_behind_them() {
        let route = Route {
            function: "token".to_owned(),
            method: "ANY".to_owned(),
            path: "/oauth2/token".to_owned(),
            payload_format: "2.0".to_owned(),
        };
        assert_eq!(small(("", "")).routes().unwrap(), [route]);
        for change in [("integrations/${Token", "integrations/${Other"), ("Principal: api", "Principal: not")]
        {
            let error = small(change).routes().unwrap_err();
            assert_eq!(error.to_string(), "template.yaml: TokenRoute leads nowhere");
        }
    }

    #[test]
    fn passes_nothing_over() {
        for (change, problem) in [
            (
                ("      Policies: [{", "      ManagedPolicyArns: [x]\n      Policies: [{"),
                "ManagedPolicyArns in TokenRole",
            ),
            (("Role: !GetAtt TokenRole.Arn", "Role: !GetAtt Nobody.Arn"), "there is no role Nobody"),
            (("Role: !GetAtt TokenRole.Arn", "Role: arn"), "is not the Arn of a resource"),
            (("CodeUri: functions/token", "CodeUri: ."), "CodeUri is not functions/NAME"),
            (
                (
                    "    Environment: {Variables: {ISSUER",
                    "    Policies: x\n    Environment: {Variables: {ISSUER",
                ),
                "beside those of its role",
            ),
            (("!Or [!Condition IsTraced", "!Or [!Exactly IsTraced"), "Fn::Exactly"),
            (("!Ref KeyArn, ''", "!Ref AWS::Region, ''"), "no value that is known here"),
            (("HasKey: !Not", "Other: !Not"), "there is no condition HasKey"),
        ] {
            let error = small(change).functions().unwrap_err().to_string();
            assert!(error.contains(problem), "{change:?}: {error}");
        }
    }

    #[test]
    fn ours_is_understood() {
        let template = Template::ours().unwrap();
        assert!(template.functions().unwrap().iter().any(|function| function.name == "token"));
        assert!(template.routes().unwrap().iter().any(|route| route.path == "/oauth2/token"));
    }
}
