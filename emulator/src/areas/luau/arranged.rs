//! What a test arranges for a task in the comments of its script: `--emulator: boot 20s`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::document::read_duration;

/// A comment with something to arrange after it.
pub(super) const COMMENT: &str = "--emulator:";

/// What is out of the ordinary about a task; nothing unless a script says so.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arranged {
    /// It waits before it runs: a state that the document has and the live service was never seen in (LX-01).
    pub(super) queued: bool,
    /// It never ends, as one of a version that cannot be loaded (LX-06).
    pub(super) stuck: bool,
    /// What runs out of time does so by the clock, later than its timeout says (LX-18).
    pub(super) overrun: bool,
    /// How long it takes until the script begins, and with it the time that it has (LX-05, LX-08).
    pub(super) boot: SignedDuration,
    /// How long after the end the logs can be read (LX-04).
    pub(super) late_logs: SignedDuration,
    /// Whether the script gives way to others while it runs.
    yields: bool,
}

impl Arranged {
    pub(super) fn of(script: &str) -> Arranged {
        let mut arranged = Arranged { yields: script.contains("wait("), ..Arranged::default() };
        for line in script.lines() {
            let Some(words) = line.trim().strip_prefix(COMMENT).map(str::trim) else { continue };
            match words {
                "queued" => arranged.queued = true,
                "stuck" => arranged.stuck = true,
                "overrun" => arranged.overrun = true,
                _ => {
                    if let Some(time) = words.strip_prefix("boot ").and_then(time) {
                        arranged.boot = time;
                    }
                    if let Some(time) = words.strip_prefix("late logs ").and_then(time) {
                        arranged.late_logs = time;
                    }
                }
            }
        }
        arranged
    }

    /// When a script is stopped, counted from its beginning, if that goes by the clock: one that yields about a second
    /// after its timeout, one that never does not before ten seconds (LX-18).
    pub(super) fn stopped_after(&self, timeout: SignedDuration) -> SignedDuration {
        match (self.overrun, self.yields) {
            (false, _) => timeout,
            (true, true) => timeout.saturating_add(SignedDuration::from_secs(1)),
            (true, false) => timeout.max(SignedDuration::from_secs(10)),
        }
    }
}

fn time(text: &str) -> Option<SignedDuration> {
    read_duration(text.trim()).filter(|time| !time.is_negative())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_arrange_what_is_out_of_the_ordinary() {
        assert_eq!(Arranged::of("return 'stuck'\n-- stuck"), Arranged::default());
        let script =
            "--emulator: boot 20s\n  --emulator: late logs 2.5s\n--emulator: stuck\n--emulator: boot soon";
        let arranged = Arranged::of(script);
        assert!(arranged.stuck && !arranged.queued && !arranged.overrun);
        assert_eq!(arranged.boot, SignedDuration::from_secs(20));
        assert_eq!(arranged.late_logs, SignedDuration::from_millis(2_500));
    }

    #[test]
    fn who_gives_way_to_others_is_stopped_sooner() {
        let stopped = |script: &str, timeout| {
            Arranged::of(script).stopped_after(SignedDuration::from_secs(timeout)).as_secs()
        };
        for (script, timeout, seconds) in [
            ("--emulator: overrun\nwhile true do end", 5, 10),
            ("--emulator: overrun\nwhile true do end", 60, 60),
            ("--emulator: overrun\nwhile true do task.wait() end", 5, 6),
            ("while true do end", 5, 5),
        ] {
            assert_eq!(stopped(script, timeout), seconds, "{script} {timeout}");
        }
    }
}
