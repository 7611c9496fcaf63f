//! `cargo lambda watch` brings events to the functions too: by the routes in the workspace's `Cargo.toml`.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use server::Endpoint;
use server::{
    apikeys, authorize, clients, directory, introspect, kustvakt, login, metadata, register, revoke, token,
    userinfo,
};

#[test]
fn each_path_leads_to_its_function() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let routes: BTreeMap<String, String> =
        serde_json::from_value(metadata["metadata"]["lambda"]["watch"]["router"].clone()).unwrap();
    let expected = [
        paths::<authorize::Authorize>(),
        paths::<login::Login>(),
        paths::<token::Token>(),
        paths::<introspect::Introspect>(),
        paths::<revoke::Revoke>(),
        paths::<userinfo::Userinfo>(),
        paths::<register::Register>(),
        paths::<clients::Clients>(),
        paths::<apikeys::ApiKeys>(),
        paths::<directory::Directory>(),
        paths::<kustvakt::authorize::KustvaktAuthorize>(),
        paths::<kustvakt::clients::KustvaktClients>(),
        paths::<kustvakt::tokens::KustvaktTokens>(),
        paths::<kustvakt::plugins::KustvaktPlugins>(),
        paths::<kustvakt::admin::KustvaktAdmin>(),
        paths::<metadata::Metadata>(),
    ];
    assert_eq!(routes, expected.into_iter().flatten().collect());
}

/// Each path of an endpoint, with the name of the function that answers there.
fn paths<E: Endpoint>() -> Vec<(String, String)> {
    E::PATHS.iter().map(|path| ((*path).to_owned(), E::NAME.to_owned())).collect()
}
