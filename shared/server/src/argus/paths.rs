//! Argus's paths, and those of the administrators' interface that follows its conventions.

/// The page a browser is sent to.
pub const SPA_AUTHORIZE: &str = "/spa/oauth/authorize";
/// The same under its other name.
pub const SPA_AUTHENTICATION_AUTHORIZE: &str = "/spa/authentication/oauth/authorize";
/// The same as a JSON interface.
pub const AUTHORIZE: &str = "/authentication/v1/oauth/authorize";
/// The token endpoint.
pub const TOKEN: &str = "/authentication/v1/oauth/token";
/// Introspection.
pub const INTROSPECT: &str = "/authentication/v1/oauth/token/introspect";
/// OpenID user info.
pub const USERINFO: &str = "/authentication/v1/oauth/userinfo";
/// Clients.
pub const CLIENTS: &str = "/authentication/v1/oauth/client";
/// Search among clients.
pub const CLIENT_SEARCH: &str = "/authentication/v1/oauth/client/search";
/// One client, by id or short name.
pub const CLIENT: &str = "/authentication/v1/oauth/client/{client}";
/// The user's own API keys.
pub const API_KEYS: &str = "/authentication/v1/apikey";
/// One of them, by the two halves of its prefix.
pub const API_KEY: &str = "/authentication/v1/apikey/{first}/{second}";

/// Domains.
pub const DOMAINS: &str = "/directory/v1/domain";
/// One domain, by number or name.
pub const DOMAIN: &str = "/directory/v1/domain/{domain}";
/// Customers.
pub const CUSTOMERS: &str = "/directory/v1/customer";
/// One customer, by number or short name.
pub const CUSTOMER: &str = "/directory/v1/customer/{customer}";
/// Functions.
pub const FUNCTIONS: &str = "/directory/v1/function";
/// One function, by number or name.
pub const FUNCTION: &str = "/directory/v1/function/{function}";
/// Users.
pub const USERS: &str = "/directory/v1/user";
/// One user, by `sub` or name.
pub const USER: &str = "/directory/v1/user/{user}";
/// A user's password.
pub const USER_PASSWORD: &str = "/directory/v1/user/{user}/password";
/// A user's API keys.
pub const USER_API_KEYS: &str = "/directory/v1/user/{user}/apikey";
/// One of them, by the two halves of its prefix.
pub const USER_API_KEY: &str = "/directory/v1/user/{user}/apikey/{first}/{second}";
/// The keys that sign a user's JWTs.
pub const USER_KEYS: &str = "/directory/v1/user/{user}/key";
/// One of them, by id.
pub const USER_KEY: &str = "/directory/v1/user/{user}/key/{key}";
/// A user's sessions.
pub const USER_SESSIONS: &str = "/directory/v1/user/{user}/session";
/// One of them, by id.
pub const USER_SESSION: &str = "/directory/v1/user/{user}/session/{session}";
