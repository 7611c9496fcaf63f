//! The keys that sign users' JWTs, registered by administrators.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use domain::directory::TAKEN;
use domain::shown::UserKey as View;
use domain::user_key::{MOST, UserKey};
use jose::public_key::registered as read;
use store::clients::Creation;

use super::{Administrator, Directory, Named, made, named, shown};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::{Account, Event};
use crate::body;

const KEYS: [Key<UserKey>; 1] = [("id", |key| key.id.to_string())];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    path: Named<String>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let user = endpoint.user(path).await?;
    let (count, part) = listing.part(endpoint.user_keys.list(user.id).await?, &KEYS)?;
    Ok(listing.answer(count, part.iter().map(View::from).collect()))
}

/// The number of a user's keys is counted before the write, so that of several at once the last may be one too many: it keeps lists short,
/// and protects nothing.
pub(super) async fn register(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    by.in_person()?;
    let object = body::object(&headers, body).await?;
    let user = endpoint.user(path).await?;
    let key = read(&object, user.id, endpoint.ambient.now())?;
    if endpoint.user_keys.list(user.id).await?.len() >= MOST {
        return Err(Rejection::field(
            "publicKey",
            "can't be one more than 20: remove one that is not needed",
        ));
    }
    if endpoint.user_keys.create(&key).await? == Creation::NameTaken {
        return Err(Rejection::field("id", TAKEN));
    }
    let account = Account { user: user.id, by: by.id() };
    Event::UserKeyRegistered { id: key.id.as_str(), account }.record();
    Ok(made(View::from(&key)))
}

pub(super) async fn remove(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<(String, String)>,
) -> Result<Envelope<View>, Rejection> {
    let (user, id) = named(path)?;
    let user = endpoint.referred(&user).await?;
    let mut keys = endpoint.user_keys.list(user.id).await?.into_iter();
    let key = keys.find(|key| key.id.as_str() == id).ok_or(Rejection::NotFound("no such key"))?;
    if !endpoint.user_keys.remove(user.id, &key.id).await? {
        return Err(Rejection::NotFound("key removed in the meantime"));
    }
    let account = Account { user: user.id, by: by.id() };
    Event::UserKeyRemoved { id: key.id.as_str(), account }.record();
    Ok(shown(View::from(&key)))
}
