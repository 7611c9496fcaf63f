//! What is in the log: reasons and names, and nothing that could be presented.
//!
//! Heard at the most talkative level of our own crates. At that level the SDK logs whole items, and so what is stored: digests, profiles,
//! a password's hash.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Settings;
use domain::settings::Registration;
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::Gatelet;
use url::form_urlencoded::byte_serialize;

use crate::log;
use crate::scene::Scene;
use crate::story::{Told, digest, secret, spellings};

#[tokio::test]
async fn s44_the_log_of_a_long_story_holds_no_secret() {
    log::listen();
    let told = Told::new().await;
    let heard = log::heard();
    let lines = log::lines();
    assert!(lines.len() > 100 && lines.iter().any(|line| line.contains("\"_aws\"")), "{lines:?}");
    let heard = format!("{heard}\n{}", lines.join("\n"));
    for known in [
        told.scene.notes.id.as_str(),
        "refresh token replayed",
        "grant.type=\"refresh_token\"",
        "\"audit.event\":\"token.replayed\"",
        "dynamodb call",
    ] {
        assert!(heard.contains(known), "what is logged can be found: {known}\n{heard}");
    }
    assert!(heard.lines().count() > 200, "{heard}");
    for text in &told.generated {
        let digest = digest(text);
        let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for spelling in [
            hex.to_uppercase(),
            hex,
            format!("{digest:?}"),
            STANDARD.encode(digest),
            URL_SAFE_NO_PAD.encode(digest),
        ] {
            assert!(!heard.contains(&spelling), "the digest of {text} is logged as {spelling}");
        }
        // Not even the part that leads to the item, beside which a reader of the table would need but the secret.
        for spelling in spellings(text) {
            let spelling = String::from_utf8_lossy(&spelling).into_owned();
            assert!(!heard.contains(&spelling), "{text} is logged as {spelling}");
        }
        assert!(!heard.contains(&format!("{:02x?}", secret(text))), "{text} is logged byte by byte");
    }
    for text in &told.others {
        let encoded = byte_serialize(text.as_bytes()).collect::<String>();
        for spelling in [text.clone(), encoded, STANDARD.encode(text), URL_SAFE_NO_PAD.encode(text)] {
            assert!(!heard.contains(&spelling), "{text} is logged as {spelling}");
        }
    }
    for word in [
        "gtl",
        "Bearer ",
        "Basic ",
        "code=",
        "state=",
        "password=",
        "$argon2id$",
        "@example.com",
        "+4712345678",
        &told.scene.browser.address.to_string(),
    ] {
        assert!(!heard.contains(word), "{word} in {heard}");
    }
}

/// The audit trail of a replay: what was refused and why, to which client, in whose name.
#[tokio::test]
async fn s38_a_replay_is_told_to_the_log() {
    let mut scene = Scene::new().await;
    let first = scene.tokens("openid").await;
    scene.notes.refresh(first.refresh()).await.tokens();
    scene.gatelet.table.clock.advance(scene.gatelet.settings().lifetimes.refresh_window);
    log::listen();
    scene.notes.refresh(first.refresh()).await;
    is_told_of(&scene, "refresh token replayed", "refresh_token");
}

#[tokio::test]
async fn s22_a_code_that_comes_twice_is_told_to_the_log() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    scene.notes.redeem(&asked, &code).await.tokens();
    log::listen();
    scene.notes.redeem(&asked, &code).await;
    is_told_of(&scene, "code redeemed twice", "authorization_code");
}

fn is_told_of(scene: &Scene, reason: &str, grant_type: &str) {
    let heard = log::heard();
    let line = heard.lines().find(|line| line.contains(reason) && line.contains("http.status"));
    let line = line.expect("a line about it");
    assert!(line.trim_start().starts_with("WARN"), "{line}");
    for part in [
        &format!("grant.type=\"{grant_type}\""),
        &format!("client.id={}", scene.notes.id),
        &format!("user.id={}", scene.alice.id),
        "http.status=400",
        "request.id=",
    ] {
        assert!(line.contains(part), "no {part} in {line}");
    }
}

#[tokio::test]
async fn s44_what_is_refused_unread_is_not_logged_either() {
    let gatelet =
        Gatelet::with(|settings: &mut Settings| settings.registration = Registration::Protected([0; 32]))
            .await;
    log::listen();
    let sentinel = "sentinel-that-nobody-may-log";
    for request in [
        gatelet.post(paths::TOKEN).with("grant_type", sentinel),
        gatelet
            .post(paths::TOKEN)
            .with("grant_type", "authorization_code")
            .with(sentinel, sentinel)
            .and(sentinel, ""),
        gatelet.post(paths::TOKEN).with("grant_type", "refresh_token").with("client_id", sentinel),
        gatelet.post(&format!("{}?code={sentinel}", paths::TOKEN)),
        gatelet.post(paths::TOKEN).header("authorization", format!("Basic {}", STANDARD.encode(sentinel))),
        gatelet.post(paths::TOKEN).header("content-type", sentinel),
        gatelet.get(paths::USERINFO).bearer(sentinel),
        gatelet.get(paths::USERINFO).header("authorization", sentinel),
        gatelet.post(paths::REGISTER).bearer(sentinel).json(&json!({"client_name": sentinel})),
        gatelet.get(&format!("{}?client_id={sentinel}&state={sentinel}", paths::AUTHORIZE)),
        gatelet
            .get(&format!("{}?request={sentinel}", paths::LOGIN))
            .header("cookie", format!("__Host-gatelet-session={sentinel}")),
        gatelet
            .get(&format!("{}?id_token_hint={sentinel}&post_logout_redirect_uri={sentinel}", paths::LOGOUT)),
    ] {
        request.await;
    }
    let heard = log::heard();
    assert!(heard.lines().filter(|line| line.contains("refused")).count() >= 10, "{heard}");
    for spelling in [sentinel.to_owned(), STANDARD.encode(sentinel)] {
        assert!(!heard.contains(&spelling), "{heard}");
    }
}
