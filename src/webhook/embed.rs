//! The signature of a message that Roblox posts to Discord or Slack: it stands in the embed's footer.

use super::VerifyError;

const SIGNATURE: &str = "Roblox-Signature:";
const TIMESTAMP: &str = "Timestamp:";

/// The longest footer that is read, in bytes. Discord allows 2048 characters.
const LONGEST: usize = 8192;

/// The signature and the seconds of `Roblox-Signature: <base64>, Timestamp: <seconds>`.
pub(super) fn parse(footer: &str) -> Result<(&str, &str), VerifyError> {
    let malformed = |why| Err(VerifyError::MalformedFooter(why));
    if footer.len() > LONGEST {
        return malformed("is too long");
    }
    let Some((_, rest)) = footer.split_once(SIGNATURE) else {
        return malformed("has no `Roblox-Signature`");
    };
    // Base64 has no comma.
    let Some((mac, rest)) = rest.split_once(',') else {
        return malformed("has nothing after its signature");
    };
    match rest.trim_start().strip_prefix(TIMESTAMP) {
        Some(seconds) => Ok((mac.trim(), seconds.trim())),
        None => malformed("has no `Timestamp`"),
    }
}

pub(super) fn footer(mac: &str, seconds: &str) -> String {
    format!("{SIGNATURE} {mac}, {TIMESTAMP} {seconds}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_is_read() {
        assert_eq!(parse(&footer("AAE=", "1")), Ok(("AAE=", "1")));
        for footer in ["", "Roblox-Signature: AAE=", "Timestamp: 1", "Roblox-Signature: AAE=, Time: 1"] {
            assert!(parse(footer).is_err(), "{footer}");
        }
        assert!(parse(&"a".repeat(LONGEST + 1)).is_err());
    }
}
