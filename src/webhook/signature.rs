//! The `roblox-signature` header, as text.

use super::VerifyError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// The longest header that is read, in bytes. Roblox's own has about 60.
const LONGEST: usize = 512;

/// The longest timestamp, in digits: beyond the year 9999 there is none.
const LONGEST_SECONDS: usize = 12;

/// A time and what was signed with it.
#[derive(Debug)]
pub(super) struct Signature<'a> {
    /// The seconds as they stand there: these characters are what is signed.
    pub(super) seconds: &'a str,
    pub(super) time: Timestamp,
    /// One for each `v1`.
    pub(super) macs: Vec<Vec<u8>>,
}

impl<'a> Signature<'a> {
    /// Reads `t=<seconds>,v1=<base64>`. Each part is split at its first `=`, because base64 has its
    /// own. Parts of other names are left for schemes to come.
    pub(super) fn parse(header: &'a [u8]) -> Result<Self, VerifyError> {
        if header.len() > LONGEST {
            return Err(VerifyError::OversizedHeader);
        }
        let malformed = |why| Err(VerifyError::MalformedHeader(why));
        let Ok(header) = str::from_utf8(header) else { return malformed("is not text") };
        let (mut seconds, mut macs) = (None, Vec::new());
        for part in header.split(',') {
            let Some((name, value)) = part.trim().split_once('=') else {
                return malformed("has a part without `=`");
            };
            match name {
                "t" if seconds.is_some() => return malformed("has two times"),
                "t" => seconds = Some(value),
                "v1" => match STANDARD.decode(value) {
                    Ok(mac) => macs.push(mac),
                    Err(_) => return malformed("has a signature that is not base64"),
                },
                _ => {}
            }
        }
        let Some(seconds) = seconds else { return malformed("has no time (`t`)") };
        match time(seconds) {
            Some(time) => Ok(Self { seconds, time, macs }),
            None => malformed("has a time that is not a number of seconds"),
        }
    }
}

/// Unix seconds: digits only.
pub(super) fn time(seconds: &str) -> Option<Timestamp> {
    let digits = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || seconds.len() > LONGEST_SECONDS {
        return None;
    }
    Timestamp::from_second(seconds.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read() {
        let read = Signature::parse(b"t=1697040000,v1=AAE=").expect("a signature");
        assert_eq!((read.seconds, read.macs), ("1697040000", vec![vec![0, 1]]));
        assert_eq!(read.time.as_second(), 1_697_040_000);
        let spaced = Signature::parse(b"v0=?, v1=AAE=, t=1").expect("a signature");
        assert_eq!((spaced.seconds, spaced.macs.len()), ("1", 1));
        assert!(Signature::parse(b"t=1").expect("a time").macs.is_empty());
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for header in [
            "",
            "t",
            "t=",
            "t=-1,v1=AAE=",
            "t=+1",
            "t=1.5",
            "t= 1",
            "t=1e3",
            "v1=AAE=",
            "t=1,t=2",
            "t=1,v1",
            "t=1,v1=AAE",
            "t=1,v1=A*E=",
            "t=9999999999999",
            "t=999999999999",
            "t=1,,v1=AAE=",
        ] {
            let problem = Signature::parse(header.as_bytes()).expect_err(header);
            assert!(matches!(problem, VerifyError::MalformedHeader(_)), "{header}: {problem}");
        }
        assert!(Signature::parse(b"t=1,v1=\xff").is_err());
        let huge = format!("t=1,v1={}", "A".repeat(1 << 20));
        assert_eq!(Signature::parse(huge.as_bytes()).expect_err("huge"), VerifyError::OversizedHeader);
    }
}
