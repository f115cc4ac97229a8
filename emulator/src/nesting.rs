//! How deep JSON may be that is remembered.

use crate::failure::Failure;

/// What is remembered is dumped inside of the whole state, which must still be within the 128 levels that readers of
/// JSON commonly follow: our own, after a restart, is one of them.
const MAX_NESTING: usize = 100;

/// Refuses JSON that could be remembered, but not be read again. Wherever a request has JSON, it is to be asked first.
pub(crate) fn refuse_too_deep(json: &[u8]) -> Result<(), Failure> {
    if is_too_deep(json) {
        return Err(Failure::invalid(format!("The JSON is nested more than {MAX_NESTING} levels deep.")));
    }
    Ok(())
}

/// Whether objects and lists in a JSON text are inside of each other more often than [`MAX_NESTING`] times. It looks at
/// nothing but brackets outside of texts, and can be asked of anything.
pub(crate) fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > MAX_NESTING {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_outside_of_texts() {
        let nested = |levels: usize| format!("{}7{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_too_deep(nested(MAX_NESTING).as_bytes()));
        assert!(is_too_deep(nested(MAX_NESTING + 1).as_bytes()));
        let wide = format!("[{}]", vec![nested(MAX_NESTING - 1); 3].join(","));
        assert!(!is_too_deep(wide.as_bytes()), "beside each other");
        assert!(!is_too_deep(format!("[\"\\\"{}\"]", "[".repeat(500)).as_bytes()), "a text");
    }
}
