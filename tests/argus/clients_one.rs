//! One client: who sees it, and what of it.

use axum::http::Method;
use domain::client::SecurityLevel;
use domain::function::Granted;
use domain::name::{CustomerName, FunctionName};
use serde_json::{Value, json};
use testkit::actors::Gatelet;

use crate::clients_given::{CLIENTS, Given, one, overlaid};

const DETAILS: [&str; 9] = [
    "clientIPRange",
    "permissionScope",
    "permittedScopes",
    "redirectURIs",
    "redirectURI",
    "openIDCustomClaims",
    "allowImplicit",
    "requirePKCE",
    "requireSameClientIP",
];

#[tokio::test]
async fn a_client_is_found_by_id_and_by_short_name() {
    let given = Given::new().await;
    let id = given.defined(json!({"shortName": "my:client"})).await;
    let by_id = given.fetch(&id, &given.user).await;
    assert_eq!(by_id.status(), 200, "{by_id:?}");
    insta::assert_json_snapshot!(by_id.redacted(), {
        ".data.createdByUser.id" => "[number]",
        ".data.lastUpdatedByUser.id" => "[number]",
        ".data.requiredFunction.id" => "[number]",
    }, @r#"
    {
      "count": 0,
      "data": {
        "authenticationMethod": "password",
        "createdByUser": {
          "id": "[number]",
          "name": "root",
          "shortName": "root",
          "type": "user"
        },
        "createdTimestamp": 1800000000000,
        "customer": null,
        "description": "This is the description of the client",
        "domain": {
          "id": 1,
          "name": "DEFAULT"
        },
        "flags": [
          "requireSameClientIP"
        ],
        "id": "[id]",
        "lastUpdatedByUser": {
          "id": "[number]",
          "name": "root",
          "shortName": "root",
          "type": "user"
        },
        "lastUpdatedTimestamp": 1800000000000,
        "mainURI": "https://my.application",
        "maxSecurityLevel": "external",
        "name": "My OAuth Client",
        "requiredFunction": {
          "id": "[number]",
          "name": "myAccessFunction"
        },
        "shortName": "my:client"
      },
      "limit": 0,
      "messages": [],
      "metaData": {},
      "offset": 0,
      "responseCode": 200,
      "size": 0
    }
    "#);
    for name in ["my:client", "my%3Aclient"] {
        assert_eq!(given.fetch(name, &given.user).await.json(), by_id.json(), "{name}");
    }
    for nobody in
        ["My:client", "nobody", "%ff", "%00", &id.to_uppercase(), "021269c5-04c3-4399-a206-32659c489803"]
    {
        let answer = given.fetch(nobody, &given.administrator).await;
        assert_eq!((answer.status(), answer.json()["responseCode"].clone()), (404, json!(404)), "{nobody}");
    }
}

#[tokio::test]
async fn details_are_for_those_with_the_permission_for_the_clients_customer() {
    let given = Given::new().await;
    let gatelet = &given.gatelet;
    gatelet.function_of("DETAIL-VIEWER", &["viewOAuthClientsDetails"]).await;
    given.defined(json!({"customer": "mycustomer"})).await;
    given.defined(json!({"shortName": "anybodys"})).await;
    let seen = async |key: &str, client: &str| {
        let data = given.fetch(client, key).await.json()["data"].clone();
        DETAILS.iter().filter(|detail| data.get(*detail).is_some()).count()
    };
    assert_eq!(seen(&given.user, "myclient").await, 0);
    assert_eq!(seen(&given.administrator, "myclient").await, DETAILS.len());
    let bob = gatelet.person("bob").await;
    for function in ["myAccessFunction", "CLIENT-VIEWER"] {
        gatelet.grant(&bob, function, None).await;
    }
    gatelet.grant(&bob, "DETAIL-VIEWER", Some("mycustomer")).await;
    let bob = gatelet.api_key(&bob).await;
    assert_eq!(seen(&bob, "myclient").await, DETAILS.len());
    assert_eq!(seen(&bob, "anybodys").await, 0);
}

#[tokio::test]
async fn s54_nobody_learns_of_a_client_that_does_not_let_them_in() {
    let given = Given::new().await;
    let gatelet = &given.gatelet;
    gatelet.customer("other").await;
    let id = given.defined(json!({"customer": "mycustomer"})).await;
    given.defined(json!({"shortName": "free"})).await;
    given.defined(json!({"shortName": "strict", "requiredFunction": "administrator"})).await;
    let sees = async |person: &str, granted: &[(&str, Option<&str>)]| {
        let person = gatelet.person(person).await;
        for (function, customer) in granted {
            gatelet.grant(&person, function, *customer).await;
        }
        let key = gatelet.api_key(&person).await;
        let mut seen = Vec::new();
        for client in ["myclient", "free", "strict", "nobodys"] {
            let answer = given.fetch(client, &key).await;
            match answer.status() {
                200 => seen.push(client),
                // An unknown client and a hidden one are the same answer.
                404 => assert_eq!(answer.text(), given.fetch("nobodys", &key).await.text()),
                status => panic!("{status}"),
            }
        }
        seen
    };
    let viewer = ("CLIENT-VIEWER", None);
    assert_eq!(sees("a", &[viewer]).await, Vec::<&str>::new());
    assert_eq!(sees("b", &[viewer, ("myAccessFunction", None)]).await, ["myclient", "free"]);
    assert_eq!(sees("c", &[viewer, ("myAccessFunction", Some("mycustomer"))]).await, ["myclient", "free"]);
    assert_eq!(sees("d", &[viewer, ("myAccessFunction", Some("other"))]).await, ["free"]);
    // Who may look for one customer looks at that customer's.
    let looks = ("CLIENT-VIEWER", Some("mycustomer"));
    assert_eq!(sees("e", &[looks, ("myAccessFunction", None)]).await, ["myclient"]);
    assert_eq!(given.fetch(&id, &given.administrator).await.status(), 200);
}

#[tokio::test]
async fn s54_an_api_key_shows_no_more_than_its_functions() {
    let given = Given::new().await;
    given.defined(json!({})).await;
    let key = given.gatelet.api_key_for(&given.alice, &["CLIENT-VIEWER"]).await;
    assert_eq!(given.fetch("myclient", &key).await.status(), 404);
    let key = given.gatelet.api_key_for(&given.alice, &["CLIENT-VIEWER", "myAccessFunction"]).await;
    assert_eq!(given.fetch("myclient", &key).await.status(), 200);
    let key = given.gatelet.api_key_for(&given.alice, &["myAccessFunction"]).await;
    assert_eq!(given.fetch("myclient", &key).await.status(), 403);
}

#[tokio::test]
async fn s54_a_session_that_is_confined_to_a_customer_sees_that_customers_clients() {
    let given = Given::new().await;
    let gatelet = &given.gatelet;
    gatelet.customer("other").await;
    for (name, customer) in [("mine", json!("mycustomer")), ("others", json!("other")), ("free", Value::Null)]
    {
        given.defined(json!({"shortName": name, "customer": customer})).await;
    }
    let client = gatelet
        .bounded_client_but("portal", "myAccessFunction", "CLIENT-VIEWER", |client| {
            let customer = CustomerName::parse("mycustomer").unwrap();
            client.bounds = client
                .bounds
                .take()
                .map(|bounds| domain::client::Bounds { customer: Some(customer), ..bounds });
        })
        .await;
    let tokens = client.tokens(&mut gatelet.browser(), &given.alice, "openid").await;
    let fetch = |name: &str| gatelet.get(&one(name)).bearer(&tokens.access);
    assert_eq!(fetch("mine").await.status(), 200);
    for name in ["others", "free"] {
        assert_eq!(fetch(name).await.status(), 404, "{name}");
    }
}

/// Not even somebody who administers the service, by a client that is trusted with it.
#[tokio::test]
async fn s55_a_session_that_is_confined_to_a_customer_administers_nothing() {
    let given = Given::new().await;
    let gatelet = &given.gatelet;
    let root = gatelet.person("one").await;
    gatelet
        .change(&root, |user| {
            let (administrator, own) =
                (FunctionName::administrator(), CustomerName::parse("mycustomer").unwrap());
            user.security_level = SecurityLevel::Administrative;
            user.functions =
                Granted { by_customer: [(own, [administrator].into())].into(), ..Granted::default() };
        })
        .await;
    let mut browser = gatelet.browser();
    for (name, customer, status) in [("confined", Some("mycustomer"), 403), ("free", None, 403)] {
        let client = gatelet
            .bounded_client_but(name, "administrator", "administrator", |client| {
                let bounds = client.bounds.as_mut().unwrap();
                bounds.customer = customer.map(|customer| CustomerName::parse(customer).unwrap());
                bounds.max_security_level = SecurityLevel::Administrative;
            })
            .await;
        let asked = client.authorization_url().scope("openid");
        let callback = browser.grant(&asked, &root).await;
        let tokens = client.redeem(&asked, callback.code()).await.tokens();
        let answer = gatelet.post(CLIENTS).bearer(&tokens.access).json(&overlaid(json!({}))).await;
        assert_eq!(answer.status(), status, "{name}: {answer:?}");
        let key = gatelet.api_key(&root).await;
        assert_eq!(given.call(Method::POST, CLIENTS, &key).json(&overlaid(json!({}))).await.status(), 403);
    }
}

#[tokio::test]
async fn a_deleted_client_is_there_for_administrators_only() {
    let given = Given::new().await;
    given.defined(json!({"hidden": true})).await;
    assert_eq!(
        given.fetch("myclient", &given.user).await.json()["data"]["flags"],
        json!(["hidden", "requireSameClientIP"])
    );
    assert_eq!(given.delete("myclient").await.status(), 200);
    assert_eq!(given.fetch("myclient", &given.user).await.status(), 404);
    let flags = given.fetch("myclient", &given.administrator).await.json()["data"]["flags"].clone();
    assert_eq!(flags, json!(["deleted", "hidden", "requireSameClientIP"]));
}

/// Under what name it likes, beside those that administrators vouch for.
#[tokio::test]
async fn a_client_that_registered_itself_is_for_administrators_to_see_to_hide_and_to_delete() {
    let given = Given::new().await;
    let notes = given.gatelet.confidential().await;
    assert_eq!(given.fetch(&notes.id, &given.user).await.status(), 404);
    let answer = given.fetch(&notes.id, &given.administrator).await;
    let data = &answer.json()["data"];
    assert_eq!(data["shortName"], json!(notes.id), "{answer:?}");
    assert_eq!((&data["requiredFunction"], &data["permissionScope"]), (&Value::Null, &Value::Null));
    assert_eq!((&data["createdByUser"], &data["name"]), (&Value::Null, &json!("Notes")));
    let errors = crate::clients_given::refused(
        &given
            .update(
                &notes.id,
                json!({"requiredFunction": "myAccessFunction", "name": "Mine", "hidden": true}),
            )
            .await,
    );
    let said = json!("can't be changed: no administrator defined the client");
    assert_eq!((&errors["requiredFunction"], &errors["name"], errors.len()), (&said, &said, 2));
    assert_eq!(given.update(&notes.id, json!({"hidden": true})).await.status(), 200);
    assert_eq!(given.delete(&notes.id).await.status(), 200);
    assert_eq!(notes.manage(Method::GET).await.status(), 401);
}

/// A round trip for whoever calls, one for each step to the client, and what it refers to at once.
#[tokio::test]
async fn what_a_fetch_costs() {
    let given = Given::new().await;
    let id = given.defined(json!({"customer": "mycustomer"})).await;
    // Functions are remembered.
    given.fetch("myclient", &given.user).await;
    drop(given.gatelet.writes());
    assert_eq!(given.fetch(&id, &given.user).await.status(), 200);
    let (round_trips, reads, writes) = given.gatelet.spent();
    assert!(round_trips == 3 && reads <= 4.0 && writes == 0.0, "{round_trips} {reads} {writes}");
    assert_eq!(given.fetch("myclient", &given.user).await.status(), 200);
    let (round_trips, reads, writes) = given.gatelet.spent();
    assert!(round_trips == 4 && reads <= 5.0 && writes == 0.0, "{round_trips} {reads} {writes}");
}

#[tokio::test]
async fn nothing_is_said_without_credentials() {
    let gatelet = Gatelet::start().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_eq!(gatelet.call(method, &one("myclient")).await.status(), 401);
    }
}
