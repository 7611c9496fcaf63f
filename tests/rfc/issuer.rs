//! The issuer: from configuration and from nowhere else.

use axum::http::Method;
use domain::Issuer;
use oauth::metadata::paths;
use testkit::actors::{Answer, Gatelet};

/// What a caller, or a proxy that believes callers, may claim.
const CLAIMS: [(&str, &str); 12] = [
    ("host", "evil.example"),
    ("forwarded", "for=198.51.100.1;host=evil.example;proto=http"),
    ("x-forwarded-for", "198.51.100.1"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-port", "8080"),
    ("x-forwarded-prefix", "/evil"),
    ("x-original-url", "/evil"),
    ("x-real-ip", "198.51.100.1"),
    ("x-host", "evil.example"),
    ("via", "1.1 evil.example"),
];

/// Somebody registers, signs in, fails, refreshes and signs out at a service that was just set up; everything that was answered.
async fn everything(claims: &[(&str, &str)]) -> Vec<String> {
    let plain = Gatelet::start().await;
    let gatelet = plain.behind(claims);
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    for path in [paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER, paths::JWKS] {
        gatelet.get(path).await;
    }
    let tokens = notes.tokens(&mut browser, &alice, "openid profile offline_access").await;
    let tokens = notes.refresh(tokens.refresh()).await.tokens();
    notes.introspect(&tokens.access).await;
    gatelet.userinfo(&tokens.access).await;
    gatelet.userinfo("garbage").await;
    notes.client_credentials().await;
    notes.manage(Method::GET).await;
    browser.authorize(&notes.authorization_url().with("client_id", "nobody")).await.page();
    browser.authorize(&notes.authorization_url().scope("root")).await.callback();
    browser.authorize(&notes.authorization_url().with("response_mode", "form_post")).await.callback();
    browser.open("/logout").await.page();
    browser.confirm_sign_out().await.page();
    gatelet.get("/nowhere").await;
    notes.manage(Method::DELETE).await;
    // What is stored about the caller is the gateway's word too.
    let stored = gatelet.table.items().into_iter().map(|item| item.to_string());
    gatelet.answers().iter().map(|answer: &Answer| format!("{answer:?}")).chain(stored).collect()
}

#[tokio::test]
async fn s51_no_header_changes_anything_in_any_answer() {
    let unclaimed = everything(&[]).await;
    let claimed = everything(&CLAIMS).await;
    assert_eq!(unclaimed.len(), claimed.len());
    for (unclaimed, claimed) in unclaimed.iter().zip(&claimed) {
        assert_eq!(unclaimed, claimed);
        assert!(!claimed.contains("evil") && !claimed.contains("198.51.100.1"), "{claimed}");
    }
}

#[tokio::test]
async fn s51_every_address_is_the_configured_issuers() {
    let issuer = "https://login.example:8443";
    let gatelet = Gatelet::with(|settings| settings.issuer = Issuer::parse(issuer).unwrap()).await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    assert!(notes.registration.uri.starts_with(&format!("{issuer}/oauth2/register/")));

    let document = gatelet.get(paths::OPENID_CONFIGURATION).await.json();
    assert_eq!(document, gatelet.get(paths::AUTHORIZATION_SERVER).await.json());
    let addresses = document.as_object().unwrap().iter();
    let addresses: Vec<_> = addresses
        .filter(|(name, _)| name.ends_with("_endpoint") || ["issuer", "jwks_uri"].contains(&name.as_str()))
        .map(|(_, value)| value.as_str().unwrap())
        .collect();
    assert_eq!(addresses.len(), 9, "{addresses:?}");
    assert!(addresses.iter().all(|address| address.starts_with(issuer)), "{addresses:?}");

    let asked = notes.authorization_url();
    let callback = gatelet.browser().grant(&asked, &alice).await;
    assert_eq!(callback.get("iss"), Some(issuer));
    let tokens = notes.redeem(&asked, callback.code()).await.tokens();
    assert_eq!(notes.verify(tokens.id()).await["iss"], issuer);
    assert_eq!(notes.introspect(&tokens.access).await.json()["iss"], issuer);
}

#[tokio::test]
async fn s51_where_somebody_signs_in_from_is_the_gateways_word() {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.behind(&CLAIMS).browser();
    browser.address = "192.0.2.9".parse().unwrap();
    browser.open("/login").await.page();
    browser.sign_in(&alice).await.page();
    let stored = gatelet.table.items().into_iter().map(|item| item.to_string()).collect::<String>();
    assert!(stored.contains("192.0.2.9") && !stored.contains("198.51.100.1"), "{stored}");
}

#[tokio::test]
async fn s51_cookies_are_as_strict_as_the_issuer_allows() {
    for (issuer, session, secure) in [
        ("https://id.example", "__Host-gatelet-session", true),
        ("http://127.0.0.1:9000", "gatelet-session", false),
    ] {
        let gatelet = Gatelet::with(|settings| settings.issuer = Issuer::parse(issuer).unwrap()).await;
        // Whatever the caller says of how it came.
        let gatelet = gatelet.behind(&[("x-forwarded-proto", if secure { "http" } else { "https" })]);
        let alice = gatelet.person("alice").await;
        let mut browser = gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&alice).await.page();
        assert!(browser.cookies.get(session).is_some(), "{:?}", browser.cookies);
        for cookie in browser.cookies.all() {
            assert_eq!((cookie.secure, cookie.http_only), (secure, true), "{cookie:?}");
            assert_eq!((cookie.same_site.as_deref(), cookie.path.as_str()), (Some("Lax"), "/"), "{cookie:?}");
        }
        let strict = gatelet.get("/login").await;
        assert_eq!(strict.header("strict-transport-security").is_some(), secure);
    }
}
