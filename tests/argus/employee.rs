//! Somebody who works for a customer, in a domain of its own, and holds functions.

use domain::claims::ClaimProvider;
use domain::customer::{Customer, Domain};
use serde_json::{Value, json};
use testkit::actors::{Gatelet, Person};

/// Alice, her customer and her domain.
pub struct Employee {
    pub alice: Person,
    pub customer: Customer,
    pub domain: Domain,
}

impl Employee {
    /// She is a `reader` everywhere and an `editor` for `mycustomer`, for which she works.
    pub async fn new(gatelet: &Gatelet) -> Self {
        gatelet.function_of("reader", &["viewThings"]).await;
        gatelet.function_of("editor", &["viewThings", "changeThings"]).await;
        let (customer, domain) = (gatelet.customer("mycustomer").await, gatelet.domain("mydomain").await);
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "reader", None).await;
        gatelet.grant(&alice, "editor", Some("mycustomer")).await;
        gatelet
            .change(&alice, |user| {
                user.customer = Some(customer.short_name.clone());
                user.domain = domain.name.clone();
            })
            .await;
        Self { alice, customer, domain }
    }
}

/// One claim of each provider, as it is written on the wire.
pub fn providers() -> Vec<ClaimProvider> {
    let providers = json!([
        {"provider": "customClaim", "claim": "username", "claimName": "login"},
        {"provider": "customClaim", "claim": "customerID", "claimName": "tenant"},
        {"provider": "customClaim", "claim": "domainID", "claimName": "realm"},
        {"provider": "customClaim", "claim": "clientIP", "claimName": "ip"},
        {"provider": "customClaim", "claim": "email", "claimName": "sub"},
        {"provider": "userGroups", "allowedGroups": ["writers"], "stringified": true},
        {
            "provider": "functionRoleMapping",
            "claimName": "roles",
            "roleMapping": {"reader": "viewer", "editor": "author", "owner": "boss"},
        },
    ]);
    serde_json::from_value(providers).unwrap()
}

/// What [`providers`] tell of her.
pub fn provided(employee: &Employee) -> Value {
    json!({
        "login": "alice",
        "tenant": employee.customer.id,
        "realm": employee.domain.id,
        "ip": "203.0.113.7",
        "groups": "writers",
        "roles": ["author", "viewer"],
    })
}
