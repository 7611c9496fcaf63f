use oauth::words::{AuthenticationMethod, GrantType, Prompt, ResponseMode};
use oauth::{ErrorCode, Parameters, Scope};
use proptest::prelude::*;

use super::{Answer, AuthorizationRequest, Next, Pending, ReturnAddress, SignedIn, not_let_in};
use crate::client::{Authentication, Bounds, Client, CodeProtection, SecurityLevel};
use crate::consent::Consent;
use crate::entropy::SystemEntropy;
use crate::function::{FunctionName, Granted};
use crate::id::{ClientId, SessionId, UserId};
use crate::issuer::Issuer;
use crate::secret::ClientSecret;
use crate::session::Session;
use crate::settings::Settings;
use crate::time::{Seconds, UnixTime};
use crate::token::{SessionKeys, Token};
use crate::user::{User, Username};

const NOW: UnixTime = UnixTime(1_000_000);
const CHALLENGE: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn client(public: bool) -> Client {
    let digest = Token::<ClientSecret>::generate((), &SystemEntropy).digest();
    let confidential =
        Authentication::Secret { method: Some(AuthenticationMethod::ClientSecretBasic), digest };
    Client {
        authentication: if public { Authentication::Public } else { confidential },
        grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        redirect_uris: vec!["https://app.example/cb".to_owned().try_into().unwrap()],
        scope: Scope::parse("openid profile offline_access").unwrap(),
        ..Client::new(ClientId::generate(&SystemEntropy), NOW)
    }
}

fn check(client: &Client, query: &str) -> Result<AuthorizationRequest, (ErrorCode, &'static str)> {
    let settings = Settings::new(Issuer::parse("https://id.example").unwrap());
    let parameters = Parameters::parse(query.as_bytes()).unwrap();
    let address = ReturnAddress {
        redirect_uri: "https://app.example/cb".into(),
        response_mode: ResponseMode::Query,
        state: parameters.get("state").map(str::to_owned),
    };
    let checked = AuthorizationRequest::check(&parameters, client, address, &settings, NOW);
    checked.map_err(|refusal| (refusal.code, refusal.reason))
}

fn good(client: &Client, more: &str) -> AuthorizationRequest {
    check(client, &format!("response_type=code&scope=openid&{CHALLENGE}{more}")).unwrap()
}

fn user() -> User {
    User::new(UserId::generate(&SystemEntropy), Username::parse("alice").unwrap(), NOW)
}

fn session(user: &User, auth_time: UnixTime) -> Session {
    let keys = SessionKeys { user: user.id, session: SessionId::generate(&SystemEntropy) };
    let token = Token::generate(keys, &SystemEntropy).digest();
    Session {
        user: user.id,
        id: keys.session,
        token,
        auth_time,
        expires_at: NOW + Seconds::hours(1),
        address: None,
    }
}

fn consent(user: &User, client: &Client, scope: &str) -> Consent {
    Consent { user: user.id, client: client.id, scope: Scope::parse(scope).unwrap(), given_at: NOW }
}

#[test]
fn refuses_by_the_rule_that_speaks_first() {
    use ErrorCode::{
        InvalidRequest, InvalidScope, RequestNotSupported, RequestUriNotSupported, UnauthorizedClient,
        UnsupportedResponseType,
    };
    let client = client(false);
    for (query, code, reason) in [
        ("request=x", RequestNotSupported, "unsupported parameter"),
        ("request_uri=x", RequestUriNotSupported, "unsupported parameter"),
        ("scope=openid", InvalidRequest, "response_type missing"),
        ("response_type=code+token", UnsupportedResponseType, "response_type not served"),
        ("response_type=token", UnauthorizedClient, "grant type is not registered for the client"),
        ("response_type=code&response_mode=web_message", InvalidRequest, "response_mode not served"),
        ("response_type=code", InvalidRequest, "code_challenge missing"),
        ("response_type=code&nonce=n", InvalidRequest, "code_challenge missing"),
        ("response_type=code&code_challenge=x", InvalidRequest, "code_challenge_method is not S256"),
        (
            "response_type=code&code_challenge_method=S256",
            InvalidRequest,
            "code_challenge_method without code_challenge",
        ),
        (
            "response_type=code&code_challenge=x&code_challenge_method=S256",
            InvalidRequest,
            "code_challenge malformed",
        ),
    ] {
        assert_eq!(check(&client, query), Err((code, reason)), "{query}");
    }
    for (more, code, reason) in [
        ("&scope=openid+email", InvalidScope, "scope not registered for the client"),
        ("&scope=openid+root", InvalidScope, "scope not registered for the client"),
        ("&prompt=none+login", InvalidRequest, "prompt none beside another"),
        ("&prompt=maybe", InvalidRequest, "prompt not served"),
        ("&max_age=-1", InvalidRequest, "max_age malformed"),
        ("&max_age=%2B1", InvalidRequest, "max_age malformed"),
        ("&max_age=99999999999999999999", InvalidRequest, "max_age malformed"),
    ] {
        let query = format!("response_type=code&{CHALLENGE}{more}");
        assert_eq!(check(&client, &query), Err((code, reason)), "{more}");
    }
    let mut script = client;
    script.grant_types = [GrantType::ClientCredentials].into();
    let refused = check(&script, &format!("response_type=code&{CHALLENGE}"));
    assert_eq!(refused, Err((UnauthorizedClient, "grant type is not registered for the client")));
}

#[test]
fn a_confidential_client_may_send_a_nonce_instead_of_pkce_if_it_is_registered_so() {
    let (mut confidential, mut public) = (client(false), client(true));
    (confidential.code_protection, public.code_protection) =
        (CodeProtection::PkceOrNonce, CodeProtection::PkceOrNonce);
    assert!(check(&confidential, "response_type=code&nonce=n").is_ok());
    let neither = check(&confidential, "response_type=code");
    assert_eq!(neither, Err((ErrorCode::InvalidRequest, "neither code_challenge nor nonce")));
    let public = check(&public, "response_type=code&nonce=n");
    assert_eq!(public, Err((ErrorCode::InvalidRequest, "code_challenge missing")));
}

#[test]
fn offline_access_is_ignored_where_there_are_no_refresh_tokens() {
    let mut client = client(false);
    let query = format!("response_type=code&scope=openid+offline_access&{CHALLENGE}");
    assert!(check(&client, &query).unwrap().scope.contains("offline_access"));
    client.grant_types = [GrantType::AuthorizationCode].into();
    assert!(!check(&client, &query).unwrap().scope.contains("offline_access"));
}

#[test]
fn asks_in_order_signs_in_then_consents_then_issues() {
    let (client, user) = (client(false), user());
    let session = session(&user, NOW);
    let pending = Pending::new(good(&client, ""));
    let visitor = Some(SignedIn { session: &session, user: &user });
    assert_eq!(pending.next(&client, None, None, NOW), Next::SignIn);
    assert_eq!(pending.next(&client, visitor, None, NOW), Next::Consent);
    let given = consent(&user, &client, "openid profile");
    assert_eq!(pending.next(&client, visitor, Some(&given), NOW), Next::Issue);
    let less = consent(&user, &client, "profile");
    assert_eq!(pending.next(&client, visitor, Some(&less), NOW), Next::Consent);
}

#[test]
fn an_answer_counts_in_the_session_it_was_given_in() {
    let (client, user) = (client(false), user());
    let (session, other) = (session(&user, NOW), session(&user, NOW));
    let visitor = Some(SignedIn { session: &session, user: &user });
    for (allowed, next) in [(true, "Issue"), (false, "AccessDenied")] {
        let answer = Some(Answer { session: session.id, allowed });
        let pending = Pending { answer, ..Pending::new(good(&client, "&prompt=consent")) };
        assert!(format!("{:?}", pending.next(&client, visitor, None, NOW)).contains(next));
        let elsewhere = Some(SignedIn { session: &other, user: &user });
        assert_eq!(pending.next(&client, elsewhere, None, NOW), Next::Consent);
    }
}

#[test]
fn prompts_and_ages_ask_again_until_this_request_was_answered() {
    let (client, user) = (client(false), user());
    let given = consent(&user, &client, "openid");
    let old = session(&user, UnixTime(NOW.0 - 100));
    let visitor = Some(SignedIn { session: &old, user: &user });
    for (more, fresh) in
        [("", true), ("&max_age=100", true), ("&max_age=99", false), ("&prompt=login", false)]
    {
        let pending = Pending::new(good(&client, more));
        let expected = if fresh { Next::Issue } else { Next::SignIn };
        assert_eq!(pending.next(&client, visitor, Some(&given), NOW), expected, "{more}");
        let answered = Pending { signed_in: Some(old.id), ..pending };
        assert_eq!(answered.next(&client, visitor, Some(&given), NOW), Next::Issue, "{more}");
    }
    let pending = Pending::new(good(&client, "&prompt=consent"));
    assert_eq!(pending.next(&client, visitor, Some(&given), NOW), Next::Consent);
}

#[test]
fn s57_a_client_that_anyone_can_pose_as_is_asked_about_every_time() {
    let (mut client, user) = (client(true), user());
    client.redirect_uris = vec!["com.example.app:/cb".to_owned().try_into().unwrap()];
    let session = session(&user, NOW);
    let request = AuthorizationRequest { redirect_uri: "com.example.app:/cb".into(), ..good(&client, "") };
    let given = consent(&user, &client, "openid");
    let visitor = Some(SignedIn { session: &session, user: &user });
    assert_eq!(Pending::new(request).next(&client, visitor, Some(&given), NOW), Next::Consent);
}

/// A client that an administrator has bounds for, and who holds the function that it requires.
fn bounded(grants: &[GrantType]) -> (Client, User) {
    let (mut client, mut user) = (client(false), user());
    let function = FunctionName::parse("reader").unwrap();
    client.grant_types.extend(grants);
    client.bounds = Some(Bounds {
        customer: None,
        required_function: function.clone(),
        permission_scope: function.clone(),
        max_security_level: SecurityLevel::External,
    });
    user.functions = Granted::globally([function]);
    (client, user)
}

#[test]
fn s54_who_is_not_let_in_is_turned_away_after_signing_in_and_before_anything_is_asked() {
    let (client, mut user) = bounded(&[]);
    user.functions = Granted::default();
    let session = session(&user, NOW);
    let visitor = Some(SignedIn { session: &session, user: &user });
    let given = consent(&user, &client, "openid");
    let answer = Some(Answer { session: session.id, allowed: true });
    for (more, answer) in [("", None), ("", answer), ("&prompt=consent", None), ("&prompt=consent", answer)] {
        let pending = Pending { answer, ..Pending::new(good(&client, more)) };
        assert_eq!(pending.next(&client, None, None, NOW), Next::SignIn);
        let next = pending.next(&client, visitor, Some(&given), NOW);
        assert_eq!(next, Next::TurnAway(not_let_in()), "{more}");
    }
    let again = Pending::new(good(&client, "&prompt=login"));
    assert_eq!(again.next(&client, visitor, None, NOW), Next::SignIn);
    let silent = Pending::new(good(&client, "&prompt=none"));
    assert_eq!(silent.next(&client, visitor, None, NOW), Next::Refuse(not_let_in()));
}

#[test]
fn of_a_client_with_bounds_nobody_is_asked_unless_it_wants_that() {
    let (client, user) = bounded(&[]);
    let session = session(&user, NOW);
    let visitor = Some(SignedIn { session: &session, user: &user });
    for (more, next) in [("", Next::Issue), ("&prompt=none", Next::Issue), ("&prompt=consent", Next::Consent)]
    {
        assert_eq!(Pending::new(good(&client, more)).next(&client, visitor, None, NOW), next, "{more}");
    }
    let answer = Some(Answer { session: session.id, allowed: false });
    let denied = Pending { answer, ..Pending::new(good(&client, "&prompt=consent")) };
    assert!(matches!(denied.next(&client, visitor, None, NOW), Next::Refuse(_)));
}

#[test]
fn s15_tokens_at_once_are_for_clients_that_are_allowed_them() {
    use ErrorCode::{InvalidRequest, InvalidScope, UnauthorizedClient};
    let unauthorized = Err((UnauthorizedClient, "grant type is not registered for the client"));
    let (plain, (client, _)) = (client(false), bounded(&[GrantType::Implicit]));
    for kind in ["token", "id_token", "id_token+token", "token+id_token"] {
        let asked = format!("response_type={kind}&nonce=n&scope=openid+profile+offline_access");
        assert_eq!(check(&plain, &asked), unauthorized, "{kind}");
        let request = check(&client, &asked).unwrap();
        // There is nothing to refresh, and so nothing to keep.
        assert_eq!(request.scope, Scope::parse("openid profile").unwrap(), "{kind}");
        assert_eq!(request.challenge, None);
        let query = format!("{asked}&response_mode=query");
        assert_eq!(check(&client, &query), Err((InvalidRequest, "response_mode not served")), "{kind}");
    }
    for (query, code, reason) in [
        ("response_type=id_token", InvalidRequest, "nonce missing"),
        ("response_type=id_token+token", InvalidRequest, "nonce missing"),
        ("response_type=id_token&nonce=n&scope=profile", InvalidScope, "ID token without openid"),
    ] {
        assert_eq!(check(&client, query), Err((code, reason)), "{query}");
    }
    assert!(check(&client, "response_type=token&scope=profile").is_ok());
}

proptest! {
    /// "The authorization server MUST NOT display any authentication or consent user interface pages." (prompt=none)
    #[test]
    fn prompt_none_never_shows_a_page(signed_in: bool, age in 0u64..200, consented: bool, max_age in proptest::option::of(0u64..200)) {
        let (client, user) = (client(false), user());
        let more = max_age.map_or(String::new(), |max_age| format!("&max_age={max_age}"));
        let pending = Pending::new(good(&client, &format!("&prompt=none{more}")));
        prop_assert!(pending.request.prompt.contains(&Prompt::None));
        let session = session(&user, UnixTime(NOW.0 - age));
        let visitor = signed_in.then_some(SignedIn { session: &session, user: &user });
        let given = consented.then(|| consent(&user, &client, "openid"));
        let next = pending.next(&client, visitor, given.as_ref(), NOW);
        prop_assert!(matches!(next, Next::Issue | Next::Refuse(_)), "{next:?}");
        let issues = signed_in && consented && max_age.is_none_or(|max_age| max_age > 0 && age <= max_age);
        prop_assert_eq!(next == Next::Issue, issues);
    }

    #[test]
    fn a_grant_never_exceeds_what_was_asked_and_registered(words in proptest::collection::vec("[a-z]{1,3}|openid|profile|email|offline_access", 0..5)) {
        let client = client(false);
        let scope = words.join("+");
        let query = format!("response_type=code&scope={scope}&{CHALLENGE}");
        if let Ok(request) = check(&client, &query) {
            prop_assert!(request.scope.is_within(&client.scope));
            let asked = if words.is_empty() { "openid".to_owned() } else { words.join(" ") };
            prop_assert!(request.scope.is_within(&Scope::parse(&asked).unwrap()));
        }
    }
}
