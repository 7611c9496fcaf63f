//! Client credentials as Argus has them: a user's script asks for a token of the user's that a client is to be handed.

use domain::name::FunctionName;
use domain::secret::SessionToken;
use domain::time::Seconds;
use domain::token::Token;
use oauth::words::GrantType;
use serde_json::json;
use testkit::actors::{ADDRESS, SECRET};

use crate::token_scene::{STANDARD, Scene, TOKEN};

#[tokio::test]
async fn a_script_gets_a_token_by_its_users_api_key() {
    let scene = Scene::new().await;
    let answer = scene.by_key().await;
    assert_eq!((answer.status(), answer.header("cache-control")), (200, Some("no-store")));
    insta::assert_json_snapshot!(answer.redacted(), @r#"
    {
      "access_token": "alice/[gtla]",
      "expires_in": 300,
      "id_token": null,
      "refresh_token": null,
      "token_type": "Bearer"
    }
    "#);
    // The application that it is handed to asks what it is good for, in the seed's own way.
    let token = answer.member("access_token").unwrap();
    let asks = scene.gatelet.post(TOKEN).header("X-Forwarded-For", ADDRESS.to_string());
    let asks = asks.with("client_id", &scene.portal.id).with("client_secret", SECRET).with("token", &token);
    let told = asks.await;
    assert_eq!(told.status(), 200);
    assert_eq!(
        told.json(),
        json!({
            "active": true,
            "scope": "openid",
            "client_id": scene.portal.id,
            "username": "alice",
            "token_type": "Bearer",
            "exp": testkit::clock::START.0 + 300,
            "sub": scene.alice.id,
            "aud": scene.portal.id,
            "iss": "https://id.example",
            "permissions": ["viewData"],
        })
    );
    let about = scene.gatelet.userinfo(&token).await;
    assert_eq!((about.status(), about.member("sub")), (200, Some(scene.alice.id.to_string())));
}

#[tokio::test]
async fn a_script_gets_a_token_by_a_session_and_it_ends_with_the_session() {
    let scene = Scene::new().await;
    let (mut browser, session) = scene.signed_in().await;
    let answer = scene.script(&scene.portal).bearer(&session).await;
    assert_eq!(answer.json().as_object().unwrap().len(), 5, "{answer:?}");
    let token = answer.member("access_token").unwrap();
    assert!(scene.portal.is_active(&token).await);
    browser.sign_out().await.page();
    assert!(!scene.portal.is_active(&token).await);
    let over = scene.script(&scene.portal).bearer(&session).await;
    over.is_refused(401, "invalid_client", "session unknown or over");
}

#[tokio::test]
async fn a_token_lives_for_as_long_as_any_access_token() {
    let scene = Scene::new().await;
    let token = scene.by_key().await.member("access_token").unwrap();
    scene.gatelet.table.clock.advance(Seconds(299));
    assert!(scene.portal.is_active(&token).await);
    scene.gatelet.table.clock.advance(Seconds(1));
    assert!(!scene.portal.is_active(&token).await);
}

#[tokio::test]
async fn the_scope_is_what_was_asked_for_and_an_id_token_comes_only_when_asked_for() {
    let scene = Scene::new().await;
    let scope_of = async |token: &str| scene.portal.introspect(token).await.member("scope").unwrap();
    let answer = scene.by_key().with("scope", "openid profile").await;
    insta::assert_json_snapshot!(answer.redacted(), @r#"
    {
      "access_token": "alice/[gtla]",
      "expires_in": 300,
      "id_token": "[signed]",
      "refresh_token": null,
      "token_type": "Bearer"
    }
    "#);
    assert_eq!(scope_of(&answer.member("access_token").unwrap()).await, "openid profile");
    let claims = scene.portal.verify(&answer.member("id_token").unwrap()).await;
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!(scene.alice.id), &json!(scene.portal.id)));

    let answer = scene.by_key().with("scope", "notes:read").await;
    assert_eq!(answer.json()["id_token"], json!(null));
    assert_eq!(scope_of(&answer.member("access_token").unwrap()).await, "notes:read");
    for (scope, reason) in [
        // Nothing outlives anything without a refresh token.
        ("openid offline_access", "scope not permitted to the client"),
        ("openid notes", "scope not permitted to the client"),
        ("openid \"", "scope malformed"),
    ] {
        scene.by_key().with("scope", scope).await.is_refused(400, "invalid_scope", reason);
    }
}

#[tokio::test]
async fn without_a_scope_it_is_openid_where_the_client_is_permitted_that() {
    let scene = Scene::new().await;
    for (name, permitted, scope) in [("one", "openid email", "openid"), ("other", "notes:read", "")] {
        let client =
            scene.gatelet.bounded_client_but(name, "myAccessFunction", "DATASTORE-VIEWER", |client| {
                client.scope = oauth::Scope::parse(permitted).unwrap();
            });
        let client = client.await;
        let answer = scene.script(&client).header("Argus-API-Key", &scene.key).await;
        let told = client.introspect(&answer.member("access_token").unwrap()).await;
        assert_eq!(
            (told.member("scope").as_deref(), &answer.json()["id_token"]),
            (Some(scope), &json!(null))
        );
        let more = scene.script(&client).header("Argus-API-Key", &scene.key).with("scope", "openid profile");
        more.await.is_refused(400, "invalid_scope", "scope not permitted to the client");
    }
}

#[tokio::test]
async fn a_key_for_fewer_functions_makes_a_token_of_fewer() {
    let scene = Scene::new().await;
    scene.gatelet.grant(&scene.alice, "DATASTORE-VIEWER", None).await;
    let viewer = scene.gatelet.bounded_client("viewer", "DATASTORE-VIEWER", "myAccessFunction").await;
    let permissions = async |key: &str| {
        let answer = scene.script(&viewer).header("Argus-API-Key", key).await;
        viewer.introspect(&answer.member("access_token").unwrap()).await.json()["permissions"].clone()
    };
    assert_eq!(permissions(&scene.key).await, json!(["changeData", "viewData"]));
    let key = scene.gatelet.api_key_for(&scene.alice, &["DATASTORE-VIEWER"]).await;
    assert_eq!(permissions(&key).await, json!(["viewData"]));
    // The portal requires a function that this key does not draw on.
    let answer = scene.script(&scene.portal).header("Argus-API-Key", &key).await;
    answer.is_refused(403, "access_denied", "user lacks the function that the client requires");
}

#[tokio::test]
async fn s54_who_is_not_let_in_gets_no_token() {
    let scene = Scene::new().await;
    scene.strip().await;
    let before = scene.gatelet.table.items();
    let answer = scene.by_key().await;
    answer.is_refused(403, "access_denied", "user lacks the function that the client requires");
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "error": "access_denied",
      "error_description": "The request was denied."
    }
    "#);
    assert_eq!(scene.gatelet.table.items(), before);
    // For the client's customer, and for no other.
    let function = FunctionName::parse("myAccessFunction").unwrap();
    let own = scene.gatelet.customer("mycustomer").await.short_name;
    let client = scene.gatelet.bounded_client_but("own", "myAccessFunction", "DATASTORE-VIEWER", |client| {
        client.bounds.as_mut().unwrap().customer = Some(own.clone());
    });
    let client = client.await;
    for (customer, status) in [("other", 403), ("mycustomer", 200)] {
        let customer = domain::name::CustomerName::parse(customer).unwrap();
        let change = |user: &mut domain::user::User| {
            user.functions.by_customer = [(customer, [function.clone()].into())].into();
        };
        scene.gatelet.change(&scene.alice, change).await;
        let answer = scene.script(&client).header("Argus-API-Key", &scene.key).await;
        assert_eq!(answer.status(), status, "{answer:?}");
    }
}

#[tokio::test]
async fn who_has_not_proved_to_be_anybody_gets_no_token() {
    let scene = Scene::new().await;
    let (_, session) = scene.signed_in().await;
    let delegated = scene.by_key().await.member("access_token").unwrap();
    let expired =
        scene.gatelet.api_key_but(&scene.alice, |key| key.expires_at = Some(testkit::clock::START)).await;
    let elsewhere = scene
        .gatelet
        .api_key_but(&scene.alice, |key| key.addresses = vec!["198.51.100.0/24".parse().unwrap()])
        .await;
    let prefix = scene.key.rsplit_once('/').unwrap().0;
    let forged = scene.key.rsplit_once('/').unwrap().1;
    let forged = format!("other/key/{forged}");
    let unknown = Token::<SessionToken>::generate(
        Token::<SessionToken>::parse(&session).unwrap().keys,
        &scene.gatelet.table.entropy,
    );
    let script = || scene.script(&scene.portal);
    let key = |key: &str| script().header("Argus-API-Key", key);
    let before = scene.gatelet.table.items();
    for (request, reason) in [
        (script(), "neither API key nor bearer token"),
        (script().header("authorization", "Digest x"), "neither API key nor bearer token"),
        (key("my/api/key"), "API key malformed"),
        (key(prefix), "API key malformed"),
        (key(&forged), "API key malformed"),
        (key(&expired), "API key expired"),
        (key(&elsewhere), "API key used from another address"),
        (key(&scene.key).and_header("Argus-API-Key", &scene.key), "credentials sent twice"),
        (script().bearer("garbage"), "bearer token malformed"),
        (script().bearer(&unknown.to_text()), "session unknown or over"),
        // What a client may do in the user's name, it can't pass on.
        (script().bearer(&delegated), "an access token can't be exchanged"),
    ] {
        let answer = request.await;
        answer.is_refused(401, "invalid_client", reason);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"gatelet\""), "{reason}");
    }
    assert_eq!(scene.gatelet.table.items(), before);
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    for request in [key(&scene.key), script().bearer(&session)] {
        request.await.is_refused(401, "invalid_client", "user may not act");
    }
}

#[tokio::test]
async fn a_token_is_for_a_client_that_is_there_and_may_be_handed_it() {
    let scene = Scene::new().await;
    let by_key = || scene.gatelet.post(TOKEN).with("grant_type", "client_credentials");
    let by_key = || by_key().header("Argus-API-Key", &scene.key);
    by_key().await.is_refused(400, "invalid_request", "client_id missing");
    for unknown in ["portal", "04d45a6b-05a1-4bed-8181-5c5d46d4f64e", "x"] {
        by_key().with("client_id", unknown).await.is_refused(401, "invalid_client", "client unknown");
    }
    let (required, scope) = ("myAccessFunction", "DATASTORE-VIEWER");
    let gone =
        scene.gatelet.bounded_client_but("gone", required, scope, |client| client.deleted = true).await;
    by_key().with("client_id", &gone.id).await.is_refused(401, "invalid_client", "client unknown");
    let other = scene.gatelet.bounded_client_but("other", required, scope, |client| {
        client.grant_types.remove(&GrantType::ClientCredentials);
    });
    let answer = by_key().with("client_id", &other.await.id).await;
    answer.is_refused(400, "unauthorized_client", "grant type is not registered for the client");
}

#[tokio::test]
async fn a_public_client_can_be_handed_a_token_and_has_none_of_its_own() {
    let scene = Scene::new().await;
    let public = scene.gatelet.bounded_client_but("spa", "myAccessFunction", "DATASTORE-VIEWER", |client| {
        client.authentication = domain::client::Authentication::Public;
    });
    let public = public.await;
    let answer = scene.script(&public).header("Argus-API-Key", &scene.key).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let token = answer.member("access_token").unwrap();
    assert_eq!(scene.gatelet.userinfo(&token).await.status(), 200);
    // "The client credentials grant type MUST only be used by confidential clients." (RFC 6749 section 4.4)
    let alone = scene.gatelet.post(STANDARD).with("grant_type", "client_credentials");
    let alone = alone.with("client_id", &public.id).await;
    alone.is_refused(400, "unauthorized_client", "public client asks for a token of its own");
    scene.script(&public).await.is_refused(401, "invalid_client", "neither API key nor bearer token");
}

#[tokio::test]
async fn a_client_that_shows_its_secret_asks_for_itself_whatever_else_is_sent() {
    let scene = Scene::new().await;
    let of_the_portal = |answer: &testkit::actors::Answer| {
        let token = answer.member("access_token").unwrap_or_else(|| panic!("{answer:?}"));
        token.starts_with(&scene.portal.id)
    };
    for key in [scene.key.as_str(), "garbage"] {
        let by_form = scene.script(&scene.portal).with("client_secret", SECRET).header("Argus-API-Key", key);
        let by_header =
            scene.script(&scene.portal).basic(&scene.portal.id, SECRET).header("Argus-API-Key", key);
        for request in [by_form, by_header] {
            let answer = request.await;
            assert!(of_the_portal(&answer));
            insta::allow_duplicates! {
                insta::assert_json_snapshot!(answer.redacted(), @r#"
                {
                  "access_token": "[id]/[gtla]",
                  "expires_in": 300,
                  "id_token": null,
                  "refresh_token": null,
                  "token_type": "Bearer"
                }
                "#);
            }
        }
    }
    // A session beside a secret is one way too many to say who asks.
    let (_, session) = scene.signed_in().await;
    let both = scene.script(&scene.portal).with("client_secret", SECRET).bearer(&session).await;
    both.is_refused(400, "invalid_request", "two client authentication methods");
}

#[tokio::test]
async fn users_ask_at_arguss_path_and_nowhere_else() {
    let scene = Scene::new().await;
    let (_, session) = scene.signed_in().await;
    let asks = || {
        let asks = scene.gatelet.post(STANDARD).with("grant_type", "client_credentials");
        asks.with("client_id", &scene.portal.id)
    };
    let other_method = "client authentication method is not the registered one";
    asks().header("Argus-API-Key", &scene.key).await.is_refused(401, "invalid_client", other_method);
    let answer = asks().bearer(&session).await;
    answer.is_refused(401, "invalid_client", "Authorization header is not readable Basic");
}

#[tokio::test]
async fn s58_whatever_is_sent_is_refused_in_json() {
    let scene = Scene::new().await;
    let long = "x".repeat(9000);
    let query = format!("{TOKEN}?client_id={}&grant_type=client_credentials", scene.portal.id);
    for (request, status, error) in [
        (scene.by_key().and("scope", "openid").and("scope", "openid"), 400, "invalid_request"),
        (scene.by_key().with("scope", "\0"), 400, "invalid_request"),
        (scene.by_key().with("scope", &long), 400, "invalid_request"),
        (scene.by_key().with("client_id", &long), 400, "invalid_request"),
        (scene.by_key().header("Argus-API-Key", [0xff, 0xfe]), 401, "invalid_client"),
        (scene.by_key().header("Argus-API-Key", &long), 401, "invalid_client"),
        (scene.by_key().header("Argus-API-Key", ""), 401, "invalid_client"),
        (scene.script(&scene.portal).header("authorization", [0xff, 0xfe]), 401, "invalid_client"),
        (scene.script(&scene.portal).bearer(&long), 401, "invalid_client"),
        (scene.script(&scene.portal).bearer("a.b.c"), 401, "invalid_client"),
        (scene.script(&scene.portal).bearer(""), 401, "invalid_client"),
        (scene.gatelet.post(&query).header("Argus-API-Key", &scene.key), 400, "invalid_request"),
        (scene.by_key().json(&json!({"grant_type": "client_credentials"})), 400, "invalid_request"),
    ] {
        let answer = request.await;
        assert_eq!((answer.status(), answer.member("error").as_deref()), (status, Some(error)), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let answer = scene.gatelet.get(TOKEN).header("Argus-API-Key", &scene.key).await;
    assert_eq!(answer.status(), 405);
}

#[tokio::test]
async fn s53_the_token_is_bound_to_the_scripts_address() {
    let scene = Scene::new().await;
    let script = scene.by_key().from_address("2001:db8:5:6::1".parse().unwrap());
    let token = script.await.member("access_token").unwrap();
    for (agent, active) in
        [("2001:db8:5:6:1234::2", true), ("2001:db8:5:7::1", false), ("203.0.113.9", false)]
    {
        let asked = scene.portal.post(TOKEN).with("token", &token).header("X-Forwarded-For", agent);
        assert_eq!(asked.await.json()["active"], json!(active), "{agent}");
    }
}
