use std::fmt;

/// A length of time in seconds, as people write it: `250 ms`, `1.5 seconds`, `30 seconds`, `5 minutes`.
pub(super) struct Seconds(pub(super) f64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The time until a deadline is a little shorter than people think.
        let tenths = (self.0 * 10.0).round() / 10.0;
        match tenths {
            ..1.0 => write!(f, "{} ms", (self.0 * 1_000.0).round()),
            1.0 => f.write_str("1 second"),
            120.0.. if tenths % 60.0 == 0.0 => write!(f, "{} minutes", tenths / 60.0),
            _ => write!(f, "{tenths} seconds"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        for (seconds, text) in [
            (0.25, "250 ms"),
            (1.0, "1 second"),
            (1.5, "1.5 seconds"),
            (29.999_871, "30 seconds"),
            (119.96, "2 minutes"),
            (300.0, "5 minutes"),
            (301.0, "301 seconds"),
        ] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }
}
