//! Stands before DynamoDB and KMS, and lets each function do what `template.yaml` allows it and nothing else: what would fail on AWS
//! fails in every test and in the local stack.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::asked::{asked, prefix};
use crate::policy::{Policies, Request};
use crate::rights::{self, Right};
use crate::template::TemplateError;

/// The headers in which an SDK says whose it is.
pub const NAMED_IN: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// The gate of one table and one wrapping key.
#[derive(Clone, Debug)]
pub struct Gate {
    policies: Arc<Policies>,
    table: String,
}

/// Something that a function may not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{function} may not {action} on {on}: no statement of its role in template.yaml allows it")]
pub struct Denial {
    /// The function, or who says to be one.
    pub function: String,
    /// The action, `dynamodb:GetItem` say.
    pub action: String,
    /// The prefixes of the partition keys, or the purpose; what a message may show.
    pub on: String,
}

impl Gate {
    /// The gate before the table called `table`, by the template that this program was built with.
    ///
    /// # Errors
    /// [`TemplateError`] where the template is not understood.
    pub fn new(table: impl Into<String>) -> Result<Self, TemplateError> {
        Ok(Self { policies: Policies::ours()?, table: table.into() })
    }

    /// Whether `function` may make this call of DynamoDB.
    ///
    /// # Errors
    /// [`Denial`] where it may not.
    pub fn dynamodb(&self, function: &str, operation: &str, body: &Value) -> Result<(), Denial> {
        for asked in asked(operation, body) {
            let ours = asked.table.as_ref() == Some(&self.table);
            let on = asked.keys.iter().map(|key| prefix(key)).collect();
            let request = Request {
                action: format!("dynamodb:{}", asked.action),
                resource: ours.then_some("Table"),
                leading_keys: asked.keys,
                purpose: None,
            };
            self.judge(function, &request, on)?;
        }
        Ok(())
    }

    /// Whether `function` may have KMS do this with the wrapping key, for a purpose if it names one.
    ///
    /// # Errors
    /// [`Denial`] where it may not.
    pub fn kms(&self, function: &str, operation: &str, purpose: Option<&str>) -> Result<(), Denial> {
        let request = Request {
            action: format!("kms:{operation}"),
            resource: Some("WrappingKey"),
            leading_keys: BTreeSet::new(),
            purpose: purpose.map(str::to_owned),
        };
        self.judge(function, &request, request.purpose.iter().cloned().collect())
    }

    /// `on` is what may be shown of what is asked for. What is denied is noted too: whoever asked may have got over it.
    fn judge(&self, function: &str, request: &Request, mut on: BTreeSet<String>) -> Result<(), Denial> {
        if on.is_empty() {
            on.insert("nothing".to_owned());
        }
        for to in &on {
            let (function, action) = (function.to_owned(), request.action.clone());
            rights::note(Right { function, action, to: to.clone() });
        }
        if self.policies.allows(function, request) {
            return Ok(());
        }
        let on = on.into_iter().collect::<Vec<_>>().join(" and ");
        let denial = Denial { function: function.to_owned(), action: request.action.clone(), on };
        tracing::warn!("{denial}");
        Err(denial)
    }

    /// Puts the gate into an HTTP client. Calls by nobody in particular pass.
    #[must_use]
    pub fn http(&self, http: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Guarded { http, gate: self.clone() })
    }

    /// Puts the gate before a wrapping key, for one function.
    #[must_use]
    pub fn wrapping(&self, function: &str, key: Arc<dyn KeyWrapping>) -> Arc<dyn KeyWrapping> {
        Arc::new(GuardedKey { key, gate: self.clone(), function: function.to_owned() })
    }
}

impl Denial {
    /// AWS's answer, with HTTP status 400.
    #[must_use]
    pub fn answer(&self) -> Value {
        let Self { function, action, .. } = self;
        let (kind, resource) = match action.split_once(':') {
            Some(("kms", _)) => ("AccessDeniedException", "arn:aws:kms:us-east-1:000000000000:key"),
            _ => (
                "com.amazon.coral.service#AccessDeniedException",
                "arn:aws:dynamodb:us-east-1:000000000000:table",
            ),
        };
        let message = format!(
            "User: arn:aws:sts::000000000000:assumed-role/{function}/{function} is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        );
        json!({"__type": kind, "Message": message})
    }
}

/// The function that says `app/gatelet-NAME` in one of these headers.
pub fn function_of<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut words = headers.into_iter().flat_map(str::split_ascii_whitespace);
    words.find_map(|word| word.strip_prefix("app/gatelet-"))
}

#[derive(Clone, Debug)]
struct Guarded<H> {
    http: H,
    gate: Gate,
}

impl HttpClient for Guarded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let http = self.http.http_connector(settings, components);
        SharedHttpConnector::new(Guarded { http, gate: self.gate.clone() })
    }
}

impl HttpConnector for Guarded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers();
        let function = function_of(NAMED_IN.iter().filter_map(|name| headers.get(name)));
        // `DynamoDB_20120810.GetItem`
        let operation = headers.get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let body = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok());
        let judged = function.map(|function| {
            let (operation, body) = (operation.unwrap_or_default(), body.unwrap_or_default());
            self.gate.dynamodb(function, operation, &body)
        });
        if let (Some(Err(denial)), Ok(status)) = (judged, StatusCode::try_from(400)) {
            let answer = HttpResponse::new(status, SdkBody::from(denial.answer().to_string()));
            return HttpConnectorFuture::ready(Ok(answer));
        }
        self.http.call(request)
    }
}

struct GuardedKey {
    key: Arc<dyn KeyWrapping>,
    gate: Gate,
    function: String,
}

impl GuardedKey {
    fn judge(&self, operation: &str, purpose: Purpose) -> Result<(), WrappingError> {
        let judged = self.gate.kms(&self.function, operation, Some(purpose.as_str()));
        judged.map_err(|denial| WrappingError::Refused { cause: denial.to_string() })
    }
}

impl KeyWrapping for GuardedKey {
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        Box::pin(async move {
            self.judge("Encrypt", purpose)?;
            self.key.wrap(purpose, plaintext).await
        })
    }

    fn unwrap<'a>(
        &'a self,
        purpose: Purpose,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        Box::pin(async move {
            self.judge("Decrypt", purpose)?;
            self.key.unwrap(purpose, wrapped).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::user::Username;
    use jose::{LocalKey, Purpose, WrappingError};
    use serde_json::json;
    use store::StoreError;

    use super::{Gate, function_of};
    use crate::{TestEntropy, TestTable};

    #[tokio::test]
    async fn only_login_reads_password_hashes() {
        let table = TestTable::new().await;
        let alice = Username::parse("alice").unwrap();
        assert!(table.function("login").logins.find(&alice).await.unwrap().is_none());
        assert!(table.store.logins.find(&alice).await.unwrap().is_none());
        drop(table.recorder.take());
        for function in ["token", "introspect", "nobody"] {
            let error = table.function(function).logins.find(&alice).await.unwrap_err();
            let StoreError::Refused { cause, .. } = &error else { panic!("{error}") };
            assert!(cause.starts_with("AccessDeniedException (400): User: "), "{cause}");
            assert!(cause.contains("not authorized to perform: dynamodb:GetItem"), "{cause}");
            assert_eq!(table.recorder.take().round_trips(), 1, "repeating it would not help");
        }
    }

    #[tokio::test]
    async fn only_what_signs_unwraps_signing_keys() {
        let gate = Gate::new("gatelet").unwrap();
        let key: Arc<LocalKey> = Arc::new(LocalKey::from_bytes([1; 32], Arc::new(TestEntropy::default())));
        let token = gate.wrapping("token", key.clone());
        let wrapped = token.wrap(Purpose::Signing, b"private").await.unwrap();
        token.unwrap(Purpose::Signing, &wrapped).await.unwrap();
        for (function, purpose) in [("login", Purpose::Signing), ("token", Purpose::Sealing)] {
            let error = gate.wrapping(function, key.clone()).unwrap(purpose, &wrapped).await.unwrap_err();
            let WrappingError::Refused { cause } = error else { panic!("{error}") };
            let purpose = purpose.as_str();
            assert_eq!(
                cause,
                format!(
                    "{function} may not kms:Decrypt on {purpose}: no statement of its role in template.yaml allows it"
                )
            );
        }
    }

    #[test]
    fn another_table_is_nobodys() {
        let body = json!({"TableName": "other", "Key": {"pk": {"S": "client#1"}}});
        let denial = Gate::new("gatelet").unwrap().dynamodb("token", "GetItem", &body).unwrap_err();
        assert_eq!(denial.answer()["__type"], "com.amazon.coral.service#AccessDeniedException");
        Gate::new("other").unwrap().dynamodb("token", "GetItem", &body).unwrap();
        let everything = json!({"TableName": "gatelet"});
        assert!(Gate::new("gatelet").unwrap().dynamodb("token", "Scan", &everything).is_err());
    }

    #[test]
    fn who_calls_is_in_the_user_agent() {
        let sdk = "aws-sdk-rust/1.5 ua/2.1 api/dynamodb#1.136 lang/rust#1.94 app/gatelet-token";
        assert_eq!(function_of(["aws-sdk-rust/1.5", sdk]), Some("token"));
        assert_eq!(function_of(["curl/8"]), None);
    }
}
