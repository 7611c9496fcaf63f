//! What the service answered, as tests look at it.

use std::fmt;

use axum::body::{Body, to_bytes};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use server::Reason;

/// An answer, and the reason for it that nobody outside learns.
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    reason: Option<Reason>,
    body: Vec<u8>,
}

/// What a token answer hands out (RFC 6749 section 5.1).
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token, if there is one.
    pub refresh: Option<String>,
    /// The ID token, if there is one.
    pub id: Option<String>,
    /// What they are good for.
    pub scope: String,
}

impl Tokens {
    /// The refresh token.
    #[must_use]
    pub fn refresh(&self) -> &str {
        self.refresh.as_deref().expect("a refresh token")
    }

    /// The ID token.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().expect("an ID token")
    }
}

impl Answer {
    pub(super) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let reason = parts.extensions.get::<Reason>().cloned();
        let body = to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
        Self { status: parts.status, headers: parts.headers, reason, body }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header's only value; a header that comes twice ends the test.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers(name);
        assert!(values.len() < 2, "{name} comes more than once: {values:?}");
        values.first().copied()
    }

    /// A header's values.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("a header of text")).collect()
    }

    /// The names of all headers, sorted.
    #[must_use]
    pub fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// Where the answer leads, if anywhere.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    /// The body.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// A member of the JSON body that is text.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<String> {
        self.json().get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// The private reason, where something was refused.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(|Reason(reason)| reason.as_ref())
    }

    /// Holds the answer to be a refusal in JSON: with this status and `error`, for this private reason.
    #[track_caller]
    pub fn is_refused(&self, status: u16, error: &str, reason: &str) {
        let expected = (status, Some(error.to_owned()), Some(reason));
        assert_eq!((self.status(), self.member("error"), self.reason()), expected, "{self:?}");
    }

    /// The tokens that were asked for.
    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status(), 200, "no tokens: {self:?}");
        Tokens {
            access: self.member("access_token").expect("an access token"),
            refresh: self.member("refresh_token"),
            id: self.member("id_token"),
            scope: self.member("scope").expect("a scope"),
        }
    }

    /// The body as JSON, with `[…]` for whatever is another in each run: tokens, secrets and identifiers.
    #[must_use]
    pub fn redacted(&self) -> Value {
        let mut json = self.json();
        redact(&mut json);
        json
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.split(' ').map(redacted).collect::<Vec<_>>().join(" "),
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::Object(members) => members.values_mut().for_each(redact),
        _ => {}
    }
}

/// `alice/gtla_AbC` becomes `alice/[gtla]`, a client's address ends in `[id]`, and of a signed token nothing is left.
fn redacted(word: &str) -> String {
    if word.starts_with("eyJ") && word.split('.').count() == 3 {
        return "[signed]".to_owned();
    }
    let parts = word.split('/').map(|part| match part.split_once('_') {
        Some((kind, secret)) if kind.starts_with("gtl") && secret.len() > 32 => format!("[{kind}]"),
        _ if part.len() == 36 && part.split('-').count() == 5 => "[id]".to_owned(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Everything, for a test that failed.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} for the reason {:?}", self.status, self.reason())?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value:?}")?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let secret = "x".repeat(64);
        assert_eq!(redacted(&format!("alice/gtla_{secret}")), "alice/[gtla]");
        assert_eq!(
            redacted("https://a.example/7d444840-9dc0-11d1-b245-5ffdce74fad2"),
            "https://a.example/[id]"
        );
        assert_eq!(redacted("eyJh.eyJi.c"), "[signed]");
        assert_eq!(redacted("client_secret_basic"), "client_secret_basic");
    }
}
