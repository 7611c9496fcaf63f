//! Users for people: as rows, and one by one.

use domain::shown::User;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::refer::level;
use crate::things::{Thing, joined};
use crate::times::exact;

const fn status(user: &User) -> &'static str {
    match (user.enabled, user.blocked) {
        (false, _) => "not in use",
        (true, true) => "blocked",
        (true, false) => "in use",
    }
}

/// The functions held for every customer, and then those for one each.
fn held(user: &User) -> Vec<String> {
    let globally = user.functions.iter().map(|function| function.name.clone());
    let single = user.customer_functions.iter().flat_map(|(customer, functions)| {
        functions.iter().map(move |function| format!("{customer}={}", function.name))
    });
    globally.chain(single).collect()
}

impl Thing for User {
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
            status(self).to_owned(),
            self.customer.as_ref().map(|customer| customer.short_name.to_string()).unwrap_or_default(),
            joined(&held(self)),
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
            .with_all("functions", held(self))
            .with("status", status(self).to_owned())
            .with("changed", exact(self.last_updated_timestamp))
    }
}
