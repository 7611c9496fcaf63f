//! Defining clients: who may, what is wrong with what is sent, and what comes of it.

use std::future::IntoFuture as _;

use axum::http::Method;
use domain::customer::{Domain, DomainName};
use domain::id::Number;
use oauth::metadata::paths;
use serde_json::{Value, json};
use server::argus::paths as argus;
use store::clients::CACHE;
use testkit::actors::Gatelet;

use crate::clients_given::{CLIENTS, Given, SECRET, overlaid, refused};

/// As the documentation has it: by curl, which says that it sends a form.
#[tokio::test]
async fn the_documented_call_defines_a_client() {
    let given = Given::new().await;
    let body = overlaid(json!({"customer": "mycustomer"})).to_string();
    let call = given.call(Method::POST, CLIENTS, &given.administrator);
    let answer = call.body("application/x-www-form-urlencoded", body).await;
    assert_eq!(answer.status(), 201, "{answer:?}");
    insta::assert_json_snapshot!(answer.redacted(), {
        ".data.createdByUser.id" => "[number]",
        ".data.lastUpdatedByUser.id" => "[number]",
        ".data.customer.id" => "[number]",
        ".data.requiredFunction.id" => "[number]",
        ".data.permissionScope.id" => "[number]",
    }, @r#"
    {
      "count": 0,
      "data": {
        "allowImplicit": false,
        "authenticationMethod": "password",
        "clientIPRange": [
          "203.0.113.7"
        ],
        "createdByUser": {
          "id": "[number]",
          "name": "root",
          "shortName": "root",
          "type": "user"
        },
        "createdTimestamp": 1800000000000,
        "customer": {
          "domain": {
            "id": 1,
            "name": "DEFAULT"
          },
          "id": "[number]",
          "name": "mycustomer of Example",
          "shortName": "mycustomer"
        },
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
        "openIDCustomClaims": [],
        "permissionScope": {
          "id": "[number]",
          "name": "DATASTORE-VIEWER"
        },
        "permittedScopes": [
          "openid"
        ],
        "redirectURI": "https://my.application/oauth/callback",
        "redirectURIs": [
          "https://my.application/oauth/callback"
        ],
        "requirePKCE": true,
        "requireSameClientIP": true,
        "requiredFunction": {
          "id": "[number]",
          "name": "myAccessFunction"
        },
        "shortName": "myclient"
      },
      "limit": 0,
      "messages": [],
      "metaData": {},
      "offset": 0,
      "responseCode": 201,
      "size": 0
    }
    "#);
    assert!(!answer.text().contains(SECRET) && !answer.text().contains("argon2"));
}

#[tokio::test]
async fn only_administrators_define_change_and_delete() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let root = given.gatelet.administrator("other").await;
    let limited = given.gatelet.api_key_for(&root, &["myAccessFunction"]).await;
    let one = format!("{CLIENTS}/{id}");
    for key in [&given.user, &limited] {
        for (method, path) in [(Method::POST, CLIENTS), (Method::PUT, &one), (Method::DELETE, &one)] {
            // Nobody learns from what is wrong with it either.
            let answer = given.call(method.clone(), path, key).json(&json!({"shortName": 1})).await;
            assert_eq!((answer.status(), answer.reason()), (403, Some("permission missing")), "{method}");
            insta::allow_duplicates! {
                insta::assert_json_snapshot!(answer.json(), @r#"
                {
                  "count": 0,
                  "data": null,
                  "limit": 0,
                  "messages": [
                    {
                      "field": null,
                      "message": "Access denied.",
                      "messageTemplate": "Access denied.",
                      "parameter": null,
                      "type": "ACTION_ERROR"
                    }
                  ],
                  "metaData": {},
                  "offset": 0,
                  "responseCode": 403,
                  "size": 0
                }
                "#);
            }
        }
    }
    assert_eq!(given.gatelet.post(CLIENTS).json(&overlaid(json!({}))).await.status(), 401);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_field_by_field() {
    let given = Given::new().await;
    let answer = given.define(json!({"shortName": "two words", "name": null, "clientIPRange": [""]})).await;
    assert_eq!(answer.status(), 412);
    assert_eq!(answer.reason(), Some("fields refused: name, shortName, clientIPRange"));
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "count": 0,
      "data": null,
      "limit": 0,
      "messages": [
        {
          "field": "name",
          "message": "must be given",
          "messageTemplate": "must be given",
          "parameter": null,
          "type": "FIELD_ERROR"
        },
        {
          "field": "shortName",
          "message": "must be 1 to 64 of the characters A-Z a-z 0-9 _ : - . and no UUID, nor search, nor dots alone",
          "messageTemplate": "must be 1 to 64 of the characters A-Z a-z 0-9 _ : - . and no UUID, nor search, nor dots alone",
          "parameter": null,
          "type": "FIELD_ERROR"
        },
        {
          "field": "clientIPRange",
          "message": "must be IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
          "messageTemplate": "must be IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
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
}

#[tokio::test]
async fn each_field_has_its_rule() {
    let given = Given::new().await;
    let mapping = json!({"nobody": "x"});
    for own in [
        json!({"shortName": "a/b"}),
        json!({"shortName": "021269c5-04c3-4399-a206-32659c489803"}),
        json!({"shortName": "search"}),
        json!({"name": "<b>"}),
        json!({"description": "a | b"}),
        json!({"mainURI": "http://my.application"}),
        json!({"redirectURI": "http://my.application/cb"}),
        json!({"redirectURI": null, "redirectURIs": ["http://my.application/cb"]}),
        json!({"redirectURI": null, "redirectURIs": ["myapp:/cb"]}),
        json!({"customer": "nobody"}),
        json!({"customer": "12345"}),
        json!({"domain": "NOWHERE"}),
        json!({"domain": "12345"}),
        json!({"requiredFunction": "nobody"}),
        json!({"permissionScope": "nobody"}),
        json!({"permittedScopes": ["openid", "nothing:served"]}),
        json!({"clientIPRange": []}),
        json!({"clientIPRange": ["example.com"]}),
        json!({"authenticationMethod": "ldap"}),
        json!({"clientSecret": null}),
        json!({"clientSecret": "short"}),
        json!({"maxSecurityLevel": "root"}),
        json!({"hidden": "yes"}),
        json!({"openIDCustomClaims": [{"provider": "customClaim", "claim": "name", "claimName": "sub"}]}),
        json!({"openIDCustomClaims": [{"provider": "functionRoleMapping", "claimName": "r", "roleMapping": mapping}]}),
        json!({"allowImplicit": "yes"}),
        json!({"requirePKCE": false}),
        json!({"requireSameClientIP": "yes"}),
    ] {
        let errors = refused(&given.define(own.clone()).await);
        let (field, _) =
            own.as_object().unwrap().iter().find(|(field, _)| errors.contains_key(*field)).unwrap();
        assert_eq!(errors.len(), 1, "{own} is wrong in {field} alone: {errors:?}");
    }
    // Nothing came of any of them, and the name is free.
    given.defined(json!({})).await;
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let given = Given::new().await;
    for (content_type, body) in [
        ("application/json", r#"{"shortName":"a","shortName":"b"}"#),
        ("application/json", "[]"),
        ("application/json", "shortName=a"),
        ("application/json", ""),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "shortName=a"),
    ] {
        let call = given.call(Method::POST, CLIENTS, &given.administrator);
        let answer = call.body(content_type, body).await;
        let json = answer.json();
        assert_eq!((answer.status(), &json["responseCode"]), (400, &json!(400)), "{content_type} {body}");
        assert_eq!(json["messages"][0]["type"], "ACTION_ERROR");
    }
}

#[tokio::test]
async fn references_are_names_or_numbers() {
    let given = Given::new().await;
    let (functions, customers) = (&given.gatelet.table.store.functions, &given.gatelet.table.store.customers);
    let functions = functions.list().await.unwrap();
    let number = |name: &str| functions.find(name).unwrap().id.to_string();
    let customer = customers.list().await.unwrap().remove(0);
    let answer = given
        .define(json!({
            "requiredFunction": number("myAccessFunction"),
            "permissionScope": number("DATASTORE-VIEWER"),
            "customer": customer.id.to_string(),
            "domain": "1",
        }))
        .await;
    let data = &answer.json()["data"];
    assert_eq!(data["requiredFunction"]["name"], "myAccessFunction", "{answer:?}");
    assert_eq!(data["permissionScope"]["name"], "DATASTORE-VIEWER");
    assert_eq!(data["customer"]["shortName"], "mycustomer");
    assert_eq!(data["domain"], json!({"id": 1, "name": "DEFAULT"}));
    // A function is there for a client as soon as it is there at all.
    given.gatelet.function_of("brandNew", &[]).await;
    let answer = given.define(json!({"shortName": "new", "requiredFunction": "brandNew"})).await;
    assert!(answer.json()["data"]["requiredFunction"]["id"].is_u64(), "{answer:?}");
}

#[tokio::test]
async fn a_domain_has_customers_and_clients_of_its_own() {
    let given = Given::new().await;
    let other = Domain { id: Number::fixed(4711), name: DomainName::parse("OTHER").unwrap() };
    given.gatelet.table.store.customers.create_domain(&other).await.unwrap();
    let errors = refused(&given.define(json!({"domain": "OTHER", "customer": "mycustomer"})).await);
    assert_eq!(errors["customer"], "must be a customer of the client's domain");
    let answer = given.define(json!({"domain": "OTHER"})).await;
    assert_eq!(answer.json()["data"]["domain"], json!({"id": 4711, "name": "OTHER"}), "{answer:?}");
    assert_eq!(answer.json()["data"]["customer"], Value::Null);
}

#[tokio::test]
async fn of_many_who_define_the_same_name_one_does() {
    let given = Given::new().await;
    let there = Given { gatelet: given.gatelet.sandbox().await, ..given.clone() };
    let calls = (0..6).map(|n| {
        let given = if n % 2 == 0 { &given } else { &there };
        tokio::spawn(given.define(json!({"name": format!("Number {n}")})).into_future())
    });
    let calls: Vec<_> = calls.collect();
    let mut defined = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status() {
            201 => defined.push(answer.json()["data"]["name"].clone()),
            _ => {
                let errors = refused(&answer);
                assert_eq!(
                    errors["shortName"],
                    "must not be the short name of another client, deleted or not"
                );
            }
        }
    }
    assert_eq!(defined.len(), 1);
    let kept = given.fetch("myclient", &given.administrator).await;
    assert_eq!(kept.json()["data"]["name"], defined[0]);
}

#[tokio::test]
async fn a_defined_client_authenticates_with_its_secret_in_either_place() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let asked = || given.gatelet.post(paths::INTROSPECT).with("token", "none");
    assert_eq!(asked().basic(&id, SECRET).await.json(), json!({"active": false}));
    let form = asked().with("client_id", &id).with("client_secret", SECRET).await;
    assert_eq!(form.json(), json!({"active": false}));
    asked().basic(&id, "myOtherPassword").await.is_refused(401, "invalid_client", "client secret is wrong");
}

/// A user's script gets a token for it, as long as it lets the user in.
#[tokio::test]
async fn s54_a_defined_client_lets_in_whom_it_says() {
    let given = Given::new().await;
    let id = given.defined(json!({})).await;
    let script = || {
        let form = given.call(Method::POST, argus::TOKEN, &given.user).with("client_id", &id);
        form.with("grant_type", "client_credentials")
    };
    let token = script().await.member("access_token").unwrap();
    let asked = given.gatelet.post(argus::INTROSPECT).with("token", &token).basic(&id, SECRET).await;
    assert_eq!(
        (asked.json()["active"].clone(), asked.json()["scope"].clone()),
        (json!(true), json!("openid"))
    );
    assert_eq!(given.update(&id, json!({"requiredFunction": "DATASTORE-VIEWER"})).await.status(), 200);
    given.gatelet.table.clock.advance(CACHE);
    let refused = script().await;
    let reason = "user lacks the function that the client requires";
    assert_eq!((refused.status(), refused.reason()), (403, Some(reason)));
}

#[tokio::test]
async fn a_client_without_a_secret_has_none() {
    let given = Given::new().await;
    let answer = given.define(json!({"authenticationMethod": "none", "clientSecret": null})).await;
    let data = &answer.json()["data"];
    assert_eq!(
        (data["authenticationMethod"].as_str(), data["requirePKCE"].as_bool()),
        (Some("none"), Some(true))
    );
    let errors = refused(&given.define(json!({"shortName": "b", "authenticationMethod": "none"})).await);
    assert_eq!(errors["clientSecret"], "must not be given to a client whose authenticationMethod is none");
}

#[tokio::test]
async fn clients_from_before_pkce_are_for_the_operator_to_allow() {
    let given = Given::at(Gatelet::with(|settings| settings.codes_without_pkce = true).await).await;
    let requires = async |own| given.define(own).await.json()["data"]["requirePKCE"].clone();
    assert_eq!(requires(json!({})).await, json!(false));
    assert_eq!(requires(json!({"shortName": "b", "requirePKCE": true})).await, json!(true));
    let public =
        json!({"shortName": "c", "authenticationMethod": "none", "clientSecret": null, "requirePKCE": false});
    assert!(refused(&given.define(public).await).contains_key("requirePKCE"));
}
