//! What stories about clients begin with: the directory of Argus's documentation, an administrator, and somebody who uses clients.

use axum::http::Method;
use serde_json::{Map, Value, json};
use testkit::actors::{Answer, Gatelet, Person, Request};

/// Where clients are defined and listed.
pub const CLIENTS: &str = "/authentication/v1/oauth/client";

/// The secret of the documentation's client.
pub const SECRET: &str = "mySecretPassword";

/// The service, with functions and a customer.
#[derive(Clone)]
pub struct Given {
    pub gatelet: Gatelet,
    /// An administrator's API key.
    pub administrator: String,
    /// Somebody who may see clients, and holds `myAccessFunction`.
    pub alice: Person,
    /// Her API key.
    pub user: String,
}

impl Given {
    pub async fn new() -> Self {
        Self::at(Gatelet::start().await).await
    }

    pub async fn at(gatelet: Gatelet) -> Self {
        gatelet.function_of("myAccessFunction", &[]).await;
        gatelet.function_of("DATASTORE-VIEWER", &["viewDatastore"]).await;
        gatelet.function_of("CLIENT-VIEWER", &["viewOAuthClients"]).await;
        gatelet.customer("mycustomer").await;
        let root = gatelet.administrator("root").await;
        let administrator = gatelet.api_key(&root).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "myAccessFunction", None).await;
        gatelet.grant(&alice, "CLIENT-VIEWER", None).await;
        let user = gatelet.api_key(&alice).await;
        Self { gatelet, administrator, alice, user }
    }

    /// A call with an API key.
    pub fn call(&self, method: Method, path: &str, key: &str) -> Request {
        self.gatelet.call(method, path).header("argus-api-key", key)
    }

    /// Defines a client as the administrator: the documentation's, but for some members.
    pub fn define(&self, own: Value) -> Request {
        self.call(Method::POST, CLIENTS, &self.administrator).json(&overlaid(own))
    }

    /// The same, which has to go well, and says the client's id.
    pub async fn defined(&self, own: Value) -> String {
        let answer = self.define(own).await;
        assert_eq!(answer.status(), 201, "{answer:?}");
        drop(self.gatelet.writes());
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Changes a client as the administrator.
    pub fn update(&self, client: &str, object: Value) -> Request {
        self.call(Method::PUT, &one(client), &self.administrator).json(&object)
    }

    /// Deletes a client as the administrator.
    pub fn delete(&self, client: &str) -> Request {
        self.call(Method::DELETE, &one(client), &self.administrator)
    }

    /// Looks at a client.
    pub fn fetch(&self, client: &str, key: &str) -> Request {
        self.call(Method::GET, &one(client), key)
    }
}

/// The path of a client.
pub fn one(client: &str) -> String {
    format!("{CLIENTS}/{client}")
}

/// What the documentation says to define, with an address range, and some members of one's own. A member that is null is left out.
pub fn overlaid(own: Value) -> Value {
    let usual = json!({
        "shortName": "myclient",
        "name": "My OAuth Client",
        "description": "This is the description of the client",
        "mainURI": "https://my.application",
        "redirectURI": "https://my.application/oauth/callback",
        "requiredFunction": "myAccessFunction",
        "permissionScope": "DATASTORE-VIEWER",
        "clientIPRange": ["203.0.113.7"],
        "clientSecret": SECRET,
    });
    let (Value::Object(mut members), Value::Object(own)) = (usual, own) else { panic!("no objects") };
    members.extend(own);
    members.retain(|_, value| !value.is_null());
    Value::Object(members)
}

/// Which fields an answer refuses, and what it says of them.
#[track_caller]
pub fn refused(answer: &Answer) -> Map<String, Value> {
    let json = answer.json();
    assert_eq!((answer.status(), &json["responseCode"], &json["data"]), (412, &json!(412), &Value::Null));
    let messages = json["messages"].as_array().unwrap();
    let fields = messages.iter().map(|message| {
        assert_eq!(message["type"], "FIELD_ERROR", "{message}");
        (message["field"].as_str().unwrap().to_owned(), message["message"].clone())
    });
    let fields: Map<_, _> = fields.collect();
    assert_eq!(fields.len(), messages.len(), "one error for each field: {answer:?}");
    fields
}
