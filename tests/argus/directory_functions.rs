//! Functions, as administrators manage them.

use serde_json::json;

use crate::directory_scene::{Office, all, data, refused};

#[tokio::test]
async fn a_function_is_made_shown_changed_and_removed() {
    let office = Office::new().await;
    let new = json!({"name": "DATASTORE-VIEWER", "description": "Reads", "permissions": ["read", "list"]});
    let mut made = data(&office.post("function", &new).await, 201);
    let id = made["id"].take();
    insta::assert_json_snapshot!(made, @r#"
    {
      "description": "Reads",
      "id": null,
      "name": "DATASTORE-VIEWER",
      "permissions": [
        "list",
        "read"
      ]
    }
    "#);
    for reference in ["DATASTORE-VIEWER".to_owned(), id.to_string()] {
        let shown = data(&office.get(&format!("function/{reference}")).await, 200);
        assert_eq!((&shown["id"], &shown["name"]), (&id, &new["name"]));
    }
    let path = format!("function/{id}");
    let changed = data(&office.put(&path, &json!({"permissions": ["read"]})).await, 200);
    assert_eq!((&changed["permissions"], &changed["description"]), (&json!(["read"]), &json!("Reads")));
    let same = office.put(&path, &json!({"permissions": ["read"], "description": null})).await;
    assert_eq!(data(&same, 220), changed);
    assert_eq!(data(&office.delete(&path).await, 200), changed);
    assert_eq!(office.get(&path).await.status(), 404);
    assert_eq!(office.delete(&path).await.status(), 404);
}

#[tokio::test]
async fn what_a_function_can_not_be() {
    let office = Office::new().await;
    office.gatelet.function_of("reader", &["read"]).await;
    let name = "must be 1 to 64 of the characters A-Z a-z 0-9 _ : . -, and not digits alone";
    let permissions = "must be an array of names of 1 to 64 of the characters A-Z a-z 0-9 _ : . -";
    for (body, field, message) in [
        (json!({}), "name", "must be given"),
        (json!({"name": ["a"]}), "name", "must be a string"),
        (json!({"name": "12"}), "name", name),
        (json!({"name": "reader"}), "name", "is taken"),
        (json!({"name": "administrator"}), "name", "is taken"),
        (
            json!({"name": "a", "description": "\t"}),
            "description",
            "must be 1 to 200 characters that can be shown",
        ),
        (json!({"name": "a", "permissions": ["a b"]}), "permissions", permissions),
        (json!({"name": "a", "permissions": [1]}), "permissions", "must be an array of strings"),
        (
            json!({"name": "a", "permissions": ["administer"]}),
            "permissions",
            "can't hold administer, which only the function administrator has",
        ),
    ] {
        let answer = office.post("function", &body).await;
        assert_eq!(refused(&answer), [(field.to_owned(), message.to_owned())], "{body}");
    }
    let wrong = office.put("function/reader", &json!({"name": "writer", "permissions": {}})).await;
    let fields: Vec<_> = refused(&wrong).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "permissions"]);
}

#[tokio::test]
async fn the_administrators_own_function_is_as_it_is() {
    let office = Office::new().await;
    let shown = data(&office.get("function/1").await, 200);
    assert_eq!(shown["permissions"], json!(["administer", "viewOAuthClients", "viewOAuthClientsDetails"]));
    for answer in [
        office.put("function/administrator", &json!({"permissions": []})).await,
        office.delete("function/1").await,
    ] {
        let message = "is always there and can't be changed".to_owned();
        assert_eq!(refused(&answer), [("function".to_owned(), message)]);
    }
}

#[tokio::test]
async fn functions_are_listed_by_name_a_part_at_a_time() {
    let office = Office::new().await;
    for name in ["reader", "Writer", "auditor"] {
        office.gatelet.function_of(name, &[]).await;
    }
    let answer = office.get("function").await;
    assert_eq!(all(&data(&answer, 200), "name"), ["administrator", "auditor", "reader", "Writer"]);
    let envelope = answer.json();
    let numbers = ["limit", "offset", "count", "size"].map(|name| envelope[name].as_u64().unwrap());
    assert_eq!(numbers, [25, 0, 4, 4]);
    let answer = office.get("function?limit=2&offset=1&sortBy=-name").await;
    assert_eq!(all(&data(&answer, 200), "name"), ["reader", "auditor"]);
    let envelope = answer.json();
    let numbers = ["limit", "offset", "count", "size"].map(|name| envelope[name].as_u64().unwrap());
    assert_eq!(numbers, [2, 1, 4, 2]);
    assert_eq!(all(&data(&office.get("function?keywords=SERVICE").await, 200), "name"), ["administrator"]);
    for (query, field) in [("limit=1001", "limit"), ("offset=x", "offset"), ("sortBy=id", "sortBy")] {
        assert_eq!(refused(&office.get(&format!("function?{query}")).await)[0].0, field);
    }
}

/// The name is decided by the write.
#[tokio::test]
async fn of_many_who_make_the_same_function_one_does() {
    let office = Office::new().await;
    let body = json!({"name": "reader"});
    let calls = (0..20).map(|_| tokio::spawn(office.post("function", &body).into_future()));
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.unwrap().status());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[412; 19][..]));
}

/// Neither change is lost: who comes second changes what the first has left.
#[tokio::test]
async fn two_who_change_different_members_both_do() {
    let office = Office::new().await;
    for round in 0..10 {
        let path =
            format!("function/{}", office.gatelet.function_of(&format!("f{round}"), &["read"]).await.id);
        let (one, other) = (json!({"description": "Reads"}), json!({"permissions": ["list"]}));
        let one = tokio::spawn(office.put(&path, &one).into_future());
        let other = tokio::spawn(office.put(&path, &other).into_future());
        assert_eq!((one.await.unwrap().status(), other.await.unwrap().status()), (200, 200));
        let shown = data(&office.get(&path).await, 200);
        assert_eq!((&shown["description"], &shown["permissions"]), (&json!("Reads"), &json!(["list"])));
    }
}

/// What a function lets do is looked up when it is used: half a minute later at the latest, since sandboxes remember functions.
#[tokio::test]
async fn a_function_that_changes_changes_what_its_holders_may_do() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    gatelet.function_of("viewer", &["viewOAuthClients"]).await;
    let bob = gatelet.person("bob").await;
    gatelet.grant(&bob, "viewer", None).await;
    let key = gatelet.api_key(&bob).await;
    let status = async || {
        let client = gatelet.get("/authentication/v1/oauth/client/none").header("argus-api-key", &key);
        client.await.status()
    };
    assert_eq!(status().await, 404);
    data(&office.put("function/viewer", &json!({"permissions": []})).await, 200);
    gatelet.table.clock.advance(domain::time::Seconds(31));
    assert_eq!(status().await, 403);
}
