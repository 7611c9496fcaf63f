//! Passwords that administrators set, and sessions that they end.

use serde_json::json;
use testkit::actors::{Browser, PASSWORD};

use crate::directory_scene::{Office, all, data, refused};

const NEW: &str = "a new horse, another battery";

async fn signs_in(browser: &mut Browser, username: &str, password: &str) -> bool {
    browser.open("/login").await.page();
    let page = browser.sign_in_as(username, password).await.page();
    page.says("You are signed in")
}

#[tokio::test]
async fn a_new_password_is_good_and_the_old_one_is_not() {
    let office = Office::new().await;
    office.gatelet.person("bob").await;
    assert!(signs_in(&mut office.gatelet.browser(), "bob", PASSWORD).await);
    let answer = office.put("user/bob/password", &json!({"password": NEW})).await;
    assert_eq!(data(&answer, 200)["username"], "bob");
    assert!(!answer.text().contains(NEW));
    assert!(!signs_in(&mut office.gatelet.browser(), "bob", PASSWORD).await);
    assert!(signs_in(&mut office.gatelet.browser(), "bob", NEW).await);
}

#[tokio::test]
async fn whoever_is_made_signs_in_with_the_password_they_were_given() {
    let office = Office::new().await;
    data(&office.post("user", &json!({"username": "bob", "password": NEW})).await, 201);
    assert!(signs_in(&mut office.gatelet.browser(), "bob", NEW).await);
    data(&office.delete("user/bob").await, 200);
    assert!(!signs_in(&mut office.gatelet.browser(), "bob", NEW).await);
}

#[tokio::test]
async fn a_password_is_judged_before_it_is_set() {
    let office = Office::new().await;
    office.gatelet.person("bob").await;
    let long = "long ago ".repeat(200);
    for (password, message) in [
        (json!(null), "must be given"),
        (json!(["x"]), "must be a string"),
        (json!("fourteen chars"), "must have at least 15 characters"),
        (json!(long), "must have at most 1024 bytes"),
        (json!("passwordpassword"), "must not be one part over and over"),
        (
            json!("a tab\tis not typed"),
            "must not have control characters, which nobody can type when signing in",
        ),
    ] {
        let answer = office.put("user/bob/password", &json!({"password": password})).await;
        assert_eq!(refused(&answer), [("password".to_owned(), message.to_owned())]);
    }
    assert_eq!(office.put("user/nobody/password", &json!({"password": NEW})).await.status(), 404);
    assert!(signs_in(&mut office.gatelet.browser(), "bob", PASSWORD).await);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_with_what_depends_on_them() {
    let office = Office::new().await;
    let gatelet = &office.gatelet;
    let bob = gatelet.person("bob").await;
    let notes = gatelet.confidential().await;
    let (mut one, mut other) = (gatelet.browser(), gatelet.browser());
    let first = notes.tokens(&mut one, &bob, "openid").await;
    gatelet.table.clock.advance(domain::time::Seconds(5));
    let second = notes.tokens(&mut other, &bob, "openid").await;
    let mut sessions = data(&office.get("user/bob/session").await, 200);
    let ids = all(&sessions, "id");
    for session in sessions.as_array_mut().unwrap() {
        session["id"].take();
    }
    insta::assert_json_snapshot!(sessions, @r#"
    [
      {
        "address": "203.0.113.7",
        "authenticatedTimestamp": 1800000000000,
        "expiresTimestamp": 1800043200000,
        "id": null
      },
      {
        "address": "203.0.113.7",
        "authenticatedTimestamp": 1800000005000,
        "expiresTimestamp": 1800043205000,
        "id": null
      }
    ]
    "#);

    let ended = data(&office.delete(&format!("user/bob/session/{}", ids[0])).await, 200);
    assert_eq!(ended["id"], ids[0].as_str());
    assert_eq!(gatelet.userinfo(&first.access).await.status(), 401);
    assert_eq!(gatelet.userinfo(&second.access).await.status(), 200);
    assert_eq!(office.delete(&format!("user/bob/session/{}", ids[0])).await.status(), 404);
    assert_eq!(office.delete(&format!("user/root/session/{}", ids[1])).await.status(), 404);

    let rest = office.delete("user/bob/session").await;
    assert_eq!(all(&data(&rest, 200), "id"), ids[1..]);
    assert_eq!((&rest.json()["count"], &rest.json()["size"]), (&json!(1), &json!(1)));
    assert_eq!(gatelet.userinfo(&second.access).await.status(), 401);
    assert_eq!(data(&office.get("user/bob/session").await, 200), json!([]));
    assert_eq!(data(&office.delete("user/bob/session").await, 200), json!([]));
    other.open("/login").await.page();
    assert!(other.page().title.starts_with("Sign in"));
}
