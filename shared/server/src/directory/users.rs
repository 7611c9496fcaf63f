//! Users.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use domain::UserId;
use domain::directory::user::OWN;
use domain::directory::{NO_CUSTOMER, NO_DOMAIN, TAKEN, user};
use domain::fields::Fields;
use domain::shown::User as View;
use domain::user::{User, Username};
use store::clients::{Change, Creation};
use store::users::Listing as Listed;

use super::passwords::hash;
use super::{ATTEMPTS, Administrator, Directory, Named, contended, made, shown, unchanged};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::{Account, Event};
use crate::body;

const KEYS: [Key<(Username, Listed)>; 3] = [
    ("username", |(username, _)| username.to_string()),
    ("name", |(_, user)| user.name.clone().unwrap_or_default()),
    ("email", |(_, user)| user.email.clone().unwrap_or_default()),
];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let present = endpoint.present(&by).await?;
    let known = present.known();
    let customers = listing.referred("customer", NO_CUSTOMER, |reference| known.customer(reference))?;
    let domains = listing.referred("domain", NO_DOMAIN, |reference| known.domain(reference))?;
    let mut users = endpoint.users.list().await?;
    users.retain(|(username, user)| {
        let texts = [Some(username.as_str()), user.name.as_deref(), user.email.as_deref()];
        let customer = |theirs| customers.iter().any(|customer| Some(&customer.short_name) == theirs);
        listing.is_met_by(texts.into_iter().flatten())
            && (customers.is_empty() || customer(user.customer.as_ref()))
            && (domains.is_empty() || domains.iter().any(|domain| domain.name == user.domain))
    });
    let (count, part) = listing.part(users, &KEYS)?;
    let ids: Vec<_> = part.iter().map(|(_, user)| user.user_id).collect();
    let users = if ids.is_empty() { Vec::new() } else { endpoint.users.find_all(&ids).await? };
    Ok(listing.answer(count, users.iter().map(|user| View::of(user, &known)).collect()))
}

pub(super) async fn add(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    by.in_person()?;
    let object = body::object(&headers, body).await?;
    let present = endpoint.present(&by).await?;
    let (known, ambient) = (present.known(), &endpoint.ambient);
    let mut fields = Fields::new(&object);
    let id = UserId::generate(ambient.entropy.as_ref());
    let user = user::create(&mut fields, id, ambient.now(), &known);
    let password = user::password(&mut fields);
    let (user, password) = fields.finish(user.zip(password))?;
    let password = hash(password, ambient).await?;
    if endpoint.users.create(&user, &password).await? == Creation::NameTaken {
        return Err(Rejection::field("username", TAKEN));
    }
    Event::UserCreated { account: Account { user: user.id, by: by.id() } }.record();
    Ok(made(View::of(&user, &known)))
}

pub(super) async fn show(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let user = endpoint.user(path).await?;
    Ok(shown(View::of(&user, &endpoint.present(&by).await?.known())))
}

pub(super) async fn change(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let object = body::object(&headers, body).await?;
    let mut before = endpoint.user(path).await?;
    for _ in 0..ATTEMPTS {
        let present = endpoint.present(&by).await?;
        let known = present.known();
        let mut fields = Fields::new(&object);
        let now = endpoint.ambient.now();
        let after = user::change(&mut fields, &before, Some(by.id()), now, &known);
        let after = fields.finish(after)?;
        if after == before {
            return Ok(unchanged(View::of(&before, &known)));
        }
        if endpoint.replace(&before, &after, &by).await? == Change::Made {
            Event::UserChanged { account: Account { user: after.id, by: by.id() } }.record();
            return Ok(shown(View::of(&after, &known)));
        }
        before = endpoint.again(&before).await?;
    }
    Err(contended())
}

pub(super) async fn remove(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let mut user = endpoint.user(path).await?;
    if user.id == by.id() {
        return Err(Rejection::field("user", OWN));
    }
    for _ in 0..ATTEMPTS {
        if endpoint.users.remove_as(&by.0.user, &user).await? == Change::Made {
            Event::UserRemoved { account: Account { user: user.id, by: by.id() } }.record();
            return Ok(shown(View::of(&user, &endpoint.present(&by).await?.known())));
        }
        user = endpoint.again(&user).await?;
    }
    Err(contended())
}

impl Directory {
    /// Of two administrators who shut out each other at once, one is left: whoever shuts out another must still be one in the same write.
    async fn replace(&self, before: &User, after: &User, by: &Administrator) -> Result<Change, Rejection> {
        let administers = |user: &User| user.is_administrator() && user.may_act();
        Ok(match administers(before) && !administers(after) {
            true => self.users.change_as(&by.0.user, after).await?,
            false => self.users.change(after).await?,
        })
    }

    /// The user as it is by now.
    async fn again(&self, user: &User) -> Result<User, Rejection> {
        self.users.find(user.id).await?.ok_or(Rejection::NotFound("user removed in the meantime"))
    }
}
