//! Client authentication: one method, the registered one (RFC 6749 section 2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::secret::ClientSecret;
use domain::token::Token;
use oauth::metadata::paths;
use serde_json::json;
use testkit::actors::{Client, Request};

use crate::scene::Scene;

/// A request for a client's own token, with nothing to say who asks.
fn anonymous(scene: &Scene) -> Request {
    scene.gatelet.post(paths::TOKEN).with("grant_type", "client_credentials")
}

/// Credentials in the `Authorization` header, letter by letter.
fn raw_basic(request: Request, credentials: &str) -> Request {
    request.header("authorization", format!("Basic {}", STANDARD.encode(credentials)))
}

/// Every byte as `%XX`: the most that form encoding may do.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn secret(client: &Client) -> &str {
    client.secret.as_deref().unwrap()
}

#[tokio::test]
async fn s27_more_than_one_method_is_refused() {
    let scene = Scene::new().await;
    let (id, secret) = (&scene.notes.id, secret(&scene.notes));
    let basic = || anonymous(&scene).basic(id, secret);
    for (request, reason) in [
        (basic().with("client_secret", secret), "two client authentication methods"),
        (basic().with("client_id", id).with("client_secret", secret), "two client authentication methods"),
        (basic().with("client_secret", "wrong"), "two client authentication methods"),
        (basic().and_header("authorization", "Bearer x"), "two Authorization headers"),
        (basic().with("client_id", "another"), "client_id differs from the header's"),
    ] {
        request.await.is_refused(400, "invalid_request", reason);
    }
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
    // Naming oneself once more is no second method.
    basic().with("client_id", id).await.tokens();
}

#[tokio::test]
async fn s28_failed_authentication_is_answered_401_with_a_challenge() {
    let scene = Scene::new().await;
    let (id, right) = (&scene.notes.id, secret(&scene.notes));
    let forged = Token::<ClientSecret>::generate((), &scene.gatelet.table.entropy).to_text();
    let unreadable = "Authorization header is not readable Basic";
    let with = |header: &str| anonymous(&scene).header("authorization", header);
    for (request, reason) in [
        (anonymous(&scene), "no client named"),
        (anonymous(&scene).basic(id, &forged), "client secret is wrong"),
        (anonymous(&scene).basic(id, "wrong"), "client secret is wrong"),
        (anonymous(&scene).basic(id, ""), "client secret is wrong"),
        (anonymous(&scene).basic("nobody", right), "client unknown"),
        (anonymous(&scene).basic("f0f9a9ce-7d5e-4f6b-8b7e-4d6d3a1f2b3c", right), "client unknown"),
        (anonymous(&scene).basic(&id.to_uppercase(), right), "client unknown"),
        (anonymous(&scene).basic("", right), unreadable),
        (with("Basic"), unreadable),
        (with("Basic !"), unreadable),
        (with("Basic bm8gY29sb24="), unreadable),
        (with("Bearer x"), unreadable),
        (with("Digest username=x"), unreadable),
    ] {
        let answer = request.await;
        answer.is_refused(401, "invalid_client", reason);
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"gatelet\""));
        assert_eq!(answer.json()["error_description"], "Client authentication failed.");
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s28_another_clients_secret_is_a_wrong_one() {
    let scene = Scene::new().await;
    let other = scene.other().await;
    let answer = anonymous(&scene).basic(&scene.notes.id, secret(&other)).await;
    answer.is_refused(401, "invalid_client", "client secret is wrong");
}

#[tokio::test]
async fn s29_a_confidential_client_can_not_fall_back_to_none() {
    let mut scene = Scene::new().await;
    let (asked, code) = scene.code("openid").await;
    let bare = || scene.gatelet.post(paths::TOKEN).with("client_id", &scene.notes.id);
    let redeem = bare().with("grant_type", "authorization_code").with("code", &code);
    let redeem = redeem.with("code_verifier", asked.verifier());
    let other_method = "client authentication method is not the registered one";
    for request in [
        bare().with("grant_type", "client_credentials"),
        bare().with("grant_type", "client_credentials").with("client_secret", ""),
        // A method that is not served is none at all.
        bare()
            .with("grant_type", "client_credentials")
            .with("client_assertion", "e30.e30.")
            .with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        redeem,
    ] {
        request.await.is_refused(401, "invalid_client", other_method);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    scene.notes.redeem(&asked, &code).await.tokens();
}

#[tokio::test]
async fn s29_a_public_client_that_presents_a_secret_is_not_authenticated() {
    let mut scene = Scene::new().await;
    scene.notes = scene.gatelet.public().await;
    let (asked, code) = scene.code("openid").await;
    let borrowed = Token::<ClientSecret>::generate((), &scene.gatelet.table.entropy).to_text();
    let call = || scene.notes.redeem(&asked, &code);
    for request in [
        call().with("client_secret", &borrowed),
        call().with("client_secret", "x"),
        call().basic(&scene.notes.id, &borrowed),
        call().basic(&scene.notes.id, ""),
    ] {
        let answer = request.await;
        answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    call().await.tokens();
}

#[tokio::test]
async fn s29_the_registered_method_and_no_other() {
    let scene = Scene::new().await;
    let own = json!({"token_endpoint_auth_method": "client_secret_post"});
    let post = scene.gatelet.confidential_but(own).await;
    let by_form = |client: &Client| {
        anonymous(&scene).with("client_id", &client.id).with("client_secret", secret(client))
    };
    let by_header = |client: &Client| anonymous(&scene).basic(&client.id, secret(client));
    by_form(&post).await.tokens();
    by_header(&scene.notes).await.tokens();
    for request in [by_header(&post), by_form(&scene.notes)] {
        let answer = request.await;
        answer.is_refused(401, "invalid_client", "client authentication method is not the registered one");
    }
}

#[tokio::test]
async fn s29_the_same_rules_hold_wherever_clients_authenticate() {
    let mut scene = Scene::new().await;
    let tokens = scene.tokens("openid").await;
    for path in [paths::INTROSPECT, paths::REVOKE] {
        let call = || scene.gatelet.post(path).with("token", &tokens.access);
        let named = || call().with("client_id", &scene.notes.id);
        for (request, reason) in [
            (call(), "no client named"),
            (call().basic(&scene.notes.id, "wrong"), "client secret is wrong"),
            (named(), "client authentication method is not the registered one"),
            (
                named().with("client_secret", secret(&scene.notes)),
                "client authentication method is not the registered one",
            ),
        ] {
            request.await.is_refused(401, "invalid_client", reason);
        }
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    scene.goes_on(&tokens).await;
}

#[tokio::test]
async fn s30_basic_credentials_are_read_encoded_and_as_they_are() {
    let scene = Scene::new().await;
    let (id, secret) = (scene.notes.id.as_str(), secret(&scene.notes));
    for credentials in [
        format!("{id}:{secret}"),
        format!("{}:{}", encoded(id), encoded(secret)),
        format!("{id}:{}", encoded(secret)),
        format!("{}:{secret}", encoded(id)),
    ] {
        raw_basic(anonymous(&scene), &credentials).await.tokens();
    }
    let lower = anonymous(&scene)
        .header("authorization", format!("basic {}", STANDARD.encode(format!("{id}:{secret}"))));
    lower.await.tokens();
}

/// No secret that is generated here holds either character, so whatever they do to the reading must end in a refusal.
#[tokio::test]
async fn s30_a_colon_or_a_percent_sign_is_part_of_the_secret_and_breaks_nothing() {
    let scene = Scene::new().await;
    let (id, secret) = (scene.notes.id.as_str(), secret(&scene.notes));
    for wrong in [
        format!("{secret}:"),
        format!(":{secret}"),
        format!("{secret}%3A"),
        format!("{secret}%"),
        format!("{secret}%zz"),
        format!("{secret}%ff"),
        format!("%25{secret}"),
        // Encoded twice is not the secret.
        encoded(&encoded(secret)),
        format!("{secret}+"),
    ] {
        let answer = raw_basic(anonymous(&scene), &format!("{id}:{wrong}")).await;
        answer.is_refused(401, "invalid_client", "client secret is wrong");
    }
    let unreadable = "Authorization header is not readable Basic";
    for credentials in [format!("{id}%3A{secret}"), format!("%ff:{secret}"), format!("{id}:\0")] {
        raw_basic(anonymous(&scene), &credentials).await.is_refused(401, "invalid_client", unreadable);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}
