//! What changes of users change for them and for each other, and how users are found.

use domain::client::SecurityLevel;
use serde_json::json;

use crate::directory_scene::{Office, all, data, refused};
use crate::directory_users::with;

/// Each sees the other as an administrator; the writes see which came first.
#[tokio::test]
async fn of_two_who_shut_out_each_other_one_is_left() {
    for change in [Some(json!({"blocked": true})), Some(json!({"functions": []})), None] {
        let alice = Office::new().await;
        let bob = alice.colleague("bob").await;
        let shut = |office: &Office, other: &str| match &change {
            Some(change) => office.put(&format!("user/{other}"), change),
            None => office.delete(&format!("user/{other}")),
        };
        let one = tokio::spawn(shut(&alice, "bob").into_future());
        let other = tokio::spawn(shut(&bob, "root").into_future());
        let statuses = [one.await.unwrap().status(), other.await.unwrap().status()];
        let left = [&alice, &bob].map(|office| office.get("user"));
        let [alice, bob] = left;
        let left = [alice.await.status(), bob.await.status()];
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(left.iter().filter(|status| **status == 200).count(), 1, "{left:?}");
    }
}

#[tokio::test]
async fn blocking_and_disabling_end_what_may_be_done_at_once() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    let bob = gatelet.person("bob").await;
    gatelet.grant(&bob, "administrator", None).await;
    gatelet.change(&bob, |user| user.security_level = SecurityLevel::Administrative).await;
    let key = gatelet.api_key(&bob).await;
    let notes = gatelet.confidential().await;
    let tokens = notes.tokens(&mut gatelet.browser(), &bob, "openid offline_access").await;
    let used = async || {
        let by_key = gatelet.get("/directory/v1/function").header("argus-api-key", &key).await.status();
        let by_token = gatelet.userinfo(&tokens.access).await.status();
        let active = notes.introspect(&tokens.access).await.json()["active"].clone();
        (by_key, by_token, active)
    };
    let (can, can_not) = ((200, 200, json!(true)), (401, 401, json!(false)));
    for (member, shut) in [("blocked", true), ("enabled", false)] {
        assert_eq!(used().await, can);
        data(&office.put("user/bob", &json!({member: shut})).await, 200);
        assert_eq!(used().await, can_not);
        assert_eq!(notes.refresh(tokens.refresh()).await.status(), 400);
        data(&office.put("user/bob", &json!({member: !shut})).await, 200);
    }
    assert_eq!(used().await, can);
    data(&office.delete("user/bob").await, 200);
    assert_eq!(used().await, can_not);
}

#[tokio::test]
async fn what_is_granted_or_taken_counts_at_the_next_use() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    let bob = gatelet.person("bob").await;
    let key = gatelet.api_key(&bob).await;
    let status = async || gatelet.get("/directory/v1/function").header("argus-api-key", &key).await.status();
    assert_eq!(status().await, 403);
    let both = json!({"functions": ["administrator"], "securityLevel": "administrative"});
    data(&office.put("user/bob", &both).await, 200);
    assert_eq!(status().await, 200);
    data(&office.put("user/bob", &json!({"functions": []})).await, 200);
    assert_eq!(status().await, 403);
}

#[tokio::test]
async fn a_removed_user_makes_way_for_another_of_the_name() {
    let office = Office::new().await;
    let first = data(&office.post("user", &with(&json!({"username": "bob"}))).await, 201);
    assert_eq!(data(&office.delete("user/bob").await, 200), first);
    for path in ["user/bob".to_owned(), format!("user/{}", first["sub"].as_str().unwrap())] {
        assert_eq!(office.get(&path).await.status(), 404);
        assert_eq!(office.delete(&path).await.status(), 404);
    }
    let second = data(&office.post("user", &with(&json!({"username": "bob"}))).await, 201);
    assert_ne!(first["sub"], second["sub"]);
}

#[tokio::test]
async fn users_are_listed_searched_and_chosen() {
    let office = Office::new().await;
    data(&office.post("domain", &json!({"name": "EU"})).await, 201);
    data(&office.post("customer", &json!({"shortName": "mine", "name": "Mine", "domain": "EU"})).await, 201);
    for (username, name, email, customer) in [
        ("carol", "Zoe", "a@example.com", "mine"),
        ("bob", "Yan", "b@example.org", ""),
        ("alice", "Xi", "c@example.com", "mine"),
    ] {
        let user = json!({"username": username, "name": name, "email": email, "customer": customer});
        data(&office.post("user", &with(&user)).await, 201);
    }
    for (query, listed) in [
        ("", vec!["alice", "bob", "carol", "root"]),
        ("?limit=2", vec!["alice", "bob"]),
        ("?limit=2&offset=3", vec!["root"]),
        ("?sortBy=-username&limit=1", vec!["root"]),
        ("?sortBy=email&keywords=example.com&keywords=@", vec!["carol", "alice", "root"]),
        ("?keywords=ZOE", vec!["carol"]),
        ("?customer=mine&sortBy=-name", vec!["carol", "alice"]),
        ("?domain=DEFAULT", vec!["bob", "root"]),
        ("?domain=EU&keywords=xi", vec!["alice"]),
        ("?keywords=nobody", vec![]),
        ("?limit=0", vec![]),
    ] {
        let answer = office.get(&format!("user{query}")).await;
        assert_eq!(all(&data(&answer, 200), "username"), listed, "{query}");
    }
    let envelope = office.get("user?limit=2&offset=1").await.json();
    let numbers = ["limit", "offset", "count", "size"].map(|name| envelope[name].as_u64().unwrap());
    assert_eq!(numbers, [2, 1, 4, 2]);
    for (query, field) in [
        ("customer=x", "customer"),
        ("domain=x", "domain"),
        ("sortBy=customer", "sortBy"),
        ("limit=-1", "limit"),
    ] {
        assert_eq!(refused(&office.get(&format!("user?{query}")).await)[0].0, field);
    }
}

#[tokio::test]
async fn of_many_who_make_the_same_user_one_does() {
    let office = Office::new().await;
    let calls =
        ["bob", "Bob", "BOB", "bOb"].map(|name| office.post("user", &with(&json!({"username": name}))));
    let calls = calls.map(|call| tokio::spawn(call.into_future()));
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap().status());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412]);
    assert_eq!(office.get("user?keywords=bob").await.json()["count"], 1);
}

#[tokio::test]
async fn two_who_change_different_members_of_a_user_both_do() {
    let office = Office::new().await;
    for round in 0..5 {
        let path = format!("user/bob{round}");
        data(&office.post("user", &with(&json!({"username": format!("bob{round}")}))).await, 201);
        let one = tokio::spawn(office.put(&path, &json!({"name": "Bob"})).into_future());
        let other = tokio::spawn(office.put(&path, &json!({"groups": ["readers"]})).into_future());
        assert_eq!((one.await.unwrap().status(), other.await.unwrap().status()), (200, 200));
        let shown = data(&office.get(&path).await, 200);
        assert_eq!((&shown["name"], &shown["groups"]), (&json!("Bob"), &json!(["readers"])));
    }
}

#[tokio::test]
async fn what_was_removed_is_shown_by_its_bare_name() {
    let office = Office::new().await;
    office.gatelet.function_of("reader", &[]).await;
    data(&office.post("user", &with(&json!({"username": "bob", "functions": "reader"}))).await, 201);
    data(&office.delete("function/reader").await, 200);
    let shown = data(&office.get("user/bob").await, 200);
    assert_eq!(shown["functions"], json!([{"id": null, "name": "reader"}]));
}
