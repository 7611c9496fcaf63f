//! `template.yaml` against the functions: what leads to each, what each is told, and whose keys each may open.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jose::Purpose;
use lambda::{Configuration, OwnKeys, own_keys};
use server::apikeys::ApiKeys;
use server::authorize::Authorize;
use server::clients::Clients;
use server::directory::Directory;
use server::introspect::Introspect;
use server::kustvakt::admin::KustvaktAdmin;
use server::kustvakt::authorize::KustvaktAuthorize;
use server::kustvakt::clients::KustvaktClients;
use server::kustvakt::plugins::KustvaktPlugins;
use server::kustvakt::tokens::KustvaktTokens;
use server::login::Login;
use server::metadata::Metadata;
use server::register::Register;
use server::revoke::Revoke;
use server::rotate::Rotate;
use server::token::Token;
use server::userinfo::Userinfo;
use server::{Endpoint, Task as _};
use testkit::policy::Policies;
use testkit::rights::granted;
use testkit::template::Template;

/// A function, as far as the template has to know it.
struct Expected {
    name: &'static str,
    paths: BTreeSet<&'static str>,
    opens: BTreeSet<&'static str>,
    wraps: BTreeSet<&'static str>,
    variables: BTreeSet<String>,
}

impl Expected {
    fn of<E: Endpoint>() -> Self {
        Self {
            name: E::NAME,
            paths: E::PATHS.iter().copied().collect(),
            opens: words(E::OPENS),
            wraps: words(E::MAKES),
            variables: variables(own_keys(E::OPENS)),
        }
    }

    /// Nobody calls it over HTTP, and it wraps keys without ever opening one.
    fn rotate() -> Self {
        Self {
            name: Rotate::NAME,
            paths: BTreeSet::new(),
            opens: BTreeSet::new(),
            wraps: words(Rotate::WRAPS),
            variables: variables(OwnKeys::Rotated),
        }
    }
}

fn words(purposes: &[Purpose]) -> BTreeSet<&'static str> {
    purposes.iter().map(|purpose| purpose.as_str()).collect()
}

fn functions() -> [Expected; 17] {
    [
        Expected::of::<ApiKeys>(),
        Expected::of::<Authorize>(),
        Expected::of::<Clients>(),
        Expected::of::<Directory>(),
        Expected::of::<Introspect>(),
        Expected::of::<KustvaktAdmin>(),
        Expected::of::<KustvaktAuthorize>(),
        Expected::of::<KustvaktClients>(),
        Expected::of::<KustvaktPlugins>(),
        Expected::of::<KustvaktTokens>(),
        Expected::of::<Login>(),
        Expected::of::<Metadata>(),
        Expected::of::<Register>(),
        Expected::of::<Revoke>(),
        Expected::rotate(),
        Expected::of::<Token>(),
        Expected::of::<Userinfo>(),
    ]
}

/// The variables that a function reads: those that it needs, and those that it would heed.
fn variables(own_keys: OwnKeys) -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let variable = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        match name {
            "ISSUER" => Some("https://id.example".to_owned()),
            "TABLE_NAME" | "WRAPPING_KEY" => Some("gatelet".to_owned()),
            _ => None,
        }
    };
    Configuration::read(own_keys, &variable).unwrap();
    asked.into_inner()
}

#[test]
fn there_is_a_function_for_each_of_ours_and_no_other() {
    let there = Template::ours().unwrap().functions().unwrap();
    let there: BTreeSet<_> = there.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(there, functions().iter().map(|function| function.name).collect());
}

#[test]
fn routes_lead_to_the_endpoints_that_answer_them_and_no_others() {
    let routes = Template::ours().unwrap().routes().unwrap();
    for route in &routes {
        // An endpoint refuses a method itself, in its protocol's own form, and answers preflights.
        assert_eq!((route.method.as_str(), route.payload_format.as_str()), ("ANY", "2.0"), "{route:?}");
    }
    let led: BTreeSet<_> =
        routes.iter().map(|route| (route.function.as_str(), route.path.as_str())).collect();
    assert_eq!(led.len(), routes.len(), "a route is there twice: {routes:?}");
    let functions = functions();
    let answered =
        functions.iter().flat_map(|function| function.paths.iter().map(|&path| (function.name, path)));
    assert_eq!(led, answered.collect());
}

#[test]
fn functions_are_told_what_they_read_and_nothing_else() {
    let there = Template::ours().unwrap().functions().unwrap();
    for function in functions() {
        let told = there.iter().find(|told| told.name == function.name).unwrap();
        let told: BTreeSet<_> = told.environment.keys().cloned().collect();
        assert_eq!(told, function.variables, "{}", function.name);
    }
}

#[test]
fn functions_may_use_the_wrapping_key_as_they_do_and_no_further() {
    let rights = granted(&Policies::ours().unwrap());
    for function in functions() {
        for (action, purposes) in [("kms:Decrypt", &function.opens), ("kms:Encrypt", &function.wraps)] {
            let of = rights.iter().filter(|right| right.function == function.name && right.action == action);
            let granted: BTreeSet<_> = of.map(|right| right.to.as_str()).collect();
            assert_eq!(&granted, purposes, "{} {action}", function.name);
        }
    }
}
