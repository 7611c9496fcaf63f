//! What the service logs during a test, told apart from what it logs for others at the same time: a test has a thread of its own.

use std::cell::RefCell;
use std::io::{Result, Write};
use std::sync::Once;

use lambda::log::{Format, Log, detail};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// Everything of ours, however detailed.
const OURS: &str =
    "audit=trace,server=trace,store=trace,domain=trace,oauth=trace,jose=trace,lambda=trace,pages=trace";

/// The log's own clock, which stands still: 2026-11-05T12:00:00Z.
pub const MOMENT: u64 = 1_793_880_000_000;

/// One subscriber for all threads: where each has its own, they take away from each other what is enabled.
static SUBSCRIBED: Once = Once::new();

thread_local! {
    static HEARD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        HEARD.with_borrow_mut(|heard| heard.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A function's own log, which keeps its lines for the thread.
pub fn of_function(function: &'static str) -> Log<fn(&str)> {
    let write = |line: &str| LINES.with_borrow_mut(|lines| lines.push(line.to_owned()));
    Log { function, table: "gatelet".to_owned(), format: Format::Json, now: || MOMENT, write }
}

/// Begins to keep what is logged on this thread: as text, and as a function logs it.
pub fn listen() {
    SUBSCRIBED.call_once(|| {
        let text = fmt::layer().with_ansi(false).without_time().with_writer(|| Ear);
        let subscriber = Registry::default().with(text.with_filter(EnvFilter::new(OURS)));
        subscriber.with(of_function("all").with_filter(detail(LevelFilter::TRACE))).init();
    });
    HEARD.with_borrow_mut(Vec::clear);
    LINES.with_borrow_mut(Vec::clear);
}

/// What was logged since.
pub fn heard() -> String {
    HEARD.with_borrow(|heard| String::from_utf8_lossy(heard).into_owned())
}

/// The same as a function logs it, and what it counts.
pub fn lines() -> Vec<String> {
    LINES.with_borrow(Clone::clone)
}

/// What was put on record since.
pub fn record() -> Vec<Value> {
    let lines = lines().into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    lines.filter(|line| line["target"] == "audit").collect()
}

/// What was counted since: the metrics' names and values, call by call.
pub fn counted() -> Vec<(String, u64)> {
    let lines = lines().into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let documents = lines.filter(|line| line.get("_aws").is_some());
    let metrics = documents.flat_map(|document| {
        let metrics = document["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().clone();
        metrics.into_iter().map(move |metric| {
            let name = metric["Name"].as_str().unwrap();
            (name.to_owned(), document[name].as_u64().unwrap())
        })
    });
    metrics.collect()
}
