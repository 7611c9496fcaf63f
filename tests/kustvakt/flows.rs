//! What a registered client of each type is entitled to, and for how long.

use axum::http::Method;
use domain::time::Seconds;
use domain::{ClientId, Clock as _};
use serde_json::json;

use crate::scene::{API, PREFIXES, Registered, Scene, VERIFIER, as_person, brought, code, refused};

const DAY: Seconds = Seconds::days(1);
const YEAR: u64 = 31_536_000;

fn error(brought: &[(String, String)]) -> Option<&str> {
    brought.iter().find(|(name, _)| name == "error").map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_confidential_client_completes_the_code_flow_in_either_way_it_may_say_who_it_is() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    for prefix in PREFIXES {
        for in_header in [true, false] {
            let code = code(&scene.authorize(&scene.alice, &client, "notes:read").await);
            let request = scene.gatelet.post(&format!("{prefix}/oauth2/token"));
            let request = request.with("grant_type", "authorization_code").with("code", &code);
            let request = request.with("code_verifier", VERIFIER);
            let request = match in_header {
                true => request.basic(&client.id, client.secret()),
                false => request.with("client_id", &client.id).with("client_secret", client.secret()),
            };
            let answer = request.await;
            assert_eq!(answer.status(), 200, "{answer:?}");
            let json = answer.json();
            let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
            assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(86_400)));
            assert_eq!(json["scope"], "notes:read");
        }
    }
}

/// PKCE is for everyone, but for clients from before it where an operator allows that.
#[tokio::test]
async fn a_confidential_client_may_do_without_pkce_where_an_operator_allows_it() {
    let ask = |scene: &Scene, client: &Registered| {
        let query = [("response_type", "code"), ("client_id", &client.id), ("scope", "notes:read")];
        as_person(scene.authorize_by(&query), &scene.alice)
    };
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let refused = ask(&scene, &client).await;
    assert_eq!(
        (error(&brought(&refused)), refused.reason()),
        (Some("invalid_request"), Some("code_challenge missing"))
    );

    let scene = Scene::legacy().await;
    let confidential = scene.registered(json!({"redirect_uri": "http://example.client.com/redirect"})).await;
    let code = code(&ask(&scene, &confidential).await);
    let redeemed = scene
        .token(&confidential, "authorization_code")
        .with("code", &code)
        .with("redirect_uri", "http://example.client.com/redirect");
    let tokens = redeemed.await.tokens();
    assert!(tokens.refresh.is_some());
    let public = scene.registered(json!({"type": "PUBLIC"})).await;
    assert_eq!(ask(&scene, &public).await.reason(), Some("code_challenge missing"));
}

#[tokio::test]
async fn a_public_client_gets_a_token_for_a_day_and_no_refresh_token() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({"type": "PUBLIC"})).await;
    let code = code(&scene.authorize(&scene.alice, &client, "notes:read openid").await);
    let without = scene.token(&client, "authorization_code").with("code", &code).await;
    assert_eq!(without.reason(), Some("code_verifier does not answer the challenge"));
    let answer =
        scene.token(&client, "authorization_code").with("code", &code).with("code_verifier", VERIFIER).await;
    let json = answer.json();
    assert_eq!((json.get("refresh_token"), &json["expires_in"]), (None, &json!(86_400)), "{answer:?}");
    let access = answer.tokens().access;
    assert_eq!(scene.gatelet.get("/oauth2/userinfo").bearer(&access).await.status(), 200);
    scene.gatelet.table.clock.advance(DAY);
    assert_eq!(scene.gatelet.get("/oauth2/userinfo").bearer(&access).await.reason(), Some("token expired"));
    for grant in ["refresh_token", "client_credentials"] {
        let answer = scene.token(&client, grant).with("refresh_token", "x").await;
        refused(
            &answer,
            401,
            "unauthorized_client",
            "This client is not registered for that grant or response type.",
        );
    }
}

/// `refreshTokenExpiry` says how long each refresh token lasts; the grant ends after a year, however often it is refreshed.
#[tokio::test]
async fn a_refresh_token_lasts_as_long_as_it_was_registered_to() {
    for (own, life) in [
        (json!({"refreshTokenExpiry": 7_776_000}), 7_776_000),
        (json!({"refresh_token_expiry": "3600"}), 3_600),
        (json!({}), YEAR),
        (json!({"refreshTokenExpiry": 0}), YEAR),
        (json!({"refreshTokenExpiry": -1}), YEAR),
    ] {
        let scene = Scene::new().await;
        let client = scene.registered(own.clone()).await;
        let clock = &scene.gatelet.table.clock;
        let (in_time, late) = (
            scene.tokens(&scene.alice, &client, "notes:read").await,
            scene.tokens(&scene.alice, &client, "notes:read").await,
        );
        clock.advance(Seconds(life - 1));
        assert_eq!(scene.refresh(&client, &in_time).await.status(), 200, "{own}");
        clock.advance(Seconds(1));
        let answer = scene.refresh(&client, &late).await;
        assert_eq!((answer.status(), answer.reason()), (400, Some("refresh token expired")), "{own}");
        assert_eq!(answer.member("error").as_deref(), Some("invalid_grant"));
    }
}

#[tokio::test]
async fn a_grant_is_refreshed_for_a_year_at_most() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({"refreshTokenExpiry": 20_000_000})).await;
    let clock = &scene.gatelet.table.clock;
    let first = scene.tokens(&scene.alice, &client, "notes:read").await;
    clock.advance(Seconds(19_999_999));
    let second = scene.refresh(&client, &first).await.tokens();
    clock.advance(Seconds(YEAR - 19_999_999 - 1));
    let third = scene.refresh(&client, &second).await.tokens();
    clock.advance(Seconds(1));
    assert_eq!(scene.refresh(&client, &third).await.reason(), Some("refresh token expired"));
}

/// A family ends with its first replay.
#[tokio::test]
async fn s38_a_replayed_refresh_token_ends_its_family() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let first = scene.tokens(&scene.alice, &client, "notes:read").await;
    let second = scene.refresh(&client, &first).await.tokens();
    scene.refresh(&client, &second).await.tokens();
    scene.gatelet.table.clock.advance(Seconds(60));
    let answer = scene.refresh(&client, &first).await;
    refused(
        &answer,
        400,
        "invalid_grant",
        "The code or token is invalid, expired, used, revoked or another client's.",
    );
    assert_eq!(scene.refresh(&client, &second).await.reason(), Some("refresh token unknown"));
}

#[tokio::test]
async fn a_plugin_is_entitled_to_nothing_before_it_is_permitted() {
    let scene = Scene::new().await;
    let plugin = scene.plugin().await;
    let answer = scene.authorize(&scene.alice, &plugin, "notes:read").await;
    assert_eq!(
        (error(&brought(&answer)), answer.reason()),
        (Some("unauthorized_client"), Some("plugin is not permitted"))
    );
    let answer = scene.token(&plugin, "client_credentials").await;
    refused(&answer, 401, "unauthorized_client", "An administrator has to permit this plugin first.");

    scene.decide("permit", &plugin, "permitted", true).await;
    let tokens = scene.tokens(&scene.alice, &plugin, "notes:read openid").await;
    assert_eq!(scene.gatelet.get("/oauth2/userinfo").bearer(&tokens.access).await.status(), 200);
    let refreshed = scene.refresh(&plugin, &tokens).await.tokens();

    // What is taken back is felt at once, in tokens too.
    scene.decide("permit", &plugin, "permitted", false).await;
    let answer = scene.gatelet.get("/oauth2/userinfo").bearer(&refreshed.access).await;
    assert_eq!((answer.status(), answer.reason()), (401, Some("token of a plugin that is not permitted")));
    assert_eq!(scene.refresh(&plugin, &refreshed).await.reason(), Some("plugin is not permitted"));
    let introspection = scene.gatelet.post("/oauth2/introspect").basic(&plugin.id, plugin.secret());
    assert_eq!(introspection.with("token", &refreshed.access).await.json(), json!({"active": false}));
}

#[tokio::test]
async fn what_is_not_served_is_refused_in_kustvakts_form() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({})).await;
    let password = scene.token(&client, "password").with("username", "alice").with("password", "x").await;
    refused(&password, 400, "unsupported_grant_type", "This grant type is not supported.");
    let wrong = Registered { secret: Some("wrong".to_owned()), ..client.clone() };
    refused(
        &scene.token(&wrong, "client_credentials").await,
        401,
        "invalid_client",
        "Client authentication failed.",
    );
    let scope = scene.token(&client, "client_credentials").with("scope", "openid").await;
    refused(&scope, 400, "invalid_scope", "A scope is unknown, malformed or not granted.");
    refused(
        &scene.gatelet.post(&format!("{API}/oauth2/token")).await,
        400,
        "invalid_request",
        "grant_type is required.",
    );
    // Nobody who is no super client holds a token for what is a user's to do.
    let own = scene.token(&client, "client_credentials").await.tokens();
    assert_eq!((own.scope.as_str(), own.refresh), ("notes:read notes:write", None));
}

#[tokio::test]
async fn s48_a_client_revokes_its_own_tokens_and_no_others() {
    let scene = Scene::new().await;
    let (client, other) = (scene.registered(json!({})).await, scene.registered(json!({})).await);
    let revoke = |client: &Registered, token: &str| {
        let request = scene.gatelet.post(&format!("{API}/oauth2/revoke")).with("client_id", &client.id);
        request.with("client_secret", client.secret()).with("token", token).with("token_type", "access_token")
    };
    let tokens = scene.tokens(&scene.alice, &client, "notes:read").await;
    for (client, token) in [(&other, tokens.access.as_str()), (&client, "unknown"), (&client, "alice/gtla_x")]
    {
        let answer = revoke(client, token).await;
        assert_eq!((answer.status(), answer.text()), (200, "SUCCESS"));
    }
    let refreshed = scene.refresh(&client, &tokens).await.tokens();
    let answer = revoke(&client, &refreshed.access).await;
    assert_eq!((answer.status(), answer.text()), (200, "SUCCESS"));
    assert_eq!(scene.refresh(&client, &refreshed).await.reason(), Some("refresh token unknown"));
    let wrong = Registered { secret: Some("wrong".to_owned()), ..client };
    refused(&revoke(&wrong, "x").await, 401, "invalid_client", "Client authentication failed.");
}

/// All three interfaces see the same client, each as far as it goes.
#[tokio::test]
async fn one_client_is_seen_from_every_side() {
    let scene = Scene::new().await;
    let client = scene.registered(json!({"refreshTokenExpiry": 3600})).await;
    let front_end = scene.front_end().await;

    // Argus: administrators see it, and whose it is; it is nobody's to be found by others.
    let key = scene.gatelet.api_key(&scene.root).await;
    let argus = |key: &str| {
        let path = format!("/authentication/v1/oauth/client/{}", client.id);
        scene.gatelet.get(&path).header("argus-api-key", key)
    };
    let seen = argus(&key).await.json();
    assert_eq!(seen["data"]["name"], "MyOAuth2Client");
    assert_eq!(seen["data"]["createdByUser"]["shortName"], "alice");
    let alices = scene.gatelet.api_key(&scene.alice).await;
    assert_eq!(argus(&alices).await.status(), 403);

    // RFC 7592: its owner sees it, by a token for that, and nobody else does.
    let registered =
        |token: &str| scene.gatelet.get(&format!("/oauth2/register/{}", client.id)).bearer(token);
    let token = scene.token_of(&scene.alice, &front_end, "client_info").await;
    let seen = registered(&token).await;
    assert_eq!(seen.status(), 200, "{seen:?}");
    let seen = seen.json();
    assert_eq!(seen["client_id"], client.id);
    assert_eq!(seen["redirect_uris"], json!(["https://example.client.com/redirect"]));
    assert_eq!(seen["grant_types"], json!(["authorization_code", "refresh_token", "client_credentials"]));
    assert!(seen["scope"].as_str().unwrap().contains("notes:read") && seen.get("client_secret").is_none());
    assert!(seen.get("registration_access_token").is_none());
    for (person, scope, reason) in [
        (&scene.bob, "client_info", "client is not the user's own"),
        (&scene.alice, "notes:read", "token without client_info"),
    ] {
        let token = scene.token_of(person, &front_end, scope).await;
        assert_eq!(registered(&token).await.reason(), Some(reason));
    }

    // Kustvakt: a client that registered itself is there for everyone to know, and nobody's.
    let itself = scene.gatelet.confidential().await;
    let info = |id: &str| scene.through(&front_end, &format!("/oauth2/client/{id}"), &scene.alice);
    let seen = info(&itself.id).await.json();
    assert_eq!((&seen["client_name"], seen.get("client_redirect_uri")), (&json!("Notes"), None));
    let reset = scene.post("/oauth2/client/reset", &scene.alice).with("client_id", &itself.id).await;
    assert_eq!((reset.status(), reset.reason()), (401, Some("neither owner nor administrator")));
    // One that an administrator defined is there for those whom it lets in.
    scene.gatelet.function_of("reader", &[]).await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "reader").await;
    assert_eq!(info(&portal.id).await.reason(), Some("client unknown"));
    scene.gatelet.grant(&scene.alice, "reader", None).await;
    assert_eq!(info(&portal.id).await.json()["client_name"], "portal");
}

#[tokio::test]
async fn a_client_that_argus_deletes_is_gone_here_too() {
    let scene = Scene::new().await;
    let (client, front_end) = (scene.registered(json!({})).await, scene.front_end().await);
    let tokens = scene.tokens(&scene.alice, &client, "notes:read").await;
    let key = scene.gatelet.api_key(&scene.root).await;
    let path = format!("/authentication/v1/oauth/client/{}", client.id);
    let deleted = scene.gatelet.call(Method::DELETE, &path).header("argus-api-key", &key).await;
    assert_eq!(deleted.status(), 200);
    assert_eq!(scene.refresh(&client, &tokens).await.reason(), Some("client unknown"));
    let list = scene.through(&front_end, "/oauth2/client/list", &scene.alice).await;
    assert_eq!(list.json(), json!([]));
    let id = ClientId::parse(&client.id).unwrap();
    assert!(scene.gatelet.table.store.clients.find(id).await.unwrap().unwrap().deleted);
    assert!(scene.gatelet.table.clock.now().0 > 0);
}

/// Whoever changes it, and by whichever interface.
#[tokio::test]
async fn a_super_client_keeps_a_secret() {
    let scene = Scene::new().await;
    let itself = scene.gatelet.confidential().await;
    scene.gatelet.function_of("reader", &[]).await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "reader").await;
    for client in [&itself, &portal] {
        let client = Registered { id: client.id.clone(), secret: client.secret.clone() };
        scene.decide("privilege", &client, "super", true).await;
    }
    let mut metadata = itself.manage(Method::GET).await.json();
    metadata["token_endpoint_auth_method"] = json!("none");
    metadata["grant_types"] = json!(["authorization_code"]);
    let answer = itself.manage(Method::PUT).json(&metadata).await;
    answer.is_refused(400, "invalid_client_metadata", "super client turns public");
    let key = scene.gatelet.api_key(&scene.root).await;
    let path = format!("/authentication/v1/oauth/client/{}", portal.id);
    let update = scene.gatelet.call(Method::PUT, &path).header("argus-api-key", &key);
    let answer = update.json(&json!({"authenticationMethod": "none"})).await;
    assert_eq!(
        (answer.status(), answer.reason()),
        (412, Some("fields refused: authenticationMethod")),
        "{answer:?}"
    );
}
