//! Clients for people: as rows, and one by one. Whoever has the table sees everything.

use std::collections::BTreeSet;
use std::fmt;

use domain::UserId;
use domain::client;
use domain::shown::{Client, Details, Named, UserInfo};
use domain::user::{User, Username};
use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::refer::level;
use crate::things::{Thing, joined};
use crate::times::exact;

/// A client: Argus's members, and those of our own for what Kustvakt knows beside.
#[derive(Serialize)]
pub(super) struct View {
    #[serde(flatten)]
    client: Client,
    /// Who registered it, if a user did.
    owner: Option<Owner>,
    /// Whether it is a super client.
    #[serde(rename = "super")]
    privileged: bool,
    /// Whether it is permitted, if it is a plugin.
    permitted: Option<bool>,
    /// Its secret, where that was just generated.
    #[serde(rename = "clientSecret", skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A user who registered a client.
#[derive(Serialize)]
struct Owner {
    sub: UserId,
    /// None for one who was removed.
    username: Option<Username>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.username {
            Some(username) => username.fmt(f),
            None => write!(f, "{} (removed)", self.sub),
        }
    }
}

/// Users who registered clients.
#[derive(Debug, Default)]
pub(super) struct Owners(Vec<User>);

impl Owners {
    /// Those of these clients; nobody is looked up for clients that no user registered.
    ///
    /// # Errors
    /// Where the table can't be used.
    pub(super) async fn read(
        connection: &Connection,
        clients: impl IntoIterator<Item = &client::Client>,
    ) -> Result<Self, Failure> {
        let ids: BTreeSet<_> =
            clients.into_iter().flat_map(|client| &client.owned).map(|owned| owned.by).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        Ok(Self(connection.read(connection.store.users.find_all(&ids).await).await?))
    }

    fn named(&self, sub: UserId) -> Owner {
        let user = self.0.iter().find(|user| user.id == sub);
        Owner { sub, username: user.map(|user| user.username.clone()) }
    }
}

impl View {
    pub(super) fn of(client: &client::Client, directory: &Directory, owners: &Owners) -> Self {
        Self {
            client: Client::of(client, &directory.known(), true),
            owner: client.owned.as_ref().map(|owned| owners.named(owned.by)),
            privileged: client.privileged,
            permitted: client.plugin().map(|plugin| plugin.permitted),
            secret: None,
        }
    }

    /// The same with the secret that was just generated, if one was.
    pub(super) fn with(self, secret: Option<String>) -> Self {
        Self { secret, ..self }
    }
}

/// What is out of the ordinary.
fn notes(view: &View) -> Vec<&'static str> {
    let client = &view.client;
    let has = |flag| client.flags.contains(&flag);
    let details = client.details.as_ref();
    let notes = [
        (has("deleted"), "removed"),
        (has("hidden"), "hidden"),
        (client.required_function.is_none() && view.owner.is_none(), "registered itself"),
        (view.privileged, "super client"),
        (view.permitted == Some(true), "permitted plugin"),
        (view.permitted == Some(false), "plugin not permitted"),
        (client.authentication_method == "none", "public"),
        (details.is_some_and(|details| details.allow_implicit), "implicit flow"),
        (details.is_some_and(|details| !details.require_pkce), "without PKCE"),
        (details.is_some_and(|details| !details.require_same_address), "any user address"),
    ];
    notes.into_iter().filter_map(|(is, note)| is.then_some(note)).collect()
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("client", "clients");
    const COLUMNS: &'static [Column] = &[
        Column::whole("short name"),
        Column::cut("name"),
        Column::cut("customer"),
        Column::cut("required function"),
        Column::cut("notes"),
        Column::whole("id"),
    ];

    fn name(&self) -> String {
        self.client.short_name.clone()
    }

    fn row(&self) -> Vec<String> {
        let client = &self.client;
        let named =
            |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
        let owner = self.owner.as_ref().map(|owner| format!("registered by {owner}"));
        let notes = owner.into_iter().chain(notes(self).into_iter().map(str::to_owned));
        vec![
            client.short_name.clone(),
            client.name.clone(),
            client.customer.as_ref().map(|customer| customer.short_name.clone()).unwrap_or_default(),
            named(&client.required_function),
            joined(&notes.collect::<Vec<_>>()),
            client.id.clone(),
        ]
    }

    fn sheet(&self) -> Sheet {
        let client = &self.client;
        let named = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone());
        let by = |moment, user: &Option<UserInfo>| match user {
            Some(user) => format!("{} by {}", exact(moment), user.name),
            None => exact(moment),
        };
        let details = client.details.as_ref();
        let all = |of: fn(&Details) -> &Vec<String>| details.map(of).into_iter().flatten();
        let claims = details
            .into_iter()
            .flat_map(|details| &details.custom_claims)
            .filter_map(|claim| serde_json::to_string(claim).ok());
        Sheet::default()
            .with("client_id", client.id.clone())
            .with("name", client.name.clone())
            .with("description", client.description.clone())
            .with("main URI", client.main_uri.clone())
            .with_all("redirect URIs", all(|details| &details.redirect_uris))
            .with("customer", client.customer.as_ref().map(|customer| customer.short_name.clone()))
            .with("domain", client.domain.name.clone())
            .with("owner", self.owner.as_ref().map(ToString::to_string))
            .with("required function", named(&client.required_function))
            .with("permission scope", details.and_then(|details| named(&details.permission_scope)))
            .with("permitted scopes", joined(all(|details| &details.permitted_scopes)))
            .with("client IP range", joined(all(|details| &details.addresses)))
            .with("most trusted as", level(client.max_security_level).to_owned())
            .with_all("custom claims", claims)
            .with("notes", joined(&notes(self)))
            .with("defined", by(client.created_timestamp, &client.created_by_user))
            .with("changed", by(client.last_updated_timestamp, &client.last_updated_by_user))
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        self.secret.as_ref().map(|secret| ("secret", secret.as_str()))
    }
}
