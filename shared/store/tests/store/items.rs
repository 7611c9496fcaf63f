//! Each kind of item as DynamoDB holds it, so that a change of the schema shows.
//!
//! Clock and randomness are fixed, and the digests follow from them.

use domain::api_key::ApiKey;
use domain::authorization::AuthorizationRequest;
use domain::client::{About, Authentication, Client, SecurityLevel};
use domain::consent::Consent;
use domain::customer::{Domain, DomainName};
use domain::function::{FunctionName, Granted};
use domain::grant::RefreshAttempt;
use domain::id::Number;
use domain::id::RequestId;
use domain::user::User;
use insta::assert_snapshot;
use oauth::Scope;
use oauth::words::SigningAlgorithm;
use serde_json::Value;
use store::keys::Line;
use store::sessions::Guard;

use crate::api_keys::api_key;
use crate::clients::defined;
use crate::directory::{customer, function};
use crate::given::{SCOPE, Scene};
use crate::installations::ready;
use crate::keys::Key;
use crate::owned::{confidential, plugin, public};
use crate::rates::count;
use crate::user_keys::key as user_key;
use crate::users::hash;

/// An attribute on each line, in DynamoDB's JSON; a blank line between items.
fn shown(scene: &Scene) -> String {
    let shown = |item: &Value| {
        let attributes = item.as_object().unwrap().iter();
        attributes.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("\n")
    };
    scene.table.items().iter().map(shown).collect::<Vec<_>>().join("\n\n")
}

#[tokio::test]
async fn a_grant_with_a_code() {
    let scene = Scene::new().await;
    scene.issue().await;
    assert_snapshot!(shown(&scene), @r#"
    address {"S":"203.0.113.7"}
    auth_time {"N":"1800000000"}
    challenge {"B":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM="}
    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    code {"B":"yylaxhaLxynsSR3Stxmwv4hRa7iZKUBdmsTKKDV6I/s="}
    ends_at {"N":"1807776000"}
    expires_at {"N":"1800000060"}
    granted {"SS":["email","offline_access","openid","profile"]}
    nonce {"S":"n-0S6_WzA2Mj-n-0S6_WzA2Mj"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    redirect_uri {"B":"n5EC0tmg9REf4jgLqLtkd6U7KEq4YLSoGjhKVwXQcP0="}
    sk {"S":"grant#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    username {"S":"demo.user"}
    "#);
}

#[tokio::test]
async fn a_grant_that_depends_on_its_session() {
    let scene = Scene::new().await;
    let request = AuthorizationRequest { challenge: None, nonce: None, ..scene.request("openid") };
    scene.table.store.grants.issue(&scene.answer(&request).0).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    address {"S":"203.0.113.7"}
    auth_time {"N":"1800000000"}
    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    code {"B":"evnYhQ+Rj0zhfXz3PPXNqztVW+pAdLV5DMiw1qLo5lA="}
    ends_at {"N":"1807776000"}
    expires_at {"N":"1800000060"}
    granted {"SS":["openid"]}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    redirect_uri {"B":"n5EC0tmg9REf4jgLqLtkd6U7KEq4YLSoGjhKVwXQcP0="}
    session {"S":"7c3ccd10-bb7e-437b-86d3-7926ae627426"}
    sk {"S":"grant#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    username {"S":"demo.user"}
    "#);
}

#[tokio::test]
async fn a_grant_with_tokens() {
    let scene = Scene::new().await;
    scene.tokens().await;
    assert_snapshot!(shown(&scene), @r#"
    access {"M":{"digest":{"B":"3Sq/+yuedfsaAYuwsZ0I5RDT4FHyL0LOFnIK2PjbNdY="},"expires_at":{"N":"1800000300"},"issued_at":{"N":"1800000000"}}}
    address {"S":"203.0.113.7"}
    auth_time {"N":"1800000000"}
    challenge {"B":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM="}
    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    code {"B":"yylaxhaLxynsSR3Stxmwv4hRa7iZKUBdmsTKKDV6I/s="}
    ends_at {"N":"1807776000"}
    expires_at {"N":"1801209600"}
    granted {"SS":["email","offline_access","openid","profile"]}
    nonce {"S":"n-0S6_WzA2Mj-n-0S6_WzA2Mj"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    redeemed_by {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}
    redirect_uri {"B":"n5EC0tmg9REf4jgLqLtkd6U7KEq4YLSoGjhKVwXQcP0="}
    refresh {"B":"EyFYeF57Y6bP0heO4WfINacYfIk+XMJoBlejzfbfUFM="}
    refresh_expires_at {"N":"1801209600"}
    sk {"S":"grant#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    username {"S":"demo.user"}
    "#);
}

#[tokio::test]
async fn a_grant_that_was_refreshed() {
    let scene = Scene::new().await;
    let tokens = scene.tokens().await;
    scene.advance(60);
    let narrowed = Scope::parse("openid email").unwrap();
    let attempt = RefreshAttempt { narrowed: Some(&narrowed), ..scene.attempt(&tokens.refresh) };
    scene.refresh(&attempt).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    access {"M":{"digest":{"B":"1EmpyZQQbVjPSvDLDgInYtind6zCZ3hpdcC4Ijl+9bg="},"expires_at":{"N":"1800000360"},"issued_at":{"N":"1800000060"},"scope":{"SS":["email","openid"]}}}
    address {"S":"203.0.113.7"}
    auth_time {"N":"1800000000"}
    challenge {"B":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM="}
    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    code {"B":"yylaxhaLxynsSR3Stxmwv4hRa7iZKUBdmsTKKDV6I/s="}
    ends_at {"N":"1807776000"}
    expires_at {"N":"1801209660"}
    granted {"SS":["email","offline_access","openid","profile"]}
    nonce {"S":"n-0S6_WzA2Mj-n-0S6_WzA2Mj"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    previous_access {"M":{"digest":{"B":"3Sq/+yuedfsaAYuwsZ0I5RDT4FHyL0LOFnIK2PjbNdY="},"expires_at":{"N":"1800000300"},"issued_at":{"N":"1800000000"}}}
    previous_refresh {"B":"EyFYeF57Y6bP0heO4WfINacYfIk+XMJoBlejzfbfUFM="}
    redeemed_by {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}
    redirect_uri {"B":"n5EC0tmg9REf4jgLqLtkd6U7KEq4YLSoGjhKVwXQcP0="}
    refresh {"B":"WgJUmsQLkqTCHwj+wDjW0fp27nUsJjU5JEPrfnKSFFY="}
    refresh_expires_at {"N":"1801209660"}
    rotated_at {"N":"1800000060"}
    salt {"B":"7gucSCWWatDP+LCTUpujTg=="}
    sk {"S":"grant#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    username {"S":"demo.user"}
    "#);
}

#[tokio::test]
async fn a_grant_of_a_clients_own() {
    let scene = Scene::new().await;
    scene.table.store.grants.issue(&scene.own_grant().0).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    access {"M":{"digest":{"B":"K3PSwk0bDEQrXxinJ4d1cgIQFe/+KQPtK+6z1h/NCE0="},"expires_at":{"N":"1800000300"},"issued_at":{"N":"1800000000"}}}
    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    ends_at {"N":"1800000300"}
    expires_at {"N":"1800000300"}
    granted {"SS":["notes:read","notes:write"]}
    pk {"S":"own#8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    sk {"S":"grant#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    "#);
}

#[tokio::test]
async fn a_confidential_client() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&scene.client).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"contacts":{"L":[{"S":"ops@example.com"}]},"description":{"S":"Keeps notes"},"main_uri":{"S":"https://app.example.com/"},"name":{"S":"Notes"}}}
    allowed {"SS":["email","offline_access","openid","profile"]}
    application_type {"S":"web"}
    code_protection {"S":"pkce"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"},{"S":"refresh_token"}]}
    id_token_algorithm {"S":"RS256"}
    method {"S":"client_secret_basic"}
    pk {"S":"client#8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    post_logout_redirect_uris {"L":[{"S":"https://app.example.com/bye"}]}
    redirect_uris {"L":[{"S":"https://app.example.com/oauth2/callback/"}]}
    registration {"B":"Vauexke3rKitnT0nwooIBv9hJ/wt/cmFTpeQHUgLd/A="}
    secret {"B":"d+mL2oTTDWzqKe4hGR+a3N/rPldoPSskRqlC8kAolKc="}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    version {"N":"1"}

    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Notes"}
    pk {"S":"directory#client"}
    sk {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    updated_at {"N":"1800000000"}
    "#);
}

#[tokio::test]
async fn a_public_client_that_only_operators_change() {
    let scene = Scene::new().await;
    let client = Client {
        authentication: Authentication::Public,
        registration: None,
        about: About { name: "Notes".to_owned(), ..About::default() },
        post_logout_redirect_uris: vec![],
        ..scene.client.clone()
    };
    scene.table.store.clients.register(&client).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"name":{"S":"Notes"}}}
    allowed {"SS":["email","offline_access","openid","profile"]}
    application_type {"S":"web"}
    code_protection {"S":"pkce"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"},{"S":"refresh_token"}]}
    id_token_algorithm {"S":"RS256"}
    method {"S":"none"}
    pk {"S":"client#8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    post_logout_redirect_uris {"L":[]}
    redirect_uris {"L":[{"S":"https://app.example.com/oauth2/callback/"}]}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    version {"N":"1"}

    client_id {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Notes"}
    pk {"S":"directory#client"}
    sk {"S":"8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    updated_at {"N":"1800000000"}
    "#);
}

#[tokio::test]
async fn a_client_that_an_administrator_bounded() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&defined(&scene, "argus.client")).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"contacts":{"L":[{"S":"ops@example.com"}]},"description":{"S":"Keeps notes"},"main_uri":{"S":"https://app.example.com/"},"name":{"S":"Notes"}}}
    addresses {"L":[{"S":"192.0.2.0/24"}]}
    allowed {"SS":["email","offline_access","openid","profile"]}
    application_type {"S":"web"}
    bounds {"M":{"customer":{"S":"mycustomer"},"max_security_level":{"S":"standard"},"permission_scope":{"S":"DATASTORE-VIEWER"},"required_function":{"S":"myAccessFunction"}}}
    chosen_secret {"S":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$hash"}
    code_protection {"S":"client_secret"}
    created_at {"N":"1800000000"}
    created_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    custom_claims {"L":[{"M":{"provider":{"S":"allUserGroups"},"stringified":{"BOOL":false}}}]}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"},{"S":"refresh_token"},{"S":"client_credentials"}]}
    id_token_algorithm {"S":"RS256"}
    method {"S":"client_secret_basic"}
    pk {"S":"client#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    post_logout_redirect_uris {"L":[{"S":"https://app.example.com/bye"}]}
    redirect_uris {"L":[{"S":"https://app.example.com/oauth2/callback/"}]}
    same_address {"BOOL":true}
    short_name {"S":"argus.client"}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    updated_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    version {"N":"1"}

    client_id {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    created_at {"N":"1800000000"}
    customer {"S":"mycustomer"}
    domain {"S":"DEFAULT"}
    name {"S":"Notes"}
    pk {"S":"directory#client"}
    required_function {"S":"myAccessFunction"}
    sk {"S":"argus.client"}
    updated_at {"N":"1800000000"}
    "#);
}

#[tokio::test]
async fn a_confidential_client_that_a_user_registered() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&confidential(&scene)).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"description":{"S":"Searches corpora"},"main_uri":{"S":"https://app.example.com/"},"name":{"S":"Corpus search"}}}
    application_type {"S":"web"}
    code_protection {"S":"client_secret"}
    created_at {"N":"1800000000"}
    created_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"},{"S":"refresh_token"},{"S":"client_credentials"}]}
    id_token_algorithm {"S":"RS256"}
    owner {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}
    pk {"S":"client#6bae4268-22df-42ca-b9dc-36c8319247d6"}
    post_logout_redirect_uris {"L":[]}
    redirect_uris {"L":[{"S":"https://app.example.com/callback"}]}
    refresh_token {"N":"86400"}
    secret {"B":"Zm2QV1y99+bDohvEGHxp08PSW7SrAvEgaJlBf+Qnjso="}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    updated_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    version {"N":"1"}

    client_id {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Corpus search"}
    pk {"S":"directory#client"}
    sk {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    updated_at {"N":"1800000000"}

    pk {"S":"owner#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    "#);
}

#[tokio::test]
async fn a_public_client_that_a_user_registered() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&public(&scene)).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"description":{"S":"Searches corpora"},"name":{"S":"Corpus search on a phone"}}}
    application_type {"S":"native"}
    code_protection {"S":"pkce"}
    created_at {"N":"1800000000"}
    created_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"}]}
    id_token_algorithm {"S":"RS256"}
    method {"S":"none"}
    owner {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}
    pk {"S":"client#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    post_logout_redirect_uris {"L":[]}
    redirect_uris {"L":[{"S":"http://127.0.0.1/callback"}]}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    updated_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    version {"N":"1"}

    client_id {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Corpus search on a phone"}
    pk {"S":"directory#client"}
    sk {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    updated_at {"N":"1800000000"}

    pk {"S":"owner#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    "#);
}

#[tokio::test]
async fn a_plugin() {
    let scene = Scene::new().await;
    scene.table.store.clients.register(&plugin(&scene)).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"description":{"S":"Draws what was found"},"main_uri":{"S":"https://plugin.example.com/"},"name":{"S":"Word cloud"}}}
    application_type {"S":"web"}
    code_protection {"S":"client_secret"}
    created_at {"N":"1800000000"}
    created_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"client_credentials"}]}
    id_token_algorithm {"S":"RS256"}
    owner {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}
    pk {"S":"client#6bae4268-22df-42ca-b9dc-36c8319247d6"}
    plugin {"S":"{\"key\":\"value\",\"list\":[1,null,{\"ü\":\"😀\"}]}"}
    post_logout_redirect_uris {"L":[]}
    redirect_uris {"L":[]}
    refresh_token {"N":"31536000"}
    secret {"B":"Zm2QV1y99+bDohvEGHxp08PSW7SrAvEgaJlBf+Qnjso="}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    updated_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    version {"N":"1"}

    client_id {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Word cloud"}
    pk {"S":"directory#client"}
    sk {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    updated_at {"N":"1800000000"}

    pk {"S":"directory#plugin"}
    sk {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}

    pk {"S":"owner#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"6bae4268-22df-42ca-b9dc-36c8319247d6"}
    "#);
}

#[tokio::test]
async fn a_plugin_that_is_permitted_and_installed_in_a_super_client() {
    let scene = Scene::new().await;
    let (_, _, installation) = ready(&scene).await;
    scene.table.store.installations.install(&installation).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    about {"M":{"contacts":{"L":[{"S":"ops@example.com"}]},"description":{"S":"Keeps notes"},"main_uri":{"S":"https://app.example.com/"},"name":{"S":"Notes"}}}
    allowed {"SS":["email","offline_access","openid","profile"]}
    application_type {"S":"web"}
    code_protection {"S":"pkce"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"authorization_code"},{"S":"refresh_token"}]}
    id_token_algorithm {"S":"RS256"}
    method {"S":"client_secret_basic"}
    pk {"S":"client#9b65b044-264b-407c-ae90-01dfe2c7b240"}
    post_logout_redirect_uris {"L":[{"S":"https://app.example.com/bye"}]}
    privileged {"BOOL":true}
    redirect_uris {"L":[{"S":"https://app.example.com/oauth2/callback/"}]}
    registration {"B":"Vauexke3rKitnT0nwooIBv9hJ/wt/cmFTpeQHUgLd/A="}
    secret {"B":"d+mL2oTTDWzqKe4hGR+a3N/rPldoPSskRqlC8kAolKc="}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    version {"N":"1"}

    about {"M":{"description":{"S":"Draws what was found"},"main_uri":{"S":"https://plugin.example.com/"},"name":{"S":"Word cloud"}}}
    application_type {"S":"web"}
    code_protection {"S":"client_secret"}
    created_at {"N":"1800000000"}
    created_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    domain {"S":"DEFAULT"}
    grant_types {"L":[{"S":"client_credentials"}]}
    id_token_algorithm {"S":"RS256"}
    owner {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}
    permitted {"BOOL":true}
    pk {"S":"client#9d145e71-ec64-416e-a4e5-09727fa0a276"}
    plugin {"S":"{\"key\":\"value\",\"list\":[1,null,{\"ü\":\"😀\"}]}"}
    post_logout_redirect_uris {"L":[]}
    redirect_uris {"L":[]}
    refresh_token {"N":"31536000"}
    secret {"B":"dsltmQDE9c73rd+eb/Bx/NaNN3h9xETX1RiknNRQLNk="}
    sk {"S":"client"}
    updated_at {"N":"1800000000"}
    updated_by {"M":{"id":{"S":"374708ff-f771-8dd5-979e-c875d56cd228"},"username":{"S":"demo.user"}}}
    version {"N":"1"}

    client_id {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Notes"}
    pk {"S":"directory#client"}
    sk {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240"}
    updated_at {"N":"1800000000"}

    client_id {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}
    created_at {"N":"1800000000"}
    domain {"S":"DEFAULT"}
    name {"S":"Word cloud"}
    pk {"S":"directory#client"}
    sk {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}
    updated_at {"N":"1800000000"}

    pk {"S":"directory#plugin"}
    sk {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}

    installed_at {"N":"1800000000"}
    pk {"S":"installed#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"9b65b044-264b-407c-ae90-01dfe2c7b240#9d145e71-ec64-416e-a4e5-09727fa0a276"}

    pk {"S":"owner#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"9d145e71-ec64-416e-a4e5-09727fa0a276"}
    "#);
}

#[tokio::test]
async fn a_rate() {
    let scene = Scene::new().await;
    for what in ["login#demo.user", "login#demo.user", "session#1"] {
        count(&scene, what).await;
    }
    assert_snapshot!(shown(&scene), @r#"
    calls {"N":"2"}
    expires_at {"N":"1800000060"}
    pk {"S":"rate#login#demo.user#30000000"}
    sk {"S":"rate"}

    calls {"N":"1"}
    expires_at {"N":"1800000060"}
    pk {"S":"rate#session#1#30000000"}
    sk {"S":"rate"}
    "#);
}

#[tokio::test]
async fn what_the_directory_lists() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    let domain = Domain { id: Number::fixed(1002), name: DomainName::parse("lab").unwrap() };
    store.customers.create_domain(&domain).await.unwrap();
    store.customers.create(&customer("mycustomer", 1003)).await.unwrap();
    store.functions.create(&function("myAccessFunction", &["viewOAuthClients", "notes.read"])).await.unwrap();
    store.functions.create(&function("nothing", &[])).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    domain {"S":"DEFAULT"}
    id {"N":"1003"}
    name {"S":"My customer"}
    pk {"S":"directory#customer"}
    sk {"S":"mycustomer"}
    version {"N":"1"}

    id {"N":"1002"}
    pk {"S":"directory#domain"}
    sk {"S":"lab"}

    id {"N":"1001"}
    permissions {"SS":["notes.read","viewOAuthClients"]}
    pk {"S":"directory#function"}
    sk {"S":"myAccessFunction"}
    version {"N":"1"}

    id {"N":"1001"}
    pk {"S":"directory#function"}
    sk {"S":"nothing"}
    version {"N":"1"}
    "#);
}

#[tokio::test]
async fn an_api_key() {
    let scene = Scene::new().await;
    let store = &scene.table.store;
    store.api_keys.create(&api_key(&scene, "1ab/2c")).await.unwrap();
    let functions = Some([FunctionName::parse("myAccessFunction").unwrap()].into());
    let bounded = ApiKey { functions, addresses: vec![], expires_at: None, ..api_key(&scene, "2bc/3d") };
    store.api_keys.create(&bounded).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    addresses {"L":[{"S":"192.0.2.0/24"},{"S":"2001:db8::/32"}]}
    created_at {"N":"1800000000"}
    description {"S":"A script"}
    digest {"B":"uFQLRrBPSLLVk8c32p7vGRZtafiwruCUElTnN4/vFu8="}
    expires_at {"N":"1807776000"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    prefix {"S":"1ab/2c"}
    sk {"S":"apikey#1ab/2c"}

    created_at {"N":"1800000000"}
    description {"S":"A script"}
    digest {"B":"busajpxamk2xHOgzQXy4eOQF6qsme4kKNuI1Dc4uI6g="}
    functions {"L":[{"S":"myAccessFunction"}]}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    prefix {"S":"2bc/3d"}
    sk {"S":"apikey#2bc/3d"}
    "#);
}

#[tokio::test]
async fn a_user_and_a_login() {
    let scene = Scene::new().await;
    scene.table.store.users.create(&scene.user, &hash("c2FsdA")).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    blocked {"BOOL":false}
    domain {"S":"DEFAULT"}
    email {"S":"demo.user@example.com"}
    enabled {"BOOL":true}
    name {"S":"Demo User"}
    pk {"S":"directory#user"}
    sk {"S":"demo.user"}
    user_id {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}

    password_hash {"S":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$hash"}
    pk {"S":"login#demo.user"}
    sk {"S":"login"}
    user_id {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}

    blocked {"BOOL":false}
    domain {"S":"DEFAULT"}
    enabled {"BOOL":true}
    functions {"M":{}}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    profile {"M":{"email":{"S":"demo.user@example.com"},"email_verified":{"BOOL":true},"groups":{"L":[{"S":"staff"}]},"name":{"S":"Demo User"}}}
    security_level {"S":"standard"}
    sk {"S":"user"}
    updated_at {"N":"1800000000"}
    username {"S":"demo.user"}
    version {"N":"1"}
    "#);
}

#[tokio::test]
async fn the_first_administrator() {
    let scene = Scene::new().await;
    let functions = Granted::globally([FunctionName::administrator()]);
    let security_level = SecurityLevel::Administrative;
    let administrator = User { functions, security_level, ..scene.user.clone() };
    scene.table.store.users.bootstrap(&administrator, &hash("c2FsdA")).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    made_at {"N":"1800000000"}
    pk {"S":"bootstrap"}
    sk {"S":"bootstrap"}
    user_id {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}

    blocked {"BOOL":false}
    domain {"S":"DEFAULT"}
    email {"S":"demo.user@example.com"}
    enabled {"BOOL":true}
    name {"S":"Demo User"}
    pk {"S":"directory#user"}
    sk {"S":"demo.user"}
    user_id {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}

    password_hash {"S":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$hash"}
    pk {"S":"login#demo.user"}
    sk {"S":"login"}
    user_id {"S":"374708ff-f771-8dd5-979e-c875d56cd228"}

    blocked {"BOOL":false}
    domain {"S":"DEFAULT"}
    enabled {"BOOL":true}
    functions {"M":{"globally":{"L":[{"S":"administrator"}]}}}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    profile {"M":{"email":{"S":"demo.user@example.com"},"email_verified":{"BOOL":true},"groups":{"L":[{"S":"staff"}]},"name":{"S":"Demo User"}}}
    security_level {"S":"administrative"}
    sk {"S":"user"}
    updated_at {"N":"1800000000"}
    username {"S":"demo.user"}
    version {"N":"1"}
    "#);
}

#[tokio::test]
async fn a_session_and_a_guard() {
    let scene = Scene::new().await;
    scene.table.store.sessions.begin(&scene.session, &scene.form("1"), scene.now()).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    expires_at {"N":"1800001800"}
    pk {"S":"guard#sign-in#1"}
    sk {"S":"guard"}

    address {"S":"203.0.113.7"}
    auth_time {"N":"1800000000"}
    digest {"B":"JHZQjS6YgLRN/8ZiqPT/OuUBtSB/O+/cGjhnSubZ39g="}
    expires_at {"N":"1800043200"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"session#7c3ccd10-bb7e-437b-86d3-7926ae627426"}
    "#);
}

#[tokio::test]
async fn a_consent() {
    let scene = Scene::new().await;
    let consent = Consent {
        user: scene.user.id,
        client: scene.client.id,
        scope: Scope::parse(SCOPE).unwrap(),
        given_at: scene.now(),
    };
    scene.table.store.consents.allow(&consent).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    allowed {"SS":["email","offline_access","openid","profile"]}
    given_at {"N":"1800000000"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    sk {"S":"consent#8b1ae42f-c4b1-4726-906d-647de9f43a6f"}
    "#);
}

#[tokio::test]
async fn what_users_sign_jwts_with() {
    let scene = Scene::new().await;
    scene.table.store.user_keys.create(&user_key(&scene, "2026")).await.unwrap();
    let guard = Guard { what: "jwt#1".to_owned(), expires_at: scene.now() };
    let by = RequestId::new("request");
    scene.table.store.guards.spend(&guard, &by, scene.now()).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    expires_at {"N":"1800000000"}
    pk {"S":"guard#jwt#1"}
    sk {"S":"guard"}
    spent_by {"S":"request"}

    created_at {"N":"1800000000"}
    key_id {"S":"2026"}
    pk {"S":"user#374708ff-f771-8dd5-979e-c875d56cd228"}
    public {"M":{"e":{"S":"AQAB"},"kty":{"S":"RSA"},"n":{"S":"0vx7agoebGcQ"}}}
    sk {"S":"key#2026"}
    "#);
}

#[tokio::test]
async fn keys() {
    let scene = Scene::new().await;
    let keys = &scene.table.store.keys;
    keys.establish_signing(SigningAlgorithm::Rs256, Key::called("thumbprint")).await.unwrap();
    keys.establish_sealing(Key::called("name")).await.unwrap();
    keys.publish(Line::Signing(SigningAlgorithm::Rs256), 2, Key::called("next")).await.unwrap();
    keys.retire(Line::Signing(SigningAlgorithm::Rs256), 1, testkit::clock::START).await.unwrap();
    assert_snapshot!(shown(&scene), @r#"
    created_at {"N":"1800000000"}
    kid {"S":"name"}
    pk {"S":"sealing"}
    sealed {"S":"d3JhcHBlZA"}
    sk {"S":"00000001"}

    created_at {"N":"1800000000"}
    kid {"S":"thumbprint"}
    pk {"S":"signing"}
    retires_at {"N":"1800000000"}
    sk {"S":"RS256#00000001"}

    created_at {"N":"1800000000"}
    kid {"S":"next"}
    pk {"S":"signing"}
    sealed {"S":"d3JhcHBlZA"}
    sk {"S":"RS256#00000002"}
    "#);
}
