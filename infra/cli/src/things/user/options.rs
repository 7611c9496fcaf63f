//! What can be said of a user on the command line.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use domain::function::FunctionName;
use domain::user::User;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::options::Members;
use crate::things::find::Directory;

/// What a user is made with and what may be changed of it.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The full name, as shown to people
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The telephone number
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The https address of a picture
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
    /// A group that the user is in; repeat it for each
    #[arg(long, value_name = "NAME")]
    group: Option<Vec<String>>,
    /// The customer whom the user works for
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// The domain the user is in: that of the customer, and otherwise DEFAULT
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// How much the user's sessions are trusted with; to administer, administrative
    #[arg(long, value_name = "LEVEL", value_parser = ["external", "standard", "administrative"])]
    security_level: Option<String>,
    /// A function that the user holds for every customer; repeat it for each
    #[arg(long, value_name = "FUNCTION")]
    function: Option<Vec<String>>,
    /// A function that the user holds for one customer; repeat it for each
    #[arg(long, value_name = "CUSTOMER=FUNCTION", value_parser = pair)]
    customer_function: Option<Vec<Pair>>,
}

/// Single functions, granted and revoked.
#[derive(Debug, Args)]
pub(super) struct Grants {
    /// A function to hold beside the others, for every customer or one of them; repeat it for each
    #[arg(long, value_name = "[CUSTOMER=]FUNCTION", conflicts_with_all = ["function", "customer_function"])]
    grant: Vec<String>,
    /// A function to hold no more, for every customer or one of them; repeat it for each
    #[arg(long, value_name = "[CUSTOMER=]FUNCTION", conflicts_with_all = ["function", "customer_function"])]
    revoke: Vec<String>,
}

/// Whether the account is in use.
#[derive(Debug, Args)]
pub(super) struct Standing {
    /// Shut the account for now: nobody signs in, and what was granted in the user's name is worth nothing meanwhile
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    blocked: Option<bool>,
    /// Whether the account is in use at all
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
}

/// A customer and a function; nothing at all, where there shall be none.
#[derive(Clone, Debug)]
enum Pair {
    None,
    Of(String, String),
}

fn pair(text: &str) -> Result<Pair, String> {
    let parts =
        text.split_once('=').filter(|(customer, function)| !customer.is_empty() && !function.is_empty());
    match parts {
        Some((customer, function)) => Ok(Pair::Of(customer.to_owned(), function.to_owned())),
        None if text.is_empty() => Ok(Pair::None),
        None => Err("a customer, = and a function, such as acme=report-reader".to_owned()),
    }
}

impl Options {
    pub(super) fn members(&self) -> Members {
        Members::default()
            .with("name", "--name", self.name.as_deref())
            .with("email", "--email", self.email.as_deref())
            .with("phone", "--phone", self.phone.as_deref())
            .with("picture", "--picture", self.picture.as_deref())
            .with_all("groups", "--group", self.group.as_ref())
            .with("customer", "--customer", self.customer.as_deref())
            .with("domain", "--domain", self.domain.as_deref())
            .with("securityLevel", "--security-level", self.security_level.as_deref())
            .with_all("functions", "--function", self.function.as_ref())
            .with(
                "customerFunctions",
                "--customer-function",
                self.customer_function.as_deref().map(by_customer),
            )
    }
}

fn by_customer(pairs: &[Pair]) -> Map<String, Value> {
    let mut functions = BTreeMap::<_, Vec<_>>::new();
    for pair in pairs {
        if let Pair::Of(customer, function) = pair {
            functions.entry(customer.clone()).or_default().push(function.clone());
        }
    }
    functions.into_iter().map(|(customer, functions)| (customer, functions.into())).collect()
}

impl Standing {
    pub(super) fn onto(&self, members: Members) -> Members {
        members.with("blocked", "--blocked", self.blocked).with("enabled", "--enabled", self.enabled)
    }
}

impl Grants {
    /// What the user holds with what is granted and without what is revoked. Something that is not there can be revoked all the same.
    pub(super) fn onto(
        &self,
        members: Members,
        user: &User,
        directory: &Directory,
    ) -> Result<Members, Failure> {
        if self.grant.is_empty() && self.revoke.is_empty() {
            return Ok(members);
        }
        let mut held = user.functions.clone();
        for (text, granted) in each(&self.grant, true).chain(each(&self.revoke, false)) {
            let (customer, function) = match text.split_once('=') {
                Some((customer, function)) => (Some(customer), function),
                None => (None, text),
            };
            let function = match (directory.function(function), FunctionName::parse(function)) {
                (Ok(function), _) => function.name.clone(),
                (Err(_), Ok(name)) if !granted => name,
                (Err(missing), _) => return Err(missing),
            };
            let functions = match customer {
                None => &mut held.globally,
                Some(customer) => {
                    let customer = directory.customer(customer)?.short_name.clone();
                    held.by_customer.entry(customer).or_default()
                }
            };
            if granted {
                functions.insert(function)
            } else {
                functions.remove(&function)
            };
        }
        // What the directory no longer has can't be said of anybody any more, and meant nothing.
        let names = |functions: &BTreeSet<FunctionName>| -> Value {
            let known = functions.iter().filter(|name| directory.functions.get(name).is_some());
            known.map(ToString::to_string).collect::<Vec<_>>().into()
        };
        let known = |name: &str| directory.known().customer(name).is_some();
        let by_customer: Map<_, _> = held
            .by_customer
            .iter()
            .filter(|(customer, _)| known(customer.as_str()))
            .map(|(customer, functions)| (customer.to_string(), names(functions)))
            .collect();
        Ok(members.with("functions", "--grant", Some(names(&held.globally))).with(
            "customerFunctions",
            "--grant",
            Some(by_customer),
        ))
    }
}

fn each(texts: &[String], granted: bool) -> impl Iterator<Item = (&str, bool)> {
    texts.iter().map(move |text| (text.as_str(), granted))
}
