//! A user who manages through a front end: a *super client*, which proves itself by its own secret in the form.

use oauth::Parameters;
use oauth::client_authentication::UnverifiedClient;

use super::fault::Fault;
use super::sent::Sent;
use super::user::{User, Users};
use crate::caller::{Caller, Callers};
use crate::platform::Platform;

/// Knows users and the front ends that they use.
#[derive(Clone)]
pub(super) struct FrontEnds {
    users: Users,
    callers: Callers,
}

/// Who asks, through which front end, and what.
pub(super) struct Asked {
    pub user: User,
    pub front_end: Caller,
    pub form: Parameters,
}

impl FrontEnds {
    pub(super) fn new(platform: &Platform) -> Self {
        Self { users: Users::new(platform), callers: Callers::new(platform) }
    }

    /// Authenticates the user, then the front end.
    pub(super) async fn asked(&self, sent: Sent) -> Result<Asked, Fault> {
        let user = self.users.authenticate(&sent.headers, &sent.context).await?;
        let form = sent.form()?;
        let front_end = self.authenticate(&form).await?;
        Ok(Asked { user, front_end, form })
    }

    /// The same, where a token has to be for it.
    pub(super) async fn asked_for(&self, scope: &'static str, sent: Sent) -> Result<Asked, Fault> {
        let asked = self.asked(sent).await?;
        asked.user.may(scope)?;
        Ok(asked)
    }

    async fn authenticate(&self, form: &Parameters) -> Result<Caller, Fault> {
        let id = form.get("super_client_id").ok_or(Fault::Missing("super_client_id"))?;
        let secret = form.get("super_client_secret").ok_or(Fault::Missing("super_client_secret"))?;
        let presented = UnverifiedClient::by_secret(id, secret);
        let caller = self.callers.verify(&presented).await.map_err(Fault::FrontEndUnproved)?;
        if caller.privileged { Ok(caller) } else { Err(Fault::NotSuper) }
    }
}

impl Asked {
    /// A parameter of the form that must be there.
    pub(super) fn parameter(&self, name: &'static str) -> Result<&str, Fault> {
        self.form.get(name).ok_or(Fault::Missing(name))
    }
}
