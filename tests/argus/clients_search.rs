//! Several clients: listing them, and searching among them.

use std::collections::BTreeMap;

use axum::http::Method;
use domain::function::Granted;
use domain::id::Number;
use domain::name::{CustomerName, DomainName, FunctionName};
use domain::time::Seconds;
use serde_json::{Value, json};
use testkit::actors::{Answer, Gatelet};

use crate::clients_given::{CLIENTS, Given};

const SEARCH: &str = "/authentication/v1/oauth/client/search";

/// Short names of the clients in an answer, in order.
#[track_caller]
fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let json = answer.json();
    let data = json["data"].as_array().unwrap();
    assert_eq!(json["size"], data.len(), "{json}");
    data.iter().map(|client| client["shortName"].as_str().unwrap().to_owned()).collect()
}

/// Which fields an answer finds wrong.
#[track_caller]
fn wrong(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 412, "{answer:?}");
    let json = answer.json();
    let messages = json["messages"].as_array().unwrap();
    messages.iter().map(|message| message["field"].as_str().unwrap().to_owned()).collect()
}

/// A directory with clients to find, defined one second after the other.
struct Several {
    given: Given,
    functions: BTreeMap<String, Number>,
    customer: Number,
    /// By short name.
    ids: BTreeMap<String, String>,
}

impl Several {
    async fn new() -> Self {
        let given = Given::new().await;
        let gatelet = &given.gatelet;
        let other = gatelet.function_of("otherFunction", &[]).await;
        gatelet.customer("othercustomer").await;
        let listed = gatelet.table.store.functions.list().await.unwrap();
        let functions = listed.iter().map(|function| (function.name.to_string(), function.id)).collect();
        let found = gatelet.table.store.customers.find(&CustomerName::parse("mycustomer").unwrap()).await;
        let customer = found.unwrap().unwrap().id;
        let mut several = Self { given, functions, customer, ids: BTreeMap::new() };
        for own in [
            json!({"shortName": "zebra", "name": "Animals"}),
            json!({"shortName": "archive", "name": "zebra crossings", "customer": "mycustomer"}),
            json!({"shortName": "Bridge", "name": "bridges", "requiredFunction": other.name.as_str(),
                "customer": "othercustomer"}),
            json!({"shortName": "cellar", "name": "Below", "hidden": true}),
            json!({"shortName": "attic", "name": "Above"}),
        ] {
            several.define(own).await;
        }
        several.given.delete("attic").await;
        several
    }

    async fn define(&mut self, own: Value) {
        self.given.gatelet.table.clock.advance(Seconds(1));
        let name = own["shortName"].as_str().unwrap().to_owned();
        let id = self.given.defined(own).await;
        self.ids.insert(name, id);
    }

    async fn list(&self, query: &str, key: &str) -> Answer {
        self.given.call(Method::GET, &format!("{CLIENTS}?{query}"), key).await
    }

    async fn search(&self, object: Value, key: &str) -> Answer {
        self.given.call(Method::POST, SEARCH, key).json(&object).await
    }

    /// What an administrator finds.
    async fn finds(&self, object: Value, expected: &[&str]) {
        let answer = self.search(object.clone(), &self.given.administrator).await;
        assert_eq!(names(&answer), expected, "{object}");
        assert_eq!(answer.json()["count"], expected.len(), "{object}");
    }
}

#[tokio::test]
async fn a_list_is_what_somebody_may_see_by_short_name_in_the_envelope() {
    let several = Several::new().await;
    let answer = several.list("", &several.given.administrator).await;
    assert_eq!(names(&answer), ["archive", "Bridge", "zebra"]);
    let json = answer.json();
    let envelope: BTreeMap<_, _> =
        json.as_object().unwrap().iter().filter(|(name, _)| *name != "data").collect();
    insta::assert_json_snapshot!(envelope, @r#"
    {
      "count": 3,
      "limit": 25,
      "messages": [],
      "metaData": {},
      "offset": 0,
      "responseCode": 200,
      "size": 3
    }
    "#);
    // Each as it is shown alone.
    for client in json["data"].as_array().unwrap() {
        let alone = several.given.fetch(client["id"].as_str().unwrap(), &several.given.administrator).await;
        assert_eq!(alone.json()["data"], *client);
    }
    let searched = several.search(json!({}), &several.given.administrator).await;
    assert_eq!(searched.json(), json);
}

#[tokio::test]
async fn nothing_found_is_an_empty_list() {
    let several = Several::new().await;
    let answer = several.search(json!({"keywords": ["unheard of"]}), &several.given.user).await;
    let json = answer.json();
    assert_eq!((answer.status(), &json["data"], &json["count"]), (200, &json!([]), &json!(0)));
}

#[tokio::test]
async fn criteria_are_names_and_numbers() {
    let several = Several::new().await;
    let (required, customer) = (several.functions["otherFunction"], several.customer);
    for (object, expected) in [
        (json!({"customer": ["mycustomer"]}), &["archive"][..]),
        (json!({"customer": [customer.to_string()]}), &["archive"]),
        (json!({"customer": [customer, "othercustomer"]}), &["archive", "Bridge"]),
        (json!({"customer": ["nobody"]}), &[]),
        (json!({"domain": ["DEFAULT"]}), &["archive", "Bridge", "zebra"]),
        (json!({"domain": ["1"]}), &["archive", "Bridge", "zebra"]),
        (json!({"domain": ["lab"]}), &[]),
        (json!({"requiredFunction": ["otherFunction"]}), &["Bridge"]),
        (json!({"requiredFunction": [required.to_string()]}), &["Bridge"]),
        (json!({"requiredFunction": ["otherFunction"], "customer": ["mycustomer"]}), &[]),
        (json!({"keywords": ["ZEBRA"]}), &["archive", "zebra"]),
        (json!({"keywords": ["zebra", "cross"]}), &["archive"]),
        (
            json!({"keywords": ["zebra", "bridge"], "keywordMatchStrategy": "any"}),
            &["archive", "Bridge", "zebra"],
        ),
        (json!({"keywords": ["zebra"], "keywordFieldStrategy": ["name"]}), &["archive"]),
        (json!({"keywords": ["zebra"], "keywordFieldStrategy": ["shortName"]}), &["zebra"]),
        (json!({"keywords": [&several.ids["zebra"]], "keywordFieldStrategy": ["id"]}), &["zebra"]),
        (json!({"excludeFlags": ["deleted", "hidden"]}), &["archive", "Bridge", "zebra"]),
        (json!({"subCriteria": [{"customer": ["mycustomer"], "exclude": true}]}), &["Bridge", "zebra"]),
        (json!({"subCriteria": [{"customer": ["mycustomer"], "required": true}]}), &["archive"]),
        (json!({"subCriteria": [{"keywords": ["bridge"]}, {"keywords": ["cross"]}]}), &["archive", "Bridge"]),
    ] {
        several.finds(object, expected).await;
    }
}

#[tokio::test]
async fn a_domain_and_a_function_may_be_named_that_were_made_just_now() {
    let several = Several::new().await;
    let (gatelet, administrator) = (&several.given.gatelet, &several.given.administrator);
    // This sandbox has asked for functions a moment ago.
    names(&several.list("", administrator).await);
    let lab = domain::customer::Domain { id: Number::fixed(4711), name: DomainName::parse("lab").unwrap() };
    gatelet.sandbox().await.table.store.customers.create_domain(&lab).await.unwrap();
    let fresh = gatelet.sandbox().await.function_of("freshFunction", &[]).await;
    gatelet
        .bounded_client_but("fresh", "freshFunction", "DATASTORE-VIEWER", |client| {
            client.domain = lab.name.clone();
        })
        .await;
    several.finds(json!({"domain": ["4711"]}), &["fresh"]).await;
    several.finds(json!({"requiredFunction": [fresh.id.to_string()]}), &["fresh"]).await;
    let answer = several.list("domain=lab", administrator).await;
    let client = &answer.json()["data"][0];
    assert_eq!(client["domain"], json!({"id": 4711, "name": "lab"}));
    assert_eq!(client["requiredFunction"], json!({"id": fresh.id, "name": "freshFunction"}));
}

#[tokio::test]
async fn every_sort_key_goes_both_ways() {
    let several = Several::new().await;
    several.given.gatelet.table.clock.advance(Seconds(1));
    several.given.update("zebra", json!({"description": "Changed last"})).await;
    let shown = ["zebra", "archive", "Bridge"];
    let mut by_id = shown;
    by_id.sort_by_key(|name| &several.ids[*name]);
    for (key, expected) in [
        ("shortName", ["archive", "Bridge", "zebra"]),
        ("name", ["zebra", "Bridge", "archive"]),
        ("id", by_id),
        ("createdTimestamp", ["zebra", "archive", "Bridge"]),
        ("lastUpdatedTimestamp", ["archive", "Bridge", "zebra"]),
    ] {
        let falling: Vec<_> = expected.iter().rev().copied().collect();
        several.finds(json!({"sortBy": [key]}), &expected).await;
        several.finds(json!({"sortBy": [format!("-{key}")]}), &falling).await;
        let listed = several.list(&format!("sortBy=-{key}"), &several.given.administrator).await;
        assert_eq!(names(&listed), falling);
    }
}

#[tokio::test]
async fn a_page_is_a_part_and_count_is_the_whole() {
    let several = Several::new().await;
    let key = &several.given.administrator;
    for (query, expected) in [
        ("limit=2", &["archive", "Bridge"][..]),
        ("limit=2&offset=2", &["zebra"]),
        ("offset=3", &[]),
        ("limit=0", &[]),
        ("limit=1&sortBy=-shortName", &["zebra"]),
        ("limit=18446744073709551615&offset=1", &["Bridge", "zebra"]),
    ] {
        let answer = several.list(query, key).await;
        assert_eq!(names(&answer), expected, "{query}");
        assert_eq!(answer.json()["count"], 3, "{query}");
    }
    let json = several.search(json!({"limit": 5000, "offset": 1}), key).await.json();
    assert_eq!((&json["limit"], &json["offset"], &json["size"]), (&json!(1000), &json!(1), &json!(2)));
}

#[tokio::test]
async fn the_query_string_narrows_a_list_by_each_of_its_parameters() {
    let several = Several::new().await;
    for (query, expected) in [
        ("customer=mycustomer", &["archive"][..]),
        ("customer=mycustomer&customer=othercustomer", &["archive", "Bridge"]),
        ("keywords=zebra", &["archive", "zebra"]),
        ("keywords=zebra&keywords=cross", &["archive"]),
        ("domain=DEFAULT&keywords=bri", &["Bridge"]),
        ("domain=lab", &[]),
        ("customer=&keywords=", &["archive", "Bridge", "zebra"]),
        ("includeFlags=hidden", &["archive", "Bridge", "zebra"]),
    ] {
        assert_eq!(names(&several.list(query, &several.given.administrator).await), expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_field_by_field() {
    let several = Several::new().await;
    let key = &several.given.user;
    let answer = several.list("limit=ten&offset=-1&customer=two%20words&sortBy=age", key).await;
    assert_eq!(wrong(&answer), ["customer", "sortBy", "limit", "offset"]);
    let answer = several.list("limit=1&limit=2", key).await;
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "count": 0,
      "data": null,
      "limit": 0,
      "messages": [
        {
          "field": "limit",
          "message": "must be a whole number, not negative",
          "messageTemplate": "must be a whole number, not negative",
          "parameter": null,
          "type": "FIELD_ERROR"
        }
      ],
      "metaData": {},
      "offset": 0,
      "responseCode": 412,
      "size": 0
    }
    "#);
    let object = json!({"includeFlags": ["public"], "subCriteria": [{"exclude": 1}], "limit": -1});
    let answer = several.search(object, key).await;
    assert_eq!(wrong(&answer), ["includeFlags", "subCriteria[0].exclude", "limit"]);
    for body in ["", "[]", "{", "{\"limit\": 1, \"limit\": 2}"] {
        let call = several.given.call(Method::POST, SEARCH, key).body("application/json", body);
        let answer = call.await;
        assert_eq!((answer.status(), &answer.json()["responseCode"]), (400, &json!(400)), "{body}");
    }
    assert_eq!(several.given.call(Method::GET, SEARCH, key).await.status(), 405);
}

#[tokio::test]
async fn s54_a_list_shows_only_clients_that_would_let_somebody_in() {
    let several = Several::new().await;
    let (gatelet, alice, key) = (&several.given.gatelet, &several.given.alice, &several.given.user);
    // One that registered itself is not vouched for by anybody.
    gatelet.confidential().await;
    let seen = async || {
        let answer = several.list("", key).await;
        let names = names(&answer);
        assert_eq!(answer.json()["count"], names.len(), "what is not shown is not counted");
        names
    };
    assert_eq!(seen().await, ["archive", "zebra"]);
    gatelet.grant(alice, "otherFunction", Some("mycustomer")).await;
    assert_eq!(seen().await, ["archive", "zebra"], "it is for another customer");
    gatelet.grant(alice, "otherFunction", Some("othercustomer")).await;
    assert_eq!(seen().await, ["archive", "Bridge", "zebra"]);
    // No search gets at the others either.
    gatelet.change(alice, |user| user.functions.by_customer.clear()).await;
    for object in [
        json!({"keywords": ["bridge"]}),
        json!({"keywords": [&several.ids["Bridge"]]}),
        json!({"customer": ["othercustomer"]}),
        json!({"requiredFunction": ["otherFunction"]}),
        json!({"subCriteria": [{"customer": ["othercustomer"], "required": true}]}),
        json!({"includeFlags": ["deleted"]}),
        json!({"includeFlags": ["deleted"], "keywords": ["attic"]}),
        json!({"subCriteria": [{"includeFlags": ["deleted"], "required": true}]}),
    ] {
        let answer = several.search(object.clone(), key).await;
        assert_eq!((names(&answer), &answer.json()["count"]), (vec![], &json!(0)), "{object}");
    }
}

#[tokio::test]
async fn s54_an_api_key_for_fewer_functions_sees_fewer_clients() {
    let several = Several::new().await;
    let (gatelet, alice) = (&several.given.gatelet, &several.given.alice);
    gatelet.grant(alice, "otherFunction", None).await;
    assert_eq!(names(&several.list("", &several.given.user).await), ["archive", "Bridge", "zebra"]);
    let fewer = gatelet.api_key_for(alice, &["CLIENT-VIEWER", "otherFunction"]).await;
    assert_eq!(names(&several.list("", &fewer).await), ["Bridge"]);
    let blind = gatelet.api_key_for(alice, &["otherFunction", "myAccessFunction"]).await;
    assert_eq!(several.list("", &blind).await.status(), 403);
}

#[tokio::test]
async fn s54_hidden_and_deleted_clients_are_shown_to_who_asks_and_may_see_them() {
    let several = Several::new().await;
    let (user, administrator) = (&several.given.user, &several.given.administrator);
    let hidden = json!({"includeFlags": ["hidden"]});
    let deleted = json!({"includeFlags": ["deleted"]});
    assert_eq!(names(&several.search(hidden.clone(), user).await), ["cellar"]);
    several.finds(hidden.clone(), &["cellar"]).await;
    assert_eq!(names(&several.search(deleted.clone(), user).await), Vec::<String>::new());
    several.finds(deleted.clone(), &["attic"]).await;
    several.finds(json!({"includeFlags": ["deleted", "hidden"]}), &[]).await;
    // Together with the others.
    let all = json!({"subCriteria": [&hidden, &deleted, {"excludeFlags": ["hidden", "deleted"]}]});
    several.finds(all.clone(), &["archive", "attic", "Bridge", "cellar", "zebra"]).await;
    assert_eq!(names(&several.search(all, user).await), ["archive", "cellar", "zebra"]);
    let flags = several.search(deleted, administrator).await.json();
    assert_eq!(flags["data"][0]["flags"], json!(["deleted", "requireSameClientIP"]));
}

#[tokio::test]
async fn s54_details_are_for_who_may_see_them() {
    let several = Several::new().await;
    let (gatelet, alice) = (&several.given.gatelet, &several.given.alice);
    let ranges = async |key: &str| -> Vec<bool> {
        let answer = several.list("", key).await.json();
        answer["data"].as_array().unwrap().iter().map(|one| one.get("clientIPRange").is_some()).collect()
    };
    assert_eq!(ranges(&several.given.administrator).await, [true, true, true]);
    assert_eq!(ranges(&several.given.user).await, [false, false]);
    gatelet.function_of("DETAILS", &["viewOAuthClientsDetails"]).await;
    gatelet.grant(alice, "DETAILS", Some("mycustomer")).await;
    gatelet.table.clock.advance(Seconds(60));
    assert_eq!(ranges(&several.given.user).await, [true, false], "of this customer's client");
}

#[tokio::test]
async fn who_has_not_the_permission_is_refused_before_anything_is_read() {
    let several = Several::new().await;
    let gatelet = &several.given.gatelet;
    let bob = gatelet.person("bob").await;
    gatelet.grant(&bob, "myAccessFunction", None).await;
    let key = gatelet.api_key(&bob).await;
    for (method, path) in [(Method::GET, CLIENTS), (Method::POST, SEARCH)] {
        let _ = gatelet.spent();
        // Not even a mistake is looked at.
        let call = several.given.call(method.clone(), &format!("{path}?limit=x"), &key);
        let answer = call.body("application/json", "{").await;
        assert_eq!((answer.status(), answer.reason()), (403, Some("permission missing")), "{path}");
        assert_eq!(gatelet.spent(), (1, 2.0, 0.0), "the key and its user");
        let answer = gatelet.call(method, path).await;
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(gatelet.spent(), (0, 0.0, 0.0));
    }
}

#[tokio::test]
async fn a_permission_for_one_customer_shows_that_customers_clients() {
    let several = Several::new().await;
    let gatelet = &several.given.gatelet;
    let bob = gatelet.person("bob").await;
    let own = ["myAccessFunction", "otherFunction", "CLIENT-VIEWER"];
    let own = own.into_iter().map(|name| FunctionName::parse(name).unwrap()).collect();
    let customer = CustomerName::parse("mycustomer").unwrap();
    gatelet
        .change(&bob, |user| {
            user.functions = Granted { by_customer: [(customer, own)].into(), ..Granted::default() };
        })
        .await;
    let key = gatelet.api_key(&bob).await;
    assert_eq!(names(&several.list("", &key).await), ["archive"]);
}

/// The key and its user, four lists, and a page of clients: nothing that grows with what is not shown but the list of clients, which
/// is a unit for fifteen.
#[tokio::test]
async fn a_list_of_thirty_clients_is_six_round_trips_and_no_scan() {
    let given = Given::at(Gatelet::start().await).await;
    for number in 0..30 {
        let name = format!("client{number:02}");
        given.gatelet.bounded_client(&name, "myAccessFunction", "DATASTORE-VIEWER").await;
    }
    let list = async |query: &str| {
        let answer = given.call(Method::GET, &format!("{CLIENTS}?{query}"), &given.user).await;
        let calls = given.gatelet.table.recorder.take();
        let mut operations: Vec<_> = calls.operations().into_iter().map(str::to_owned).collect();
        operations.sort_unstable();
        assert!(calls.write_units() == 0.0, "{operations:?}");
        (names(&answer).len(), operations, calls.read_units())
    };
    // The first request of a sandbox reads the functions too.
    list("").await;
    let usual = ["BatchGetItem", "BatchGetItem", "Query", "Query", "Query", "Query"].map(str::to_owned);
    assert_eq!(list("").await, (25, usual.to_vec(), 32.0));
    assert_eq!(list("limit=30").await, (30, usual.to_vec(), 37.0));
    assert_eq!(list("limit=5&offset=10").await, (5, usual.to_vec(), 12.0));
    assert_eq!(list("limit=0").await, (0, usual[1..].to_vec(), 7.0));
}
