//! What the service logs during a test, told apart from what it logs for others at the same time: a test has a thread of its own.

use std::cell::RefCell;
use std::io::{Result, Write};
use std::sync::Once;

use tracing_subscriber::EnvFilter;

/// Everything of ours, however detailed.
const OURS: &str = "server=trace,store=trace,domain=trace,oauth=trace,jose=trace,pages=trace";

/// One subscriber for all threads: where each has its own, they take away from each other what is enabled.
static SUBSCRIBED: Once = Once::new();

thread_local! {
    static HEARD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
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

/// Begins to keep what is logged on this thread.
pub fn listen() {
    SUBSCRIBED.call_once(|| {
        let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(OURS)).with_ansi(false);
        lines.without_time().with_writer(|| Ear).init();
    });
    HEARD.with_borrow_mut(Vec::clear);
}

/// What was logged since.
pub fn heard() -> String {
    HEARD.with_borrow(|heard| String::from_utf8_lossy(heard).into_owned())
}
