use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ClientId;
use lambda_http::Context as Invocation;
use serde_json::{Value, json};
use server::audit::Event;
use server::metrics::Metric;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::{Format, Log, call, detail, level, panicked, trace_id};

/// One test at a time: what is enabled is settled for all threads together.
static ALONE: Mutex<()> = Mutex::new(());

/// What is logged while `happening`.
fn told(format: Format, level: LevelFilter, happening: impl FnOnce()) -> Vec<String> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let write = move |line: &str| kept.lock().unwrap().push(line.to_owned());
    let log =
        Log { function: "token", table: "gatelet-test".to_owned(), format, now: || 1_793_880_000_123, write };
    let subscriber = Registry::default().with(log.with_filter(detail(level)));
    tracing::subscriber::with_default(subscriber, happening);
    lines.lock().unwrap().clone()
}

fn json(happening: impl FnOnce()) -> Vec<Value> {
    let lines = told(Format::Json, LevelFilter::INFO, happening);
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn invocation() -> Invocation {
    let mut invocation = Invocation::default();
    invocation.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    invocation.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".to_owned());
    invocation
}

#[test]
fn a_line_is_flat_json_with_all_that_is_known_of_the_call() {
    let lines = json(|| {
        call(&invocation(), Some("JKJaXmPLvHcESHA=")).in_scope(|| {
            let request = tracing::info_span!("request", request.id = "inner", http.path = "/oauth2/token");
            request.in_scope(|| tracing::warn!(http.status = 400, last = true, reason = "x\ny", "refused"));
        });
    });
    let line = json!({
        "timestamp": "2026-11-05T12:00:00.123Z",
        "level": "WARN",
        "target": "lambda::log::tests",
        "function": "token",
        "message": "refused",
        "http.status": 400,
        "last": true,
        "reason": "x\ny",
        "request.id": "inner",
        "http.path": "/oauth2/token",
        "lambda.request.id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "trace.id": "1-5759e988-bd862e3fe1be46a994272793",
    });
    assert_eq!(lines, [line]);
}

#[test]
fn a_line_ends_where_it_ends_and_names_nothing_twice() {
    let lines = told(Format::Json, LevelFilter::INFO, || {
        tracing::info_span!(target: "lambda", "a", name = "outer", more = 1).in_scope(|| {
            tracing::info!(target: "lambda", name = "in\nner", level = "mine", "said\r\n");
        });
    });
    let line = r#"{"timestamp":"2026-11-05T12:00:00.123Z","level":"INFO","target":"lambda","function":"token","message":"said\r\n","name":"in\nner","more":1}"#;
    assert_eq!(lines, [line]);
    let lines = told(Format::Text, LevelFilter::INFO, || {
        tracing::info!(target: "lambda", name = "in\nner", "said\r\n");
    });
    let line = r#"2026-11-05T12:00:00.123Z INFO lambda function="token" said   name="in\nner""#;
    assert_eq!(lines, [line]);
}

#[test]
fn a_call_that_did_not_come_through_the_gateway_has_lambdas_own_name() {
    let mut invocation = invocation();
    invocation.xray_trace_id = None;
    let lines = json(|| call(&invocation, None).in_scope(|| tracing::info!("said")));
    assert_eq!(lines[0]["request.id"], invocation.request_id);
    assert_eq!(lines[0].get("trace.id"), None);
}

#[test]
fn only_what_is_written_as_a_trace_is_one() {
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    for header in
        [format!("Root={root}"), format!("Self=1-2-3; Root={root};Parent=53995c3f42cd8ad8;Sampled=0")]
    {
        assert_eq!(trace_id(&header), Some(root));
    }
    for header in ["", root, "Root=", "Root=1-5759e988", "Root=2-5759e988-bd862e3fe1be46a994272793"] {
        assert_eq!(trace_id(header), None, "{header}");
    }
    assert_eq!(trace_id(&format!("Root={root}-more")), None);
    assert_eq!(trace_id("Root=1-5759e988-bd862e3fe1be46a99427279x"), None);
}

#[test]
fn levels_are_lambdas() {
    for (word, expected) in [
        ("", LevelFilter::INFO),
        ("TRACE", LevelFilter::TRACE),
        ("debug", LevelFilter::DEBUG),
        ("INFO", LevelFilter::INFO),
        ("WARN", LevelFilter::WARN),
        ("ERROR", LevelFilter::ERROR),
        ("FATAL", LevelFilter::ERROR),
    ] {
        assert_eq!(level(word), expected, "{word}");
    }
}

/// What a level lets through, from the crates below us and from our own.
fn let_through(level: LevelFilter) -> Vec<String> {
    let lines = told(Format::Json, level, || {
        let around = tracing::info_span!(target: "aws_sdk_dynamodb::operation", "PutItem", item = "digest");
        around.in_scope(|| {
            call(&Invocation::default(), Some("7")).in_scope(|| {
                tracing::trace!(target: "lambda_runtime", "foreign trace");
                tracing::info!(target: "aws_sdk_dynamodb", "foreign info");
                tracing::warn!(target: "aws_sdk_dynamodb", "foreign warn");
                tracing::trace!(target: "store::table", "trace");
                tracing::info!(target: "server::layers", "info");
                tracing::error!(target: "server::layers", "error");
                let client = ClientId::parse("3e0f0bc6-56a5-4ba6-9f4a-6f8d3f6b1d2a").unwrap();
                Event::ClientDeleted { client, user: None }.record();
                Metric::ServerErrors.record(1);
            });
        });
    });
    assert!(lines.iter().all(|line| line.contains(r#""request.id":"7""#)), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("digest")), "{lines:?}");
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names = lines.map(|line| {
        let name = [&line["message"], &line["audit.event"]].into_iter().find_map(Value::as_str);
        name.unwrap_or("metrics").to_owned()
    });
    names.collect()
}

#[test]
fn no_level_makes_the_crates_below_tell_more_and_none_takes_the_record_away() {
    assert_eq!(
        let_through(LevelFilter::TRACE),
        ["foreign warn", "trace", "info", "error", "client.deleted", "metrics"]
    );
    assert_eq!(
        let_through(LevelFilter::INFO),
        ["foreign warn", "info", "error", "client.deleted", "metrics"]
    );
    assert_eq!(let_through(LevelFilter::ERROR), ["error", "client.deleted", "metrics"]);
}

#[test]
fn a_panic_says_where_and_only_the_words_it_was_compiled_with() {
    let lines = json(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(panicked));
        let secret = "hunter2";
        catch_unwind(|| panic!("the clock is broken")).unwrap_err();
        catch_unwind(|| panic!("no such password: {secret}")).unwrap_err();
        std::panic::set_hook(before);
    });
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert_eq!((&line["message"], &line["level"]), (&json!("panicked"), &json!("ERROR")));
        assert!(line["location"].as_str().unwrap().contains("log/tests.rs:"), "{line}");
    }
    assert_eq!(lines[0]["reason"], "the clock is broken");
    assert_eq!(lines[1].get("reason"), None);
}

/// The rules of the specification, from "Root node" to "Target members".
fn follows_the_specification(document: &Value) {
    let metadata = document["_aws"].as_object().unwrap();
    assert!(metadata.keys().all(|name| ["Timestamp", "CloudWatchMetrics"].contains(&name.as_str())));
    assert!(metadata["Timestamp"].is_u64());
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        let members = directive.as_object().unwrap();
        assert!(members.keys().all(|name| ["Namespace", "Dimensions", "Metrics"].contains(&name.as_str())));
        assert!((1..=1024).contains(&directive["Namespace"].as_str().unwrap().len()));
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty());
        for set in sets {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            for name in set {
                let value = document[name.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()) && value.is_ascii(), "{name}");
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let members = metric.as_object().unwrap();
            assert!(members.keys().all(|name| ["Name", "Unit"].contains(&name.as_str())));
            assert!(["Count", "Seconds"].contains(&metric["Unit"].as_str().unwrap()));
            assert!(document[metric["Name"].as_str().unwrap()].is_number());
        }
    }
}

#[test]
fn what_a_call_counts_is_one_line_after_it() {
    let lines = json(|| {
        call(&invocation(), Some("JKJaXmPLvHcESHA=")).in_scope(|| {
            tracing::info_span!("request").in_scope(|| {
                Metric::TokensIssued.record(1);
                Metric::ServerErrors.record(1);
                Metric::ServerErrors.record(1);
            });
            tracing::info!("answered");
        });
    });
    assert_eq!(lines[0]["message"], "answered");
    let document = json!({
        "_aws": {
            "Timestamp": 1_793_880_000_123_u64,
            "CloudWatchMetrics": [{
                "Namespace": "Gatelet",
                "Dimensions": [["Table"], ["Table", "Function"]],
                "Metrics": [
                    {"Name": "TokensIssued", "Unit": "Count"},
                    {"Name": "ServerErrors", "Unit": "Count"},
                ],
            }],
        },
        "Table": "gatelet-test",
        "Function": "token",
        "TokensIssued": 1,
        "ServerErrors": 2,
        "request.id": "JKJaXmPLvHcESHA=",
        "lambda.request.id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "trace.id": "1-5759e988-bd862e3fe1be46a994272793",
    });
    assert_eq!(lines[1..], [document]);
    follows_the_specification(&lines[1]);
}

#[test]
fn calls_count_apart_and_one_without_counts_says_nothing() {
    let count = || Metric::SignIns.record(1);
    let lines = json(|| {
        let (one, other) = (call(&invocation(), Some("1")), call(&invocation(), Some("2")));
        one.in_scope(count);
        other.in_scope(count);
        one.in_scope(count);
        drop((one, other));
        call(&invocation(), Some("3")).in_scope(|| ());
    });
    let counted: Vec<_> =
        lines.iter().map(|line| (line["request.id"].as_str().unwrap(), &line["SignIns"])).collect();
    assert_eq!(counted, [("1", &json!(2)), ("2", &json!(1))]);
}

#[test]
fn every_metric_is_one_that_cloudwatch_takes_also_outside_a_call() {
    let lines = json(|| Metric::ALL.iter().for_each(|metric| metric.record(3)));
    assert_eq!(lines.len(), Metric::ALL.len());
    for (line, metric) in lines.iter().zip(Metric::ALL) {
        follows_the_specification(line);
        assert_eq!(line[metric.name()], 3);
        let told = json!([{"Name": metric.name(), "Unit": metric.unit()}]);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"], told);
    }
}

#[test]
fn of_a_measurement_the_last_one_stands() {
    let lines = json(|| {
        call(&invocation(), None).in_scope(|| {
            Metric::SigningKeyAge.record(7);
            Metric::SigningKeyAge.record(5);
        });
    });
    assert_eq!((lines.len(), &lines[0]["SigningKeyAge"]), (1, &json!(5)));
}
