//! A user as the JSON interface shows it.

use std::collections::BTreeMap;

use domain::client::SecurityLevel;
use domain::customer::CustomerName;
use domain::id::Number;
use domain::user::{User, Username};
use domain::{UnixTime, UserId};
use serde::Serialize;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::refer::{Named, level};
use crate::things::{Thing, joined};
use crate::times::{exact, milliseconds};

/// A user. The password is not in it, nor anything made from one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    id: Number,
    sub: UserId,
    username: Username,
    name: Option<String>,
    email: Option<String>,
    email_verified: bool,
    phone: Option<String>,
    picture: Option<String>,
    groups: Vec<String>,
    functions: Vec<Named>,
    customer_functions: BTreeMap<String, Vec<Named>>,
    customer: Option<Employer>,
    domain: Named,
    security_level: SecurityLevel,
    enabled: bool,
    blocked: bool,
    #[serde(serialize_with = "milliseconds")]
    last_updated_timestamp: UnixTime,
}

/// The customer that a user works for. It has neither number nor name any more if it was removed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Employer {
    id: Option<Number>,
    short_name: CustomerName,
    name: Option<String>,
}

impl Employer {
    fn of(name: &CustomerName, directory: &Directory) -> Self {
        let customer = directory.customers.iter().find(|customer| customer.short_name == *name);
        Self {
            id: customer.map(|customer| customer.id),
            short_name: name.clone(),
            name: customer.map(|customer| customer.name.clone()),
        }
    }
}

impl View {
    pub(super) fn of(user: &User, directory: &Directory) -> Self {
        let User { profile, functions, .. } = user;
        Self {
            id: user.id.number(),
            sub: user.id,
            username: user.username.clone(),
            name: profile.name.clone(),
            email: profile.email.clone(),
            email_verified: profile.email_verified,
            phone: profile.phone_number.clone(),
            picture: profile.picture.clone(),
            groups: profile.groups.clone(),
            functions: directory.named_functions(&functions.globally),
            customer_functions: functions
                .by_customer
                .iter()
                .map(|(customer, functions)| (customer.to_string(), directory.named_functions(functions)))
                .collect(),
            customer: user.customer.as_ref().map(|customer| Employer::of(customer, directory)),
            domain: directory.named_domain(&user.domain),
            security_level: user.security_level,
            enabled: user.enabled,
            blocked: user.blocked,
            last_updated_timestamp: user.updated_at,
        }
    }

    const fn status(&self) -> &'static str {
        match (self.enabled, self.blocked) {
            (false, _) => "not in use",
            (true, true) => "blocked",
            (true, false) => "in use",
        }
    }

    /// The functions held for every customer, and then those for one each.
    fn held(&self) -> Vec<String> {
        let globally = self.functions.iter().map(|function| function.name.clone());
        let single = self.customer_functions.iter().flat_map(|(customer, functions)| {
            functions.iter().map(move |function| format!("{customer}={}", function.name))
        });
        globally.chain(single).collect()
    }
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("user", "users");
    const COLUMNS: &'static [Column] = &[
        Column::whole("username"),
        Column::cut("name"),
        Column::cut("e-mail"),
        Column::whole("status"),
        Column::cut("customer"),
        Column::cut("functions"),
    ];

    fn name(&self) -> String {
        self.username.to_string()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.username.to_string(),
            self.name.clone().unwrap_or_default(),
            self.email.clone().unwrap_or_default(),
            self.status().to_owned(),
            self.customer.as_ref().map(|customer| customer.short_name.to_string()).unwrap_or_default(),
            joined(&self.held()),
        ]
    }

    fn sheet(&self) -> Sheet {
        let verified = if self.email_verified { " (verified)" } else { "" };
        Sheet::default()
            .with("id (sub)", self.sub.to_string())
            .with("number", self.id.to_string())
            .with("name", self.name.clone())
            .with("e-mail", self.email.as_ref().map(|email| format!("{email}{verified}")))
            .with("phone", self.phone.clone())
            .with("picture", self.picture.clone())
            .with_all("groups", &self.groups)
            .with("customer", self.customer.as_ref().map(|customer| customer.short_name.to_string()))
            .with("domain", self.domain.name.clone())
            .with("security level", level(self.security_level).to_owned())
            .with_all("functions", self.held())
            .with("status", self.status().to_owned())
            .with("changed", exact(self.last_updated_timestamp))
    }
}
