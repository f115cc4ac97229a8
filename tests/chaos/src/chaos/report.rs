//! What a run found, as text.

use super::verdict::{Sessions, Tally};
use super::worker::Summary;
use std::fmt::Write;

/// How much a worker's memory may grow after it is warm, in KiB: it makes thousands of calls then, so that a leak of
/// a few kilobytes a call is more.
const GROWTH: u64 = 24 * 1024;

/// How many findings are printed.
const PRINTED: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) kinds: Vec<(&'static str, Tally)>,
    pub(crate) sessions: Sessions,
    pub(crate) emulator_kills: usize,
    pub(crate) worker_kills: usize,
    /// Nothing of a worker that did not end.
    pub(crate) workers: Vec<Option<Summary>>,
}

impl Report {
    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for (_, tally) in &self.kinds {
            total.intents += tally.intents;
            total.acknowledged += tally.acknowledged;
            total.unknown += tally.unknown;
            total.refused += tally.refused;
            total.lost.extend(tally.lost.iter().cloned());
            total.doubled.extend(tally.doubled.iter().cloned());
            total.hung.extend(tally.hung.iter().cloned());
        }
        total
    }

    /// What is wrong, a line each.
    pub(crate) fn findings(&self) -> Vec<String> {
        let total = self.total();
        let lists =
            [("lost", &total.lost), ("doubled", &total.doubled), ("session lost", &self.sessions.lost)];
        let mut findings: Vec<_> = lists
            .into_iter()
            .flat_map(|(what, list)| list.iter().map(move |problem| format!("{what}: {problem}")))
            .chain(total.hung.iter().map(|problem| format!("hung: {problem}")))
            .collect();
        for (number, summary) in self.workers.iter().enumerate() {
            match summary {
                None => findings.push(format!("hung: worker {number} did not end")),
                Some(summary) if summary.tasks > 0 => {
                    findings.push(format!("left over: worker {number} has {} tasks", summary.tasks));
                }
                Some(summary) if summary.memory_after > summary.memory_before + GROWTH => {
                    findings.push(format!(
                        "memory: worker {number} grew from {} to {} KiB, more than {GROWTH} KiB",
                        summary.memory_before, summary.memory_after
                    ))
                }
                Some(_) => {}
            }
        }
        // A kind that is never acknowledged is not tested.
        let is_idle = |tally: &Tally| tally.acknowledged == 0;
        let idle = self.kinds.iter().filter(|(_, tally)| is_idle(tally));
        findings.extend(idle.map(|(name, _)| format!("idle: no {name} was acknowledged")));
        findings
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let row = |text: &mut String, name: &str, cells: [String; 6]| {
            let _ = write!(text, "{name:18}");
            for cell in cells {
                let _ = write!(text, "{cell:>14}");
            }
            text.push('\n');
        };
        let heads = ["intents", "acknowledged", "unknown", "refused", "lost", "doubled"];
        row(&mut text, "kind", heads.map(str::to_owned));
        for (name, tally) in &self.kinds {
            let Tally { intents, acknowledged, unknown, refused, .. } = tally;
            let cells = [*intents, *acknowledged, *unknown, *refused, tally.lost.len(), tally.doubled.len()];
            row(&mut text, name, cells.map(|cell| cell.to_string()));
        }
        for (number, summary) in self.workers.iter().enumerate() {
            if let Some(summary) = summary {
                let Summary { tasks, memory_before, memory_after, seconds } = summary;
                let _ = writeln!(
                    text,
                    "worker {number}: {seconds} s since its last start, tasks left {tasks}, \
                     memory {memory_before} KiB warm, {memory_after} KiB at the end"
                );
            }
        }
        let _ = writeln!(
            text,
            "seed {}: emulator killed {} times, workers killed {} times, {} renewals",
            self.seed, self.emulator_kills, self.worker_kills, self.sessions.renewals
        );
        let findings = self.findings();
        for finding in findings.iter().take(PRINTED) {
            let _ = writeln!(text, "{finding}");
        }
        if findings.len() > PRINTED {
            let _ = writeln!(text, "and {} more", findings.len() - PRINTED);
        }
        text + &self.last_line()
    }

    fn last_line(&self) -> String {
        let total = self.total();
        format!(
            "intents {}, acknowledged {}, unknown {}, lost {}, doubled {}, sessions lost {}, unrecoverable {}",
            total.intents,
            total.acknowledged,
            total.unknown,
            total.lost.len(),
            total.doubled.len(),
            self.sessions.lost.len(),
            self.sessions.unrecoverable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let tally = Tally { intents: 5, acknowledged: 3, unknown: 1, refused: 1, ..Tally::default() };
        let summary = Summary { tasks: 0, memory_before: 9_000, memory_after: 9_500, seconds: 60 };
        Report { seed: 7, kinds: vec![("create", tally)], workers: vec![Some(summary)], ..Report::default() }
    }

    #[test]
    fn a_clean_run_ends_with_its_figures() {
        let report = report();
        assert_eq!(report.findings(), Vec::<String>::new());
        assert_eq!(
            report.text().lines().last(),
            Some("intents 5, acknowledged 3, unknown 1, lost 0, doubled 0, sessions lost 0, unrecoverable 0")
        );
    }

    #[test]
    fn whatever_is_wrong_is_a_finding() {
        let mut wrong = report();
        let (_, tally) = &mut wrong.kinds[0];
        tally.lost.push("a".to_owned());
        tally.doubled.push("b".to_owned());
        tally.hung.push("c".to_owned());
        tally.acknowledged = 0;
        wrong.sessions.lost.push("d".to_owned());
        wrong.workers.push(None);
        wrong.workers.push(Some(Summary { tasks: 1, memory_before: 0, memory_after: 0, seconds: 1 }));
        wrong.workers.push(Some(Summary {
            tasks: 0,
            memory_before: 1,
            memory_after: 2 + GROWTH,
            seconds: 1,
        }));
        let kinds = [
            "lost: a",
            "doubled: b",
            "session lost: d",
            "hung: c",
            "hung: worker 1",
            "left over: ",
            "memory: ",
            "idle: ",
        ];
        let findings = wrong.findings();
        assert_eq!(findings.len(), kinds.len(), "{findings:?}");
        for (finding, kind) in findings.iter().zip(kinds) {
            assert!(finding.starts_with(kind), "{finding}");
        }
        assert!(
            wrong.text().contains("seed 7") && wrong.text().contains("lost 1, doubled 1, sessions lost 1")
        );
    }
}
