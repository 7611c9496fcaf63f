//! What ties a sign-in form to one browser and to one use (RFC 9700 section 4.7: cross-site request forgery).

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::UnixTime;
use jose::Sealer;
use serde::{Deserialize, Serialize};
use store::sessions::Guard;

use crate::cookies::Cookie;
use crate::error::Failure;
use crate::keyring::Sealing;
use crate::platform::Ambient;

const FORM: &str = "sign-in form";
const BROWSER: &str = "browser cookie";

/// The hidden value of a sign-in form, sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Form {
    /// Names the form: it is good for one sign-in.
    id: String,
    /// The MAC of the cookie of the browser that it was shown in.
    browser: String,
    /// When it ends.
    expires_at: UnixTime,
}

/// A form that is about to be shown: its hidden value, and the cookie to set if the browser has none.
pub(super) struct Shown {
    pub csrf: String,
    pub cookie: Option<HeaderValue>,
}

impl Form {
    /// Makes a form for the browser that sent `headers`.
    pub(super) fn show(headers: &HeaderMap, ambient: &Ambient, sealer: &Sealer) -> Result<Shown, Failure> {
        let (issuer, entropy) = (&ambient.settings.issuer, ambient.entropy.as_ref());
        let known = Cookie::Browser.read(headers, issuer);
        let new = known.is_none().then(|| URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()));
        let browser = known.as_deref().or(new.as_deref()).unwrap_or_default();
        let form = Self {
            id: URL_SAFE_NO_PAD.encode(entropy.bytes::<16>()),
            browser: sealer.mac(BROWSER, &[browser.as_bytes()]),
            expires_at: ambient.now() + ambient.settings.lifetimes.sign_in,
        };
        let csrf = sealer.seal(FORM, &form, entropy).map_err(|_| Failure::Broken("form can't be sealed"))?;
        Ok(Shown { csrf, cookie: new.and_then(|value| Cookie::Browser.set(&value, issuer)) })
    }

    /// Reads a form that came back: only from the browser that it was shown in, and only while it lasts.
    pub(super) async fn read(
        csrf: &str,
        headers: &HeaderMap,
        ambient: &Ambient,
        sealing: &Sealing,
    ) -> Result<Option<Self>, Failure> {
        let Some(form) = sealing.open::<Self>(FORM, csrf).await? else { return Ok(None) };
        let browser = Cookie::Browser.read(headers, &ambient.settings.issuer);
        let Some(browser) = browser else { return Ok(None) };
        let same = sealing.verify_mac(BROWSER, &[browser.as_bytes()], &form.browser).await?;
        Ok((same && !form.expires_at.is_past(ambient.now())).then_some(form))
    }

    /// What the sign-in spends.
    pub(super) fn guard(&self) -> Guard {
        Guard { what: format!("sign-in#{}", self.id), expires_at: self.expires_at }
    }
}
