//! A function's log on standard output: a line for each event, and one for what a call has counted.
//!
//! Lambda's own controls choose how: `AWS_LAMBDA_LOG_FORMAT` is `JSON` or `Text`, and `AWS_LAMBDA_LOG_LEVEL` says how much our own crates
//! tell. No level makes the crates below us tell more than warnings: they would log whole events and whole items, and with them
//! passwords, tokens and digests. What is on record (`server::audit`) and what is counted is told at every level.
//!
//! A line is one JSON object with flat names. `timestamp`, `level`, `target` and `function` are in every line; a line about a call
//! has its `request.id` too, and whatever else the spans around it know. `docs/audit-events.md` shows some. Lambda goes by `level`
//! where it filters, and believes it only beside a `timestamp`
//! ([log level filtering](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html)).

use std::fmt;
use std::io::Write as _;
use std::panic::PanicHookInfo;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as DateTimeFormat;
use lambda_http::Context as Invocation;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Span, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::metrics::{Measured, Metrics};

/// The first part of what our own events and spans are called.
const OURS: [&str; 10] =
    ["audit", "domain", "jose", "kms", "lambda", "metric", "oauth", "pages", "server", "store"];

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As a JSON object.
    Json,
    /// For people who run a function by hand.
    Text,
}

/// Writes the log.
#[derive(Clone, Debug)]
pub struct Log<W> {
    /// The function's name: `server::Endpoint::NAME`.
    pub function: &'static str,
    /// The table it works on: what one deployment's metrics are told apart from another's by.
    pub table: String,
    /// How lines are written. What is counted is always JSON.
    pub format: Format,
    /// The present moment, in milliseconds since 1970.
    pub now: fn() -> u64,
    /// Takes a line, without its end.
    pub write: W,
}

/// What a span or an event says, in the order it says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(&'static str, Value)>);

/// Begins to log to standard output as the environment, which `variable` knows, has it.
pub(crate) fn begin(function: &'static str, variable: &dyn Fn(&str) -> Option<String>) {
    let json = variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let log = Log {
        function,
        table: variable("TABLE_NAME").unwrap_or_default(),
        format: if json { Format::Json } else { Format::Text },
        now,
        write: |line: &str| _ = writeln!(std::io::stdout().lock(), "{line}"),
    };
    let level = level(&variable("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default());
    let subscriber = Registry::default().with(log.with_filter(detail(level)));
    // Fails where there is one already, which then logs.
    tracing::subscriber::set_global_default(subscriber).ok();
    std::panic::set_hook(Box::new(panicked));
}

#[expect(clippy::disallowed_methods, reason = "the log's own clock, which nothing is decided by")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// A level in Lambda's words.
fn level(word: &str) -> LevelFilter {
    match word.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// What is logged at `level`: see the module. Our own spans are always open, since they hold the request's id.
pub fn detail(level: LevelFilter) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let shown = move |metadata: &Metadata<'_>| {
        let target = metadata.target();
        let ours = target.split("::").next().is_some_and(|name| OURS.contains(&name));
        let always = matches!(target, server::audit::TARGET | server::metrics::TARGET);
        match ours {
            true => metadata.is_span() || always || *metadata.level() <= level,
            false => metadata.is_event() && *metadata.level() <= level.min(LevelFilter::WARN),
        }
    };
    filter_fn(shown).with_max_level_hint(level.max(LevelFilter::INFO))
}

/// What a panic says may hold a value; where it happened, and words that were there when it was compiled, hold none.
fn panicked(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let reason = panic.payload().downcast_ref::<&'static str>().copied();
    tracing::error!(location, reason, "panicked");
}

/// The span around a call: what Lambda and X-Ray call it, and what the gateway does if it came through one.
pub fn call(invocation: &Invocation, request_id: Option<&str>) -> Span {
    tracing::info_span!(
        "call",
        request.id = request_id.unwrap_or(&invocation.request_id),
        lambda.request.id = invocation.request_id,
        trace.id = invocation.xray_trace_id.as_deref().and_then(trace_id),
    )
}

/// The trace that a [tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
/// names as its root, if it is written as one: a client may have had a say in it.
fn trace_id(header: &str) -> Option<&str> {
    let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
    let mut parts = root.split('-');
    let (version, time, unique) = (parts.next()?, parts.next()?, parts.next()?);
    let hexadecimal =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let written = version == "1" && hexadecimal(time, 8) && hexadecimal(unique, 24) && parts.next().is_none();
    written.then_some(root)
}

impl Fields {
    /// Adds a field, unless one of that name is there.
    fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        if !self.0.iter().any(|(known, _)| *known == name) {
            self.0.push((name, value.into()));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    fn text(&self) -> String {
        let fields = self.iter().map(|(name, value)| match value {
            Value::String(text) if matches!(name, "timestamp" | "level" | "target" | "message") => {
                text.replace(char::is_control, " ")
            }
            value => format!("{name}={value}"),
        });
        fields.collect::<Vec<_>>().join(" ")
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }
}

impl<W: Fn(&str) + 'static> Log<W> {
    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Option<String>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let (metadata, mut line) = (event.metadata(), Fields::default());
        let now = DateTime::from_millis(i64::try_from((self.now)()).unwrap_or(i64::MAX));
        line.add("timestamp", now.fmt(DateTimeFormat::DateTime).ok());
        line.add("level", metadata.level().as_str());
        line.add("target", metadata.target());
        line.add("function", self.function);
        event.record(&mut line);
        for span in context.event_scope(event).into_iter().flatten() {
            for (name, value) in span.extensions().get::<Fields>().iter().flat_map(|fields| fields.iter()) {
                line.add(name, value.clone());
            }
        }
        match self.format {
            Format::Json => serde_json::to_string(&line).ok(),
            Format::Text => Some(line.text()),
        }
    }

    /// Counts for the call that the event is a part of; outside of one there is nothing to wait for.
    fn count<S>(&self, event: &Event<'_>, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let measured = Measured::read(event);
        let call = context.event_scope(event).and_then(|scope| scope.from_root().next());
        match call {
            Some(call) => {
                let mut extensions = call.extensions_mut();
                match extensions.get_mut::<Metrics>() {
                    Some(metrics) => metrics.add(measured),
                    None => extensions.insert(Metrics::from(measured)),
                }
            }
            None => self.tell(&Metrics::from(measured), &Fields::default()),
        }
    }

    fn tell(&self, metrics: &Metrics, call: &Fields) {
        (self.write)(&metrics.document((self.now)(), (&self.table, self.function), call));
    }
}

impl<S, W> Layer<S> for Log<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == server::metrics::TARGET {
            self.count(event, &context);
        } else if let Some(line) = self.line(event, &context) {
            (self.write)(&line);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let extensions = span.extensions();
        if let (Some(metrics), Some(fields)) = (extensions.get::<Metrics>(), extensions.get::<Fields>()) {
            self.tell(metrics, fields);
        }
    }
}

#[cfg(test)]
mod tests;
