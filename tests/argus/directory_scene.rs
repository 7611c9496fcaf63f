//! An administrator at work: calls of the directory with an API key.

use axum::http::Method;
use serde_json::Value;
use testkit::actors::{Answer, Gatelet, Person, Request};

/// A service with an administrator.
pub struct Office {
    pub gatelet: Gatelet,
    pub root: Person,
    pub key: String,
}

impl Office {
    pub async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let root = gatelet.administrator("root").await;
        let key = gatelet.api_key(&root).await;
        Self { gatelet, root, key }
    }

    /// The same service, used by another administrator.
    pub async fn colleague(&self, username: &str) -> Self {
        let root = self.gatelet.administrator(username).await;
        let key = self.gatelet.api_key(&root).await;
        Self { gatelet: self.gatelet.clone(), root, key }
    }

    fn call(&self, method: Method, path: &str) -> Request {
        self.gatelet.call(method, &format!("/directory/v1/{path}")).header("argus-api-key", &self.key)
    }

    pub fn get(&self, path: &str) -> Request {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.call(Method::POST, path).json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Request {
        self.call(Method::PUT, path).json(body)
    }

    pub fn delete(&self, path: &str) -> Request {
        self.call(Method::DELETE, path)
    }
}

/// The data of an answer with this status.
#[track_caller]
pub fn data(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status(), status, "{answer:?}");
    let envelope = answer.json();
    assert_eq!(envelope["responseCode"], status);
    assert_eq!(envelope["messages"], Value::Array(Vec::new()));
    envelope["data"].clone()
}

/// The fields that an answer refuses, each with its message.
#[track_caller]
pub fn refused(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status(), 412, "{answer:?}");
    let envelope = answer.json();
    assert_eq!((&envelope["responseCode"], &envelope["data"]), (&Value::from(412), &Value::Null));
    let messages = envelope["messages"].as_array().unwrap();
    let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    let refused = messages.iter().map(|message| {
        assert_eq!(message["type"], "FIELD_ERROR");
        assert_eq!(message["messageTemplate"], message["message"]);
        (text(message, "field"), text(message, "message"))
    });
    refused.collect()
}

/// The values of one member of everything in a list.
pub fn all(data: &Value, member: &str) -> Vec<String> {
    let values = data.as_array().unwrap().iter().map(|thing| thing[member].as_str().unwrap().to_owned());
    values.collect()
}
