//! The front end that a user manages through: a *super client*, by its own secret in the form.

use oauth::Parameters;
use oauth::client_authentication::UnverifiedClient;

use super::fault::Fault;
use crate::caller::{Caller, Callers};

/// Authenticates the super client that sent the form.
pub(super) async fn authenticate(callers: &Callers, form: &Parameters) -> Result<Caller, Fault> {
    let id = form.get("super_client_id").ok_or(Fault::Missing("super_client_id"))?;
    let secret = form.get("super_client_secret").ok_or(Fault::Missing("super_client_secret"))?;
    let presented = UnverifiedClient::by_secret(id, secret);
    let caller = callers.verify(&presented).await.map_err(Fault::FrontEndUnproved)?;
    if caller.privileged { Ok(caller) } else { Err(Fault::NotSuper) }
}
