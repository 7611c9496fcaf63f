//! Pages: not framed, not leaking, and made of nothing but themselves.

use testkit::Fault;
use testkit::actors::{Answer, Gatelet};
use testkit::faults::ANY;

/// Every kind of page there is, each with a name.
async fn pages() -> Vec<(&'static str, Answer)> {
    let gatelet = Gatelet::start().await;
    let alice = gatelet.person("alice").await;
    let notes = gatelet.confidential().await;
    let mut browser = gatelet.browser();
    let url = || notes.authorization_url().with("state", "https://evil.example/");
    let mut pages = Vec::new();
    let mut keep = |name, answer: &Answer| pages.push((name, answer.clone()));

    keep("sign in", &browser.authorize(&url()).await.page().answer);
    keep("sign in, wrong", &browser.sign_in_as("alice", "a guess").await.page().answer);
    keep("sign in, alone", &browser.open("/login").await.page().answer);
    keep("signed in", &browser.sign_in(&alice).await.page().answer);
    keep("consent", &browser.authorize(&url()).await.page().answer);
    keep("form post", &{
        browser.authorize(&url().with("response_mode", "form_post")).await.page();
        browser.allow().await.callback().answer
    });
    keep("error", &browser.authorize(&url().with("client_id", "nobody")).await.page().answer);
    keep("error of consent", &browser.open("/consent").await.page().answer);
    keep("error of sign in", &browser.open("/login?request=x").await.page().answer);
    keep("error of sign out", &browser.open("/logout?post_logout_redirect_uri=x").await.page().answer);
    keep("sign out", &browser.open("/logout").await.page().answer);
    keep("signed out", &browser.confirm_sign_out().await.page().answer);
    for (name, fault) in [("busy", Fault::Throttled), ("broken", Fault::AccessDenied)] {
        gatelet.table.faults.always(ANY, fault);
        keep(name, &browser.authorize(&url()).await.page().answer);
        gatelet.table.faults.clear();
    }
    pages
}

/// A policy's directive, without its name.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').find_map(|directive| directive.trim().strip_prefix(name)).map(str::trim)
}

#[tokio::test]
async fn s09_no_page_can_be_framed() {
    for (name, answer) in pages().await {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{name}");
        let policy = answer.header("content-security-policy").unwrap();
        assert_eq!(directive(policy, "frame-ancestors"), Some("'none'"), "{name}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{name}");
    }
}

#[tokio::test]
async fn s10_no_page_tells_where_it_is_or_loads_anything() {
    for (name, answer) in pages().await {
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{name}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        let policy = answer.header("content-security-policy").unwrap();
        assert_eq!(directive(policy, "default-src"), Some("'none'"), "{name}");
        assert_eq!(directive(policy, "img-src"), Some("data:"), "{name}");
        assert_eq!(directive(policy, "base-uri"), Some("'none'"), "{name}");
        let style = directive(policy, "style-src").unwrap();
        assert!(style.starts_with("'sha256-") && !style.contains(' '), "{name}: {style}");
        let script = directive(policy, "script-src");
        assert_eq!(script.is_some(), name == "form post", "{name}: {policy}");
        assert!(script.is_none_or(|script| script.starts_with("'sha256-") && !script.contains(' ')));

        let html = answer.text();
        for loading in
            ["src=", "srcset=", "@import", "url(", "<iframe", "<object", "<embed", "<base", "http-equiv"]
        {
            assert!(!html.contains(loading), "{name} has {loading}");
        }
        let links: Vec<_> = html.split("<link ").skip(1).collect();
        assert!(links.iter().all(|link| link.contains("href=\"data:")), "{name}: {links:?}");
    }
}

#[tokio::test]
async fn s10_a_link_that_leads_away_takes_nothing_along() {
    let (_, consent) = pages().await.into_iter().find(|(name, _)| *name == "consent").unwrap();
    let away: Vec<_> =
        consent.text().split("<a ").skip(1).filter(|link| link.contains("href=\"https:")).collect();
    assert_eq!(away.len(), 1, "the application's website");
    assert!(away.iter().all(|link| link.contains("rel=\"noopener noreferrer\"")), "{away:?}");
}
