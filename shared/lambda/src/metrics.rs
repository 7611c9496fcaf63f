//! What a call has counted, as a line in CloudWatch's embedded metric format
//! ([specification](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)).
//!
//! CloudWatch reads the metrics out of the log, so that counting costs no call. `docs/decisions/0003-metrics-are-log-lines.md` says why
//! no crate does it.

use std::fmt;

use serde_json::{Value, json};
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::log::Fields;

/// What CloudWatch keeps the metrics under.
const NAMESPACE: &str = "Gatelet";

/// One event of `server::metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    name: String,
    unit: String,
    value: u64,
}

/// What one call has counted and measured, each metric once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Vec<Measured>);

impl Measured {
    pub(crate) fn read(event: &Event<'_>) -> Self {
        let mut measured = Self::default();
        event.record(&mut measured);
        measured
    }
}

impl Visit for Measured {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "metric.name" => value.clone_into(&mut self.name),
            "metric.unit" => value.clone_into(&mut self.unit),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "metric.value" {
            self.value = value;
        }
    }
}

impl From<Measured> for Metrics {
    fn from(measured: Measured) -> Self {
        Self(vec![measured])
    }
}

impl Metrics {
    /// Counts add up; of anything else the last measurement stands.
    pub(crate) fn add(&mut self, measured: Measured) {
        match self.0.iter_mut().find(|known| known.name == measured.name) {
            Some(known) if known.unit == "Count" => known.value = known.value.saturating_add(measured.value),
            Some(known) => *known = measured,
            None => self.0.push(measured),
        }
    }

    /// The line. `now` is in milliseconds since 1970; the metrics are told apart by table, and by table and function. What is known of
    /// the call stands beside them: "The root node MAY contain any other members that are not included in the above requirements."
    pub(crate) fn document(&self, now: u64, (table, function): (&str, &str), call: &Fields) -> String {
        let metrics: Vec<_> =
            self.0.iter().map(|metric| json!({"Name": metric.name, "Unit": metric.unit})).collect();
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [["Table"], ["Table", "Function"]],
            "Metrics": metrics,
        });
        let mut document = json!({
            "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
            "Table": table,
            "Function": function,
        });
        if let Value::Object(members) = &mut document {
            let metrics = self.0.iter().map(|metric| (metric.name.clone(), metric.value.into()));
            let call = call.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            members.extend(metrics.chain(call));
        }
        document.to_string()
    }
}
