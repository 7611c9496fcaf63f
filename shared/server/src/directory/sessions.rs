//! Users' sessions, ended by administrators: every grant that depends on one ends with it.

use axum::extract::{Extension, RawQuery, State};
use domain::SessionId;
use domain::session::Session;
use domain::shown::Session as View;
use domain::user::User;

use super::{Administrator, Directory, Named, named, shown};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::Event;

/// In the order they were begun in.
const KEYS: [Key<Session>; 1] =
    [("authenticatedTimestamp", |session| format!("{:020}", session.auth_time.0))];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    path: Named<String>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let user = endpoint.user(path).await?;
    let sessions = endpoint.sessions.list(user.id, endpoint.ambient.now()).await?;
    let (count, part) = listing.part(sessions, &KEYS)?;
    Ok(listing.answer(count, part.iter().map(View::from).collect()))
}

pub(super) async fn end(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<(String, String)>,
) -> Result<Envelope<View>, Rejection> {
    let (user, session) = named(path)?;
    let user = endpoint.referred(&user).await?;
    let sessions = endpoint.sessions.list(user.id, endpoint.ambient.now()).await?;
    let id = SessionId::parse(&session);
    let session = sessions.into_iter().find(|session| Some(session.id) == id);
    let session = session.ok_or(Rejection::NotFound("no such session"))?;
    match endpoint.cut_off(&user, &session, &by).await? {
        true => Ok(shown(View::from(&session))),
        false => Err(Rejection::NotFound("session ended in the meantime")),
    }
}

pub(super) async fn end_all(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let user = endpoint.user(path).await?;
    let mut ended = Vec::new();
    for session in endpoint.sessions.list(user.id, endpoint.ambient.now()).await? {
        if endpoint.cut_off(&user, &session, &by).await? {
            ended.push(View::from(&session));
        }
    }
    Ok(Envelope::all(ended))
}

impl Directory {
    async fn cut_off(&self, user: &User, session: &Session, by: &Administrator) -> Result<bool, Rejection> {
        let ended = self.sessions.cut_off(session.keys()).await?;
        if ended {
            Event::SessionEnded { user: user.id, session: session.id, by: Some(by.id()) }.record();
        }
        Ok(ended)
    }
}
