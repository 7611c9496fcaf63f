//! What is told of the table itself.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use store::inspection::{Description, Expiry};
use store::{StoreError, Table};
use testkit::{Embedded, Fault};

use crate::given::Scene;

#[tokio::test]
async fn a_table_of_the_schema_is_recognised() {
    let scene = Scene::new().await;
    let table = scene.table.table();
    let description = table.describe().await.unwrap();
    let expected = Description {
        status: "ACTIVE".to_owned(),
        active: true,
        keyed: true,
        on_demand: true,
        deletion_protection: false,
    };
    assert_eq!(description, Some(expected));
    assert_eq!(table.expiry().await.unwrap(), Expiry::On);
}

#[tokio::test]
async fn a_table_that_is_missing_is_not_an_error_and_one_out_of_reach_is() {
    let scene = Scene::new().await;
    let missing = Table::new(scene.table.embedded.client(), "another");
    assert_eq!(missing.describe().await.unwrap(), None);
    scene.table.faults.always("DescribeTable", Fault::Unreachable);
    let error = scene.table.table().describe().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { operation: "DescribeTable", .. }), "{error}");
    scene.table.faults.clear();
    scene.table.faults.always("DescribeTimeToLive", Fault::AccessDenied);
    let error = scene.table.table().expiry().await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn another_tables_keys_and_expiry_are_not_the_schemas() {
    let embedded = Embedded::memory().unwrap();
    let client = embedded.client();
    for (name, keys) in [("swapped", ["sk", "pk"]), ("named", ["PK", "SK"])] {
        let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        for (name, key_type) in keys.into_iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
            let key = KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap();
            create = create.attribute_definitions(attribute).key_schema(key);
        }
        create.send().await.unwrap();
        let table = Table::new(client.clone(), name);
        assert!(!table.describe().await.unwrap().unwrap().keyed, "{name}");
        assert_eq!(table.expiry().await.unwrap(), Expiry::Off);
        let other = TimeToLiveSpecification::builder().enabled(true).attribute_name("ends").build().unwrap();
        let update = client.update_time_to_live().table_name(name).time_to_live_specification(other);
        update.send().await.unwrap();
        assert_eq!(table.expiry().await.unwrap(), Expiry::By("ends".to_owned()));
    }
}
