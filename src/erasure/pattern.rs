//! Texts with `{UserId}` in them.

/// What stands for the user's id. Its case matters (RE-03).
pub(super) const TOKEN: &str = "{UserId}";

/// The text with the id of a user in place of each token.
pub(super) fn of_user(pattern: &str, user: u64) -> String {
    pattern.replace(TOKEN, &user.to_string())
}

pub(super) fn has_token(pattern: &str) -> bool {
    pattern.contains(TOKEN)
}

/// Whether it has something that was meant to be a token, but is not.
pub(super) fn has_miscased_token(pattern: &str) -> bool {
    // Lower case of ASCII letters keeps every position.
    let (lower, token) = (pattern.to_ascii_lowercase(), TOKEN.to_ascii_lowercase());
    lower.match_indices(&token).any(|(at, _)| pattern[at..at + TOKEN.len()] != *TOKEN)
}

/// The user whose key by this pattern is the text: an inner `None` if it is any user's, as of a pattern without tokens.
#[allow(clippy::option_option, reason = "no match, a match of one user, a match of anybody")]
pub(super) fn user_of(pattern: &str, text: &str) -> Option<Option<u64>> {
    let tokens = pattern.matches(TOKEN).count();
    if tokens == 0 {
        return (pattern == text).then_some(None);
    }
    // All tokens are the same id, so that its length follows from that of the text.
    let rest = text.len().checked_sub(pattern.len() - tokens * TOKEN.len())?;
    let (length, begin) = (rest / tokens, pattern.find(TOKEN)?);
    let user: u64 = text.get(begin..begin.checked_add(length)?)?.parse().ok()?;
    (user > 0 && of_user(pattern, user) == text).then_some(Some(user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_tells_the_user_if_the_pattern_fits_exactly() {
        for (pattern, text, expected) in [
            ("Player_{UserId}", "Player_156", Some(Some(156))),
            ("{UserId}", "156", Some(Some(156))),
            ("{UserId}:{UserId}", "156:156", Some(Some(156))),
            ("{UserId}:{UserId}", "156:157", None),
            ("{UserId}{UserId}", "1515", Some(Some(15))),
            ("Player_{UserId}", "Player_", None),
            ("Player_{UserId}", "Player_0156", None),
            ("Player_{UserId}", "Player_+156", None),
            ("Player_{UserId}", "Player_156_old", None),
            ("Player_{UserId}", "Player_settings", None),
            ("Player_{UserId}", "Ä", None),
            ("ä{UserId}", "ä7", Some(Some(7))),
            ("global", "global", Some(None)),
            ("global", "other", None),
        ] {
            assert_eq!(user_of(pattern, text), expected, "{pattern} {text}");
        }
        assert!(has_miscased_token("{UserId}_{userid}") && has_miscased_token("{USERID}"));
        assert!(!has_miscased_token("{UserId}") && !has_miscased_token("UserId{}"));
    }

    proptest! {
        #[test]
        fn the_user_of_a_text_is_the_one_that_it_was_made_for(
            pieces in proptest::collection::vec("[a-zä_0-9/]{0,4}", 2..5),
            user in 1_u64..,
        ) {
            let pattern = pieces.join(TOKEN);
            // Digits beside the token may belong to another user's id of the same length.
            let text = of_user(&pattern, user);
            let found = user_of(&pattern, &text).flatten().expect("a user");
            prop_assert_eq!(of_user(&pattern, found), text);
        }

        #[test]
        fn no_text_makes_it_panic(pattern in ".{0,20}(\\{UserId\\}.{0,5}){0,3}", text in ".{0,40}") {
            if let Some(Some(user)) = user_of(&pattern, &text) {
                prop_assert_eq!(of_user(&pattern, user), text);
            }
        }
    }
}
