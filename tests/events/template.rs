//! `template.yaml` against the functions: what leads to each, what each is told, and whose keys each may open.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lambda::{Configuration, OwnKeys, own_keys};
use server::authorize::Authorize;
use server::introspect::Introspect;
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
    purposes: BTreeSet<&'static str>,
    variables: BTreeSet<String>,
}

impl Expected {
    fn of<E: Endpoint>() -> Self {
        Self {
            name: E::NAME,
            paths: E::PATHS.iter().copied().collect(),
            purposes: E::OPENS.iter().map(|purpose| purpose.as_str()).collect(),
            variables: variables(own_keys(E::OPENS)),
        }
    }

    /// Nobody calls it over HTTP, and it wraps keys without ever opening one.
    fn rotate() -> Self {
        let (paths, purposes) = (BTreeSet::new(), BTreeSet::new());
        Self { name: Rotate::NAME, paths, purposes, variables: variables(OwnKeys::Rotated) }
    }
}

fn functions() -> [Expected; 9] {
    [
        Expected::of::<Authorize>(),
        Expected::of::<Introspect>(),
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
fn functions_may_unwrap_what_they_open_and_nothing_else() {
    let rights = granted(&Policies::ours().unwrap());
    for function in functions() {
        let unwraps =
            rights.iter().filter(|right| right.function == function.name && right.action == "kms:Decrypt");
        let purposes: BTreeSet<_> = unwraps.map(|right| right.to.as_str()).collect();
        assert_eq!(purposes, function.purposes, "{}", function.name);
    }
}
