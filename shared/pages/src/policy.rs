//! The content security policies: nothing loads, nothing frames, and forms lead only where they must (CSP Level 3).

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::destination::Destination;

/// The one stylesheet, inlined into every page.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

/// The one script, in the one page that posts itself onward.
pub(crate) const SCRIPT: &str = "document.forms[0].submit()";

static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(STYLE));
static SCRIPT_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(SCRIPT));

/// The policy of a page that holds no form.
pub(crate) fn without_forms() -> String {
    format!("{}; form-action 'none'", still())
}

/// The policy of a page whose form is posted to this service, which may answer with a redirect onward.
///
/// Chromium and Safari hold `form-action` against every redirect that follows a form: the one to the client,
/// and the client's own after it. A callback may well pass a person on to another origin, as a back end does to
/// its front end, and which one that is the client alone knows. So this is as strict as it can be without
/// breaking clients: it names the kinds of place that such a chain passes through, and without a client only
/// this service. A callback that leads on to a weaker kind (from `https` to plain `http`, or to a private-use
/// scheme) needs a page of its own in between.
///
/// What keeps a form from being slipped in or led astray is not this directive: all text is escaped, no script
/// runs, nothing can be framed, and `base-uri` is `'none'`.
pub(crate) fn with_form(leads_to: Option<&str>) -> String {
    match leads_to.and_then(|uri| Destination::of(uri).sources()) {
        Some(sources) => format!("{}; form-action 'self' {sources}", still()),
        None => format!("{}; form-action 'self'", still()),
    }
}

/// The policy of the page that posts itself to a client.
///
/// It names no `form-action`: that would be held against the client's own redirects, wherever they lead, and
/// nothing is typed into this page that it could protect.
pub(crate) fn with_script() -> String {
    format!("{}; script-src {}", still(), *SCRIPT_SOURCE)
}

/// What all policies share. The tab's icon is a `data:` image, so that no browser asks for `/favicon.ico`.
fn still() -> String {
    let style = STYLE_SOURCE.as_str();
    format!("default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; frame-ancestors 'none'")
}

/// The source expression that allows an inline element of exactly this content (CSP Level 3 §2.3.1).
fn hash_source(content: &str) -> String {
    let digest = digest::digest(&digest::SHA256, content.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::{hash_source, with_form};

    #[test]
    fn a_hash_is_written_as_the_grammar_has_it() {
        assert_eq!(hash_source("doSomething();"), "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='");
    }

    #[test]
    fn no_target_can_add_a_directive() {
        let plain = with_form(None);
        for target in ["https://a.example; script-src *", "x; script-src *:", "a,b:", "https://a.example,b/"]
        {
            let policy = with_form(Some(target));
            assert_eq!(policy.matches(';').count(), plain.matches(';').count(), "{policy}");
            assert!(!policy.contains(','), "{policy}");
            assert!(!policy.contains("script-src"), "{policy}");
        }
    }
}
