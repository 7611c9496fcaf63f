//! From an empty table to a script and an application that users are let in to.

use domain::name::ClientName;
use domain::permissions::{Delegation, in_person};
use domain::secret::ApiKeySecret;
use domain::token::Token;
use domain::user::Username;
use oauth::Scope;

use crate::given::{Given, PASSWORD, now};

#[tokio::test]
async fn from_an_empty_table_to_an_application() {
    let given = Given::table().await;
    let root = given.run_with(&["bootstrap", "--username", "root", "--password-stdin", "--json"], PASSWORD);
    assert_eq!(root.json()["user"]["username"], "root");
    given.told("customer add acme --name Acme");
    given.told("function add report-reader --permission readReports --permission listReports");
    given.told("user add alice --customer acme --customer-function acme=report-reader --no-password");
    let key = given.told("api-key add alice --description Script --anywhere");
    let client = "client add reports --name Reports --description Shows --main-uri https://reports.example.com \
        --redirect-uri https://reports.example.com/callback --required-function report-reader \
        --permission-scope report-reader --client-ip-range 192.0.2.0/24 --customer acme --as root --generate-secret";
    given.told(client);

    // As the service sees it.
    let (prefix, secret) =
        Token::<ApiKeySecret>::parse(key["data"]["apiKeyString"].as_str().unwrap()).unwrap();
    let (api_key, alice) = given.store.standing.api_key(secret.keys, &prefix).await.unwrap();
    assert_eq!(api_key.unwrap().approve(&secret.digest(), None, now()), Ok(()));
    let alice = alice.unwrap();
    let reports =
        given.store.clients.find_named(&ClientName::parse("reports").unwrap()).await.unwrap().unwrap();
    assert_eq!(reports.created_by.as_ref().unwrap().username.as_str(), "root");
    assert!(reports.admits(&alice, None));
    let root = given.store.users.find_named(&Username::parse("root").unwrap()).await.unwrap().unwrap();
    assert!(!reports.admits(&root, None), "whoever administers does not hold the function for it");
    let functions = given.store.functions.list().await.unwrap();
    assert!(in_person(&root, None, &functions).has("administer"));
    let scope = Scope::parse("openid").unwrap();
    let delegation = Delegation {
        user: &alice,
        limit: None,
        client: &reports,
        scope: &scope,
        api_scopes: &Scope::default(),
    };
    assert!(delegation.permissions(&functions).has("readReports"));

    // What others depend on stays.
    assert_eq!(given.refused("customer remove acme --yes", 1).0, "customer acme is in use: 1 user, 1 client");
    given.told("client remove reports --yes");
    given.told("user remove alice --yes");
    given.told("customer remove acme --yes");
    assert_eq!(given.store.standing.api_key(secret.keys, &prefix).await.unwrap().1, None);
}
