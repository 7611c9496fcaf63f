//! Passwords as they are typed and kept.

use domain::password::{PasswordHash, Verdict};
use domain::user::{Login, Username};
use serde_json::json;
use testkit::actors::{Gatelet, Person};

/// "password" by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e`
const DATED: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

async fn stored(gatelet: &Gatelet) -> Option<Login> {
    let name = Username::parse("alice").ok()?;
    gatelet.table.store.logins.find(&name).await.ok()?
}

#[tokio::test]
async fn a_dated_hash_is_replaced_at_the_next_sign_in() {
    let gatelet = Gatelet::start().await;
    let alice = Person { password: "password".to_owned(), ..gatelet.person("alice").await };
    let login = stored(&gatelet).await.unwrap();
    let dated: PasswordHash = serde_json::from_value(json!(DATED)).unwrap();
    gatelet.table.store.logins.rehash(&login, &dated).await.unwrap();
    let mut browser = gatelet.browser();

    browser.open("/login").await.page();
    browser.sign_in_as("alice", "passwore").await.page();
    assert_eq!(stored(&gatelet).await.unwrap().password, dated, "a wrong password replaces nothing");
    browser.sign_in(&alice).await.page();
    let renewed = stored(&gatelet).await.unwrap().password;
    assert_eq!(renewed.verify("password"), Verdict::Right);

    drop(gatelet.writes());
    let mut another = gatelet.browser();
    another.open("/login").await.page();
    let page = another.sign_in(&alice).await.page();
    assert!(page.says("You are signed in"), "{}", page.text);
    assert_eq!(gatelet.writes(), ["TransactWriteItems"], "the session, and no hash any more");
}

#[tokio::test]
async fn a_name_is_read_without_case_and_surrounding_space() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    let page = browser.sign_in_as(" ALICE ", &alice.password).await.page();
    assert!(page.says("You are signed in\nas alice"), "{}", page.text);
}

#[tokio::test]
async fn a_password_is_read_letter_by_letter() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    browser.open("/login").await.page();
    let padded = format!("{} ", alice.password);
    let long = "x".repeat(1025);
    for password in [padded.as_str(), &alice.password.to_uppercase(), "", &long] {
        let page = browser.sign_in_as("alice", password).await.page();
        assert_eq!((page.answer.status(), page.answer.reason()), (401, Some("password wrong")));
    }
    browser.sign_in(&alice).await.page();
}
