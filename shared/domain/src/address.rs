//! Addresses: who calls, on whose behalf, and whether two addresses are one user agent's.
//!
//! The caller's address is what the gateway saw. `X-Forwarded-For` is anybody's word (RFC 9700 section 4.13), and counts only where a
//! client says it from inside its own address range.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// How much of two addresses must be equal for one user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPrefix {
    /// The bits of an IPv4 address, at most 32.
    pub ipv4: u8,
    /// The bits of an IPv6 address, at most 128. Temporary addresses change within a /64 every day (RFC 8981).
    pub ipv6: u8,
}

impl Default for AddressPrefix {
    fn default() -> Self {
        Self { ipv4: 32, ipv6: 64 }
    }
}

impl AddressPrefix {
    /// Whether two addresses are, as far as it goes, the same. An IPv4 address mapped into IPv6 is that IPv4 address.
    #[must_use]
    pub fn same(self, one: IpAddr, other: IpAddr) -> bool {
        let (one, other) = (one.to_canonical(), other.to_canonical());
        let bits = if one.is_ipv4() { self.ipv4 } else { self.ipv6 };
        IpNet::new(one, bits).is_ok_and(|network| network.contains(&other))
    }
}

impl AddressPrefix {
    /// Reads how many bits of an IPv4 address count: 0 to 32.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse_ipv4(bits: &str) -> Result<u8, PrefixError> {
        bits.parse().ok().filter(|bits| *bits <= 32).ok_or(PrefixError(32))
    }

    /// Reads how many bits of an IPv6 address count: 0 to 128.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse_ipv6(bits: &str) -> Result<u8, PrefixError> {
        bits.parse().ok().filter(|bits| *bits <= 128).ok_or(PrefixError(128))
    }
}

/// A text that is no number of bits that an address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of bits from 0 to {0}")]
pub struct PrefixError(u8);

/// Whether `address` lies in one of the ranges. What is mapped into IPv6, address or range, is IPv4.
#[must_use]
pub fn is_inside(address: IpAddr, ranges: &[IpNet]) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| unmapped(*range).contains(&address))
}

/// The IPv4 range that a range of mapped addresses stands for; any other range as it is.
fn unmapped(range: IpNet) -> IpNet {
    let IpNet::V6(mapped) = range else { return range };
    let bits = mapped.prefix_len().checked_sub(128 - 32);
    let ipv4 = mapped.addr().to_ipv4_mapped().zip(bits);
    ipv4.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok()).map_or(range, IpNet::V4)
}

/// The user agent's address: what a caller inside `ranges` forwards, and otherwise the caller's own.
///
/// Of the forwarded addresses it is the right-most that is not itself inside the ranges, or the left-most if all of them are. None where
/// the caller's address is not known, or what is forwarded can't be read.
#[must_use]
pub fn user_agent(caller: Option<IpAddr>, forwarded: &[&str], ranges: &[IpNet]) -> Option<IpAddr> {
    let caller = caller?;
    if !is_inside(caller, ranges) {
        return Some(caller.to_canonical());
    }
    let mut found = caller.to_canonical();
    for hop in forwarded.iter().flat_map(|line| line.split(',')).rev() {
        found = hop.trim().parse::<IpAddr>().ok()?.to_canonical();
        if !is_inside(found, ranges) {
            break;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::{AddressPrefix, is_inside, user_agent};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ranges() -> [IpNet; 2] {
        ["192.0.2.0/24".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()]
    }

    #[test]
    fn s52_a_header_counts_only_from_inside_the_range() {
        let found = |caller: &str, forwarded: &[&str]| {
            user_agent(Some(address(caller)), forwarded, &ranges()).map(|found| found.to_string())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found("198.51.100.9", &["203.0.113.7"]), some("198.51.100.9"));
        assert_eq!(found("192.0.2.1", &["203.0.113.7"]), some("203.0.113.7"));
        assert_eq!(found("::ffff:192.0.2.1", &["::ffff:203.0.113.7"]), some("203.0.113.7"));
        // Whoever writes in front of the client's own hops is not believed.
        assert_eq!(found("192.0.2.1", &["10.0.0.1, 203.0.113.7, 192.0.2.2"]), some("203.0.113.7"));
        assert_eq!(found("192.0.2.1", &["10.0.0.1", "203.0.113.7", "2001:db8:1::5"]), some("203.0.113.7"));
        assert_eq!(found("192.0.2.1", &["192.0.2.8, 192.0.2.2"]), some("192.0.2.8"));
        assert_eq!(found("192.0.2.1", &[]), some("192.0.2.1"));
        for unreadable in ["", "unknown", "203.0.113.7:4711", "203.0.113.7,"] {
            assert_eq!(found("192.0.2.1", &[unreadable]), None, "{unreadable}");
        }
        assert_eq!(user_agent(None, &["203.0.113.7"], &ranges()), None);
    }

    #[test]
    fn s53_what_is_mapped_into_ipv6_is_ipv4() {
        let inside = |address_: &str, range: &str| is_inside(address(address_), &[range.parse().unwrap()]);
        for range in ["192.0.2.0/24", "::ffff:192.0.2.0/120"] {
            assert!(inside("192.0.2.200", range) && inside("::ffff:192.0.2.200", range), "{range}");
            assert!(!inside("192.0.3.1", range) && !inside("::ffff:192.0.3.1", range), "{range}");
            assert!(!inside("2001:db8::1", range) && !inside("::192.0.2.200", range), "{range}");
        }
        assert!(inside("192.0.2.200", "::ffff:0:0/96") && inside("2001:db8::1", "::/0"));
        assert!(!inside("192.0.2.200", "::/0") && !inside("192.0.2.200", "::ffff:0:0/95"));
    }

    #[test]
    fn s53_addresses_are_compared_by_prefix() {
        let same = |one: &str, other: &str| AddressPrefix::default().same(address(one), address(other));
        assert!(same("203.0.113.7", "::ffff:203.0.113.7") && same("::ffff:203.0.113.7", "203.0.113.7"));
        assert!(!same("203.0.113.7", "203.0.113.8"));
        assert!(
            same("2001:db8:2:3::1", "2001:db8:2:3:ffff::9") && !same("2001:db8:2:3::1", "2001:db8:2:4::1")
        );
        assert!(!same("203.0.113.7", "2001:db8::1") && !same("2001:db8::1", "203.0.113.7"));
        let wide = AddressPrefix { ipv4: 24, ipv6: 0 };
        assert!(wide.same(address("203.0.113.7"), address("203.0.113.200")));
        assert!(!wide.same(address("2001:db8::1"), address("203.0.113.200")));
    }

    proptest! {
        #[test]
        fn s52_from_outside_nothing_forwarded_counts(forwarded in "\\PC{0,60}", last: u8) {
            let caller = IpAddr::from([198, 51, 100, last]);
            prop_assert_eq!(user_agent(Some(caller), &[&forwarded], &ranges()), Some(caller));
        }
    }
}
