//! Plugins: listed, installed in a front end and removed from it again.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::ClientId;
use domain::kustvakt::Installation;
use oauth::scope::kustvakt as scopes;
use store::clients::Clients;
use store::installations::{Installations, Installed};

use super::answers::CodedFault;
use super::fault::Fault;
use super::front_end::FrontEnds;
use super::granted::Granted;
use super::paths::{self, serve};
use super::sent::Sent;
use super::view::{ClientInfo, InstalledPlugin};
use super::{flag, listed};
use crate::audit::Event;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// Kustvakt's services for plugins.
#[derive(Clone)]
pub struct KustvaktPlugins {
    ambient: Ambient,
    front_ends: FrontEnds,
    clients: Clients,
    installations: Installations,
    granted: Granted,
}

impl Endpoint for KustvaktPlugins {
    const NAME: &'static str = "kustvakt-plugins";
    const PATHS: &'static [&'static str] = paths::PLUGINS;

    async fn connect(platform: &Platform) -> Result<Self, StartupError> {
        Ok(Self {
            ambient: platform.ambient.clone(),
            front_ends: FrontEnds::new(platform),
            clients: platform.store.clients.clone(),
            installations: platform.store.installations.clone(),
            granted: Granted::new(platform),
        })
    }

    fn routes(self) -> Router {
        let router = serve(Router::new(), &paths::PLUGIN_LIST, &post(list));
        let router = serve(router, &paths::INSTALL, &post(install));
        let router = serve(router, &paths::INSTALLED, &post(installed));
        serve(router, &paths::UNINSTALL, &post(uninstall)).with_state(self)
    }
}

async fn list(State(endpoint): State<KustvaktPlugins>, sent: Sent) -> Result<Response, CodedFault> {
    let asked = endpoint.front_ends.asked_for(scopes::LIST_USER_CLIENT, sent).await?;
    let permitted_only = flag(&asked.form, "permitted_only")?.unwrap_or(false);
    let ids = endpoint.clients.plugins().await?;
    let mut plugins = listed(endpoint.clients.find_all(&ids).await?);
    plugins.retain(|plugin| plugin.is_permitted() || !permitted_only);
    let shown: Vec<_> =
        plugins.iter().map(|plugin| ClientInfo::of(plugin, asked.user.manages(plugin))).collect();
    Ok(Json(shown).into_response())
}

async fn install(State(endpoint): State<KustvaktPlugins>, sent: Sent) -> Result<Response, CodedFault> {
    let asked = endpoint.front_ends.asked_for(scopes::INSTALL_USER_CLIENT, sent).await?;
    let plugin = super::find(&endpoint.clients, Some(asked.parameter("client_id")?)).await?;
    let installation = Installation {
        user: asked.user.principal.user.id,
        super_client: asked.front_end.id,
        plugin: plugin.id,
        installed_at: endpoint.ambient.now(),
    };
    match endpoint.installations.install(&installation).await? {
        Installed::Now => {}
        Installed::Before => return Err(Fault::Installed(plugin.id).into()),
        Installed::NotPermitted => return Err(Fault::NotPermitted(plugin.id).into()),
        Installed::NotPrivileged => return Err(Fault::NotSuper.into()),
    }
    Event::PluginInstalled { user: installation.user, client: plugin.id }.record();
    Ok(Json(InstalledPlugin::of(&installation, &plugin)).into_response())
}

async fn installed(State(endpoint): State<KustvaktPlugins>, sent: Sent) -> Result<Response, CodedFault> {
    let asked = endpoint.front_ends.asked_for(scopes::LIST_USER_CLIENT, sent).await?;
    let user = asked.user.principal.user.id;
    let installations = endpoint.installations.list(user, asked.front_end.id).await?;
    let ids: Vec<_> = installations.iter().map(|installation| installation.plugin).collect();
    let plugins = endpoint.clients.find_all(&ids).await?.into_iter();
    let plugins: HashMap<_, _> =
        plugins.filter(|plugin| !plugin.deleted).map(|plugin| (plugin.id, plugin)).collect();
    let there = |one: &Installation| plugins.get(&one.plugin).map(|plugin| (*one, plugin));
    let mut there: Vec<_> = installations.iter().filter_map(there).collect();
    there.sort_by(|(_, one), (_, other)| (&one.about.name, one.id).cmp(&(&other.about.name, other.id)));
    let shown: Vec<_> =
        there.iter().map(|(installation, plugin)| InstalledPlugin::of(installation, plugin)).collect();
    Ok(Json(shown).into_response())
}

/// Removes a plugin, and with it what the user had granted it: that first, so that an attempt that breaks off can be made again.
async fn uninstall(State(endpoint): State<KustvaktPlugins>, sent: Sent) -> Result<Response, CodedFault> {
    let asked = endpoint.front_ends.asked_for(scopes::UNINSTALL_USER_CLIENT, sent).await?;
    let id = ClientId::parse(asked.parameter("client_id")?);
    let (user, plugin) = (asked.user.principal.user.id, id.ok_or(Fault::ClientUnknown(None))?);
    let installed = endpoint.installations.list(user, asked.front_end.id).await?;
    if !installed.iter().any(|installation| installation.plugin == plugin) {
        return Err(Fault::ClientUnknown(Some(plugin)).into());
    }
    endpoint.granted.withdraw_all(user, plugin).await?;
    if endpoint.installations.uninstall(user, asked.front_end.id, plugin).await? {
        Event::PluginUninstalled { user, client: plugin }.record();
    }
    Ok(StatusCode::OK.into_response())
}
