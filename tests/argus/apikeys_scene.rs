//! Where the tests of API keys begin: Alice, with a key that is good for everything she may do.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::actors::{Answer, Gatelet, Person, Request};

const PATH: &str = "/authentication/v1/apikey";

/// Alice, who holds two functions, and a key of hers that is good for everything.
pub struct Scene {
    pub gatelet: Gatelet,
    pub alice: Person,
    pub key: String,
}

impl Scene {
    pub async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        gatelet.function_of("readData", &["viewData"]).await;
        gatelet.function_of("writeData", &["changeData"]).await;
        gatelet.function_of("otherData", &["otherData"]).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "readData", None).await;
        gatelet.customer("mycustomer").await;
        gatelet.grant(&alice, "writeData", Some("mycustomer")).await;
        Self { key: gatelet.api_key(&alice).await, alice, gatelet }
    }

    pub fn call(&self, method: Method, prefix: &str) -> Request {
        let path = if prefix.is_empty() { PATH.to_owned() } else { format!("{PATH}/{prefix}") };
        self.gatelet.call(method, &path).header("Argus-API-Key", &self.key)
    }

    /// Asks for a key that is good anywhere, with other members of its own.
    pub fn ask(&self, own: Value) -> Request {
        let mut body = json!({"description": "Backup", "disableSourceRestriction": true});
        if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
            body.extend(own);
        }
        self.call(Method::POST, "").json(&body)
    }

    pub async fn made(&self, own: Value) -> Made {
        Made::read(&self.ask(own).await)
    }

    pub async fn list(&self) -> Vec<Value> {
        let answer = self.call(Method::GET, "").await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()["data"]["keys"].as_array().unwrap().clone()
    }

    pub fn use_it(&self, key: &str) -> Request {
        self.gatelet.get(PATH).header("Argus-API-Key", key)
    }
}

/// A key as it was shown, once.
pub struct Made {
    pub key: String,
    pub prefix: String,
    pub descriptor: Value,
}

impl Made {
    #[track_caller]
    pub fn read(answer: &Answer) -> Self {
        assert_eq!(answer.status(), 201, "{answer:?}");
        let data = answer.json()["data"].clone();
        let descriptor = data["keyDescriptor"].clone();
        let prefix = descriptor["prefix"].as_str().unwrap().to_owned();
        Self { key: data["apiKeyString"].as_str().unwrap().to_owned(), prefix, descriptor }
    }
}

/// Holds an answer to be that there is no such key.
#[track_caller]
pub fn unknown(answer: &Answer, reason: &str) {
    assert_eq!((answer.status(), answer.reason()), (404, Some(reason)), "{answer:?}");
    assert_eq!(answer.json()["messages"][0]["message"], "The object was not found.");
}
