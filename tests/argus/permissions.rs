//! What a session may do, at each use: what its user may do now, within the client's permission scope, the granted scope and the API key
//! it was made with.

use std::collections::{BTreeMap, BTreeSet};

use domain::function::{Function, FunctionName};
use domain::grant::{Access, Active, Grant, State};
use domain::name::{CustomerName, Permission};
use domain::secret::AccessToken;
use domain::time::Seconds;
use domain::token::{GrantKeys, Token};
use domain::user::Username;
use domain::{ClientId, Clock as _, GrantId, Owner};
use oauth::Scope;
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use store::clients::{CACHE, Change};
use testkit::actors::{ADDRESS, Client, Gatelet, Person};

const NOT_LET_IN: &str = "token's user has lost the function that the client requires";

fn function(name: &str) -> FunctionName {
    FunctionName::parse(name).unwrap()
}

/// Alice, who reads everywhere, writes for one customer and cleans for another.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    reader: Function,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let reader = gatelet.function_of("reader", &["viewThings", "listThings", "notes:read"]).await;
        gatelet.function_of("writer", &["viewThings", "changeThings"]).await;
        gatelet.function_of("cleaner", &["deleteThings"]).await;
        gatelet
            .function_of("scope", &["viewThings", "listThings", "changeThings", "deleteThings", "notes:read"])
            .await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "reader", None).await;
        gatelet.grant(&alice, "writer", Some("mycustomer")).await;
        gatelet.grant(&alice, "cleaner", Some("other")).await;
        Self { gatelet, alice, reader }
    }

    async fn token(&self, portal: &Client, scope: &str) -> String {
        portal.tokens(&mut self.gatelet.browser(), &self.alice, scope).await.access
    }
}

/// What introspection says beyond RFC 7662, or that the token is inactive and why.
async fn told(portal: &Client, token: &str) -> Value {
    let answer = portal.introspect(token).await;
    if answer.json()["active"] == false {
        assert_eq!(answer.text(), r#"{"active":false}"#);
        return json!(answer.reason());
    }
    let own = |name: &str| ["permissions", "customer", "customer_permissions"].contains(&name);
    let members = answer.json().as_object().unwrap().clone();
    members.into_iter().filter(|(name, _)| own(name)).collect()
}

#[tokio::test]
async fn s55_what_the_user_loses_the_session_loses() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let token = scene.token(&portal, "openid").await;
    let reads = json!(["listThings", "viewThings"]);
    let all = json!({
        "permissions": reads,
        "customer_permissions": {"mycustomer": ["changeThings"], "other": ["deleteThings"]},
    });
    assert_eq!(told(&portal, &token).await, all);
    scene.gatelet.change(&scene.alice, |user| user.functions.by_customer.clear()).await;
    assert_eq!(told(&portal, &token).await, json!({"permissions": reads}));
    // Not for long: what is granted again is there again.
    scene.gatelet.grant(&scene.alice, "cleaner", Some("other")).await;
    let some = json!({"permissions": reads, "customer_permissions": {"other": ["deleteThings"]}});
    assert_eq!(told(&portal, &token).await, some);
}

#[tokio::test]
async fn s55_who_loses_the_required_function_is_not_let_in_any_more() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let tokens = portal.tokens(&mut scene.gatelet.browser(), &scene.alice, "openid").await;
    scene.gatelet.change(&scene.alice, |user| user.functions.globally.clear()).await;
    for token in [&tokens.access, tokens.refresh()] {
        assert_eq!(told(&portal, token).await, json!(NOT_LET_IN));
    }
    scene.gatelet.userinfo(&tokens.access).await.is_refused(401, "invalid_token", NOT_LET_IN);
    // For any customer at all will do.
    scene.gatelet.grant(&scene.alice, "reader", Some("third")).await;
    let answer = portal.introspect(&tokens.access).await.json();
    assert_eq!(answer["customer_permissions"]["third"], json!(["listThings", "viewThings"]));
    assert_eq!(answer["permissions"], json!([]));
}

#[tokio::test]
async fn s55_a_function_that_changes_is_felt_within_half_a_minute() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let token = scene.token(&portal, "openid").await;
    assert_eq!(portal.introspect(&token).await.json()["permissions"], json!(["listThings", "viewThings"]));
    let less = Function { permissions: BTreeSet::new(), version: 2, ..scene.reader.clone() };
    let functions = &scene.gatelet.table.store.functions;
    assert_eq!(functions.change(&less).await.unwrap(), Change::Made);
    scene.gatelet.table.clock.advance(CACHE);
    assert_eq!(portal.introspect(&token).await.json()["permissions"], json!([]));
    // Another sandbox has nothing to forget.
    assert!(functions.remove(&function("writer")).await.unwrap());
    let elsewhere = portal.at(&scene.gatelet.sandbox().await);
    let told = told(&elsewhere, &token).await;
    assert_eq!(told, json!({"permissions": [], "customer_permissions": {"other": ["deleteThings"]}}));
}

#[tokio::test]
async fn s55_a_client_bound_to_a_customer_is_confined_to_it() {
    let scene = Scene::new().await;
    let portal = scene
        .gatelet
        .bounded_client_but("portal", "reader", "scope", |client| {
            client.bounds.as_mut().unwrap().customer = Some(CustomerName::parse("mycustomer").unwrap());
        })
        .await;
    let token = scene.token(&portal, "openid").await;
    let expected =
        json!({"customer": "mycustomer", "permissions": ["changeThings", "listThings", "viewThings"]});
    assert_eq!(told(&portal, &token).await, expected);
    scene
        .gatelet
        .change(&scene.alice, |user| {
            user.functions.globally.clear();
            let others = user.functions.by_customer.entry(CustomerName::parse("other").unwrap());
            others.or_default().insert(function("reader"));
        })
        .await;
    assert_eq!(told(&portal, &token).await, json!(NOT_LET_IN), "held for another customer alone");
}

#[tokio::test]
async fn s55_a_scope_that_is_named_like_a_permission_has_to_be_granted() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let mut browser = scene.gatelet.browser();
    let tokens = portal.tokens(&mut browser, &scene.alice, "openid notes:read").await;
    let permissions = |answer: Value| answer["permissions"].clone();
    let granted = portal.introspect(&tokens.access).await.json();
    assert_eq!(permissions(granted), json!(["listThings", "notes:read", "viewThings"]));
    let narrowed = portal.refresh(tokens.refresh()).with("scope", "openid").await.tokens();
    let granted = portal.introspect(&narrowed.access).await.json();
    assert_eq!(permissions(granted), json!(["listThings", "viewThings"]));
}

#[tokio::test]
async fn s55_a_client_without_a_permission_scope_is_handed_only_what_its_scope_names() {
    let scene = Scene::new().await;
    let notes = scene.gatelet.confidential().await;
    let named = scene.token(&notes, "openid notes:read notes:write").await;
    assert_eq!(told(&notes, &named).await, json!({"permissions": ["notes:read"]}));
    let unnamed = scene.token(&notes, "openid profile").await;
    assert_eq!(told(&notes, &unnamed).await, json!({}));
    scene.gatelet.change(&scene.alice, |user| user.functions.globally.clear()).await;
    assert_eq!(told(&notes, &named).await, json!({}));
}

#[tokio::test]
async fn s55_a_refresh_token_lets_nobody_do_anything() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let tokens = portal.tokens(&mut scene.gatelet.browser(), &scene.alice, "openid").await;
    assert_eq!(told(&portal, tokens.refresh()).await, json!({}));
}

/// A token that Alice's script asked for with an API key that is good for these functions.
async fn issued(scene: &Scene, portal: &Client, limit: Option<&[&str]>) -> String {
    let (table, now) = (&scene.gatelet.table, scene.gatelet.table.clock.now());
    let (owner, grant) = (Owner::User(scene.alice.id), GrantId::generate(&table.entropy));
    let keys = GrantKeys { owner, session: None, grant };
    let token = Token::<AccessToken>::generate(keys, &table.entropy);
    let access = Access {
        token: token.digest(),
        issued_at: now,
        expires_at: now + Seconds::minutes(5),
        narrowed: None,
    };
    let grant = Grant {
        keys,
        client: ClientId::parse(&portal.id).unwrap(),
        username: Some(Username::parse(&scene.alice.username).unwrap()),
        scope: Scope::parse("openid").unwrap(),
        auth_time: None,
        nonce: None,
        address: Some(ADDRESS),
        limit: limit.map(|limit| limit.iter().copied().map(function).collect()),
        ends_at: access.expires_at,
        state: State::Active(Active { redeemed: None, access, previous_access: None, refresh: None }),
    };
    table.store.grants.issue(&grant).await.unwrap();
    token.to_text(&scene.alice.username)
}

#[tokio::test]
async fn s55_what_an_api_key_is_not_good_for_its_tokens_are_not() {
    let scene = Scene::new().await;
    let portal = scene.gatelet.bounded_client("portal", "reader", "scope").await;
    let whole = issued(&scene, &portal, None).await;
    assert_eq!(
        told(&portal, &whole).await["customer_permissions"],
        json!({"mycustomer": ["changeThings"], "other": ["deleteThings"]})
    );
    let less = issued(&scene, &portal, Some(&["reader", "cleaner"])).await;
    let expected = json!({
        "permissions": ["listThings", "viewThings"],
        "customer_permissions": {"other": ["deleteThings"]},
    });
    assert_eq!(told(&portal, &less).await, expected);
    let without = issued(&scene, &portal, Some(&["writer", "cleaner"])).await;
    assert_eq!(told(&portal, &without).await, json!(NOT_LET_IN));
    scene.gatelet.userinfo(&without).await.is_refused(401, "invalid_token", NOT_LET_IN);
}

type Names = BTreeSet<&'static str>;

/// A directory: what its functions let do, what Alice holds everywhere and for customers, and by what the portal is bounded.
#[derive(Clone, Debug)]
struct Directory {
    functions: BTreeMap<&'static str, Names>,
    everywhere: Names,
    by_customer: BTreeMap<&'static str, Names>,
    required: &'static str,
    scope: &'static str,
    customer: Option<&'static str>,
}

fn directory() -> impl Strategy<Value = Directory> {
    let function = || select(vec!["f0", "f1", "f2"]);
    let customer = || select(vec!["c0", "c1"]);
    let permissions = btree_set(select(vec!["p0", "p1", "p2", "notes:read"]), 0..4);
    let functions = btree_map(function(), permissions, 3);
    let held = || btree_set(function(), 0..3);
    let bounds = (function(), function(), prop::option::of(customer()));
    (functions, held(), btree_map(customer(), held(), 0..3), bounds).prop_map(
        |(functions, everywhere, by_customer, (required, scope, customer))| Directory {
            functions,
            everywhere,
            by_customer,
            required,
            scope,
            customer,
        },
    )
}

impl Directory {
    /// What introspection is to say, put together without the code that says it.
    fn expected(&self) -> Value {
        let none = Names::new();
        let at = |customer: &str| self.by_customer.get(customer).unwrap_or(&none);
        let let_in = match self.customer {
            Some(customer) => at(customer).contains(self.required),
            None => self.by_customer.values().any(|held| held.contains(self.required)),
        };
        if !let_in && !self.everywhere.contains(self.required) {
            return json!(NOT_LET_IN);
        }
        // `notes:read` is a scope, and not granted.
        let within = |held: &Names| -> Names {
            let own = held.iter().flat_map(|function| &self.functions[function]);
            own.filter(|own| self.functions[self.scope].contains(*own) && **own != "notes:read")
                .copied()
                .collect()
        };
        let everywhere = within(&self.everywhere);
        if let Some(customer) = self.customer {
            return json!({"customer": customer, "permissions": &everywhere | &within(at(customer))});
        }
        let others = self.by_customer.iter().map(|(customer, held)| (*customer, &within(held) - &everywhere));
        let others: BTreeMap<_, _> = others.filter(|(_, permissions)| !permissions.is_empty()).collect();
        match others.is_empty() {
            true => json!({"permissions": everywhere}),
            false => json!({"permissions": everywhere, "customer_permissions": others}),
        }
    }

    async fn set_up(&self, gatelet: &Gatelet, alice: &Person) {
        let functions = &gatelet.table.store.functions;
        for (name, permissions) in &self.functions {
            functions.remove(&function(name)).await.unwrap();
            gatelet.function_of(name, &permissions.iter().copied().collect::<Vec<_>>()).await;
        }
        gatelet.change(alice, |user| user.functions = domain::function::Granted::default()).await;
        for name in &self.everywhere {
            gatelet.grant(alice, name, None).await;
        }
        for (customer, held) in &self.by_customer {
            for name in held {
                gatelet.grant(alice, name, Some(customer)).await;
            }
        }
        gatelet.table.clock.advance(CACHE);
    }
}

#[tokio::test]
async fn s55_of_any_directory_no_more_is_told_than_every_bound_lets_through() {
    let scene = Scene::new().await;
    let mut runner = TestRunner::deterministic();
    let mut let_in = 0;
    for case in 0..40 {
        let directory = directory().new_tree(&mut runner).unwrap().current();
        directory.set_up(&scene.gatelet, &scene.alice).await;
        let portal = scene
            .gatelet
            .bounded_client_but(&format!("portal{case}"), directory.required, directory.scope, |client| {
                let customer = directory.customer.map(|name| CustomerName::parse(name).unwrap());
                client.bounds.as_mut().unwrap().customer = customer;
            })
            .await;
        let token = issued(&scene, &portal, None).await;
        let told = told(&portal, &token).await;
        assert_eq!(told, directory.expected(), "{directory:?}");
        let_in += usize::from(told.is_object());
        for permission in told["permissions"].as_array().into_iter().flatten() {
            assert!(Permission::parse(permission.as_str().unwrap()).is_ok());
        }
    }
    assert!((10..40).contains(&let_in), "too few of either kind: {let_in}");
}
