//! Kustvakt's paths: each service under every prefix, and some under none.

use axum::Router;
use axum::routing::MethodRouter;

/// Declares services, each by its path behind the prefixes, and all of them together.
macro_rules! services {
    ($(#[$doc:meta])* $all:ident { $($(#[$service_doc:meta])* $service:ident = $path:literal,)+ }) => {
        $($(#[$service_doc])* pub const $service: [&str; 3] =
            [concat!("/api", $path), concat!("/api/v1.0", $path), concat!("/v1.0", $path)];)+
        $(#[$doc])* pub const $all: &[&str] =
            &[$(concat!("/api", $path), concat!("/api/v1.0", $path), concat!("/v1.0", $path),)+];
    };
    (bare $(#[$doc:meta])* $all:ident { $($(#[$service_doc:meta])* $service:ident = $path:literal,)+ }) => {
        $($(#[$service_doc])* pub const $service: [&str; 4] =
            [concat!("/api", $path), concat!("/api/v1.0", $path), concat!("/v1.0", $path), $path];)+
        $(#[$doc])* pub const $all: &[&str] =
            &[$(concat!("/api", $path), concat!("/api/v1.0", $path), concat!("/v1.0", $path), $path,)+];
    };
}

services! {
    /// Where a user, or a browser, authorizes a client.
    AUTHORIZATION {
        /// The authorization endpoint.
        AUTHORIZE = "/oauth2/authorize",
    }
}

services! {
    /// What clients themselves call.
    OF_CLIENTS {
        /// The token endpoint.
        TOKEN = "/oauth2/token",
        /// Revocation.
        REVOKE = "/oauth2/revoke",
    }
}

services! {
    /// Clients.
    CLIENTS {
        /// Registering one.
        REGISTER = "/oauth2/client/register",
        /// A user's own, or those they have authorized.
        LIST = "/oauth2/client/list",
        /// A new secret for one.
        RESET = "/oauth2/client/reset",
        /// Removing one.
        DEREGISTER = "/oauth2/client/deregister/{client_id}",
        /// Looking at one.
        INFO = "/oauth2/client/{client_id}",
    }
}

services! {
    /// What a user has granted.
    TOKENS {
        /// Their tokens.
        TOKEN_LIST = "/oauth2/token/list",
        /// Ending one of them.
        REVOKE_SUPER = "/oauth2/revoke/super",
        /// Ending all of a client's.
        REVOKE_SUPER_ALL = "/oauth2/revoke/super/all",
    }
}

services! { bare
    /// Plugins.
    PLUGINS {
        /// All of them.
        PLUGIN_LIST = "/plugins",
        /// Installing one.
        INSTALL = "/plugins/install",
        /// Those that a user has installed.
        INSTALLED = "/plugins/installed",
        /// Removing one again.
        UNINSTALL = "/plugins/uninstall",
    }
}

services! { bare
    /// What administrators call.
    ADMINISTRATION {
        /// Making a super client of one, or not any more.
        PRIVILEGE = "/admin/oauth2/client/privilege",
        /// Permitting a plugin, or not any more; a service of our own.
        PERMIT = "/admin/oauth2/client/permit",
        /// Removing what is left of tokens that are over.
        CLEAN = "/admin/oauth2/token/clean",
    }
}

/// Serves `methods` at each of `paths`.
pub(crate) fn serve<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    paths: &[&str],
    methods: &MethodRouter<S>,
) -> Router<S> {
    paths.iter().fold(router, |router, path| router.route(path, methods.clone()))
}
