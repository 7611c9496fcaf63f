//! Users' API keys, in the hands of administrators: as the users have them, but without an end if that is wanted.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use domain::api_key::{ApiKeyPrefix, Holder, Limits};
use domain::function::Functions;
use domain::user::User;

use super::{Administrator, Directory, Named, made, named, shown};
use crate::apikeys::keys::Whose;
use crate::apikeys::view::{Created, KeyList, Renewed};
use crate::argus::{Envelope, Rejection};
use crate::body;

pub(super) async fn list(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<KeyList>, Rejection> {
    let (user, functions) = (endpoint.user(path).await?, endpoint.functions.list().await?);
    Ok(shown(endpoint.keys.list(&whose(&user, &functions, &by)).await?))
}

pub(super) async fn create(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<Created>, Rejection> {
    by.in_person()?;
    let wanted = body::object(&headers, body).await?;
    let (user, functions) = (endpoint.user(path).await?, endpoint.functions.list().await?);
    Ok(made(endpoint.keys.create(&whose(&user, &functions, &by), &wanted, endpoint.limits()).await?))
}

pub(super) async fn renew(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<Renewed>, Rejection> {
    by.in_person()?;
    let wanted = body::object(&headers, body).await?;
    let (user, prefix) = endpoint.key(path).await?;
    let functions = endpoint.functions.list().await?;
    let whose = whose(&user, &functions, &by);
    Ok(shown(endpoint.keys.renew(&whose, &prefix, &wanted, endpoint.limits()).await?))
}

/// Answers with the keys that are left.
pub(super) async fn revoke(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<(String, String, String)>,
) -> Result<Envelope<KeyList>, Rejection> {
    let (user, prefix) = endpoint.key(path).await?;
    let functions = endpoint.functions.list().await?;
    let whose = whose(&user, &functions, &by);
    endpoint.keys.revoke(&whose, &prefix).await?;
    Ok(shown(endpoint.keys.list(&whose).await?))
}

fn whose<'a>(user: &'a User, functions: &'a Functions, by: &Administrator) -> Whose<'a> {
    Whose { holder: Holder { user, limit: None, functions }, by: by.id() }
}

impl Directory {
    /// The user and the prefix that a path names.
    async fn key(&self, path: Named<(String, String, String)>) -> Result<(User, ApiKeyPrefix), Rejection> {
        let (user, first, second) = named(path)?;
        let prefix = ApiKeyPrefix::parse(&format!("{first}/{second}"));
        let prefix = prefix.ok_or(Rejection::NotFound("API key prefix malformed"))?;
        Ok((self.referred(&user).await?, prefix))
    }

    fn limits(&self) -> Limits {
        Limits { ordinary: self.ambient.settings.lifetimes.api_key, longest: None }
    }
}
