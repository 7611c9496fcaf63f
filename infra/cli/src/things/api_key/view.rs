//! API keys as the JSON interface shows them (Argus's `APIKeyDescriptor`).

use domain::UnixTime;
use domain::api_key::ApiKey;
use ipnet::IpNet;
use serde::Serialize;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::refer::Named;
use crate::things::{Thing, joined};
use crate::times::{exact, milliseconds, short};

/// What is known of an API key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    prefix: String,
    description: String,
    #[serde(serialize_with = "milliseconds")]
    created_timestamp: UnixTime,
    /// 0 where it never ends.
    #[serde(serialize_with = "milliseconds")]
    valid_until: UnixTime,
    valid_sources: Vec<Network>,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
}

/// An address or a range of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    address: String,
    mask_bits: u8,
    ipv6: bool,
    host: bool,
}

/// The same once more, as Argus has it beside.
#[derive(Serialize)]
#[serde(tag = "provider")]
enum Source {
    #[serde(rename = "disabled")]
    Disabled,
    #[serde(rename = "staticIP", rename_all = "camelCase")]
    StaticIp { static_options: StaticOptions },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StaticOptions {
    ip_addresses: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Constraints {
    functions: Vec<Named>,
    read_only: bool,
}

impl View {
    pub(super) fn of(key: &ApiKey, directory: &Directory) -> Self {
        Self {
            prefix: key.prefix.to_string(),
            description: key.description.clone(),
            created_timestamp: key.created_at,
            valid_until: key.expires_at.unwrap_or_default(),
            valid_sources: key.addresses.iter().map(Network::from).collect(),
            source: Source::of(&key.addresses),
            constraints: key.functions.as_ref().map(|functions| Constraints {
                functions: directory.named_functions(functions),
                read_only: false,
            }),
        }
    }

    fn ends(&self, shown: fn(UnixTime) -> String) -> String {
        if self.valid_until == UnixTime::default() { "never".to_owned() } else { shown(self.valid_until) }
    }

    fn addresses(&self) -> Vec<String> {
        let texts: Vec<_> = self.valid_sources.iter().map(Network::text).collect();
        if texts.is_empty() { vec!["anywhere".to_owned()] } else { texts }
    }

    fn functions(&self) -> Vec<String> {
        match &self.constraints {
            None => vec!["all of the user's".to_owned()],
            Some(constraints) => constraints.functions.iter().map(|function| function.name.clone()).collect(),
        }
    }
}

impl Source {
    fn of(addresses: &[IpNet]) -> Self {
        if addresses.is_empty() {
            return Self::Disabled;
        }
        let ip_addresses = addresses.iter().map(ToString::to_string).collect();
        Self::StaticIp { static_options: StaticOptions { ip_addresses } }
    }
}

impl From<&IpNet> for Network {
    fn from(range: &IpNet) -> Self {
        Self {
            address: range.addr().to_string(),
            mask_bits: range.prefix_len(),
            ipv6: range.addr().is_ipv6(),
            host: range.prefix_len() == range.max_prefix_len(),
        }
    }
}

impl Network {
    fn text(&self) -> String {
        if self.host { self.address.clone() } else { format!("{}/{}", self.address, self.mask_bits) }
    }
}

impl Thing for View {
    const NOUNS: (&'static str, &'static str) = ("API key", "API keys");
    const COLUMNS: &'static [Column] = &[
        Column::whole("prefix"),
        Column::cut("description"),
        Column::whole("good until (UTC)"),
        Column::cut("from"),
        Column::cut("functions"),
    ];

    fn name(&self) -> String {
        self.prefix.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.prefix.clone(),
            self.description.clone(),
            self.ends(short),
            joined(&self.addresses()),
            joined(&self.functions()),
        ]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("description", self.description.clone())
            .with_all("from", self.addresses())
            .with_all("functions", self.functions())
            .with("made", exact(self.created_timestamp))
            .with("good until", self.ends(exact))
    }
}

/// A new API key, and the only answer that holds the key itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct New {
    api_key_string: String,
    key_descriptor: View,
}

impl New {
    pub(super) fn of(key: &ApiKey, directory: &Directory, text: String) -> Self {
        Self { api_key_string: text, key_descriptor: View::of(key, directory) }
    }
}

impl Thing for New {
    const NOUNS: (&'static str, &'static str) = View::NOUNS;
    const COLUMNS: &'static [Column] = View::COLUMNS;

    fn name(&self) -> String {
        self.key_descriptor.name()
    }

    fn row(&self) -> Vec<String> {
        self.key_descriptor.row()
    }

    fn sheet(&self) -> Sheet {
        self.key_descriptor.sheet()
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        Some(("API key", &self.api_key_string))
    }
}
