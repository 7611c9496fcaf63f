//! What administrators decide: which clients are front ends, which plugins are permitted; and the broom.

use std::collections::HashSet;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use domain::client::Client;
use domain::definition::Act;
use domain::{ClientId, UserId};
use oauth::{ErrorCode, Refusal};
use store::clients::{Change, Clients};
use store::grants::Grants;
use store::users::Users as StoredUsers;

use super::answers::{CodedFault, success};
use super::fault::Fault;
use super::flag;
use super::paths::{self, serve};
use super::user::{User, Users};
use crate::audit::Event;
use crate::body::Form;
use crate::context::Context;
use crate::error::JsonError;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// How often a change is tried that another one comes before.
const ATTEMPTS: usize = 8;

/// Kustvakt's services for administrators.
#[derive(Clone)]
pub struct KustvaktAdmin {
    ambient: Ambient,
    users: Users,
    clients: Clients,
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
            clients: platform.store.clients.clone(),
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
async fn privilege(
    State(endpoint): State<KustvaktAdmin>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let user = endpoint.administrator(&headers, &context).await?;
    let form = form?.parameters;
    let id = form.get("client_id").ok_or(Fault::Missing("client_id"))?;
    let privileged = flag(&form, "super")?.ok_or(Fault::Missing("super"))?;
    let next = |client: &Client| match client.is_public() && privileged {
        true => Err(Fault::Invalid("super")),
        false => Ok(Client { privileged, ..client.clone() }),
    };
    endpoint.change(&user, id, next).await?;
    Ok(success())
}

/// Permits a plugin, or not any more: it is then as if it had never been.
async fn permit(
    State(endpoint): State<KustvaktAdmin>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let user = endpoint.administrator(&headers, &context).await?;
    let form = form?.parameters;
    let id = form.get("client_id").ok_or(Fault::Missing("client_id"))?;
    let permitted = flag(&form, "permitted")?.ok_or(Fault::Missing("permitted"))?;
    let next = |client: &Client| client.permitted(permitted).ok_or(Fault::Invalid("client_id"));
    endpoint.change(&user, id, next).await?;
    Ok(success())
}

/// Deletes what is left of grants that are over, or whose clients are gone. TTL does the first anyway, in its own time; nobody has to call
/// this. It goes through the directory user by user, and reads what each has granted.
async fn clean(
    State(endpoint): State<KustvaktAdmin>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, CodedFault> {
    endpoint.administrator(&headers, &context).await?;
    let mut deleted = 0;
    for (_, listed) in endpoint.directory.list().await? {
        deleted += endpoint.sweep(listed.user_id).await?;
    }
    tracing::info!(deleted, "grants swept");
    Ok(StatusCode::OK.into_response())
}

impl KustvaktAdmin {
    async fn administrator(&self, headers: &HeaderMap, context: &Context) -> Result<User, Fault> {
        let user = self.users.authenticate(headers, context).await?;
        user.must_administer()?;
        Ok(user)
    }

    /// Replaces a client by what `next` makes of it, also where somebody else changes it at the same time. What changes nothing writes
    /// nothing.
    async fn change(
        &self,
        user: &User,
        id: &str,
        next: impl Fn(&Client) -> Result<Client, Fault>,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let client = super::find(&self.clients, Some(id)).await?;
            let changed = next(&client)?;
            if changed == client {
                return Ok(());
            }
            let act = Act { author: Some(user.author()), at: self.ambient.now() };
            if self.clients.change(&client, &changed.changed(act)).await? == Change::Made {
                Event::ClientChanged { client: client.id, user: Some(user.principal.user.id) }.record();
                return Ok(());
            }
        }
        Err(Refusal::new(ErrorCode::TemporarilyUnavailable, "client is changed by too many at once").into())
    }

    /// Deletes what is left of a user's grants, and says how many that were.
    async fn sweep(&self, user: UserId) -> Result<usize, Fault> {
        let now = self.ambient.now();
        let grants = self.grants.of(user).await?;
        let ids: HashSet<_> = grants.iter().map(|grant| grant.client).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let there = self.clients.find_all(&ids).await?.into_iter();
        let there: HashSet<ClientId> =
            there.filter(|client| !client.deleted).map(|client| client.id).collect();
        let mut deleted = 0;
        for grant in grants.iter().filter(|grant| grant.is_over(now) || !there.contains(&grant.client)) {
            deleted += usize::from(self.grants.end(grant.keys, grant.client).await?);
        }
        Ok(deleted)
    }
}
