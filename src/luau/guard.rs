//! Whether a script runs at the version of the place that it is meant for.

/// What the error of a script begins with that found another version; the two versions follow.
const MARK: &str = "opencloud:place-version:";

/// The script behind a look at the version of the place. It stands in front of the first statement, on the same
/// line, so that the lines of errors stay what they are, and behind directives (`--!strict`), which must come
/// first.
pub(super) fn guarded(script: &str, version: u64) -> String {
    let is_before = |line: &&str| {
        let text = line.trim();
        // Directives count only before the first statement, also behind a comment; a long comment may not end here.
        let is_long = text.starts_with("--[[") || text.starts_with("--[=");
        line.ends_with('\n') && (text.is_empty() || (text.starts_with("--") && !is_long))
    };
    let at = script.split_inclusive('\n').take_while(is_before).map(str::len).sum();
    let (before, rest) = script.split_at(at);
    format!(
        "{before}if game.PlaceVersion ~= {version} then error(\"{MARK}\" .. game.PlaceVersion .. \":{version}\", 0) end {rest}"
    )
}

/// The version that was found, and that which was meant, if a script has failed because of that.
pub(super) fn found(message: &str) -> Option<(u64, u64)> {
    let (_, versions) = message.split_once(MARK)?;
    let (found, rest) = versions.split_once(':')?;
    let digits = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
    Some((found.parse().ok()?, rest[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: &str = "if game.PlaceVersion ~= 7 then error(\"opencloud:place-version:\" .. game.PlaceVersion .. \":7\", 0) end ";

    #[test]
    fn the_look_is_in_front_of_the_first_statement_and_adds_no_line() {
        for (before, rest) in [
            ("", "return 1"),
            ("", "(f or g)()\nreturn 1"),
            ("--!strict\n", "return 1"),
            ("\n  --!strict\r\n--!native\n\n", "local a = 1\n--!optimize 2\nreturn a"),
            ("-- a comment\n", "return 1"),
            ("-- a comment\n--!native\n", "return 1"),
            ("", "--[==[ a\n--!native\n]==] return 1"),
            ("", "--[[ a\nlonger one ]] return 1"),
            // A directive that ends the text has no line behind it.
            ("", "--!strict"),
            ("", ""),
        ] {
            let script = format!("{before}{rest}");
            let guarded = guarded(&script, 7);
            assert_eq!(guarded, format!("{before}{LOOK}{rest}"));
            assert_eq!(guarded.lines().count().max(1), script.lines().count().max(1));
        }
    }

    #[test]
    fn what_it_says_is_read() {
        for message in ["opencloud:place-version:6:7", "TaskScript: opencloud:place-version:6:7\nstack"] {
            assert_eq!(found(message), Some((6, 7)), "{message}");
        }
        for message in [
            "",
            "6:7",
            "opencloud:place-version:",
            "opencloud:place-version:6",
            "opencloud:place-version:a:7",
        ] {
            assert_eq!(found(message), None, "{message}");
        }
    }
}
