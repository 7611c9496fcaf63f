//! What administrators decide: which clients are front ends, which plugins are permitted; and the broom.

use std::collections::HashSet;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use domain::client::Client;
use domain::{ClientId, UserId};
use store::grants::Grants;
use store::users::Users as StoredUsers;

use super::answers::{CodedFault, success};
use super::change::Changes;
use super::fault::Fault;
use super::flag;
use super::paths::{self, serve};
use super::sent::Sent;
use super::user::{User, Users};
use crate::audit::Event;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// Kustvakt's services for administrators.
#[derive(Clone)]
pub struct KustvaktAdmin {
    ambient: Ambient,
    users: Users,
    changes: Changes,
    grants: Grants,
    directory: StoredUsers,
}

impl Endpoint for KustvaktAdmin {
    const NAME: &'static str = "kustvakt-admin";
    const PATHS: &'static [&'static str] = paths::ADMINISTRATION;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            users: Users::new(platform),
            changes: Changes::new(platform),
            grants: platform.store.grants.clone(),
            directory: platform.store.users.clone(),
        })
    }

    fn routes(self) -> Router {
        let router = serve(Router::new(), &paths::PRIVILEGE, &post(privilege));
        let router = serve(router, &paths::PERMIT, &post(permit));
        serve(router, &paths::CLEAN, &post(clean)).with_state(self)
    }
}

/// Makes a super client of a client, or an ordinary one again. Only one that keeps a secret can prove that it is the one that is trusted.
async fn privilege(State(endpoint): State<KustvaktAdmin>, sent: Sent) -> Result<Response, CodedFault> {
    let next = |client: &Client, privileged| match client.is_public() && privileged {
        true => Err(Fault::Invalid("super")),
        false => Ok(Client { privileged, ..client.clone() }),
    };
    endpoint.decide(sent, "super", next).await
}

/// Permits a plugin, or not any more: it is then as if it had never been.
async fn permit(State(endpoint): State<KustvaktAdmin>, sent: Sent) -> Result<Response, CodedFault> {
    let next = |client: &Client, permitted| client.permitted(permitted).ok_or(Fault::Invalid("client_id"));
    endpoint.decide(sent, "permitted", next).await
}

/// Deletes what is left of grants that are over, or whose clients are gone. TTL does the first anyway, in its own time; nobody has to call
/// this. It goes through the directory user by user, and reads what each has granted.
async fn clean(State(endpoint): State<KustvaktAdmin>, sent: Sent) -> Result<Response, CodedFault> {
    endpoint.administrator(&sent).await?;
    let mut deleted = 0;
    for (_, listed) in endpoint.directory.list().await? {
        deleted += endpoint.sweep(listed.user_id).await?;
    }
    tracing::info!(deleted, "grants swept");
    Ok(StatusCode::OK.into_response())
}

impl KustvaktAdmin {
    async fn administrator(&self, sent: &Sent) -> Result<User, Fault> {
        let user = self.users.authenticate(&sent.headers, &sent.context).await?;
        user.must_administer()?;
        Ok(user)
    }

    /// Has an administrator decide yes or no of the client that the form names: `next` makes of the client what that means.
    async fn decide(
        &self,
        sent: Sent,
        name: &'static str,
        next: impl Fn(&Client, bool) -> Result<Client, Fault>,
    ) -> Result<Response, CodedFault> {
        let user = self.administrator(&sent).await?;
        let form = sent.form()?;
        let id = form.get("client_id").ok_or(Fault::Missing("client_id"))?;
        let decision = flag(&form, name)?.ok_or(Fault::Missing(name))?;
        let changed = self.changes.make(&user, Some(id), |client| next(client, decision)).await?;
        if let Some(client) = changed {
            Event::ClientChanged { client: client.id, user: Some(user.principal.user.id) }.record();
        }
        Ok(success())
    }

    /// Deletes what is left of a user's grants, and says how many that were.
    async fn sweep(&self, user: UserId) -> Result<usize, Fault> {
        let now = self.ambient.now();
        let grants = self.grants.of(user).await?;
        let ids: HashSet<_> = grants.iter().map(|grant| grant.client).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let there = self.changes.clients.find_all(&ids).await?.into_iter();
        let there: HashSet<ClientId> =
            there.filter(|client| !client.deleted).map(|client| client.id).collect();
        let mut deleted = 0;
        for grant in grants.iter().filter(|grant| grant.is_over(now) || !there.contains(&grant.client)) {
            deleted += usize::from(self.grants.end(grant.keys, grant.client).await?);
        }
        Ok(deleted)
    }
}
