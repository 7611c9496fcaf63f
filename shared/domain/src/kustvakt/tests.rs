use oauth::words::{ApplicationType, AuthenticationMethod, GrantType};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Registration;
use crate::client::{Authentication, Author, Client, CodeProtection, Plugin};
use crate::entropy::SystemEntropy;
use crate::id::{ClientId, UserId};
use crate::issuer::Issuer;
use crate::secret::ClientSecret;
use crate::settings::Settings;
use crate::time::{Seconds, UnixTime};
use crate::token::Token;
use crate::user::Username;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn settings() -> Settings {
    let api_scopes = Settings::parse_api_scopes("search=Search; match_info=See matches").unwrap();
    Settings { api_scopes, ..Settings::new(Issuer::parse("https://id.example").unwrap()) }
}

/// The documentation's confidential client, different in some members; one that is null is absent.
fn described(own: &Value) -> Map<String, Value> {
    let usual = json!({
        "name": "MyOAuth2Client",
        "type": "CONFIDENTIAL",
        "description": "a confidential web application",
        "url": "http://example.client.com",
        "redirect_uri": "http://example.client.com/redirect",
    });
    let (Value::Object(mut members), Value::Object(own)) = (usual, own.clone()) else { panic!("no objects") };
    members.extend(own);
    members
}

fn check(own: Value) -> Result<Registration, &'static str> {
    Registration::check(&described(&own), &settings()).map_err(|refusal| {
        assert_eq!(refusal.code.as_str(), "invalid_request", "{own}");
        refusal.description
    })
}

fn client(own: Value) -> Client {
    let registration = check(own).unwrap();
    let secret = Token::<ClientSecret>::generate((), &SystemEntropy);
    let authentication = match registration.confidential {
        true => Authentication::Secret { method: None, digest: secret.digest() },
        false => Authentication::Public,
    };
    let owner =
        Author { id: UserId::generate(&SystemEntropy), username: Username::parse("username").unwrap() };
    registration.into_client(ClientId::generate(&SystemEntropy), authentication, owner, NOW)
}

#[test]
fn a_confidential_client() {
    let client = client(json!({}));
    let owned = client.owned.as_ref().unwrap();
    assert_eq!((client.about.name.as_str(), owned.plugin.as_ref()), ("MyOAuth2Client", None));
    assert_eq!(client.about.main_uri.as_deref(), Some("http://example.client.com"));
    assert_eq!(client.redirect_uris[0].as_str(), "http://example.client.com/redirect");
    assert_eq!(
        client.grant_types,
        [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials].into()
    );
    assert_eq!(client.code_protection, CodeProtection::ClientSecret);
    assert_eq!(client.authentication.method(), AuthenticationMethod::ClientSecretBasic);
    assert!(client.is_owned_by(owned.by) && client.is_permitted() && !client.privileged);
    let lifetimes = client.lifetimes(&settings().lifetimes);
    assert_eq!((lifetimes.access_token, lifetimes.refresh_idle), (Seconds::days(1), Seconds(31_536_000)));
}

#[test]
fn a_public_client_gets_no_refresh_token_and_needs_pkce() {
    let client = client(json!({"type": "PUBLIC", "redirect_uri": "http://127.0.0.1:8000/redirect"}));
    assert!(client.is_public());
    assert_eq!(client.grant_types, [GrantType::AuthorizationCode].into());
    assert_eq!(client.code_protection, CodeProtection::Pkce);
    assert_eq!(
        (client.application_type, client.owned.unwrap().refresh_token),
        (ApplicationType::Native, None)
    );
}

#[test]
fn a_plugin_is_not_permitted() {
    let source = json!({"name": "My plugin"});
    let client = client(json!({"source": source, "refreshTokenExpiry": 7_776_000}));
    let owned = client.owned.as_ref().unwrap();
    assert_eq!(owned.plugin, Some(Plugin { source, permitted: false }));
    assert_eq!(owned.refresh_token, Some(Seconds(7_776_000)));
    assert_eq!(client.may_use(GrantType::AuthorizationCode).unwrap_err().reason, "plugin is not permitted");
}

#[test]
fn without_a_redirect_uri_there_is_no_code_to_ask_for() {
    let confidential = client(json!({"redirect_uri": null}));
    assert_eq!(confidential.grant_types, [GrantType::ClientCredentials].into());
    let public = client(json!({"redirect_uri": "", "type": "PUBLIC"}));
    assert!(public.grant_types.is_empty() && public.redirect_uris.is_empty());
}

#[test]
fn nothing_is_sent_to_plain_http_unless_the_operator_allows_it() {
    let client = client(json!({}));
    let uri = "http://example.client.com/redirect";
    let refused = client.redirect_uri(Some(uri), &settings()).unwrap_err();
    assert_eq!(refused.reason, "redirect_uri is http but not loopback");
    assert!(client.redirect_uri(None, &settings()).is_err());
    let allowing = Settings { http_redirect_uris: true, ..settings() };
    assert_eq!(client.redirect_uri(Some(uri), &allowing).unwrap(), uri);
    assert!(client.redirect_uri(Some("http://example.client.com/redirect/"), &allowing).is_err());
}

#[test]
fn whatever_is_served_may_be_asked_for_but_for_what_is_for_super_clients() {
    let client = client(json!({}));
    let permitted = client.permitted_scope(&settings());
    for scope in ["search", "match_info", "openid", "client_info", "list_user_client", "deregister_client"] {
        assert!(permitted.contains(scope), "{scope}");
    }
    for scope in ["all", "admin", "authorize"] {
        assert!(!permitted.contains(scope), "{scope}");
        let trusted = Client { privileged: true, ..client.clone() };
        assert!(trusted.permitted_scope(&settings()).contains(scope), "{scope}");
    }
}

#[test]
fn a_token_is_for_what_its_scope_names_whole_or_for_everything() {
    let (ordinary, trusted) = (client(json!({})), Client { privileged: true, ..client(json!({})) });
    let covers = |client: &Client, granted: &str, wanted: &str| {
        client.covers(&oauth::Scope::parse(granted).unwrap(), wanted)
    };
    for (granted, wanted, by_ordinary, by_trusted) in [
        ("client_info", "client_info", true, true),
        ("client_info", "register_client", false, false),
        ("client_info_more search_all", "client_info", false, false),
        ("all", "client_info", false, true),
        ("all", "admin", false, true),
        ("admin", "admin", false, true),
        ("authorize", "authorize", false, true),
        ("", "client_info", false, false),
    ] {
        let found = (covers(&ordinary, granted, wanted), covers(&trusted, granted, wanted));
        assert_eq!(found, (by_ordinary, by_trusted), "{granted} for {wanted}");
    }
}

#[test]
fn every_text_is_kustvakts() {
    for (own, text) in [
        (json!({"name": null}), "client_name is null"),
        (json!({"name": ""}), "client_name must contain at least 3 characters"),
        (json!({"name": "ab"}), "client_name must contain at least 3 characters"),
        (json!({"name": " ab "}), "client_name must contain at least 3 characters"),
        (json!({"type": null}), "client_type is null"),
        (json!({"description": null}), "client_description is null"),
        (json!({"description": " "}), "client_description is null"),
        (json!({"url": "example.client.com"}), "Invalid URL"),
        (json!({"url": "ftp://example.client.com"}), "Invalid URL"),
        (json!({"source": {}, "url": null}), "Invalid URL"),
        (json!({"redirect_uri": "https://example.client.com/redirect#bottom"}), "Invalid redirect URI"),
        (json!({"redirect_uri": "com.example.app:/redirect"}), "Invalid redirect URI"),
        (json!({"redirect_uri": "/redirect"}), "Invalid redirect URI"),
        (json!({"redirect_uri": "javascript:alert(1)"}), "Invalid redirect URI"),
        (json!({"redirect_uri": "https://user@example.client.com/"}), "Invalid redirect URI"),
        (json!({"type": "PUBLIC", "source": {"a": 1}}), "Only confidential plugins are supported."),
        (
            json!({"refreshTokenExpiry": 31_536_001}),
            "Maximum refresh token expiry is 31536000 seconds (1 year)",
        ),
        (
            json!({"refresh_token_expiry": "31536001"}),
            "Maximum refresh token expiry is 31536000 seconds (1 year)",
        ),
        (
            json!({"type": "PUBLIC", "refreshTokenExpiry": 1}),
            "Custom refresh token expiry is only applicable for confidential clients",
        ),
    ] {
        assert_eq!(check(own.clone()), Err(text), "{own}");
    }
}

#[test]
fn what_kustvakt_has_no_text_for_is_refused_all_the_same() {
    for (own, text) in [
        (json!({"type": "public"}), "client_type must be PUBLIC or CONFIDENTIAL"),
        (json!({"name": ["a"]}), "A member is not a string."),
        (
            json!({"name": "a\u{202e}bc"}),
            "client_name must contain at most 200 characters, and none that control how text reads",
        ),
        (
            json!({"description": "x".repeat(2001)}),
            "client_description must contain at most 2000 characters, and none that control how text reads",
        ),
        (json!({"refreshTokenExpiry": 1.5}), "refresh_token_expiry must be a whole number of seconds"),
        (json!({"refreshTokenExpiry": "soon"}), "refresh_token_expiry must be a whole number of seconds"),
        (
            json!({"refreshTokenExpiry": 1, "refresh_token_expiry": 2}),
            "A member is given under two spellings.",
        ),
        (json!({"source": "x".repeat(16 * 1024)}), "source is larger than 16 KiB."),
    ] {
        assert_eq!(check(own.clone()), Err(text), "{own}");
    }
}

#[test]
fn an_expiry_of_nothing_is_the_usual_one() {
    for own in [
        json!({"refreshTokenExpiry": 0}),
        json!({"refreshTokenExpiry": -5}),
        json!({"refresh_token_expiry": "0"}),
        json!({"refreshTokenExpiry": null, "refresh_token_expiry": 31_536_000}),
    ] {
        let owned = client(own.clone()).owned.unwrap();
        assert_eq!(owned.refresh_token, Some(Seconds(31_536_000)), "{own}");
    }
    assert!(check(json!({"type": "PUBLIC", "refreshTokenExpiry": 0})).is_ok());
    assert_eq!(client(json!({"refresh_token_expiry": "60"})).owned.unwrap().refresh_token, Some(Seconds(60)));
}

#[test]
fn what_is_wrapped_reads_as_one_line() {
    let client = client(json!({"description": "a \n        confidential web application"}));
    assert_eq!(client.about.description.as_deref(), Some("a confidential web application"));
}

proptest! {
    #[test]
    fn never_panics_and_never_lets_a_public_client_have_more(
        name in "\\PC{0,12}", kind in "PUBLIC|CONFIDENTIAL|[a-z]{0,3}", uri in "(https?://)?\\PC{0,20}", expiry: i64,
    ) {
        let own = json!({"name": name, "type": kind, "redirect_uri": uri, "refreshTokenExpiry": expiry});
        if let Ok(registration) = Registration::check(&described(&own), &settings()) {
            prop_assert!(registration.confidential || registration.refresh_token.is_none());
            prop_assert!(registration.refresh_token.is_none_or(|refresh| refresh.0 <= 31_536_000));
        }
    }
}
