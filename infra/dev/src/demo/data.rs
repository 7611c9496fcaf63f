//! Four people and two applications in the table: made at the first start, and found again at every other.
//!
//! Identifiers and secrets follow `demo.json`, so that they stay the same also where the table is kept in memory. People are
//! made once and then left as they are; the applications are the demo's own, and fit the settings again after every start.

use domain::client::{Authentication, Client};
use domain::password::{PasswordHash, Verdict};
use domain::registration::Registrable;
use domain::secret::ClientSecret;
use domain::token::Token;
use domain::user::{Profile, User, Username};
use domain::{ClientId, Issuer, Settings, UserId};
use oauth::Scope;
use oauth::registration::ClientMetadata;
use oauth::words::{ApplicationType, AuthenticationMethod, GrantType};
use server::platform::Ambient;
use store::Store;
use store::clients::{Change, Creation};

use super::credentials::{self, Credentials};
use super::{directory, pages};
use crate::failure::Failure;

/// Who calls in the examples of Kustvakt's wiki, with `password` for a password.
pub(crate) const IN_EXAMPLES: &str = "username";

/// Names, passwords and profiles. The passwords are no secrets: they are written here.
fn people() -> [(&'static str, &'static str, Profile); 4] {
    let profile = |name: &str, email: &str, phone: &str, groups: &[&str]| Profile {
        name: Some(name.to_owned()),
        email: Some(email.to_owned()),
        email_verified: true,
        phone_number: Some(phone.to_owned()),
        picture: None,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
    };
    [
        (
            "alice",
            "curiouser-and-curiouser",
            profile("Alice Liddell", "alice@example.com", "+1-202-555-0143", &["staff", "editors"]),
        ),
        ("bob", "can-we-fix-it", profile("Bob Mason", "bob@example.com", "+1-202-555-0187", &["staff"])),
        (
            directory::ADMINISTRATOR,
            "analytical-engine",
            profile("Ada Byron", "ada@example.com", "+1-202-555-0115", &["staff", "operators"]),
        ),
        (
            IN_EXAMPLES,
            "password",
            profile("Ursula Example", "username@example.com", "+1-202-555-0162", &["staff"]),
        ),
    ]
}

/// Makes what is missing, and says what there is. The applications' pages are at `home`.
///
/// # Errors
/// Where the store fails, or the settings allow no such client.
pub(crate) async fn establish(
    store: &Store,
    ambient: &Ambient,
    home: &Issuer,
    before: Option<&Credentials>,
) -> Result<Credentials, Failure> {
    directory::establish(store, ambient).await?;
    let mut users = Vec::new();
    for (username, password, profile) in people() {
        let key = before.and_then(|before| before.api_key(username));
        let id = key.and_then(directory::owner);
        let id = id.unwrap_or_else(|| UserId::generate(ambient.entropy.as_ref()));
        users.extend(person(store, ambient, id, (username, password, profile)).await?);
    }
    let mut clients = Vec::new();
    for public in [false, true] {
        let known = before.and_then(|before| before.client(public));
        clients
            .push(application(store, ambient, known, registration(public, home, &ambient.settings)).await?);
    }
    let mut api_keys = Vec::new();
    for username in [directory::ADMINISTRATOR, directory::ORDINARY] {
        // Somebody else's account of the same name is left alone.
        if users.iter().any(|user: &credentials::User| user.username == username) {
            let known = before.and_then(|before| before.api_key(username));
            api_keys.extend(directory::api_key(store, ambient, username, known).await?);
        }
    }
    Ok(Credentials { issuer: ambient.settings.issuer.to_string(), users, clients, api_keys })
}

/// Somebody who can sign in with the demo's password. A user of that name with another password is somebody else's, and left alone.
async fn person(
    store: &Store,
    ambient: &Ambient,
    id: UserId,
    (name, password, profile): (&str, &'static str, Profile),
) -> Result<Option<credentials::User>, Failure> {
    let username = Username::parse(name).map_err(|_| Failure::Demo("a username is malformed"))?;
    let ours = credentials::User { username: name.to_owned(), password: password.to_owned() };
    if store.logins.find(&username).await?.is_none() {
        let hash = PasswordHash::new(password, ambient.entropy.as_ref());
        let hash = hash.map_err(|_| Failure::Demo("a password is too long"))?;
        let user = User { profile, ..User::new(id, username.clone(), ambient.clock.now()) };
        let user = directory::holding(user)?;
        if store.users.create(&user, &hash).await? == Creation::Made {
            return Ok(Some(ours));
        }
    }
    let login = store.logins.find(&username).await?;
    if login.is_some_and(|login| login.password.verify(password) != Verdict::Wrong) {
        return Ok(Some(ours));
    }
    tracing::warn!(%username, "there is a user of this name with another password: left as it is");
    Ok(None)
}

/// One of the demo's applications, as `known` names it or under a new name, registered as it should be.
async fn application(
    store: &Store,
    ambient: &Ambient,
    known: Option<&credentials::Client>,
    metadata: ClientMetadata,
) -> Result<credentials::Client, Failure> {
    let entropy = ambient.entropy.as_ref();
    let id = known.and_then(|known| ClientId::parse(&known.client_id));
    let id = id.unwrap_or_else(|| ClientId::generate(entropy));
    let public = metadata.token_endpoint_auth_method.as_deref() == Some(AuthenticationMethod::None.as_str());
    let secret = (!public).then(|| {
        let known =
            known.and_then(|known| known.client_secret.as_deref()).and_then(Token::<ClientSecret>::parse);
        known.unwrap_or_else(|| Token::<ClientSecret>::generate((), entropy))
    });
    let wanted = client(id, secret.as_ref(), &metadata, ambient)?;
    match store.clients.find(id).await? {
        None if store.clients.register(&wanted).await? == Creation::NameTaken => {
            return Err(Failure::Demo("a client's name is taken"));
        }
        None => {}
        Some(found) => {
            let kept = Client {
                version: found.version,
                created_at: found.created_at,
                updated_at: found.updated_at,
                ..wanted.clone()
            };
            let (version, updated_at) = (found.version + 1, ambient.clock.now());
            let next = Client { version, updated_at, ..kept.clone() };
            if kept != found && store.clients.change(&found, &next).await? != Change::Made {
                return Err(Failure::Demo("a client was changed at the same moment; start again"));
            }
        }
    }
    Ok(credentials::Client {
        name: wanted.about.name.clone(),
        client_id: id.to_string(),
        client_secret: secret.as_ref().map(Token::<ClientSecret>::to_text),
        token_endpoint_auth_method: wanted.authentication.method().to_string(),
        grant_types: wanted.grant_types.iter().map(ToString::to_string).collect(),
        redirect_uris: wanted.redirect_uris.iter().map(ToString::to_string).collect(),
    })
}

/// The registration, checked by the same rules as anybody's.
fn client(
    id: ClientId,
    secret: Option<&Token<ClientSecret>>,
    metadata: &ClientMetadata,
    ambient: &Ambient,
) -> Result<Client, Failure> {
    let registrable = Registrable::check(metadata, &ambient.settings);
    let registrable = registrable.map_err(|refusal| Failure::Demo(refusal.description))?;
    let authentication = match secret {
        Some(secret) => Authentication::Secret { method: Some(registrable.method), digest: secret.digest() },
        None => Authentication::Public,
    };
    Ok(registrable.into_client(Client { authentication, ..Client::new(id, ambient.clock.now()) }))
}

fn registration(public: bool, home: &Issuer, settings: &Settings) -> ClientMetadata {
    let registration = if public { native(home) } else { web(home) };
    ClientMetadata {
        client_uri: Some(home.at(pages::START)),
        post_logout_redirect_uris: Some(vec![home.at(pages::START)]),
        scope: Some(scope(settings).to_string()),
        ..registration
    }
}

/// What the applications may ask for: whatever is served, but for the services that manage clients.
pub(crate) fn scope(settings: &Settings) -> Scope {
    settings.standard_scope().union(&settings.api_scope())
}

/// An application that runs on a server and keeps a secret.
fn web(home: &Issuer) -> ClientMetadata {
    ClientMetadata {
        client_name: Some("Demo web application".to_owned()),
        client_description: Some("Shows each step of signing in, in your browser.".to_owned()),
        token_endpoint_auth_method: Some(AuthenticationMethod::ClientSecretBasic.to_string()),
        grant_types: Some(GrantType::AT_TOKEN_ENDPOINT.iter().map(ToString::to_string).collect()),
        redirect_uris: Some(vec![home.at(pages::CALLBACK)]),
        ..ClientMetadata::default()
    }
}

/// An application that runs on somebody's device and can't keep a secret; on loopback, any port is good (RFC 8252 section 7.3).
fn native(home: &Issuer) -> ClientMetadata {
    let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    let loopback = "http://127.0.0.1/callback".to_owned();
    ClientMetadata {
        client_name: Some("Demo native application".to_owned()),
        client_description: Some(
            "The same without a secret, as an app on your device would do it.".to_owned(),
        ),
        token_endpoint_auth_method: Some(AuthenticationMethod::None.to_string()),
        grant_types: Some(grants.iter().map(ToString::to_string).collect()),
        application_type: Some(ApplicationType::Native.to_string()),
        redirect_uris: Some(vec![home.at(pages::CALLBACK), loopback]),
        ..ClientMetadata::default()
    }
}

#[cfg(test)]
mod tests {
    use domain::client::Client;
    use domain::password::{PasswordHash, Verdict};
    use domain::user::{User, Username};
    use domain::{ClientId, Issuer, Settings, UserId};
    use server::Platform;
    use testkit::actors::{platform, settings};
    use testkit::{TestEntropy, TestTable};

    use super::establish;
    use crate::demo::credentials::Credentials;

    async fn made(platform: &Platform, before: Option<&Credentials>) -> Credentials {
        let home = &platform.ambient.settings.issuer;
        establish(&platform.store, &platform.ambient, home, before).await.unwrap()
    }

    /// The registration of the application that can keep a secret, or of the one that can't.
    async fn registered(platform: &Platform, credentials: &Credentials, public: bool) -> Client {
        let id = ClientId::parse(&credentials.client(public).unwrap().client_id).unwrap();
        platform.store.clients.find(id).await.unwrap().unwrap()
    }

    fn moved(table: &TestTable, issuer: &str) -> Platform {
        platform(table, Settings { issuer: Issuer::parse(issuer).unwrap(), ..settings() })
    }

    #[tokio::test]
    async fn is_made_once_and_found_again() {
        let table = TestTable::new().await;
        let platform = platform(&table, settings());
        let first = made(&platform, None).await;
        let items = table.items();
        assert!(first == made(&platform, Some(&first)).await);
        assert_eq!(table.items(), items);
        assert_eq!((first.users.len(), first.clients.len(), first.api_keys.len()), (4, 2, 2));
        for user in &first.users {
            let username = Username::parse(&user.username).unwrap();
            let login = platform.store.logins.find(&username).await.unwrap().unwrap();
            assert_eq!(login.password.verify(&user.password), Verdict::Right);
        }
    }

    #[tokio::test]
    async fn stays_the_same_where_only_the_table_is_lost() {
        // Identifiers of the lost table are not made once more by chance.
        let (before, mut after) = (TestTable::new().await, TestTable::new().await);
        after.entropy = TestEntropy::seeded(1);
        let first = made(&platform(&before, settings()), None).await;
        assert!(first == made(&platform(&after, settings()), Some(&first)).await);
        let registered = registered(&platform(&after, settings()), &first, false).await;
        assert_eq!(registered.redirect_uris[0].as_str(), first.client(false).unwrap().redirect_uris[0]);
    }

    #[tokio::test]
    async fn applications_follow_the_issuer() {
        let table = TestTable::new().await;
        let first = made(&moved(&table, "http://127.0.0.1:9000"), None).await;
        let proxied = moved(&table, "https://id.example");
        let second = made(&proxied, Some(&first)).await;
        for public in [false, true] {
            let (before, after) = (first.client(public).unwrap(), second.client(public).unwrap());
            assert!((&before.client_id, &before.client_secret) == (&after.client_id, &after.client_secret));
            let registered = registered(&proxied, &second, public).await;
            assert_eq!(registered.redirect_uris[0].as_str(), "https://id.example/demo/callback");
            assert_eq!(registered.post_logout_redirect_uris[0].as_str(), "https://id.example/demo");
            assert_eq!(registered.version, 2);
        }
    }

    #[tokio::test]
    async fn applications_are_as_different_as_they_can_be() {
        let table = TestTable::new().await;
        let platform = platform(&table, settings());
        let credentials = made(&platform, None).await;
        let confidential = registered(&platform, &credentials, false).await;
        assert_eq!(confidential.authentication.method().as_str(), "client_secret_basic");
        assert_eq!(confidential.grant_types.len(), 3);
        let public = registered(&platform, &credentials, true).await;
        assert!(public.is_public());
        assert!(public.redirect_uri(Some("http://127.0.0.1:51004/callback"), &settings()).is_ok());
        assert!(confidential.redirect_uri(Some("http://127.0.0.1:51004/callback"), &settings()).is_err());
        assert!(confidential.scope.contains("notes:write") && confidential.scope.contains("offline_access"));
    }

    #[tokio::test]
    async fn somebody_elses_account_is_left_alone() {
        let table = TestTable::new().await;
        let platform = platform(&table, settings());
        let (id, name) = (UserId::generate(&table.entropy), Username::parse("alice").unwrap());
        let stranger = User::new(id, name, platform.ambient.clock.now());
        let password = PasswordHash::new("another", &table.entropy).unwrap();
        platform.store.users.create(&stranger, &password).await.unwrap();
        let credentials = made(&platform, None).await;
        assert_eq!(
            credentials.users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(),
            ["bob", "ada", "username"]
        );
        assert_eq!(credentials.api_keys.iter().map(|key| key.username.as_str()).collect::<Vec<_>>(), ["ada"]);
        let login = platform.store.logins.find(&stranger.username).await.unwrap().unwrap();
        assert_eq!((login.user, login.password), (stranger.id, password));
    }

    #[tokio::test]
    async fn does_without_scopes_of_its_own() {
        let table = TestTable::new().await;
        let platform = platform(&table, Settings { api_scopes: Vec::new(), ..settings() });
        let credentials = made(&platform, None).await;
        let registered = registered(&platform, &credentials, false).await;
        assert!(!registered.scope.contains("notes:read") && registered.scope.contains("openid"));
    }
}
