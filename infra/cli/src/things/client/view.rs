//! Clients for people: as rows, and one by one. Whoever has the table sees everything.

use domain::client;
use domain::shown::{Client, Details, Named, UserInfo};
use serde::Serialize;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::refer::level;
use crate::things::{Thing, joined};
use crate::times::exact;

/// What is out of the ordinary.
fn notes(client: &Client) -> Vec<&'static str> {
    let has = |flag| client.flags.contains(&flag);
    let details = client.details.as_ref();
    let notes = [
        (has("deleted"), "removed"),
        (has("hidden"), "hidden"),
        (client.required_function.is_none(), "registered itself"),
        (client.authentication_method == "none", "public"),
        (details.is_some_and(|details| details.allow_implicit), "implicit flow"),
        (details.is_some_and(|details| !details.require_pkce), "without PKCE"),
        (details.is_some_and(|details| !details.require_same_address), "any user address"),
    ];
    notes.into_iter().filter_map(|(is, note)| is.then_some(note)).collect()
}

impl Thing for Client {
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
        self.short_name.clone()
    }

    fn row(&self) -> Vec<String> {
        let named =
            |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
        vec![
            self.short_name.clone(),
            self.name.clone(),
            self.customer.as_ref().map(|customer| customer.short_name.clone()).unwrap_or_default(),
            named(&self.required_function),
            joined(&notes(self)),
            self.id.clone(),
        ]
    }

    fn sheet(&self) -> Sheet {
        let named = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone());
        let by = |moment, user: &Option<UserInfo>| match user {
            Some(user) => format!("{} by {}", exact(moment), user.name),
            None => exact(moment),
        };
        let details = self.details.as_ref();
        let all = |of: fn(&Details) -> &Vec<String>| details.map(of).into_iter().flatten();
        let claims = details
            .into_iter()
            .flat_map(|details| &details.custom_claims)
            .filter_map(|claim| serde_json::to_string(claim).ok());
        Sheet::default()
            .with("client_id", self.id.clone())
            .with("name", self.name.clone())
            .with("description", self.description.clone())
            .with("main URI", self.main_uri.clone())
            .with_all("redirect URIs", all(|details| &details.redirect_uris))
            .with("customer", self.customer.as_ref().map(|customer| customer.short_name.clone()))
            .with("domain", self.domain.name.clone())
            .with("required function", named(&self.required_function))
            .with("permission scope", details.and_then(|details| named(&details.permission_scope)))
            .with("permitted scopes", joined(all(|details| &details.permitted_scopes)))
            .with("client IP range", joined(all(|details| &details.addresses)))
            .with("most trusted as", level(self.max_security_level).to_owned())
            .with_all("custom claims", claims)
            .with("notes", joined(&notes(self)))
            .with("defined", by(self.created_timestamp, &self.created_by_user))
            .with("changed", by(self.last_updated_timestamp, &self.last_updated_by_user))
    }
}

/// A client, and its secret where that was just generated.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secretive {
    #[serde(flatten)]
    client: Client,
    #[serde(rename = "clientSecret", skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Secretive {
    pub(super) fn of(client: &client::Client, directory: &Directory, secret: Option<String>) -> Self {
        Self { client: Client::of(client, &directory.known(), true), secret }
    }
}

impl Thing for Secretive {
    const NOUNS: (&'static str, &'static str) = Client::NOUNS;
    const COLUMNS: &'static [Column] = Client::COLUMNS;

    fn name(&self) -> String {
        self.client.name()
    }

    fn row(&self) -> Vec<String> {
        self.client.row()
    }

    fn sheet(&self) -> Sheet {
        self.client.sheet()
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        self.secret.as_ref().map(|secret| ("secret", secret.as_str()))
    }
}
