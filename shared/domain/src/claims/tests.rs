use std::collections::BTreeSet;

use oauth::Scope;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::{Belonging, ClaimProvider, ClaimSource, RESERVED, Told, is_reserved};
use crate::client::{Bounds, Client, SecurityLevel};
use crate::customer::{Customer, Domain};
use crate::entropy::{Entropy, SystemEntropy};
use crate::id::{ClientId, Number, UserId};
use crate::name::{CustomerName, DomainName, FunctionName};
use crate::time::UnixTime;
use crate::user::{Profile, User, Username};

/// Every scope that tells something, and what.
const SCOPES: [(&str, &[&str]); 7] = [
    ("profile", &["preferred_username", "username", "name", "picture", "updated_at"]),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone", "phone_number"]),
    ("groups", &["groups"]),
    ("groupstring", &["groups"]),
    ("customer", &["customer_id", "domain_id", "customer_shortname", "customer_name"]),
    ("clientip", &["client_ip"]),
];

const NAMES: [&str; 6] = ["sub", "iss", "email", "groups", "email_verified", "roles"];

fn function(name: &str) -> FunctionName {
    FunctionName::parse(name).unwrap()
}

fn name(text: &str) -> CustomerName {
    CustomerName::parse(text).unwrap()
}

fn alice() -> User {
    let mut user = User {
        profile: Profile {
            name: Some("Alice Liddell".to_owned()),
            email: Some("alice@example.com".to_owned()),
            email_verified: true,
            phone_number: Some("+4712345678".to_owned()),
            picture: Some("https://example.com/alice.png".to_owned()),
            groups: vec!["readers".to_owned(), "writers".to_owned()],
        },
        customer: Some(name("mycustomer")),
        ..User::new(
            UserId::generate(&SystemEntropy as &dyn Entropy),
            Username::parse("alice").unwrap(),
            UnixTime(7),
        )
    };
    user.functions.globally = [function("everywhere")].into();
    user.functions.by_customer.insert(name("mycustomer"), [function("here")].into());
    user.functions.by_customer.insert(name("other"), [function("there")].into());
    user
}

fn belonging() -> Belonging {
    let customer = Customer {
        id: Number::fixed(4711),
        short_name: name("mycustomer"),
        name: "My Customer".to_owned(),
        domain: DomainName::default(),
        version: 1,
    };
    Belonging { customer: Some(customer), domain: Some(Domain::default_one()) }
}

fn client(custom_claims: Vec<ClaimProvider>, customer: Option<CustomerName>) -> Client {
    let bounds = Bounds {
        customer,
        required_function: function("everywhere"),
        permission_scope: function("everywhere"),
        max_security_level: SecurityLevel::External,
    };
    Client {
        custom_claims,
        bounds: Some(bounds),
        ..Client::new(ClientId::generate(&SystemEntropy as &dyn Entropy), UnixTime(1))
    }
}

fn told(client: &Client, scope: &str, limit: Option<&BTreeSet<FunctionName>>) -> Value {
    let (user, scope) = (alice(), Scope::parse(scope).unwrap());
    let address = Some("::ffff:203.0.113.7".parse().unwrap());
    let told = Told { user: &user, client, scope: &scope, limit, address };
    json!(told.claims(&belonging()))
}

#[test]
fn each_scope_tells_its_claims() {
    let client = client(Vec::new(), None);
    for (scope, names) in SCOPES {
        let expected: BTreeSet<_> = names.iter().copied().collect();
        let told = told(&client, scope, None);
        assert_eq!(told.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    }
    assert_eq!(told(&client, "groups", None)["groups"], json!(["readers", "writers"]));
    assert_eq!(told(&client, "groupstring", None)["groups"], json!(r#"["readers","writers"]"#));
    assert_eq!(told(&client, "groupstring groups", None)["groups"], json!(["readers", "writers"]));
    assert_eq!(told(&client, "clientip", None)["client_ip"], json!("203.0.113.7"));
    assert_eq!(
        told(&client, "customer", None),
        json!({
            "customer_id": 4711,
            "domain_id": 1,
            "customer_shortname": "mycustomer",
            "customer_name": "My Customer",
        })
    );
}

#[test]
fn each_provider_tells_its_claim() {
    let custom = |claim, name: &str| ClaimProvider::CustomClaim { claim, claim_name: name.to_owned() };
    let sources = [
        (ClaimSource::Username, json!("alice")),
        (ClaimSource::Name, json!("Alice Liddell")),
        (ClaimSource::Picture, json!("https://example.com/alice.png")),
        (ClaimSource::Email, json!("alice@example.com")),
        (ClaimSource::ClientIp, json!("203.0.113.7")),
        (ClaimSource::CustomerId, json!(4711)),
        (ClaimSource::CustomerShortName, json!("mycustomer")),
        (ClaimSource::CustomerName, json!("My Customer")),
        (ClaimSource::DomainId, json!(1)),
        (ClaimSource::Phone, json!("+4712345678")),
    ];
    for (source, value) in sources {
        assert_eq!(told(&client(vec![custom(source, "mine")], None), "", None), json!({"mine": value}));
    }
    let allowed_groups: BTreeSet<_> = ["writers".to_owned(), "strangers".to_owned()].into();
    for (provider, value) in [
        (
            ClaimProvider::UserGroups { allowed_groups: allowed_groups.clone(), stringified: false },
            json!(["writers"]),
        ),
        (ClaimProvider::UserGroups { allowed_groups, stringified: true }, json!("writers")),
        (ClaimProvider::AllUserGroups { stringified: false }, json!(["readers", "writers"])),
        (ClaimProvider::AllUserGroups { stringified: true }, json!("readers,writers")),
    ] {
        // What the client defines goes before what the scope would tell.
        assert_eq!(told(&client(vec![provider], None), "groups", None), json!({"groups": value}));
    }
}

#[test]
fn roles_are_those_of_the_functions_that_the_session_draws_on() {
    let role_mapping = ["everywhere", "here", "there", "nowhere"];
    let role_mapping = role_mapping.map(|name| (function(name), format!("role-{name}"))).into();
    let provider = ClaimProvider::FunctionRoleMapping { claim_name: "roles".to_owned(), role_mapping };
    let roles = |customer: Option<&str>, limit: Option<&BTreeSet<FunctionName>>| {
        told(&client(vec![provider.clone()], customer.map(name)), "", limit)["roles"].take()
    };
    assert_eq!(roles(None, None), json!(["role-everywhere", "role-here", "role-there"]));
    assert_eq!(roles(Some("mycustomer"), None), json!(["role-everywhere", "role-here"]));
    assert_eq!(roles(Some("third"), None), json!(["role-everywhere"]));
    assert_eq!(roles(None, Some(&[function("here")].into())), json!(["role-here"]));
    assert_eq!(roles(None, Some(&[].into())), json!([]));
}

#[test]
fn only_what_is_told_is_looked_up() {
    let user = alice();
    let lacks = |source: Option<ClaimSource>, scope: &str| {
        let custom = source.map(|claim| ClaimProvider::CustomClaim { claim, claim_name: "mine".to_owned() });
        let (client, scope) = (client(custom.into_iter().collect(), None), Scope::parse(scope).unwrap());
        let told = Told { user: &user, client: &client, scope: &scope, limit: None, address: None };
        let (customer, domain) = told.lacks();
        (customer.is_some(), domain.is_some())
    };
    assert_eq!(lacks(None, "openid profile email phone groups groupstring clientip"), (false, false));
    assert_eq!(lacks(None, "customer"), (true, true));
    assert_eq!(lacks(Some(ClaimSource::CustomerName), ""), (true, false));
    assert_eq!(lacks(Some(ClaimSource::CustomerId), ""), (true, false));
    assert_eq!(lacks(Some(ClaimSource::CustomerShortName), ""), (false, false));
    assert_eq!(lacks(Some(ClaimSource::DomainId), ""), (false, true));
}

fn provider() -> impl Strategy<Value = ClaimProvider> {
    let source = select(vec![ClaimSource::Username, ClaimSource::Email, ClaimSource::CustomerName]);
    let name = || select(NAMES.to_vec()).prop_map(str::to_owned);
    let group = select(vec!["readers", "strangers"]).prop_map(str::to_owned);
    let functions = select(vec!["everywhere", "here", "nowhere"]).prop_map(function);
    prop_oneof![
        (source, name()).prop_map(|(claim, claim_name)| ClaimProvider::CustomClaim { claim, claim_name }),
        (btree_set(group, 0..2), any::<bool>()).prop_map(|(allowed_groups, stringified)| {
            ClaimProvider::UserGroups { allowed_groups, stringified }
        }),
        any::<bool>().prop_map(|stringified| ClaimProvider::AllUserGroups { stringified }),
        (name(), btree_map(functions, "[a-z]{1,5}", 0..3)).prop_map(|(claim_name, role_mapping)| {
            ClaimProvider::FunctionRoleMapping { claim_name, role_mapping }
        }),
    ]
}

fn defined(provider: &ClaimProvider) -> &str {
    match provider {
        ClaimProvider::CustomClaim { claim_name, .. }
        | ClaimProvider::FunctionRoleMapping { claim_name, .. } => claim_name,
        ClaimProvider::UserGroups { .. } | ClaimProvider::AllUserGroups { .. } => "groups",
    }
}

proptest! {
    #[test]
    fn s55_no_claim_without_its_scope_or_provider(
        scopes in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()), providers in vec(provider(), 0..4),
    ) {
        let scope: Vec<_> = scopes.iter().map(|(scope, _)| *scope).collect();
        let of_scopes: BTreeSet<_> = scopes.iter().flat_map(|(_, names)| *names).copied().collect();
        let client = client(providers, None);
        let of_client: BTreeSet<_> = client.custom_claims.iter().map(defined).collect();
        let told = told(&client, &format!("openid {}", scope.join(" ")), None);
        for claim in told.as_object().unwrap().keys() {
            let claim = claim.as_str();
            prop_assert!(of_scopes.contains(claim) || of_client.contains(claim) && !is_reserved(claim), "{}", claim);
            // Those vouch for what the scope tells, and for nothing else.
            prop_assert!(!RESERVED.contains(&claim) || claim == "email_verified");
        }
        if of_scopes.contains("email_verified") {
            prop_assert_eq!(told.get("email_verified").is_some(), told["email"] == json!("alice@example.com"));
        }
    }
}
