//! API keys as Argus shows them.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::{Named, milliseconds};
use crate::api_key::{self, ApiKeyPrefix};
use crate::function::Functions;
use crate::time::UnixTime;

/// `APIKeyDescriptor`. When and from where a key was last used is not remembered: it would be a write for each use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// What it is known by.
    pub prefix: ApiKeyPrefix,
    /// What it is for.
    pub description: String,
    /// When it was made.
    #[serde(serialize_with = "milliseconds")]
    pub created_timestamp: UnixTime,
    /// When it ends; 0 where it never does.
    #[serde(serialize_with = "milliseconds")]
    pub valid_until: UnixTime,
    /// Where it may be used from; anywhere if there is none.
    pub valid_sources: Vec<Network>,
    /// The same once more, as Argus has it beside.
    pub source: Source,
    /// What bounds it beside what its user may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
}

/// `IPNetworkAddress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// The address, or a range's first.
    pub address: String,
    /// How many of its bits are the range's.
    pub mask_bits: u8,
    /// Whether it is of IPv6.
    pub ipv6: bool,
    /// Whether it is one address, and no range.
    pub host: bool,
    /// Whether it is for multicast.
    pub multicast: bool,
    /// Whether it may be somebody's on the internet.
    pub public: bool,
}

/// `APIKeySourceSpecificationResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "provider")]
pub enum Source {
    /// Anywhere.
    #[serde(rename = "disabled")]
    Disabled,
    /// From these addresses.
    #[serde(rename = "staticIP", rename_all = "camelCase")]
    StaticIp {
        /// The addresses.
        static_options: StaticOptions,
    },
}

/// `APIKeyStaticOptionsResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticOptions {
    /// Addresses and ranges.
    pub ip_addresses: Vec<String>,
}

/// `APIKeyDescriptor_Constraints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraints {
    /// The functions it may draw on.
    pub functions: Vec<Named>,
    /// Never.
    pub read_only: bool,
}

impl ApiKey {
    /// An API key, without its secret.
    #[must_use]
    pub fn of(key: &api_key::ApiKey, functions: &Functions) -> Self {
        let named =
            |name| Named { id: functions.get(name).map(|function| function.id), name: name.to_string() };
        Self {
            prefix: key.prefix.clone(),
            description: key.description.clone(),
            created_timestamp: key.created_at,
            valid_until: key.expires_at.unwrap_or_default(),
            valid_sources: key.addresses.iter().map(Network::from).collect(),
            source: Source::of(&key.addresses),
            constraints: key.functions.as_ref().map(|functions| Constraints {
                functions: functions.iter().map(named).collect(),
                read_only: false,
            }),
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
        let address = range.addr();
        Self {
            address: address.to_string(),
            mask_bits: range.prefix_len(),
            ipv6: address.is_ipv6(),
            host: range.prefix_len() == range.max_prefix_len(),
            multicast: address.is_multicast(),
            public: is_public(address),
        }
    }
}

/// Whether an address may be somebody's on the internet.
fn is_public(address: IpAddr) -> bool {
    let own = match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    !own && !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}
