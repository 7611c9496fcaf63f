//! The log on the terminal: one line for each request, one for what it put on record, and one for everything else that is worth a word.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

/// Requests, what is on record, and whatever warns. But the embedded DynamoDB warns of every condition that fails, and that is how the store works; and
/// the SDK warns of each place where it found no credentials, and then fails with all of them in one line.
pub(crate) fn default() -> EnvFilter {
    EnvFilter::new("warn,audit=info,aws_config=error,dynoxide=error,server::layers=info,gatelet_dev=info")
}

/// Begins to log to standard error what `filter` lets through.
pub(crate) fn begin(filter: EnvFilter, colour: bool) {
    Registry::default().with(Lines { colour }.with_filter(filter)).init();
}

/// Writes the lines.
struct Lines {
    colour: bool,
}

/// What a span or an event says, in the order it says it.
#[derive(Clone, Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Adds a field, unless one of that name is there.
    fn add(&mut self, name: &'static str, value: String) {
        if self.get(name).is_none() {
            self.0.push((name, value));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
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
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(around) = span.extensions().get::<Fields>() {
                around.0.iter().for_each(|(name, value)| fields.add(name, value.clone()));
            }
        }
        let line = line(event, &fields, self.colour);
        writeln!(std::io::stderr().lock(), "{line}").ok();
    }
}

fn line(event: &Event<'_>, fields: &Fields, colour: bool) -> String {
    let metadata = event.metadata();
    if let Some(name) = fields.get("audit.event") {
        return record(fields, paint(colour, tint(*metadata.level()), name));
    }
    match (fields.get("http.status"), fields.get("http.method"), fields.get("http.path")) {
        (Some(status), Some(method), Some(path)) => request(fields, (status, method, path), colour),
        _ => {
            let level = paint(colour, tint(*metadata.level()), metadata.level().as_str());
            let mut line = format!("{level} {}", metadata.target());
            append(&mut line, fields, &[]);
            line
        }
    }
}

/// What a request was answered; a refusal also says why, and names the request, as the error page does.
fn request(fields: &Fields, (status, method, path): (&str, &str, &str), colour: bool) -> String {
    let code = match status.as_bytes().first() {
        Some(b'5') => 31,
        Some(b'4') => 33,
        _ => 32,
    };
    let mut line = format!("{} {method} {path}", paint(colour, code, status));
    if let Some(grant) = fields.get("grant.type") {
        write!(line, " {grant}").ok();
    }
    if let Some(reason) = fields.get("reason") {
        write!(line, ": {reason}").ok();
        append(
            &mut line,
            fields,
            &["http.status", "http.method", "http.path", "caller.network", "grant.type", "reason", "message"],
        );
    }
    line
}

/// What was put on record. Which request it was is told by that request's own line, which is the next.
fn record(fields: &Fields, mut line: String) -> String {
    append(&mut line, fields, &["audit.event", "request.id", "http.method", "http.path", "caller.network"]);
    line
}

fn append(line: &mut String, fields: &Fields, but: &[&str]) {
    for (name, value) in fields.0.iter().filter(|(name, _)| !but.contains(name)) {
        if *name == "message" {
            write!(line, " {value}").ok();
        } else {
            write!(line, " {name}={value}").ok();
        }
    }
}

/// The colour of a level, as SGR has it.
fn tint(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        _ => 36,
    }
}

/// Text in a colour of SGR, where colours are wanted.
pub(crate) fn paint(colour: bool, code: u8, text: &str) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Fields, record, request};

    fn fields(more: &[(&'static str, &str)]) -> Fields {
        Fields(more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_on_record_is_one_line() {
        let mut revoked = fields(&[("audit.event", "token.revoked"), ("client.id", "c"), ("grant.id", "g")]);
        revoked.add("client.id", "the request's".to_owned());
        for (name, value) in [("request.id", "7"), ("http.path", "/oauth2/revoke"), ("caller.network", "n")] {
            revoked.add(name, value.to_owned());
        }
        assert_eq!(record(&revoked, "token.revoked".to_owned()), "token.revoked client.id=c grant.id=g");
    }

    #[test]
    fn a_request_is_one_line() {
        let answered = fields(&[("message", "answered"), ("request.id", "7"), ("client.id", "c")]);
        assert_eq!(request(&answered, ("200", "GET", "/login"), false), "200 GET /login");
        let refused =
            fields(&[("reason", "code unknown"), ("request.id", "7"), ("grant.type", "authorization_code")]);
        assert_eq!(
            request(&refused, ("400", "POST", "/oauth2/token"), false),
            "400 POST /oauth2/token authorization_code: code unknown request.id=7"
        );
        assert_eq!(request(&answered, ("200", "GET", "/"), true), "\u{1b}[32m200\u{1b}[0m GET /");
    }
}
