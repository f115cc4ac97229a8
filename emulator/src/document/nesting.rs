//! How deep JSON may be that is remembered, and how much of it is read.

/// What is remembered is dumped inside of the whole state, which must still be within the 128 levels that readers of
/// JSON commonly follow: our own, after a restart, is one of them.
const MAX_NESTING: usize = 100;

/// How many brackets, commas and colons there may be outside of texts. The largest value of a data store, which has
/// 4,194,304 characters, has fewer. In memory each value takes many times the bytes that it has as text.
const MAX_MARKS: usize = 4_500_000;

/// What is wrong with a JSON text. It looks at nothing but marks outside of texts, and can be asked of anything.
pub(crate) fn unfit(json: &[u8]) -> Option<String> {
    let (mut depth, mut marks, mut in_text, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => {
                depth += 1;
                marks += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => marks += 1,
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some(format!("is nested more than {MAX_NESTING} levels deep"));
        }
        if marks > MAX_MARKS {
            return Some("has too many values".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_outside_of_texts() {
        let is_too_deep = |json: &str| unfit(json.as_bytes()).is_some();
        let nested = |levels: usize| format!("{}7{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_too_deep(&nested(MAX_NESTING)));
        assert!(is_too_deep(&nested(MAX_NESTING + 1)));
        let wide = format!("[{}]", vec![nested(MAX_NESTING - 1); 3].join(","));
        assert!(!is_too_deep(&wide), "beside each other");
        assert!(!is_too_deep(&format!("[\"\\\"{}\"]", "[".repeat(500))), "a text");
    }

    #[test]
    fn what_a_data_store_takes_is_not_too_much() {
        let full =
            |value: &str, length: usize| format!("{{\"value\":[{}0]}}", value.repeat(length / value.len()));
        for value in ["0,", "{},", "{\"\":0},"] {
            assert_eq!(unfit(full(value, 4_194_304).as_bytes()), None, "{value}");
            assert!(unfit(full(value, 3 * 4_194_304).as_bytes()).is_some(), "{value}");
        }
        assert_eq!(unfit(full("\",\",", 3 * 4_194_304).as_bytes()), None, "texts");
    }
}
