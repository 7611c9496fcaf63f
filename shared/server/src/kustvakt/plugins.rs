//! Plugins: listed, installed in a front end and removed from it again.

use std::collections::HashMap;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::ClientId;
use domain::kustvakt::Installation;
use oauth::Parameters;
use oauth::scope::kustvakt as scopes;
use store::clients::Clients;
use store::installations::{Installations, Installed};

use super::answers::CodedFault;
use super::fault::Fault;
use super::flag;
use super::front_end;
use super::granted::Granted;
use super::paths::{self, serve};
use super::user::{User, Users};
use super::view::{ClientInfo, InstalledPlugin};
use crate::audit::Event;
use crate::body::Form;
use crate::caller::{Caller, Callers};
use crate::context::Context;
use crate::error::JsonError;
use crate::platform::{Ambient, Endpoint, Platform, StartupError};

/// Kustvakt's services for plugins.
#[derive(Clone)]
pub struct KustvaktPlugins {
    ambient: Ambient,
    users: Users,
    callers: Callers,
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
            users: Users::new(platform),
            callers: Callers::new(platform),
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

/// A user who manages plugins through a front end, and what they ask.
struct Asked {
    user: User,
    front_end: Caller,
    form: Parameters,
}

async fn list(
    State(endpoint): State<KustvaktPlugins>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let asked = endpoint.asked(&headers, &context, form, scopes::LIST_USER_CLIENT).await?;
    let permitted_only = flag(&asked.form, "permitted_only")?.unwrap_or(false);
    let ids = endpoint.clients.plugins().await?;
    let mut plugins = endpoint.clients.find_all(&ids).await?;
    plugins
        .retain(|plugin| !plugin.deleted && !plugin.privileged && (plugin.is_permitted() || !permitted_only));
    plugins.sort_by(|one, other| (&one.about.name, one.id).cmp(&(&other.about.name, other.id)));
    let shown: Vec<_> =
        plugins.iter().map(|plugin| ClientInfo::of(plugin, asked.user.manages(plugin))).collect();
    Ok(Json(shown).into_response())
}

async fn install(
    State(endpoint): State<KustvaktPlugins>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let asked = endpoint.asked(&headers, &context, form, scopes::INSTALL_USER_CLIENT).await?;
    let plugin = super::find(&endpoint.clients, Some(asked.client()?)).await?;
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

async fn installed(
    State(endpoint): State<KustvaktPlugins>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let asked = endpoint.asked(&headers, &context, form, scopes::LIST_USER_CLIENT).await?;
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
async fn uninstall(
    State(endpoint): State<KustvaktPlugins>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    form: Result<Form, JsonError>,
) -> Result<Response, CodedFault> {
    let asked = endpoint.asked(&headers, &context, form, scopes::UNINSTALL_USER_CLIENT).await?;
    let id = ClientId::parse(asked.client()?);
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

impl KustvaktPlugins {
    async fn asked(
        &self,
        headers: &HeaderMap,
        context: &Context,
        form: Result<Form, JsonError>,
        scope: &'static str,
    ) -> Result<Asked, Fault> {
        let user = self.users.authenticate(headers, context).await?;
        let form = form?.parameters;
        let front_end = front_end::authenticate(&self.callers, &form).await?;
        user.may(scope)?;
        Ok(Asked { user, front_end, form })
    }
}

impl Asked {
    fn client(&self) -> Result<&str, Fault> {
        self.form.get("client_id").ok_or(Fault::Missing("client_id"))
    }
}
