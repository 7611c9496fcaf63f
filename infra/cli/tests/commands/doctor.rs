//! `gatelet doctor`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use domain::UnixTime;
use domain::time::Seconds;
use serde_json::json;
use testkit::Embedded;

use crate::given::{Given, Ran, gatelet, nobody, now, run};
use crate::site::Site;

fn doctor(given: &Given, more: &[&str]) -> Ran {
    given.run(&[&["doctor", "--json"], more].concat())
}

fn status(ran: &Ran, check: &str) -> String {
    ran.finding(check).0
}

#[tokio::test]
async fn finds_nothing_wrong_with_what_is_well() {
    let given = Given::with_keys(now()).await;
    let site = Site::issuer(0, given.jwks().await, str::to_owned);
    let words = given.run(&["doctor", "--issuer", &site.url()]);
    assert_eq!((words.code, words.err.as_str()), (Some(0), ""), "{words:?}");
    assert!(words.out.ends_with("\nNothing is wrong.\n"), "{}", words.out);
    assert!(words.out.contains("\nok           table                   active, keys pk and sk, on demand\n"));
    assert!(!words.out.contains('\u{1b}'), "colour, and nobody looks");

    let report = doctor(&given, &["--issuer", &site.url()]);
    assert_eq!((report.json()["problems"].as_u64(), report.code), (Some(0), Some(0)));
    for check in [
        "table",
        "expiry (TTL)",
        "signing key RS256",
        "signing key ES256",
        "sealing key",
        "first administrator",
        "issuer",
        "published keys",
        "clock",
    ] {
        assert_eq!(status(&report, check), "ok", "{check}: {report:?}");
    }
    for check in
        ["AWS credentials", "point-in-time recovery", "deletion protection", "wrapping key", "environment"]
    {
        assert_eq!(status(&report, check), "not_checked", "{check}: {report:?}");
    }
}

#[test]
fn names_a_table_that_is_missing() {
    let embedded = Embedded::memory().unwrap();
    let at = ["--table", "gatelet", "--endpoint-url", &embedded.endpoint()];
    let words = run(gatelet(&[&["doctor"][..], &at].concat()));
    assert_eq!(words.code, Some(1));
    assert!(
        words.out.contains("problem      table                   there is no table gatelet at"),
        "{}",
        words.out
    );
    assert!(words.out.contains("\u{2192} is it the right one?"), "{}", words.out);
    let report = run(gatelet(&[&["doctor", "--json"][..], &at].concat()));
    assert_eq!(report.json()["problems"], 1, "what follows from it is no problem of its own: {report:?}");
    assert_eq!(status(&report, "signing key RS256"), "not_checked");
}

#[test]
fn names_an_endpoint_that_is_out_of_reach() {
    let nobody = nobody();
    let report = run(gatelet(&["doctor", "--json", "--table", "gatelet", "--endpoint-url", &nobody]));
    assert_eq!(report.code, Some(1));
    let (status, says) = report.finding("table");
    assert_eq!(status, "problem");
    assert!(says.contains("Connection refused"), "{says}");
    assert_eq!(
        report.finding("clock"),
        ("not_checked".to_owned(), "nobody has answered with the time".to_owned())
    );
}

#[tokio::test]
async fn names_keys_that_are_missing() {
    let given = Given::table().await;
    let report = doctor(&given, &[]);
    assert_eq!((report.code, report.json()["problems"].as_u64()), (Some(1), Some(3)), "{report:?}");
    for check in ["signing key RS256", "signing key ES256", "sealing key"] {
        let (status, says) = report.finding(check);
        assert!(status == "problem" && says.starts_with("there is none"), "{says}");
    }
    assert_eq!(report.finding("first administrator"), ("warning".to_owned(), "not made yet".to_owned()));
}

#[tokio::test]
async fn names_a_rotation_that_does_not_come() {
    let given = Given::with_keys(UnixTime(now().0 - Seconds::days(100).0)).await;
    let report = doctor(&given, &[]);
    let (status, says) = report.finding("signing key ES256");
    assert!(status == "problem" && says.ends_with("should have been replaced 10 days ago"), "{says}");
    assert_eq!(report.code, Some(1));
    let patient = doctor(&given, &["--signing-key-days", "120"]);
    let (status, says) = patient.finding("signing key ES256");
    assert!(status == "ok" && says.ends_with("its replacement is due in 20 days"), "{says}");
    assert_eq!(patient.code, Some(0));
}

/// A call as the SDK makes it, by hand: this crate does not know DynamoDB's types.
fn call(embedded: &Embedded, operation: &str, body: &serde_json::Value) {
    let body = body.to_string();
    let head =
        format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    let signed = "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n\
                  Authorization: AWS4-HMAC-SHA256 Credential=anyone/20260101/local/dynamodb/aws4_request, \
                  SignedHeaders=host, Signature=none\r\n";
    let mut stream = TcpStream::connect(embedded.address()).unwrap();
    write!(stream, "{head}{signed}X-Amz-Target: DynamoDB_20120810.{operation}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// A table whose partition and sort keys have these names.
fn create(embedded: &Embedded, keys: [&str; 2], billing: &serde_json::Value) {
    let mut table = json!({
        "TableName": "gatelet",
        "AttributeDefinitions": keys.map(|name| json!({"AttributeName": name, "AttributeType": "S"})),
        "KeySchema": [
            {"AttributeName": keys[0], "KeyType": "HASH"},
            {"AttributeName": keys[1], "KeyType": "RANGE"},
        ],
    });
    table.as_object_mut().unwrap().extend(billing.as_object().unwrap().clone());
    call(embedded, "CreateTable", &table);
}

fn at(embedded: &Embedded) -> Ran {
    run(gatelet(&["doctor", "--json", "--table", "gatelet", "--endpoint-url", &embedded.endpoint()]))
}

#[test]
fn names_expiry_that_is_off_or_by_another_attribute() {
    let embedded = Embedded::memory().unwrap();
    create(&embedded, ["pk", "sk"], &json!({"BillingMode": "PAY_PER_REQUEST"}));
    let off = at(&embedded);
    let (status, says) = off.finding("expiry (TTL)");
    assert_eq!((status.as_str(), says.as_str()), ("problem", "off: what has ended is never deleted"));
    assert!(off.out.contains("aws dynamodb update-time-to-live --table-name gatelet"), "{}", off.out);

    let other = json!({"TableName": "gatelet", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "ends"}});
    call(&embedded, "UpdateTimeToLive", &other);
    let (status, says) = at(&embedded).finding("expiry (TTL)");
    assert!(status == "problem" && says.starts_with("on, but by ends"), "{says}");
}

#[test]
fn names_a_table_that_is_somebody_elses() {
    let embedded = Embedded::memory().unwrap();
    create(&embedded, ["id", "time"], &json!({"BillingMode": "PAY_PER_REQUEST"}));
    let report = at(&embedded);
    let (status, says) = report.finding("table");
    assert_eq!((status.as_str(), says.as_str()), ("problem", "its keys are not the strings pk and sk"));
    assert!(report.finding("sealing key").0 == "not_checked");
}

#[test]
fn warns_of_provisioned_capacity() {
    let embedded = Embedded::memory().unwrap();
    let units = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    create(&embedded, ["pk", "sk"], &json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}));
    let (status, says) = at(&embedded).finding("table");
    assert_eq!((status.as_str(), says.as_str()), ("warning", "active, with provisioned capacity"));
}

#[tokio::test]
async fn names_an_issuer_that_is_not_what_it_is_called() {
    let given = Given::with_keys(now()).await;
    let jwks = given.jwks().await;
    for (site, words) in [
        (Site::issuer(0, jwks.clone(), |own| format!("{own}/")), "names another issuer: http://127.0.0.1"),
        (
            Site::issuer(0, jwks.clone(), |_| "https://id.example".to_owned()),
            "names another issuer: https://id.example",
        ),
        (Site::serve(0, |_, _| (503, String::new())), "answers with status 503"),
        (Site::serve(0, |_, _| (200, "<html>".to_owned())), "answers with something that is not JSON"),
        (Site::serve(0, |own, _| (200, format!(r#"{{"issuer":"{own}"}}"#))), "has no jwks_uri"),
    ] {
        let report = doctor(&given, &["--issuer", &site.url()]);
        let (status, says) = report.finding("issuer");
        assert!(status == "problem" && says.contains(words), "{says}");
        assert_eq!(report.finding("published keys").0, "not_checked");
        assert_eq!(report.code, Some(1));
    }
    for (issuer, words) in [
        (nobody().as_str(), "can't be reached"),
        ("http://id.example", "the issuer must be https"),
        ("https://id.example/", "the issuer must be a bare origin"),
    ] {
        let (status, says) = doctor(&given, &["--issuer", issuer]).finding("issuer");
        assert!(status == "problem" && says.contains(words), "{says}");
    }
}

#[tokio::test]
async fn compares_the_keys_that_are_published_with_the_tables() {
    let long_ago = UnixTime(now().0 - 3600);
    let (given, other) = (Given::with_keys(long_ago).await, Given::with_keys(long_ago).await);
    let jwks = |text: String| Site::issuer(0, text, str::to_owned);
    for (site, words) in [
        (jwks(other.jwks().await), "instead of the table's"),
        (jwks(r#"{"keys":[]}"#.to_owned()), "has none"),
    ] {
        let report = doctor(&given, &["--issuer", &site.url()]);
        let (status, says) = report.finding("published keys");
        assert!(status == "problem" && says.contains(words), "{says}");
        assert_eq!(report.finding("issuer").0, "ok");
    }
    // A function goes on publishing for minutes what it read.
    let young = Given::with_keys(now()).await;
    let one: serde_json::Value = serde_json::from_str(&young.jwks().await).unwrap();
    let one = json!({"keys": [one["keys"][0]]}).to_string();
    let report = doctor(&young, &["--issuer", &jwks(one).url()]);
    assert_eq!(report.finding("published keys").0, "ok", "{report:?}");
}

#[tokio::test]
async fn compares_clocks() {
    let given = Given::with_keys(now()).await;
    for (ahead, expected, words, code) in [
        (20, "ok", "seconds behind 127.0.0.1", 0),
        (-60, "warning", "seconds ahead of 127.0.0.1", 0),
        (60, "warning", "seconds behind 127.0.0.1", 0),
        (600, "problem", "AWS refuses what is signed then", 1),
        (-600, "problem", "AWS refuses what is signed then", 1),
    ] {
        let site = Site::issuer(ahead, given.jwks().await, str::to_owned);
        let report = doctor(&given, &["--issuer", &site.url()]);
        let (status, says) = report.finding("clock");
        assert!(status == expected && says.contains(words), "{ahead}: {status} {says}");
        assert_eq!(report.code, Some(code));
    }
}

#[test]
fn sees_the_time_where_dynamodb_refuses() {
    let site = Site::serve(900, |_, _| {
        (400, r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature not yet current"}"#.to_owned())
    });
    let report = run(gatelet(&["doctor", "--json", "--table", "gatelet", "--endpoint-url", &site.url()]));
    let (status, says) = report.finding("table");
    assert!(status == "problem" && says.contains("InvalidSignatureException"), "{says}");
    let (status, says) = report.finding("clock");
    assert!(status == "problem" && says.contains("seconds behind 127.0.0.1"), "{says}");
}

/// What AWS answers to the calls of the doctor, for a table that is well but has no keys.
fn aws(identity: bool, protected: bool, recovery: &'static str) -> Site {
    Site::serve(0, move |_, request| {
        let target = request.to_lowercase();
        let target = target
            .split_once("dynamodb_20120810.")
            .and_then(|(_, rest)| rest.lines().next().map(str::to_owned));
        let answer = match target.as_deref().unwrap_or("sts") {
            "describetable" => json!({"Table": {
                "TableStatus": "ACTIVE",
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
                "DeletionProtectionEnabled": protected,
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            }}),
            "describetimetolive" => {
                json!({"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}})
            }
            "describecontinuousbackups" if recovery == "DENIED" => {
                let denied =
                    json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
                return (400, denied.to_string());
            }
            "describecontinuousbackups" => json!({"ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": recovery},
            }}),
            "query" => json!({"Items": [], "Count": 0}),
            "getitem" => json!({}),
            _ if identity => {
                let identity = "<Arn>arn:aws:sts::123456789012:assumed-role/Operator/alice</Arn><UserId>A:alice</UserId>\
                                <Account>123456789012</Account>";
                let result = format!("<GetCallerIdentityResult>{identity}</GetCallerIdentityResult>");
                let namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
                return (
                    200,
                    format!(
                        r#"<GetCallerIdentityResponse xmlns="{namespace}">{result}</GetCallerIdentityResponse>"#
                    ),
                );
            }
            _ => {
                let error =
                    "<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>expired</Message></Error>";
                return (403, format!("<ErrorResponse>{error}</ErrorResponse>"));
            }
        };
        (200, answer.to_string())
    })
}

fn on_aws(site: &Site) -> Ran {
    let mut command = gatelet(&["doctor", "--json", "--table", "gatelet-prod"]);
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-north-1"),
    ];
    command.envs(variables).env("AWS_ENDPOINT_URL", site.url());
    run(command)
}

#[test]
fn says_who_calls_and_how_the_table_is_kept() {
    let report = on_aws(&aws(true, true, "ENABLED"));
    let (status, says) = report.finding("AWS credentials");
    assert_eq!(
        (status.as_str(), says.as_str()),
        ("ok", "arn:aws:sts::123456789012:assumed-role/Operator/alice, account 123456789012")
    );
    for check in ["table", "expiry (TTL)", "point-in-time recovery", "deletion protection"] {
        assert_eq!(report.finding(check).0, "ok", "{check}: {report:?}");
    }
    assert_eq!(report.json()["region"], "eu-north-1");
    assert_eq!(report.finding("sealing key").0, "problem");

    let report = on_aws(&aws(false, false, "DISABLED"));
    let (status, says) = report.finding("AWS credentials");
    assert!(status == "problem" && says.contains("ends in MPLE") && says.contains("ExpiredToken"), "{says}");
    assert!(!report.out.contains("AKIAIOSFODNN7EXAMPLE"));
    for check in ["point-in-time recovery", "deletion protection"] {
        assert_eq!(report.finding(check).0, "warning", "{check}: {report:?}");
    }
    let report = on_aws(&aws(true, true, "DENIED"));
    let (status, says) = report.finding("point-in-time recovery");
    assert!(status == "not_checked" && says.contains("AccessDeniedException"), "{says}");
}

#[test]
fn names_credentials_that_are_missing() {
    let mut command = gatelet(&["doctor", "--json", "--table", "gatelet", "--region", "eu-north-1"]);
    command.env("AWS_ENDPOINT_URL", nobody());
    let report = run(command);
    let (status, says) = report.finding("AWS credentials");
    assert!(status == "problem" && says.starts_with("none found") && !says.contains('\n'), "{says}");
    assert_eq!(report.code, Some(1));
}

#[tokio::test]
async fn reads_variables_as_a_function_does() {
    let given = Given::with_keys(now()).await;
    let with = |variables: &[(&str, &str)]| {
        let mut command = given.command(&["doctor", "--json", "--environment"]);
        command.envs(variables.iter().copied());
        run(command).finding("environment")
    };
    let (status, says) = with(&[("TABLE_NAME", "gatelet")]);
    assert_eq!(
        (status.as_str(), says.as_str()),
        ("problem", "a function would not start: ISSUER is not set")
    );
    let (status, says) = with(&[("ISSUER", "http://id.example")]);
    assert!(status == "problem" && says.contains("the issuer must be https"), "{says}");
}

#[tokio::test]
async fn looks_at_the_wrapping_key() {
    let key = "arn:aws:kms:eu-north-1:123456789012:key/00000000-0000-0000-0000-000000000000";
    let told = |site: &Site, arn: &str| {
        let place = ["--table", "gatelet", "--endpoint-url", &site.url()];
        let arguments = ["doctor", "--json", "--wrapping-key", arn];
        run(gatelet(&[arguments.as_slice(), place.as_slice()].concat())).finding("wrapping key")
    };
    let kms = |status, answer: serde_json::Value| {
        Site::serve(0, move |_, request| {
            let asked = request.to_lowercase().contains("x-amz-target: trentservice.describekey");
            if asked { (status, answer.to_string()) } else { (400, String::new()) }
        })
    };
    let state = |state: &str| kms(200, json!({"KeyMetadata": {"KeyId": key, "KeyState": state}}));
    assert_eq!(told(&state("Enabled"), key), ("ok".to_owned(), "enabled".to_owned()));
    let (status, says) = told(&state("PendingDeletion"), key);
    assert!(status == "problem" && says.contains("PendingDeletion"), "{says}");
    let (status, says) =
        told(&kms(400, json!({"__type": "NotFoundException", "message": "no such key"})), key);
    assert!(status == "problem" && says.contains("NotFoundException"), "{says}");
    let (status, says) = told(&state("Enabled"), "alias/gatelet");
    assert!(status == "problem" && says.contains("not the ARN"), "{says}");
}
