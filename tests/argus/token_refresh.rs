//! Refresh, with what Argus asks of it: nobody is acted for who is out, and the token may come as `code`.

use domain::grant::{CodeBinding, Grant, RedirectUriDigest, State};
use domain::secret::Code;
use domain::time::Seconds;
use domain::token::{GrantKeys, Token};
use domain::{ClientId, GrantId, Owner};
use oauth::Scope;
use oauth::pkce::CodeChallenge;
use serde_json::{Value, json};
use testkit::actors::{Client, SECRET, Tokens};
use testkit::clock::START;

use crate::token_scene::{STANDARD, Scene, TOKEN};

/// What outlives the session.
const LASTING: &str = "openid offline_access";

/// Holds a refresh to be refused at both paths, and nothing to have come of it.
async fn is_refused(scene: &Scene, client: &Client, tokens: &Tokens, reason: &str) {
    let before = scene.gatelet.table.items();
    for path in [STANDARD, TOKEN] {
        let answer = client.post(path).with("grant_type", "refresh_token");
        let answer = answer.with("refresh_token", tokens.refresh()).await;
        answer.is_refused(400, "invalid_grant", reason);
        let said = "The code or token is invalid, expired, used, revoked or another client's.";
        assert_eq!(answer.json()["error_description"], said);
    }
    assert_eq!(scene.gatelet.table.items(), before);
}

#[tokio::test]
async fn s42_no_refresh_without_the_required_function_and_again_with_it() {
    let scene = Scene::new().await;
    for scope in ["openid", LASTING] {
        let tokens = scene.tokens(scope).await;
        scene.strip().await;
        is_refused(
            &scene,
            &scene.portal,
            &tokens,
            "token's user has lost the function that the client requires",
        )
        .await;
        assert!(!scene.portal.is_active(&tokens.access).await);
        // Nothing was used up.
        scene.gatelet.grant(&scene.alice, "myAccessFunction", None).await;
        scene.portal.refresh(tokens.refresh()).await.tokens();
    }
}

#[tokio::test]
async fn s42_the_function_must_be_held_for_the_clients_customer() {
    let scene = Scene::new().await;
    let own = scene.gatelet.customer("mycustomer").await.short_name;
    let client = scene.gatelet.bounded_client_but("own", "myAccessFunction", "DATASTORE-VIEWER", |client| {
        client.bounds.as_mut().unwrap().customer = Some(own);
    });
    let client = client.await;
    scene.strip().await;
    scene.gatelet.grant(&scene.alice, "myAccessFunction", Some("mycustomer")).await;
    let tokens = client.tokens(&mut scene.gatelet.browser(), &scene.alice, "openid").await;
    let tokens = client.refresh(tokens.refresh()).await.tokens();
    scene.strip().await;
    scene.gatelet.grant(&scene.alice, "myAccessFunction", Some("other")).await;
    is_refused(&scene, &client, &tokens, "token's user has lost the function that the client requires").await;
}

#[tokio::test]
async fn s42_no_refresh_once_the_user_has_signed_out() {
    let scene = Scene::new().await;
    let mut browser = scene.gatelet.browser();
    let tokens = scene.portal.tokens(&mut browser, &scene.alice, "openid").await;
    browser.sign_out().await.page();
    is_refused(&scene, &scene.portal, &tokens, "token's session is over").await;
}

#[tokio::test]
async fn s42_no_refresh_while_the_user_is_blocked() {
    let scene = Scene::new().await;
    let tokens = scene.tokens(LASTING).await;
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    is_refused(&scene, &scene.portal, &tokens, "token's user may not act").await;
    scene.gatelet.change(&scene.alice, |user| user.blocked = false).await;
    scene.portal.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test]
async fn s42_no_refresh_after_the_refresh_timeout() {
    let scene = Scene::new().await;
    let tokens = scene.tokens(LASTING).await;
    scene.gatelet.table.clock.advance(scene.gatelet.settings().lifetimes.refresh_idle);
    is_refused(&scene, &scene.portal, &tokens, "refresh token expired").await;
}

#[tokio::test]
async fn s42_no_refresh_for_a_client_that_was_deleted() {
    let scene = Scene::new().await;
    let tokens = scene.tokens(LASTING).await;
    let clients = &scene.gatelet.table.store.clients;
    let before = clients.find(ClientId::parse(&scene.portal.id).unwrap()).await.unwrap().unwrap();
    let after = domain::client::Client { deleted: true, version: before.version + 1, ..before.clone() };
    clients.change(&before, &after).await.unwrap();
    // For half a minute a sandbox may go by what it remembers; another one knows.
    let elsewhere = scene.portal.at(&scene.gatelet.sandbox().await);
    let answer = elsewhere.refresh(tokens.refresh()).await;
    answer.is_refused(401, "invalid_client", "client unknown");
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    scene.portal.refresh(tokens.refresh()).await.is_refused(401, "invalid_client", "client unknown");
}

#[tokio::test]
async fn s42_permissions_are_what_they_are_now_and_not_what_they_were() {
    let scene = Scene::new().await;
    let permissions = async |tokens: &Tokens| -> Value {
        scene.portal.introspect(&tokens.access).await.json()["permissions"].clone()
    };
    let tokens = scene.tokens("openid").await;
    assert_eq!(permissions(&tokens).await, json!(["viewData"]));
    // Alice keeps the function, and the function loses its permission.
    let functions = &scene.gatelet.table.store.functions;
    let mut function = functions.list().await.unwrap().find("myAccessFunction").unwrap().clone();
    function.permissions.retain(|permission| permission.as_str() != "viewData");
    function.version += 1;
    functions.change(&function).await.unwrap();
    scene.gatelet.table.clock.advance(store::clients::CACHE);
    let refreshed = scene.portal.refresh(tokens.refresh()).await.tokens();
    assert_eq!(permissions(&refreshed).await, json!([]));
    assert_eq!(permissions(&tokens).await, json!([]));
}

#[tokio::test]
async fn what_was_lost_between_code_and_redemption_makes_tokens_that_are_good_for_nothing() {
    let scene = Scene::new().await;
    let asked = scene.portal.authorization_url();
    let code = scene.gatelet.browser().grant(&asked, &scene.alice).await.code().to_owned();
    scene.strip().await;
    let tokens = scene.portal.redeem(&asked, &code).await.tokens();
    assert!(!scene.portal.is_active(&tokens.access).await);
    is_refused(&scene, &scene.portal, &tokens, "token's user has lost the function that the client requires")
        .await;
}

#[tokio::test]
async fn a_refresh_token_may_come_as_code_and_a_redirect_uri_beside_it_means_nothing() {
    let scene = Scene::new().await;
    let mut token = scene.tokens("openid").await.refresh().to_owned();
    for redirect_uri in [None, Some("https://portal.example/callback"), Some("https://elsewhere.example/")] {
        let form = scene.gatelet.post(TOKEN).with("grant_type", "refresh_token").with("code", &token);
        let form = form.with("client_id", &scene.portal.id).with("client_secret", SECRET);
        let form = match redirect_uri {
            Some(uri) => form.with("redirect_uri", uri),
            None => form,
        };
        let answer = form.await;
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.redacted(), @r#"
            {
              "access_token": "alice/[gtla]",
              "expires_in": 300,
              "id_token": "[signed]",
              "refresh_token": "[gtlr]",
              "scope": "openid",
              "token_type": "Bearer"
            }
            "#);
        }
        token = answer.tokens().refresh().to_owned();
    }
    let form = || scene.portal.post(TOKEN).with("grant_type", "refresh_token");
    // The RFC's own name has the last word.
    let answer = form().with("code", &token).with("refresh_token", "garbage").await;
    answer.is_refused(400, "invalid_grant", "refresh token malformed");
    form().await.is_refused(400, "invalid_request", "refresh_token missing");
    form().with("code", "garbage").await.is_refused(400, "invalid_grant", "refresh token malformed");
    // At the RFC's path a code is a code.
    let standard = scene.portal.post(STANDARD).with("grant_type", "refresh_token").with("code", &token);
    standard.await.is_refused(400, "invalid_request", "refresh_token missing");
    form().with("code", &token).await.tokens();
}

/// As a user's key or JWT makes one: there is no session that it could depend on.
#[tokio::test]
async fn a_grant_without_a_session_is_refreshed_only_where_that_was_granted() {
    let scene = Scene::new().await;
    let sessionless = async |scope: &str| {
        let (table, verifier) = (&scene.gatelet.table, "v".repeat(43));
        let owner = Owner::User(scene.alice.id);
        let keys = GrantKeys { owner, session: None, grant: GrantId::generate(&table.entropy) };
        let (code, soon) = (Token::<Code>::generate(keys, &table.entropy), START + Seconds(60));
        let binding = CodeBinding {
            code: code.digest(),
            redirect_uri: RedirectUriDigest::of(&scene.portal.redirect_uri),
            challenge: Some(CodeChallenge::of_verifier(&verifier).unwrap()),
        };
        let grant = Grant {
            keys,
            client: ClientId::parse(&scene.portal.id).unwrap(),
            username: None,
            scope: Scope::parse(scope).unwrap(),
            auth_time: None,
            nonce: None,
            address: None,
            limit: None,
            ends_at: START + Seconds::days(1),
            state: State::Issued { binding, code_expires_at: soon },
        };
        table.store.grants.issue(&grant).await.unwrap();
        let form = scene.portal.post(TOKEN).with("grant_type", "authorization_code");
        let form = form.with("code", &code.to_text()).with("redirect_uri", &scene.portal.redirect_uri);
        form.with("code_verifier", &verifier).await.tokens()
    };
    let lasting = sessionless(LASTING).await;
    scene.portal.refresh(lasting.refresh()).await.tokens();
    let tokens = sessionless("openid").await;
    assert_eq!(tokens.refresh, None);
    assert!(scene.portal.is_active(&tokens.access).await);
}
