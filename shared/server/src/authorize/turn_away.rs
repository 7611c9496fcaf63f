//! The page for somebody who is signed in and whom the application doesn't let in.

use axum::http::StatusCode;
use axum::response::Response;
use domain::authorization::Pending;
use domain::user::User;
use oauth::Refusal;
use oauth::metadata::paths;
use pages::NotLetIn;

use super::{Arrival, Authorize};
use crate::error::Failure;
use crate::login::view;
use crate::respond::page;

impl Authorize {
    /// Says which application it is and what is missing, and nothing of what else there is. The application is told if the person goes
    /// back to it.
    pub(super) async fn turn_away(
        &self,
        refusal: Refusal,
        pending: &Pending,
        arrival: &Arrival,
        user: &User,
    ) -> Result<Response, Failure> {
        tracing::Span::current().record("user.id", tracing::field::display(user.id));
        let settings = &self.ambient.settings;
        let bounds = arrival.client.bounds.as_ref();
        let bounds = bounds.ok_or(Failure::Broken("a client without bounds turned somebody away"))?;
        // Whoever has another account begins again with that one.
        let request = self.seal(&Pending { signed_in: None, answer: None, ..pending.clone() }).await?;
        let switch_account = format!("{}?switch=yes&request={request}", paths::LOGIN);
        Ok(arrival.redirect.offer(&refusal.into(), settings, |back| {
            let shown = NotLetIn {
                service: &settings.service_name,
                username: user.username.as_str(),
                client: view(&arrival.client, &pending.request.redirect_uri),
                function: bounds.required_function.as_str(),
                back,
                switch_account: &switch_account,
            };
            page(StatusCode::FORBIDDEN, &shown)
        }))
    }
}
