//! Claims about users (OpenID Connect Core section 5.1), with what the directory knows of their customer and domain.

use domain::claims::Told;
use serde_json::{Map, Value};
use store::directory::Customers;

use crate::error::Failure;
use crate::platform::Platform;

/// What telling claims takes.
#[derive(Clone)]
pub(crate) struct Claims {
    customers: Customers,
}

impl Claims {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { customers: platform.store.customers.clone() }
    }

    /// The claims beside `sub`. A round trip, only where the customer or the domain has to be looked up.
    pub(crate) async fn tell(&self, told: &Told<'_>) -> Result<Map<String, Value>, Failure> {
        let (customer, domain) = told.lacks();
        Ok(told.claims(&self.customers.belonging(customer, domain).await?))
    }
}
