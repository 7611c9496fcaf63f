//! Passwords that administrators set for others.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use domain::directory::user;
use domain::fields::Fields;
use domain::password::PasswordHash;
use domain::shown::User as View;
use zeroize::Zeroizing;

use super::{Administrator, Directory, Named, shown};
use crate::argus::{Envelope, Rejection};
use crate::audit::{Account, Event};
use crate::body;
use crate::error::Failure;
use crate::platform::Ambient;

pub(super) async fn set(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    by.in_person()?;
    let object = body::object(&headers, body).await?;
    let user = endpoint.user(path).await?;
    let mut fields = Fields::new(&object);
    let password = user::password(&mut fields);
    let password = hash(fields.finish(password)?, &endpoint.ambient).await?;
    if !endpoint.logins.set_password(&user, &password).await? {
        return Err(Rejection::NotFound("user removed in the meantime"));
    }
    Event::PasswordSet { account: Account { user: user.id, by: by.id() } }.record();
    Ok(shown(View::of(&user, &endpoint.present(&by).await?.known())))
}

/// Hashing takes tens of milliseconds: on a thread of its own, so that others are answered meanwhile.
pub(super) async fn hash(password: Zeroizing<String>, ambient: &Ambient) -> Result<PasswordHash, Failure> {
    let entropy = ambient.entropy.clone();
    let hash = tokio::task::spawn_blocking(move || PasswordHash::new(&password, entropy.as_ref()));
    match hash.await {
        Ok(Ok(hash)) => Ok(hash),
        _ => Err(Failure::Broken("password hashing broke off")),
    }
}
