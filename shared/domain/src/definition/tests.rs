use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{Act, Definition, Directory, Reference, Referred, Update};
use crate::client::{Authentication, Author, Client, CodeProtection, SecurityLevel};
use crate::customer::{Customer, Domain};
use crate::entropy::SystemEntropy;
use crate::fields::FieldError;
use crate::function::{Function, Functions};
use crate::id::{ClientId, Number, UserId};
use crate::issuer::Issuer;
use crate::name::{CustomerName, DomainName, FunctionName};
use crate::settings::Settings;
use crate::time::UnixTime;
use crate::user::Username;

/// What the directory has, and what is allowed.
struct World {
    functions: Functions,
    customer: Customer,
    domain: Domain,
    own_domain: DomainName,
    settings: Settings,
}

impl World {
    fn new() -> Self {
        let function = |(id, name)| Function {
            id: Number::fixed(id),
            name: FunctionName::parse(name).unwrap(),
            description: None,
            permissions: [].into(),
            version: 1,
        };
        let other = DomainName::parse("OTHER").unwrap();
        Self {
            functions: Functions::new([(1001, "myAccessFunction"), (1002, "DATASTORE-VIEWER")].map(function)),
            customer: Customer {
                id: Number::fixed(2001),
                short_name: CustomerName::parse("mycustomer").unwrap(),
                name: "My Customer".to_owned(),
                domain: other.clone(),
                version: 1,
            },
            domain: Domain { id: Number::fixed(3001), name: other },
            own_domain: DomainName::default(),
            settings: Settings::new(Issuer::parse("https://id.example").unwrap()),
        }
    }

    /// What the object refers to is looked up as an endpoint does.
    fn directory(&self, object: &Map<String, Value>) -> Directory<'_> {
        let Referred { customer, domain } = Referred::of(object);
        let customer = customer.filter(|customer| match customer {
            Reference::Number(id) => *id == self.customer.id,
            Reference::Name(name) => *name == self.customer.short_name,
        });
        let domain = domain.filter(|domain| match domain {
            Reference::Number(id) => *id == self.domain.id,
            Reference::Name(name) => *name == self.domain.name,
        });
        Directory {
            functions: &self.functions,
            customer: customer.map(|_| &self.customer),
            domain: domain.map(|_| &self.domain),
            own_domain: &self.own_domain,
        }
    }

    fn define(&self, own: Value) -> Result<Client, Vec<FieldError>> {
        let object = overlaid(usual(), own);
        let definition = Definition::check(&object, &self.directory(&object), &self.settings)?;
        let authentication = definition.authentication(&SystemEntropy).unwrap();
        Ok(definition.into_client(ClientId::generate(&SystemEntropy), authentication, act(1)))
    }

    fn update(&self, client: &Client, object: Value) -> Result<Option<Client>, Vec<FieldError>> {
        let object = object.as_object().unwrap();
        let update = Update::check(object, &self.directory(object), &self.settings, client)?;
        let authentication = update.authentication(&client.authentication, &SystemEntropy).unwrap();
        Ok(update.apply(client, authentication, act(2)))
    }
}

fn act(at: u64) -> Act {
    let id = UserId::generate(&SystemEntropy);
    Act { author: Some(Author { id, username: Username::parse("alice").unwrap() }), at: UnixTime(at) }
}

/// The documentation's own example, with an address range.
fn usual() -> Value {
    json!({
        "shortName": "myclient",
        "name": "My OAuth Client",
        "description": "This is the description of the client",
        "mainURI": "https://my.application",
        "redirectURI": "https://my.application/oauth/callback",
        "requiredFunction": "myAccessFunction",
        "permissionScope": "DATASTORE-VIEWER",
        "clientIPRange": ["192.0.2.0/24"],
        "clientSecret": "mySecretPassword",
    })
}

fn overlaid(usual: Value, own: Value) -> Map<String, Value> {
    let (Value::Object(mut usual), Value::Object(own)) = (usual, own) else { panic!("no objects") };
    usual.extend(own);
    usual
}

fn said(errors: Vec<FieldError>) -> Vec<(String, &'static str)> {
    errors.into_iter().map(|error| (error.field, error.message)).collect()
}

#[test]
fn the_documentations_client_is_what_it_says() {
    let client = World::new().define(json!({})).unwrap();
    let bounds = client.bounds.clone().unwrap();
    assert_eq!(client.short_name.as_ref().unwrap().as_str(), "myclient");
    assert_eq!(bounds.required_function.as_str(), "myAccessFunction");
    assert_eq!(bounds.permission_scope.as_str(), "DATASTORE-VIEWER");
    assert_eq!((bounds.customer, bounds.max_security_level), (None, SecurityLevel::External));
    assert_eq!(client.redirect_uris[0].as_str(), "https://my.application/oauth/callback");
    assert_eq!(client.scope.to_string(), "openid");
    assert_eq!(client.code_protection, CodeProtection::Pkce);
    assert!(matches!(client.authentication, Authentication::Chosen { .. }));
    assert!(client.same_address && !client.hidden && !client.deleted);
    let grants: Vec<_> = client.grant_types.iter().map(ToString::to_string).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token", "client_credentials"]);
    assert_eq!((client.version, client.created_at, client.updated_at), (1, UnixTime(1), UnixTime(1)));
}

#[test]
fn what_is_missing_is_said_at_once() {
    let world = World::new();
    let nothing = Map::new();
    let errors = Definition::check(&nothing, &world.directory(&nothing), &world.settings).unwrap_err();
    let must = "must be given";
    assert_eq!(
        said(errors),
        [
            ("shortName".to_owned(), must),
            ("name".to_owned(), must),
            ("description".to_owned(), must),
            ("mainURI".to_owned(), must),
            ("requiredFunction".to_owned(), must),
            ("permissionScope".to_owned(), must),
            ("clientIPRange".to_owned(), must),
            ("clientSecret".to_owned(), must),
        ]
    );
}

/// Objects with one member that is wrong, and what is said of it.
fn wrong() -> Vec<(Value, &'static str)> {
    let many = |n: usize| vec!["https://a.example/"; n];
    vec![
        (json!({"shortName": "two words"}), super::members::SHORT_NAME),
        (json!({"shortName": "search"}), super::members::SHORT_NAME),
        (json!({"shortName": ".."}), super::members::SHORT_NAME),
        (json!({"shortName": ""}), super::members::SHORT_NAME),
        (json!({"shortName": "x".repeat(65)}), super::members::SHORT_NAME),
        (json!({"shortName": "021269c5-04c3-4399-a206-32659c489803"}), super::members::SHORT_NAME),
        (json!({"shortName": 7}), "must be a string"),
        (json!({"name": "<script>"}), super::members::NAME),
        (json!({"name": " "}), super::members::NAME),
        (json!({"name": "x".repeat(201)}), super::members::NAME),
        (json!({"name": "\u{202e}"}), super::members::NAME),
        (json!({"description": "50% off"}), super::members::DESCRIPTION),
        (json!({"description": "x".repeat(2001)}), super::members::DESCRIPTION),
        (
            json!({"mainURI": "http://my.application"}),
            "must be an https:// address of at most 2048 characters",
        ),
        (
            json!({"mainURI": "https:my.application"}),
            "must be an https:// address of at most 2048 characters",
        ),
        (
            json!({"mainURI": "https://a@my.application"}),
            "must be an https:// address of at most 2048 characters",
        ),
        (json!({"mainURI": "https://"}), "must be an https:// address of at most 2048 characters"),
        (json!({"mainURI": "javascript:alert(1)"}), "must be an https:// address of at most 2048 characters"),
        (
            json!({"redirectURI": "http://my.application/cb"}),
            "A redirect URI must be https; http is for loopback alone.",
        ),
        (
            json!({"redirectURI": null, "redirectURIs": ["com.example.app:/cb"]}),
            "must be https:// addresses, or http:// on loopback",
        ),
        (
            json!({"redirectURI": null, "redirectURIs": ["https://a.example/#x"]}),
            "A redirect URI must not have a fragment.",
        ),
        (json!({"redirectURI": null, "redirectURIs": many(21)}), "must be at most 20 redirect URIs"),
        (json!({"redirectURI": null, "redirectURIs": [7]}), "must be an array of strings"),
        (
            json!({"redirectURI": "https://a.example/", "redirectURIs": ["https://b.example/"]}),
            "must be one of redirectURIs where both are given",
        ),
        (json!({"requiredFunction": "nobody"}), "must be the name or number of a function"),
        (json!({"requiredFunction": "1003"}), "must be the name or number of a function"),
        (json!({"permissionScope": ""}), "must be the name or number of a function"),
        (json!({"permittedScopes": ["openid", "root"]}), "must be scopes that are served here"),
        (json!({"permittedScopes": ["openid profile"]}), "must be scopes that are served here"),
        (
            json!({"clientIPRange": [""]}),
            "must be IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
        ),
        (
            json!({"clientIPRange": ["192.0.2.0/33"]}),
            "must be IP addresses or CIDR ranges, such as 192.0.2.0/24 or 2001:db8::1",
        ),
        (json!({"clientIPRange": []}), "must be at least one address or range"),
        (
            json!({"clientIPRange": (0..101).map(|n| format!("192.0.2.{n}")).collect::<Vec<_>>()}),
            "must be at most 100 addresses and ranges",
        ),
        (json!({"authenticationMethod": "ldap"}), "must be password or none"),
        (json!({"clientSecret": null}), "must be given"),
        (json!({"clientSecret": "elevenchars"}), "must be 12 to 1024 printable ASCII characters"),
        (json!({"clientSecret": "x".repeat(1025)}), "must be 12 to 1024 printable ASCII characters"),
        (json!({"clientSecret": "blåbærsyltetøy"}), "must be 12 to 1024 printable ASCII characters"),
        (
            json!({"authenticationMethod": "none", "clientSecret": "mySecretPassword"}),
            "must not be given to a client whose authenticationMethod is none",
        ),
        (json!({"maxSecurityLevel": "highest"}), "must be external, standard or administrative"),
        (json!({"hidden": "yes"}), "must be true or false"),
        (
            json!({"openIDCustomClaims": "customClaim"}),
            "must be an array of at most 20 objects with a provider",
        ),
        (json!({"allowImplicit": 1}), "must be true or false"),
        (json!({"requireSameClientIP": "no"}), "must be true or false"),
        (json!({"requirePKCE": false}), "must be true here"),
        (json!({"domain": "NOWHERE"}), "must be the name or number of a domain"),
        (json!({"customer": "nobody"}), "must be the short name or number of a customer"),
        (json!({"customer": ""}), "must be the short name or number of a customer"),
        (json!({"customer": "mycustomer"}), "must be a customer of the client's domain"),
    ]
}

#[test]
fn each_member_has_its_rule() {
    let world = World::new();
    for (own, expected) in wrong() {
        let errors = said(world.define(own.clone()).unwrap_err());
        let (field, message) = &errors[0];
        assert_eq!((errors.len(), *message), (1, expected), "{own}: {errors:?}");
        assert!(own.get(field).is_some(), "{own} is refused for {field}");
    }
}

#[test]
fn each_member_has_the_same_rule_in_an_update() {
    let world = World::new();
    let client = world.define(json!({})).unwrap();
    for (own, expected) in wrong() {
        let missing = own == json!({"clientSecret": null});
        let elsewhere = own.get("customer").or(own.get("domain")).is_some();
        let result = world.update(&client, own.clone());
        match result {
            Ok(None) => assert!(missing, "{own}"),
            Ok(Some(_)) => panic!("{own}"),
            Err(errors) if elsewhere => assert_eq!(errors[0].message, "can't be changed"),
            Err(errors) => assert_eq!((errors.len(), errors[0].message), (1, expected), "{own}"),
        }
    }
}

#[test]
fn a_client_is_in_a_domain_and_for_a_customer_of_it() {
    let world = World::new();
    for (customer, domain) in [("mycustomer", "OTHER"), ("2001", "3001")] {
        let client = world.define(json!({"customer": customer, "domain": domain})).unwrap();
        assert_eq!(client.customer(), Some(&world.customer.short_name));
        assert_eq!(client.domain, world.domain.name);
        let same = json!({"customer": customer, "domain": domain, "name": "My OAuth Client"});
        assert_eq!(world.update(&client, same), Ok(None));
    }
    let own = World { own_domain: world.domain.name.clone(), ..World::new() };
    assert!(own.define(json!({"customer": "mycustomer"})).unwrap().customer().is_some());
}

#[test]
fn what_is_said_in_other_ways_is_understood() {
    let world = World::new();
    let client = world
        .define(json!({
            "shortName": "a:b_c.d-1",
            "name": "Blåbær \"2\" (test) {x} $ [y] 'z' / \\ , * + # : @ ! ? ; =",
            "description": "",
            "redirectURI": "http://127.0.0.1:8080/cb",
            "redirectURIs": ["http://127.0.0.1:8080/cb", "https://a.example/", "https://a.example/"],
            "requiredFunction": "1001",
            "permissionScope": "1002",
            "permittedScopes": ["profile", "openid"],
            "clientIPRange": ["::ffff:192.0.2.9", "2001:db8::/32", "192.0.2.9"],
            "authenticationMethod": "password",
            "maxSecurityLevel": "administrative",
            "hidden": true,
            "allowImplicit": true,
            "requirePKCE": true,
            "requireSameClientIP": false,
            "unheardOf": 1,
        }))
        .unwrap();
    assert_eq!(client.redirect_uris.len(), 2);
    assert_eq!(client.scope.to_string(), "openid profile");
    let ranges: Vec<_> = client.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(ranges, ["192.0.2.9/32", "2001:db8::/32"]);
    assert!(client.hidden && !client.same_address);
    assert_eq!(client.grant_types.len(), 4);
    assert_eq!(client.bounds.unwrap().max_security_level, SecurityLevel::Administrative);
}

#[test]
fn no_permitted_scopes_are_openid_alone_whenever_it_is_said() {
    let world = World::new();
    let client = world.define(json!({"permittedScopes": []})).unwrap();
    assert_eq!(client.scope.to_string(), "openid");
    let client = world.update(&client, json!({"permittedScopes": ["profile"]})).unwrap().unwrap();
    assert_eq!(client.scope.to_string(), "profile");
    let client = world.update(&client, json!({"permittedScopes": []})).unwrap().unwrap();
    assert_eq!(client.scope.to_string(), "openid");
}

#[test]
fn only_an_operator_lets_clients_do_without_pkce_and_never_public_ones() {
    let mut world = World::new();
    world.settings.codes_without_pkce = true;
    let protection = |own| world.define(own).map(|client| client.code_protection);
    assert_eq!(protection(json!({})), Ok(CodeProtection::ClientSecret));
    assert_eq!(protection(json!({"requirePKCE": false})), Ok(CodeProtection::ClientSecret));
    assert_eq!(protection(json!({"requirePKCE": true})), Ok(CodeProtection::Pkce));
    let public = json!({"authenticationMethod": "none", "clientSecret": null});
    assert_eq!(protection(public.clone()), Ok(CodeProtection::Pkce));
    let without = json!({"authenticationMethod": "none", "clientSecret": null, "requirePKCE": false});
    assert_eq!(said(protection(without).unwrap_err())[0].0, "requirePKCE");
    // What was public gets no weaker by getting a secret, unless that is said; what becomes public gets PKCE.
    let client = world.define(public).unwrap();
    let secret = json!({"authenticationMethod": "password", "clientSecret": "mySecretPassword"});
    let client = world.update(&client, secret).unwrap().unwrap();
    assert_eq!(client.code_protection, CodeProtection::Pkce);
    let client = world.update(&client, json!({"requirePKCE": false})).unwrap().unwrap();
    assert_eq!(client.code_protection, CodeProtection::ClientSecret);
    let client = world.update(&client, json!({"authenticationMethod": "none"})).unwrap().unwrap();
    assert_eq!((client.code_protection, client.is_public()), (CodeProtection::Pkce, true));
}

#[test]
fn a_secret_is_needed_where_there_was_none() {
    let world = World::new();
    let client = world.define(json!({})).unwrap();
    // The same secret is no change, and neither is the method that it has.
    let same = json!({"authenticationMethod": "password", "clientSecret": "mySecretPassword"});
    assert_eq!(world.update(&client, same), Ok(None));
    let other = world.update(&client, json!({"clientSecret": "another password"})).unwrap().unwrap();
    assert_ne!(other.authentication, client.authentication);
    let public = world.update(&client, json!({"authenticationMethod": "none"})).unwrap().unwrap();
    let errors = world.update(&public, json!({"authenticationMethod": "password"})).unwrap_err();
    assert_eq!(said(errors), [("clientSecret".to_owned(), "must be given")]);
    let errors = world.update(&public, json!({"clientSecret": "mySecretPassword"})).unwrap_err();
    assert_eq!(errors[0].message, "must not be given to a client whose authenticationMethod is none");
}

#[test]
fn an_update_changes_what_it_says_and_nothing_else() {
    let world = World::new();
    let client = world.define(json!({"allowImplicit": true})).unwrap();
    assert_eq!(world.update(&client, json!({})), Ok(None));
    let changed = world.update(&client, json!({"name": "Renamed", "allowImplicit": false})).unwrap().unwrap();
    assert_eq!((changed.version, changed.updated_at, changed.created_at), (2, UnixTime(2), UnixTime(1)));
    assert_ne!(changed.updated_by, client.updated_by);
    let back = Client {
        about: client.about.clone(),
        grant_types: client.grant_types.clone(),
        version: 1,
        updated_at: client.updated_at,
        updated_by: client.updated_by.clone(),
        ..changed
    };
    assert_eq!(back, client);
    let deleted = client.delete(act(3)).unwrap();
    assert!(deleted.deleted && deleted.version == 2 && deleted.delete(act(4)).is_none());
}

#[test]
fn a_client_that_registered_itself_can_only_be_hidden() {
    let world = World::new();
    let client = Client::new(ClientId::generate(&SystemEntropy), UnixTime(1));
    assert!(world.update(&client, json!({"hidden": true})).unwrap().unwrap().hidden);
    for own in [
        json!({"requiredFunction": "myAccessFunction"}),
        json!({"shortName": "mine"}),
        json!({"maxSecurityLevel": "administrative"}),
        json!({"permittedScopes": ["openid"]}),
    ] {
        let errors = world.update(&client, own.clone()).unwrap_err();
        assert_eq!(errors[0].message, "can't be changed: no administrator defined the client", "{own}");
    }
}

#[test]
fn claim_providers_are_read_and_bounded() {
    let world = World::new();
    let claims = |claims: Value| {
        world
            .define(json!({ "openIDCustomClaims": claims }))
            .map(|client| serde_json::to_value(client.custom_claims).unwrap())
            .map_err(|errors| said(errors)[0].1)
    };
    let all = json!([
        {"provider": "customClaim", "claim": "customerShortName", "claimName": "https://example.com/org"},
        {"provider": "allUserGroups", "stringified": true},
        {"provider": "functionRoleMapping", "claimName": "roles", "roleMapping": {"1001": "user", "DATASTORE-VIEWER": "viewer"}},
    ]);
    assert_eq!(
        claims(all),
        Ok(json!([
            {"provider": "customClaim", "claim": "customerShortName", "claimName": "https://example.com/org"},
            {"provider": "allUserGroups", "stringified": true},
            {"provider": "functionRoleMapping", "claimName": "roles", "roleMapping": {"DATASTORE-VIEWER": "viewer", "myAccessFunction": "user"}},
        ]))
    );
    assert_eq!(
        claims(json!([{"provider": "userGroups", "allowedGroups": ["b", "a"]}])),
        Ok(json!([{"provider": "userGroups", "allowedGroups": ["a", "b"], "stringified": false}]))
    );
    let custom = |name: &str| json!([{"provider": "customClaim", "claim": "name", "claimName": name}]);
    let mapping = |mapping: Value| json!([{"provider": "functionRoleMapping", "claimName": "r", "roleMapping": mapping}]);
    for (wrong, message) in [
        (json!("customClaim"), "must be an array of at most 20 objects with a provider"),
        (json!(["customClaim"]), "must be an array of at most 20 objects with a provider"),
        (json!([{}]), "provider must be customClaim, userGroups, allUserGroups or functionRoleMapping"),
        (
            json!([{"provider": "ldap"}]),
            "provider must be customClaim, userGroups, allUserGroups or functionRoleMapping",
        ),
        (
            json!([{"provider": "customClaim", "claim": "password", "claimName": "x"}]),
            "claim must be username, name, picture, email, clientIP, customerID, customerShortName, customerName, domainID or phone",
        ),
        (
            custom(""),
            "claimName must be 1 to 200 printable ASCII characters without spaces, quotes and backslashes",
        ),
        (
            custom("two words"),
            "claimName must be 1 to 200 printable ASCII characters without spaces, quotes and backslashes",
        ),
        (custom("sub"), "claimName must not be a claim of the protocol itself"),
        (custom("iss"), "claimName must not be a claim of the protocol itself"),
        (custom("email_verified"), "claimName must not be a claim of the protocol itself"),
        (json!([{"provider": "userGroups"}]), "allowedGroups must be an array of 1 to 100 groups"),
        (
            json!([{"provider": "userGroups", "allowedGroups": []}]),
            "allowedGroups must be an array of 1 to 100 groups",
        ),
        (json!([{"provider": "allUserGroups", "stringified": "yes"}]), "stringified must be true or false"),
        (mapping(json!({})), "roleMapping must be an object of 1 to 100 functions, each with a role"),
        (
            mapping(json!({"1001": 7})),
            "roleMapping must be an object of 1 to 100 functions, each with a role",
        ),
        (mapping(json!({"nobody": "x"})), "roleMapping must name functions that there are"),
        (mapping(json!({"1001": "x", "myAccessFunction": "y"})), "must not make one claim twice"),
        (
            json!([{"provider": "allUserGroups"}, {"provider": "userGroups", "allowedGroups": ["a"]}]),
            "must not make one claim twice",
        ),
    ] {
        assert_eq!(claims(wrong.clone()), Err(message), "{wrong}");
    }
    for name in super::claims::RESERVED {
        assert_eq!(
            claims(custom(name)),
            Err("claimName must not be a claim of the protocol itself"),
            "{name}"
        );
    }
}

#[test]
fn a_secret_is_not_for_showing() {
    let world = World::new();
    let object = overlaid(usual(), json!({}));
    let definition = Definition::check(&object, &world.directory(&object), &world.settings).unwrap();
    assert!(!format!("{definition:?}").contains("mySecretPassword"));
}

/// Values that are right for some member, and wrong for others.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(vec![Value::Null, json!(true), json!(false), json!(7), json!(-1.5), json!({})]),
        select(vec![
            "",
            "none",
            "password",
            "external",
            "standard",
            "openid",
            "profile",
            "1001",
            "myAccessFunction",
            "mycustomer",
            "OTHER",
            "192.0.2.1",
            "10.0.0.0/8",
            "::/0",
            "https://a.example/",
            "http://localhost/",
            "http://a.example/",
            "com.example:/",
            "myclient",
            "a secret of mine",
        ])
        .prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.clone().prop_recursive(2, 8, 4, move |inner| {
        let member =
            select(vec!["provider", "claim", "claimName", "allowedGroups", "roleMapping", "stringified"]);
        let object = prop::collection::vec((member, inner.clone()), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
            object.prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

/// The documentation's client without a secret, which takes no time to hash, and with some members that are anything.
fn objects() -> impl Strategy<Value = Map<String, Value>> {
    let members = super::members::OF_DEFINED.into_iter().filter(|member| *member != super::SECRET);
    let members: Vec<_> = members.chain(["hidden", "customer", "domain"]).collect();
    (subsequence(members, 0..4), prop::collection::vec(value(), 4)).prop_map(|(members, values)| {
        let own: Map<_, _> = members.into_iter().map(str::to_owned).zip(values).collect();
        let public = json!({"authenticationMethod": "none", "clientSecret": null});
        overlaid(overlaid(usual(), public).into(), own.into())
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_makes_a_client_that_holds_together_or_none(object in objects()) {
        let world = World::new();
        let Ok(client) = world.define(object.clone().into()) else { return Ok(()) };
        prop_assert!(client.scope.is_within(&world.settings.served_scope()) && !client.scope.is_empty());
        prop_assert!(!client.addresses.is_empty());
        prop_assert!(client.redirect_uris.iter().all(|uri| !uri.is_private_use()));
        prop_assert_eq!(client.code_protection, CodeProtection::Pkce);
        prop_assert!(client.bounds.is_some() && client.short_name.is_some());
        prop_assert!(!client.deleted && client.registration.is_none());
        // To say the same once more changes nothing.
        prop_assert_eq!(world.update(&client, object.into()), Ok(None));
    }
}

/// The page's table of members: each with what is said where its rule is broken.
fn documented() -> Vec<(&'static str, &'static str)> {
    let page = include_str!("../../../../docs/client-api.md");
    let (_, section) = page.split_once("\n## Members\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| {
        let (member, rest) = row.split_once("` | ").unwrap();
        (member, rest.rsplit_once(" | ").unwrap().1)
    })
    .collect()
}

#[test]
fn every_member_is_documented_with_what_is_said_of_it() {
    let (documented, wrong) = (documented(), wrong());
    let members = super::members::OF_DEFINED.into_iter().chain(["hidden", "customer", "domain"]);
    assert_eq!(documented.len(), members.clone().count());
    for member in members {
        let (_, said) =
            documented.iter().find(|(known, _)| *known == member).unwrap_or_else(|| panic!("{member}"));
        let breaks = |own: &Value| own.get(member).is_some_and(|value| !value.is_null());
        assert!(wrong.iter().any(|(own, message)| breaks(own) && message == said), "{member}: {said}");
    }
}
