//! What is put on record of signing keys that follow each other, and what is measured.

use std::sync::Arc;

use domain::Clock as _;
use domain::time::Seconds;
use jose::Occasion;
use lambda::{Context, LambdaEvent, task};
use serde_json::json;
use server::Task as _;
use server::rotate::Rotate;
use testkit::TestTable;
use testkit::actors::{platform, settings};

use crate::log;

/// What was put on record since the last look, of which generation, as `ES256 1`, and for how many days a key has signed.
fn told(kids: &mut Vec<String>) -> (Vec<String>, u64) {
    let record = log::record();
    let events = record.iter().filter(|line| line["key.algorithm"] == "ES256").map(|line| {
        let (event, id) = (line["audit.event"].as_str().unwrap(), line["key.id"].as_str().unwrap());
        if !kids.iter().any(|known| known == id) {
            kids.push(id.to_owned());
        }
        assert_eq!(line["request.id"], "call");
        format!("{event} {}", kids.iter().position(|known| known == id).unwrap() + 1)
    });
    let events = events.collect();
    let counted = log::counted();
    let [(name, age)] = counted.as_slice() else { panic!("{counted:?}") };
    assert_eq!(name, "SigningKeyAge");
    log::listen();
    (events, age / 86_400)
}

#[tokio::test]
async fn s50_each_step_of_a_signing_key_is_on_record_once() {
    let table = TestTable::new().await;
    let rotate = Arc::new(Rotate::connect(&platform(&table, settings())).await.unwrap());
    let (start, mut kids) = (table.clock.now(), Vec::new());
    log::listen();
    for (hours, expected, age) in [
        (0, &["key.published 1", "key.used 1"][..], 0),
        (89 * 24, &["key.published 2"], 89),
        (90 * 24, &[], 0),
        (90 * 24 + 1, &["key.used 2"], 0),
        (91 * 24, &["key.retired 1"], 1),
        (179 * 24, &["key.published 3"], 89),
        // A run a day comes too late to retire a key before it is removed.
        (181 * 24, &["key.used 3", "key.retired 2"], 1),
    ] {
        table.clock.set(start + Seconds::hours(hours));
        let context = || {
            let mut context = Context::default();
            context.request_id = "call".to_owned();
            context
        };
        for (expected, age) in [(expected, age), (&[], age)] {
            let event = LambdaEvent::new(serde_json::from_value(json!({})).unwrap(), context());
            task::answer(Arc::clone(&rotate), event).await.unwrap();
            let (events, days) = told(&mut kids);
            assert_eq!(
                (events.as_slice(), days),
                (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], age)
            );
        }
    }
    rotate.rotate(Occasion::Compromise).await.unwrap();
    let record = log::record();
    let events: Vec<_> = record.iter().filter_map(|line| line["audit.event"].as_str()).collect();
    // For each of the two algorithms.
    assert_eq!(events, ["key.published", "key.used", "key.retired"].repeat(2));
}
