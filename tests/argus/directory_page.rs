//! The examples of `docs/directory-api.md` are sent as they are written there, and answered so.

use domain::customer::Customer;
use domain::function::Function;
use domain::id::Number;
use serde_json::Value;
use testkit::actors::Gatelet;

const PAGE: &str = include_str!("../../docs/directory-api.md");

/// The numbers of what was made by chance.
const USER: &str = "8f14e45f-ceea-867a-9a3b-2e1c5d7f9b01";

/// What is between fences of this kind, one after the other.
fn fenced(kind: &str) -> Vec<&'static str> {
    let begin = format!("\n```{kind}\n");
    PAGE.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Made at random, but not shown so.
fn settled(mut answer: Value) -> Value {
    if let Some(user) = answer["data"].as_object_mut() {
        user.insert("sub".to_owned(), USER.into());
        let id = domain::UserId::parse(USER).unwrap().number();
        user.insert("id".to_owned(), serde_json::to_value(id).unwrap());
    }
    answer
}

#[tokio::test]
async fn the_pages_examples_are_answered_as_it_says() {
    let gatelet = Gatelet::start().await;
    let root = gatelet.administrator("root").await;
    let key = gatelet.api_key(&root).await;
    let store = &gatelet.table.store;
    let customer = gatelet.customer("mycustomer").await;
    store.customers.remove(&customer.short_name).await.unwrap();
    let name = "My customer".to_owned();
    store.customers.create(&Customer { id: Number::fixed(2_718_281_828), name, ..customer }).await.unwrap();
    let function = gatelet.function_of("reader", &["read"]).await;
    store.functions.remove(&function.name).await.unwrap();
    store.functions.create(&Function { id: Number::fixed(3_141_592_653), ..function }).await.unwrap();

    let mut answers = Vec::new();
    for example in fenced("").into_iter().filter(|text| text.starts_with("curl ")) {
        let (call, body) = example.split_once(" -d '\n").unwrap();
        let words: Vec<_> = call.split(' ').collect();
        let (method, address) = (words[2].parse().unwrap(), words[3]);
        let body: Value = serde_json::from_str(body.trim_end().strip_suffix('\'').unwrap()).unwrap();
        let answer = gatelet.call(method, address).header("argus-api-key", &key).json(&body).await;
        answers.push(settled(answer.json()));
    }
    let shown: Vec<_> =
        fenced("json").into_iter().map(|text| serde_json::from_str(text).unwrap_or(Value::Null)).collect();
    let pretty = |values: &[Value]| -> String {
        values.iter().map(|value| format!("{value:#}\n")).collect::<Vec<_>>().join("\n")
    };
    assert!(answers == shown, "not on the page:\n{}", pretty(&answers));
}
