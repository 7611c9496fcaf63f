//! Proof Key for Code Exchange, at both ends (RFC 7636, RFC 9700 section 2.1.1).

use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::{AuthorizationUrl, Browser, Client, Gatelet};

/// Alice, signed in at an application that she has allowed.
async fn signed_in(gatelet: &Gatelet, client: &Client) -> Browser {
    let alice = gatelet.person("alice").await;
    let mut browser = gatelet.browser();
    let asked = client.authorization_url();
    browser.grant(&asked, &alice).await.code();
    drop(gatelet.writes());
    browser
}

/// A confidential client that is registered to send a `nonce` instead.
async fn with_nonce(gatelet: &Gatelet) -> Client {
    gatelet.confidential_but(json!({"require_pkce": false})).await
}

#[tokio::test]
async fn s16_a_public_client_must_send_a_challenge() {
    let gatelet = Gatelet::start().await;
    let desk = gatelet.public().await;
    let mut browser = signed_in(&gatelet, &desk).await;
    for asked in [desk.authorization_url(), desk.authorization_url().without("nonce")] {
        let callback = browser.authorize(&asked.without_pkce()).await.callback();
        callback.is_refused("invalid_request", "code_challenge missing");
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    let asked = json!({
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "require_pkce": false,
    });
    let refused = gatelet.post(paths::REGISTER).json(&asked).await;
    refused.is_refused(400, "invalid_client_metadata", "public client without PKCE");
}

#[tokio::test]
async fn s17_a_confidential_client_too_unless_it_is_registered_to_send_a_nonce() {
    let gatelet = Gatelet::start().await;
    let usual = gatelet.confidential().await;
    assert_eq!(usual.information["require_pkce"], true);
    let mut browser = signed_in(&gatelet, &usual).await;
    let callback = browser.authorize(&usual.authorization_url().without_pkce()).await.callback();
    callback.is_refused("invalid_request", "code_challenge missing");

    let excepted = with_nonce(&gatelet).await;
    browser.authorize(&excepted.authorization_url()).await.page();
    browser.allow().await.callback().code();
    let asked = excepted.authorization_url().without_pkce();
    let callback = browser.authorize(&asked).await.callback();
    let tokens = excepted.redeem(&asked, callback.code()).await.tokens();
    assert_eq!(excepted.verify(tokens.id()).await["nonce"].as_str(), asked.get("nonce"));
    let neither = browser.authorize(&asked.without("nonce")).await.callback();
    neither.is_refused("invalid_request", "neither code_challenge nor nonce");
    // A challenge is as good as it is for anyone.
    let both = excepted.authorization_url().without("nonce");
    let callback = browser.authorize(&both).await.callback();
    excepted.redeem(&both, callback.code()).await.tokens();
}

#[tokio::test]
async fn s18_s256_is_the_only_method() {
    let gatelet = Gatelet::start().await;
    let desk = gatelet.public().await;
    let mut browser = signed_in(&gatelet, &desk).await;
    let url = || desk.authorization_url();
    let challenge = url().get("code_challenge").unwrap().to_owned();
    let method = |method: &str| url().with("code_challenge_method", method);
    let (other, missing) =
        ("code_challenge_method is not S256", "code_challenge_method without code_challenge");
    for (asked, reason) in [
        // "Defaults to "plain" if not present in the request."
        (url().without("code_challenge_method"), other),
        (method("plain"), other),
        (method("s256"), other),
        (method("S512"), other),
        (url().without("code_challenge"), missing),
        (url().with("code_challenge", "short"), "code_challenge malformed"),
        (url().with("code_challenge", &format!("{challenge}=")), "code_challenge malformed"),
        (url().with("code_challenge", &"+".repeat(43)), "code_challenge malformed"),
        (url().with("code_challenge", &"a".repeat(128)), "code_challenge malformed"),
    ] {
        browser.authorize(&asked).await.callback().is_refused("invalid_request", reason);
    }
    assert_eq!(gatelet.writes(), [""; 0]);
    for path in [paths::OPENID_CONFIGURATION, paths::AUTHORIZATION_SERVER] {
        let document = gatelet.get(path).await.json();
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    }
}

#[tokio::test]
async fn s19_only_the_right_verifier_redeems_and_a_wrong_one_spoils_nothing() {
    let gatelet = Gatelet::start().await;
    for client in [gatelet.public().await, gatelet.confidential().await, with_nonce(&gatelet).await] {
        let alice = gatelet.person(&format!("alice.{}", client.id)).await;
        let asked = client.authorization_url();
        let callback = gatelet.browser().grant(&asked, &alice).await;
        let redeem = || client.redeem(&asked, callback.code());
        let verifier = asked.verifier().to_owned();
        let another = client.authorization_url().verifier().to_owned();
        let (wrong, malformed) = ("code_verifier does not answer the challenge", "code_verifier malformed");
        for (verifier, reason) in [
            (another.as_str(), wrong),
            (&verifier.to_uppercase(), wrong),
            (&format!("{verifier}A"), wrong),
            // What was sent in the clear is not what it stands for.
            (asked.get("code_challenge").unwrap(), wrong),
            (&"a".repeat(42), malformed),
            (&"a".repeat(129), malformed),
            (&format!("{verifier}="), malformed),
            (&format!("{verifier} "), malformed),
            (&format!("{verifier}\u{e9}"), malformed),
        ] {
            redeem().with("code_verifier", verifier).await.is_refused(400, "invalid_grant", reason);
        }
        redeem().without("code_verifier").await.is_refused(400, "invalid_grant", wrong);
        redeem().with("code_verifier", "").await.is_refused(400, "invalid_grant", wrong);
        redeem().await.tokens();
    }
}

#[tokio::test]
async fn s20_a_verifier_without_a_challenge_is_a_downgrade() {
    let gatelet = Gatelet::start().await;
    let notes = with_nonce(&gatelet).await;
    let mut browser = signed_in(&gatelet, &notes).await;
    // Somebody took the challenge out of the request on its way; the application knows nothing of it.
    let intended: AuthorizationUrl = notes.authorization_url();
    let tampered = intended.clone().without_pkce();
    let callback = browser.authorize(&tampered).await.callback();
    let redeemed = notes.redeem(&intended, callback.code()).await;
    redeemed.is_refused(400, "invalid_grant", "code_verifier does not answer the challenge");
    notes.redeem(&tampered, callback.code()).await.tokens();
}
