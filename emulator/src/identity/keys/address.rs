//! Where a key may be used from.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// An address, or a range of addresses.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Range(IpNet);

impl Range {
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl TryFrom<String> for Range {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Range, InvalidAddress> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Range).map_err(|_| InvalidAddress(text))
    }
}

impl From<Range> for String {
    fn from(range: Range) -> String {
        range.0.to_string()
    }
}

/// A text that is neither an address nor a range of addresses.
#[derive(Debug, Clone, thiserror::Error)]
#[error("'{0}' is not an address such as 10.0.0.1, or a range such as 10.0.0.0/8")]
pub struct InvalidAddress(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_alone_is_a_range_of_one() {
        let range = |text: &str| Range::try_from(text.to_owned());
        let contains = |text: &str, address: &str| {
            range(text).expect("a range").contains(address.parse().expect("an address"))
        };
        assert!(contains("10.0.0.0/8", "10.9.8.7") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("192.168.0.7", "192.168.0.7") && !contains("192.168.0.7", "192.168.0.8"));
        assert!(contains("::1", "::1"));
        assert!(range("10.0.0").is_err_and(|error| error.to_string().contains("'10.0.0'")));
    }
}
