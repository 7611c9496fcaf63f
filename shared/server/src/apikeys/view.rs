//! API keys as Argus shows them.

use std::net::IpAddr;

use domain::UnixTime;
use domain::api_key::{ApiKey, ApiKeyPrefix};
use domain::function::{FunctionName, Functions};
use domain::id::Number;
use ipnet::IpNet;
use serde::Serialize;

/// `APIKeyUserInfoResponse`.
#[derive(Debug, Serialize)]
pub(crate) struct KeyList {
    pub keys: Vec<Descriptor>,
}

/// `APIKeyUserInitializationResponse`: the only answer that holds a key itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    pub api_key_string: String,
    pub key_descriptor: Descriptor,
}

/// `APIKeyUserRenewalResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Renewed {
    pub renewed_key: Descriptor,
}

/// `APIKeyDescriptor`. When and from where a key was last used is not remembered: it would be a write for each use.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    prefix: ApiKeyPrefix,
    description: String,
    /// Milliseconds.
    created_timestamp: u64,
    /// Milliseconds; 0 where it never ends.
    valid_until: u64,
    valid_sources: Vec<Network>,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
}

/// `IPNetworkAddress`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    address: String,
    mask_bits: u8,
    ipv6: bool,
    /// Whether it is one address, and no range.
    host: bool,
    multicast: bool,
    public: bool,
}

/// `APIKeySourceSpecificationResponse`.
#[derive(Debug, Serialize)]
#[serde(tag = "provider")]
enum Source {
    #[serde(rename = "disabled")]
    Disabled,
    #[serde(rename = "staticIP", rename_all = "camelCase")]
    StaticIp { static_options: StaticOptions },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StaticOptions {
    ip_addresses: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Constraints {
    functions: Vec<Named>,
    read_only: bool,
}

/// `FunctionInfo`.
#[derive(Debug, Serialize)]
struct Named {
    /// None of a function that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Number>,
    name: FunctionName,
}

impl Descriptor {
    pub(crate) fn new(key: &ApiKey, functions: &Functions) -> Self {
        let named = |name: &FunctionName| Named {
            id: functions.get(name).map(|function| function.id),
            name: name.clone(),
        };
        Self {
            prefix: key.prefix.clone(),
            description: key.description.clone(),
            created_timestamp: milliseconds(key.created_at),
            valid_until: key.expires_at.map_or(0, milliseconds),
            valid_sources: key.addresses.iter().map(Network::from).collect(),
            source: Source::of(&key.addresses),
            constraints: key.functions.as_ref().map(|functions| Constraints {
                functions: functions.iter().map(named).collect(),
                read_only: false,
            }),
        }
    }
}

fn milliseconds(time: UnixTime) -> u64 {
    time.0.saturating_mul(1000)
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
