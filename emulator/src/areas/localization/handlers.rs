//! Requests of localization.

use crate::api::{Call, Failure};

/// The language that everything is written in at first.
const SOURCE_LANGUAGE: &str = "en";

/// LO-01, LO-02: codes of languages are Roblox's own, and the source language has no translation.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let path = call.operation.path.as_str();
    if !call.shapes.is_live() || !path.starts_with("/legacy-game-internationalization/") {
        return Ok(());
    }
    let code = call.param("languageCode");
    if has_hyphenated_region(code) {
        return Err(Failure::invalid("The language code is invalid.").with_detail("22"));
    }
    let is_icon = call.operation.method == "POST" && path.contains("/game-icon/");
    if is_icon && code.split(['_', '-']).next() == Some(SOURCE_LANGUAGE) {
        let message = "The translations of the source language cannot be updated.";
        return Err(Failure::invalid(message).with_detail("26"));
    }
    Ok(())
}

/// `en-us`, where the service has `en_us`. A script such as that of `zh-hans` stands after a hyphen.
fn has_hyphenated_region(code: &str) -> bool {
    let region = code.split_once('-').map(|(_, region)| region);
    region.is_some_and(|region| region.len() == 2 || region.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LO-02
    #[test]
    fn a_region_stands_after_a_low_line_and_a_script_after_a_hyphen() {
        for good in ["en", "en_us", "zh-hans", "ar_001", ""] {
            assert!(!has_hyphenated_region(good), "{good}");
        }
        for bad in ["en-us", "de-AT", "ar-001"] {
            assert!(has_hyphenated_region(bad), "{bad}");
        }
    }
}
