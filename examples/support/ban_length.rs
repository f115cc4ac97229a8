//! How long a ban lasts, as it is written.

use opencloud::user_restrictions::BanLength;
use std::time::Duration;

/// `7d`, or `forever`.
pub(crate) fn length(text: &str) -> Result<BanLength, String> {
    if text == "forever" {
        return Ok(BanLength::Permanent);
    }
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => 0,
    };
    let count = text.get(..text.len().saturating_sub(1)).and_then(|count| count.parse::<u64>().ok());
    match count.and_then(|count| count.checked_mul(unit)).filter(|seconds| *seconds > 0) {
        Some(seconds) => Ok(Duration::from_secs(seconds).into()),
        None => Err(format!("{text:?} is not a length of time: write 30s, 15m, 12h, 7d or forever")),
    }
}
