//! Functions: named sets of permissions.

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use domain::directory::{TAKEN, function};
use domain::fields::Fields;
use domain::function::Function;
use domain::id::Number;
use domain::shown::Function as View;
use store::clients::{Change, Creation};

use super::{ATTEMPTS, Administrator, Directory, Named, contended, made, named, shown, unchanged};
use crate::argus::listing::Key;
use crate::argus::{Envelope, Listing, Rejection};
use crate::audit::{Entry, Event};
use crate::body;

const KEYS: [Key<Function>; 1] = [("name", |function| function.name.to_string())];

pub(super) async fn list(
    State(endpoint): State<Directory>,
    RawQuery(query): RawQuery,
) -> Result<Envelope<Vec<View>>, Rejection> {
    let listing = Listing::read(query.as_deref())?;
    let functions = endpoint.functions.list().await?;
    let met = |function: &&Function| {
        listing.is_met_by([function.name.as_str()].into_iter().chain(function.description.as_deref()))
    };
    let (count, part) = listing.part(functions.iter().filter(met).cloned().collect(), &KEYS)?;
    Ok(listing.answer(count, part.iter().map(View::from).collect()))
}

pub(super) async fn add(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let object = body::object(&headers, body).await?;
    let mut fields = Fields::new(&object);
    let id = Number::generate(endpoint.ambient.entropy.as_ref());
    let function = function::create(&mut fields, id);
    let function = fields.finish(function)?;
    if endpoint.functions.create(&function).await? == Creation::NameTaken {
        return Err(Rejection::field("name", TAKEN));
    }
    Event::FunctionCreated { entry: Entry { name: function.name.as_str(), by: by.id() } }.record();
    Ok(made(View::from(&function)))
}

pub(super) async fn show(
    State(endpoint): State<Directory>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    Ok(shown(View::from(&endpoint.function(&named(path)?).await?)))
}

pub(super) async fn change(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Envelope<View>, Rejection> {
    let (reference, object) = (named(path)?, body::object(&headers, body).await?);
    for _ in 0..ATTEMPTS {
        let before = endpoint.own_function(&reference).await?;
        let mut fields = Fields::new(&object);
        let after = function::change(&mut fields, &before);
        let after = fields.finish(after)?;
        if after == before {
            return Ok(unchanged(View::from(&before)));
        }
        if endpoint.functions.change(&after).await? == Change::Made {
            Event::FunctionChanged { entry: Entry { name: after.name.as_str(), by: by.id() } }.record();
            return Ok(shown(View::from(&after)));
        }
    }
    Err(contended())
}

pub(super) async fn remove(
    State(endpoint): State<Directory>,
    Extension(by): Extension<Administrator>,
    path: Named<String>,
) -> Result<Envelope<View>, Rejection> {
    let function = endpoint.own_function(&named(path)?).await?;
    if !endpoint.functions.remove(&function.name).await? {
        return Err(Rejection::NotFound("function removed in the meantime"));
    }
    Event::FunctionRemoved { entry: Entry { name: function.name.as_str(), by: by.id() } }.record();
    Ok(shown(View::from(&function)))
}

impl Directory {
    async fn function(&self, reference: &str) -> Result<Function, Rejection> {
        let functions = self.functions.list().await?;
        functions.find(reference).cloned().ok_or(Rejection::NotFound("no such function"))
    }

    /// A function that may be changed.
    async fn own_function(&self, reference: &str) -> Result<Function, Rejection> {
        let function = self.function(reference).await?;
        match function.name.is_administrator() {
            true => Err(Rejection::field("function", function::BUILT_IN)),
            false => Ok(function),
        }
    }
}
