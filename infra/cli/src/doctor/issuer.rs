//! The service as clients find it: metadata under its own name (OpenID Connect Discovery 1.0 section 4.3), and the table's keys.

use std::collections::BTreeSet;

use domain::time::Seconds;
use domain::{Issuer, UnixTime};
use jose::WrappedKey;
use oauth::metadata::paths;
use serde_json::Value;

use super::finding::Finding;
use crate::connection::Connection;
use crate::http::Http;

const ISSUER: &str = "issuer";
const KEYS: &str = "published keys";
/// How long a running function may go on publishing the keys that it read before.
const CACHE: Seconds = Seconds::minutes(5);

/// Fetches the metadata and the keys, and compares them with `signing`, the keys in the table.
pub(super) async fn check(
    connection: &Connection,
    issuer: Option<&str>,
    signing: Option<&[WrappedKey]>,
    now: UnixTime,
) -> Vec<Finding> {
    let unknown = |says| vec![Finding::not_checked(ISSUER, says), Finding::not_checked(KEYS, says)];
    let Some(text) = issuer else { return unknown("give --issuer, or set ISSUER") };
    let without_keys =
        |finding| vec![finding, Finding::not_checked(KEYS, "there is no metadata that says where they are")];
    let issuer = match Issuer::parse(text) {
        Ok(issuer) => issuer,
        Err(error) => {
            let remedy = "give the address that clients know, such as https://id.example.com";
            return without_keys(Finding::problem(ISSUER, format!("{text}: {error}"), remedy));
        }
    };
    match metadata(&connection.http, &issuer).await {
        Ok(jwks) => vec![
            Finding::ok(ISSUER, format!("{issuer} answers, under that name")),
            keys(&connection.http, &jwks, signing, now).await,
        ],
        Err(finding) => without_keys(finding),
    }
}

/// Where the keys are, as the metadata says.
async fn metadata(http: &Http, issuer: &Issuer) -> Result<String, Finding> {
    let url = issuer.at(paths::OPENID_CONFIGURATION);
    let remedy = "is the API deployed, its domain name in DNS, and its certificate valid?";
    let metadata = json(http, &url).await.map_err(|says| Finding::problem(ISSUER, says, remedy))?;
    // "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix" (ibid.)
    match metadata.get("issuer").and_then(Value::as_str) {
        Some(named) if named == issuer.as_str() => {}
        named => {
            let says = format!("{url} names another issuer: {}", named.unwrap_or("none"));
            let remedy = "clients refuse that: set the functions' ISSUER to the address that clients know";
            return Err(Finding::problem(ISSUER, says, remedy));
        }
    }
    metadata.get("jwks_uri").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        Finding::problem(ISSUER, format!("{url} has no jwks_uri"), "is it a Gatelet that answers there?")
    })
}

async fn keys(http: &Http, url: &str, signing: Option<&[WrappedKey]>, now: UnixTime) -> Finding {
    let set = match json(http, url).await {
        Ok(set) => set,
        Err(says) => return Finding::problem(KEYS, says, "look at the metadata function's log"),
    };
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let served = keys.iter().filter_map(|key| key.get("kid")?.as_str()).collect::<BTreeSet<_>>();
    if served.is_empty() {
        let remedy = "the token function makes them when it starts: call ISSUER/oauth2/token once";
        return Finding::problem(KEYS, format!("{url} has none"), remedy);
    }
    let count = served.len();
    let Some(signing) = signing else {
        return Finding::not_checked(KEYS, format!("there are {count}, and nothing to compare them with"));
    };
    compare(&served, signing, now).unwrap_or_else(|| Finding::ok(KEYS, format!("the {count} in the table")))
}

/// What is wrong with the keys that are served, if anything is. What has changed within [`CACHE`] may be served either way.
fn compare(served: &BTreeSet<&str>, signing: &[WrappedKey], now: UnixTime) -> Option<Finding> {
    let ago = UnixTime(now.0.saturating_sub(CACHE.0));
    let missing = signing.iter().filter(|key| key.is_published(now) && key.created_at <= ago);
    let missing = missing.map(|key| key.kid.as_str()).filter(|kid| !served.contains(kid)).collect::<Vec<_>>();
    let known = signing.iter().filter(|key| key.is_published(ago)).map(|key| key.kid.as_str());
    let known = known.collect::<BTreeSet<_>>();
    let strange = served.iter().copied().filter(|kid| !known.contains(kid)).collect::<Vec<_>>();
    let says = match (missing.as_slice(), strange.as_slice()) {
        ([], []) => return None,
        (missing, []) => format!("the table's {} is not among them", missing.join(", ")),
        ([], strange) => format!("{} is not in the table", strange.join(", ")),
        (missing, strange) => {
            format!("they have {} instead of the table's {}", strange.join(", "), missing.join(", "))
        }
    };
    Some(Finding::problem(
        KEYS,
        says,
        "does that issuer use another table? Compare its functions' TABLE_NAME",
    ))
}

async fn json(http: &Http, url: &str) -> Result<Value, String> {
    let answer = http.get(url).await.map_err(|cause| format!("{url} can't be reached: {cause}"))?;
    if answer.status != 200 {
        return Err(format!("{url} answers with status {}", answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|_| format!("{url} answers with something that is not JSON"))
}
