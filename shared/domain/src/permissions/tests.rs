use std::collections::BTreeSet;

use oauth::Scope;
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Delegation, Permissions, in_person};
use crate::client::{Bounds, Client, SecurityLevel};
use crate::entropy::{Entropy, SystemEntropy};
use crate::function::{Function, FunctionName, Functions, Granted, permission};
use crate::id::{ClientId, Number, UserId};
use crate::name::{CustomerName, Permission};
use crate::time::UnixTime;
use crate::user::{User, Username};

const API_SCOPES: &str = "p0 p1 p2";

fn function() -> impl Strategy<Value = FunctionName> {
    select(vec!["f0", "f1", "f2", "administrator"]).prop_map(|name| FunctionName::parse(name).unwrap())
}

fn customer() -> impl Strategy<Value = CustomerName> {
    select(vec!["c0", "c1"]).prop_map(|name| CustomerName::parse(name).unwrap())
}

fn granted() -> impl Strategy<Value = Granted> {
    let by_customer = btree_map(customer(), btree_set(function(), 1..3), 0..3);
    (btree_set(function(), 0..3), by_customer)
        .prop_map(|(globally, by_customer)| Granted { globally, by_customer })
}

fn functions() -> impl Strategy<Value = Functions> {
    let permission = select(vec!["p0", "p1", "p2", "p3", "p4", permission::VIEW_CLIENTS]);
    let permissions = btree_set(permission.prop_map(|name| Permission::parse(name).unwrap()), 0..5);
    btree_map(function(), permissions, 0..4).prop_map(|functions| {
        Functions::new(functions.into_iter().map(|(name, permissions)| Function {
            id: Number::fixed(7),
            name,
            description: None,
            permissions,
            version: 1,
        }))
    })
}

fn level() -> impl Strategy<Value = SecurityLevel> {
    select(vec![SecurityLevel::External, SecurityLevel::Standard, SecurityLevel::Administrative])
}

fn scope() -> impl Strategy<Value = Scope> {
    let token = select(vec!["openid", "p0", "p1", "p3", "p", "p00"]);
    btree_set(token, 0..4)
        .prop_map(|tokens| Scope::parse(&tokens.into_iter().collect::<Vec<_>>().join(" ")).unwrap())
}

fn user() -> impl Strategy<Value = User> {
    (granted(), level()).prop_map(|(functions, security_level)| User {
        functions,
        security_level,
        ..User::new(
            UserId::generate(&SystemEntropy as &dyn Entropy),
            Username::parse("alice").unwrap(),
            UnixTime(1),
        )
    })
}

fn bounds() -> impl Strategy<Value = Option<Bounds>> {
    let bounds = (prop::option::of(customer()), function(), function(), level());
    prop::option::of(bounds.prop_map(
        |(customer, required_function, permission_scope, max_security_level)| Bounds {
            customer,
            required_function,
            permission_scope,
            max_security_level,
        },
    ))
}

fn client() -> impl Strategy<Value = Client> {
    bounds().prop_map(|bounds| Client {
        bounds,
        ..Client::new(ClientId::generate(&SystemEntropy as &dyn Entropy), UnixTime(1))
    })
}

fn all(permissions: &Permissions) -> BTreeSet<Permission> {
    permissions.by_customer.values().flatten().chain(&permissions.everywhere).cloned().collect()
}

/// For each customer of `of`, and for everybody else: is there nothing that `in_` has not?
fn is_within(of: &Permissions, in_: &Permissions) -> bool {
    let for_customer = |permissions: &Permissions, customer: &CustomerName| {
        permissions.clone().confined(customer).everywhere
    };
    of.everywhere.is_subset(&all(in_))
        && of
            .by_customer
            .keys()
            .all(|customer| for_customer(of, customer).is_subset(&for_customer(in_, customer)))
}

proptest! {
    #[test]
    fn s55_never_more_than_any_operand(
        user in user(), client in client(), functions in functions(), scope in scope(),
        limit in prop::option::of(btree_set(function(), 0..3)),
    ) {
        let api_scopes = Scope::parse(API_SCOPES).unwrap();
        let delegation =
            Delegation { user: &user, limit: limit.as_ref(), client: &client, scope: &scope, api_scopes: &api_scopes };
        let effective = delegation.permissions(&functions);
        prop_assert!(is_within(&effective, &in_person(&user, None, &functions)));
        prop_assert!(is_within(&effective, &in_person(&user, limit.as_ref(), &functions)));
        for own in all(&effective) {
            prop_assert!(!api_scopes.contains(own.as_str()) || scope.contains(own.as_str()));
            match &client.bounds {
                None => prop_assert!(scope.contains(own.as_str())),
                Some(bounds) => {
                    prop_assert!(functions.permissions(&bounds.permission_scope).any(|within| *within == own));
                    let administers = delegation.level() == SecurityLevel::Administrative && bounds.customer.is_none();
                    prop_assert!(own.as_str() != permission::ADMINISTER || administers);
                }
            }
        }
        if let Some(customer) = client.customer() {
            prop_assert!(effective.by_customer.is_empty());
            let there = in_person(&user, None, &functions).confined(customer);
            prop_assert!(effective.everywhere.is_subset(&there.everywhere));
        }
    }

    #[test]
    fn s55_a_smaller_scope_never_grows_it(
        user in user(), client in client(), functions in functions(), (more, less) in (scope(), scope()),
    ) {
        let api_scopes = Scope::parse(API_SCOPES).unwrap();
        let permissions = |scope: &Scope| {
            Delegation { user: &user, limit: None, client: &client, scope, api_scopes: &api_scopes }.permissions(&functions)
        };
        prop_assert!(is_within(&permissions(&more.intersection(&less)), &permissions(&more)));
    }

    #[test]
    fn s55_what_a_user_loses_the_session_loses(user in user(), client in client(), functions in functions(), scope in scope()) {
        let api_scopes = Scope::parse(API_SCOPES).unwrap();
        let poorer = User { functions: Granted::default(), ..user };
        let delegation = Delegation { user: &poorer, limit: None, client: &client, scope: &scope, api_scopes: &api_scopes };
        prop_assert_eq!(delegation.permissions(&functions), Permissions::default());
    }
}

#[test]
fn s55_whole_names_are_compared() {
    let function = FunctionName::parse("viewer").unwrap();
    let functions = Functions::new([Function {
        id: Number::fixed(7),
        name: function.clone(),
        description: None,
        permissions: ["notes:read", "notes:readers"].map(|name| Permission::parse(name).unwrap()).into(),
        version: 1,
    }]);
    let user = User {
        functions: Granted::globally([function]),
        ..User::new(
            UserId::generate(&SystemEntropy as &dyn Entropy),
            Username::parse("a").unwrap(),
            UnixTime(1),
        )
    };
    let client = Client::new(ClientId::generate(&SystemEntropy as &dyn Entropy), UnixTime(1));
    let scope = Scope::parse("notes:readers").unwrap();
    let delegation =
        Delegation { user: &user, limit: None, client: &client, scope: &scope, api_scopes: &scope };
    let names = all(&delegation.permissions(&functions));
    assert_eq!(names.iter().map(Permission::as_str).collect::<Vec<_>>(), ["notes:readers"]);
}
