//! The pages people see: compiled templates, escaped by default and without script, as an OpenID provider's
//! interaction with its user (OpenID Connect Core 1.0 §3.1.2.3 and §3.1.2.4).
//!
//! A page is a plain struct of what it shows. It renders to a whole document, and names the
//! `Content-Security-Policy` that the document is to be served under: the two belong together, because the
//! policy knows the page's one stylesheet by its hash and the kinds of place that its form may lead to. What a
//! form posts, the server answers with another page or with a 303 redirect (RFC 9700 §4.12).
//!
//! Two more headers are the server's: `Cache-Control: no-store`, since the forms hold single-use values, and a
//! `Referrer-Policy`. Under `no-referrer` a browser posts these forms with `Origin: null`.

mod client;
mod consent;
mod destination;
mod error_page;
mod filters;
mod form_post;
mod login;
mod logout;
mod not_let_in;
mod policy;
mod signed_in;

pub use client::ClientView;
pub use consent::{Consent, ScopeView};
pub use error_page::ErrorPage;
pub use form_post::FormPost;
pub use login::{Login, LoginError};
pub use logout::{Link, Logout, SignedOut};
pub use not_let_in::{Back, NotLetIn};
pub use signed_in::SignedIn;

/// A document for a person, and the policy that it is served under.
pub trait Page {
    /// The whole document, to be sent as `text/html; charset=utf-8`.
    fn render(&self) -> String;

    /// The value of the `Content-Security-Policy` header for this document.
    ///
    /// "Authorization servers MUST prevent clickjacking attacks" (RFC 9700 §4.16): no page can be framed.
    fn content_security_policy(&self) -> String;
}

/// Renders a template, which cannot fail: no filter here does, and neither does writing into a `String`.
fn write(template: &impl askama::Template) -> String {
    let mut document = String::with_capacity(12 * 1024);
    match template.render_into(&mut document) {
        Ok(()) | Err(_) => document,
    }
}
