//! What users have registered before a story begins (Kustvakt).

use domain::client::{Authentication, Author, Owned};
use domain::secret::ClientSecret;
use domain::token::Token;
use domain::user::Username;
use domain::{ClientId, Clock as _};
use oauth::redirect::RedirectUri;
use oauth::words::GrantType;
use store::clients::Creation;

use super::{Client, Gatelet, Person};

impl Gatelet {
    /// A front end that somebody registered and an administrator privileged (a *super client*).
    pub async fn front_end(&self, owner: &Person) -> Client {
        let id = ClientId::generate(&self.table.entropy);
        let secret = Token::<ClientSecret>::generate((), &self.table.entropy);
        let username = Username::parse(&owner.username).expect("a name to sign in with");
        let owner = Author { id: owner.id, username };
        let mut client = domain::client::Client {
            authentication: Authentication::Secret { method: None, digest: secret.digest() },
            grant_types: [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
            redirect_uris: vec![
                RedirectUri::parse("https://korap.example/callback").expect("a redirect URI"),
            ],
            owned: Some(Owned {
                by: owner.id,
                refresh_token: Some(self.settings().lifetimes.owned_grant),
                plugin: None,
            }),
            privileged: true,
            created_by: Some(owner),
            ..domain::client::Client::new(id, self.table.clock.now())
        };
        "Kalamar".clone_into(&mut client.about.name);
        let created = self.table.store.clients.register(&client).await.expect("a table");
        assert_eq!(created, Creation::Made, "a new client has a new name");
        drop(self.table.recorder.take());
        Client::defined(self.clone(), &client, Some(&secret.to_text()))
    }
}
