//! Domains and customers, as administrators manage them.

use serde_json::json;

use crate::directory_scene::{Office, all, data, refused};

#[tokio::test]
async fn a_domain_is_made_shown_and_removed() {
    let office = Office::new().await;
    let made = data(&office.post("domain", &json!({"name": "EU"})).await, 201);
    let id = made["id"].as_u64().unwrap();
    assert_eq!((made["name"].as_str(), id < 1 << 31), (Some("EU"), true));
    assert_eq!(data(&office.get("domain/EU").await, 200), made);
    assert_eq!(data(&office.get("domain/1").await, 200), json!({"id": 1, "name": "DEFAULT"}));
    assert_eq!(all(&data(&office.get("domain").await, 200), "name"), ["DEFAULT", "EU"]);
    assert_eq!(all(&data(&office.get("domain?keywords=eu").await, 200), "name"), ["EU"]);
    for (name, message) in [
        (json!("EU"), "is taken"),
        (json!("DEFAULT"), "is taken"),
        (json!(null), "must be given"),
        (json!("1"), "must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone"),
    ] {
        let answer = office.post("domain", &json!({"name": name})).await;
        assert_eq!(refused(&answer), [("name".to_owned(), message.to_owned())]);
    }
    assert_eq!(data(&office.delete(&format!("domain/{id}")).await, 200), made);
    assert_eq!(office.get("domain/EU").await.status(), 404);
    let built_in = ("domain".to_owned(), "is always there and can't be removed".to_owned());
    assert_eq!(refused(&office.delete("domain/DEFAULT").await), [built_in]);
}

#[tokio::test]
async fn a_customer_is_made_shown_changed_and_removed() {
    let office = Office::new().await;
    data(&office.post("domain", &json!({"name": "EU"})).await, 201);
    let new = json!({"shortName": "mycustomer", "name": "My customer", "domain": "EU"});
    let mut made = data(&office.post("customer", &new).await, 201);
    let (id, domain) = (made["id"].take(), made["domain"]["id"].take());
    insta::assert_json_snapshot!(made, @r#"
    {
      "domain": {
        "id": null,
        "name": "EU"
      },
      "id": null,
      "name": "My customer",
      "shortName": "mycustomer"
    }
    "#);
    assert_eq!(domain, data(&office.get("domain/EU").await, 200)["id"]);
    let path = format!("customer/{id}");
    let before = data(&office.get("customer/mycustomer").await, 200);
    let same = json!({"name": "My customer", "shortName": "mycustomer", "domain": domain});
    assert_eq!(data(&office.put(&path, &same).await, 220), before);
    let changed = data(&office.put(&path, &json!({"name": "Our customer"})).await, 200);
    assert_eq!((&changed["name"], &changed["shortName"]), (&json!("Our customer"), &json!("mycustomer")));
    assert_eq!(data(&office.delete(&path).await, 200), changed);
    assert_eq!(office.delete(&path).await.status(), 404);
}

#[tokio::test]
async fn what_a_customer_can_not_be() {
    let office = Office::new().await;
    office.gatelet.customer("mine").await;
    let name = "must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone";
    for (body, refusals) in [
        (json!({}), vec![("shortName", "must be given"), ("name", "must be given")]),
        (json!({"shortName": "a b", "name": "x"}), vec![("shortName", name)]),
        (
            json!({"shortName": "a", "name": " "}),
            vec![("name", "must be 1 to 200 characters that can be shown")],
        ),
        (json!({"shortName": "mine", "name": "x"}), vec![("shortName", "is taken")]),
        (
            json!({"shortName": "a", "name": "x", "domain": "nowhere"}),
            vec![("domain", "must be the name or number of a domain")],
        ),
    ] {
        let refusals: Vec<_> =
            refusals.into_iter().map(|(field, message)| (field.to_owned(), message.to_owned())).collect();
        assert_eq!(refused(&office.post("customer", &body).await), refusals, "{body}");
    }
    let fixed = office.put("customer/mine", &json!({"shortName": "yours"})).await;
    assert_eq!(refused(&fixed), [("shortName".to_owned(), "never changes".to_owned())]);
}

#[tokio::test]
async fn what_others_refer_to_is_not_removed() {
    let office = Office::new().await;
    data(&office.post("domain", &json!({"name": "EU"})).await, 201);
    data(&office.post("customer", &json!({"shortName": "mine", "name": "Mine", "domain": "EU"})).await, 201);
    let in_use = |field: &str| [(field.to_owned(), "is in use".to_owned())];
    assert_eq!(refused(&office.delete("domain/EU").await), in_use("domain"));
    let user = json!({"username": "bob", "password": "correct horse battery", "customer": "mine"});
    data(&office.post("user", &user).await, 201);
    assert_eq!(refused(&office.delete("customer/mine").await), in_use("customer"));
    data(&office.put("user/bob", &json!({"customer": ""})).await, 200);
    data(&office.delete("customer/mine").await, 200);
    // Bob is still there.
    assert_eq!(refused(&office.delete("domain/EU").await), in_use("domain"));
    data(&office.put("user/bob", &json!({"domain": "DEFAULT"})).await, 200);
    data(&office.delete("domain/EU").await, 200);

    office.gatelet.customer("theirs").await;
    office.gatelet.function_of("reader", &[]).await;
    let theirs = domain::customer::CustomerName::parse("theirs").unwrap();
    let bound = |client: &mut domain::client::Client| client.bounds.as_mut().unwrap().customer = Some(theirs);
    office.gatelet.bounded_client_but("app", "reader", "reader", bound).await;
    assert_eq!(refused(&office.delete("customer/theirs").await), in_use("customer"));
}

#[tokio::test]
async fn customers_are_listed_by_short_name_and_chosen_by_domain() {
    let office = Office::new().await;
    data(&office.post("domain", &json!({"name": "EU"})).await, 201);
    for (short_name, name, domain) in [("b", "Zeta", "EU"), ("a", "Beta", "DEFAULT"), ("c", "Alpha", "EU")] {
        let body = json!({"shortName": short_name, "name": name, "domain": domain});
        data(&office.post("customer", &body).await, 201);
    }
    for (query, listed) in [
        ("", vec!["a", "b", "c"]),
        ("?sortBy=name", vec!["c", "a", "b"]),
        ("?domain=EU&sortBy=-shortName", vec!["c", "b"]),
        ("?domain=EU&domain=1", vec!["a", "b", "c"]),
        ("?keywords=eta&keywords=z", vec!["b"]),
        ("?limit=1&offset=2", vec!["c"]),
    ] {
        assert_eq!(
            all(&data(&office.get(&format!("customer{query}")).await, 200), "shortName"),
            listed,
            "{query}"
        );
    }
    assert_eq!(refused(&office.get("customer?domain=x").await)[0].0, "domain");
}

#[tokio::test]
async fn of_many_who_make_the_same_customer_one_does() {
    let office = Office::new().await;
    let body = json!({"shortName": "mine", "name": "Mine"});
    let calls = (0..10).map(|_| tokio::spawn(office.post("customer", &body).into_future()));
    let mut made = 0;
    for call in calls.collect::<Vec<_>>() {
        made += usize::from(call.await.unwrap().status() == 201);
    }
    assert_eq!(made, 1);
}
