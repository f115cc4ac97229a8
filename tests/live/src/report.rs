//! What the probes found, for people and for an issue.

use crate::lab::Stop;
use crate::probe::{Check, Outcome, Probe, Verdict};
use serde::Serialize;
use std::fmt;

/// What all probes found. It holds no id, name, secret or value of anybody.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of this crate.
    pub version: &'static str,
    /// The day, in UTC.
    pub date: String,
    /// The number of requests sent.
    pub sent: u32,
    pub rows: Vec<Row>,
}

/// What became of one fact.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub fact: &'static str,
    pub question: &'static str,
    pub verdict: Verdict,
    /// Why it was not tried, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// The number of requests that should have removed what the probe made, and failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_behind: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Report {
    pub(crate) fn new() -> Self {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        Self { version: env!("CARGO_PKG_VERSION"), date, sent: 0, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}

impl Row {
    pub(crate) fn not_tried(fact: &'static str, question: &'static str, why: impl Into<String>) -> Self {
        let why = Some(why.into());
        Self { fact, question, verdict: Verdict::NotTried, why, checks: Vec::new(), left_behind: 0 }
    }

    pub(crate) fn of(probe: &Probe, outcome: Outcome, left_behind: usize) -> Self {
        match outcome {
            Ok(finding) => {
                let holds = finding.0.iter().all(|check| check.holds);
                let verdict = if holds { Verdict::Holds } else { Verdict::Differs };
                Self {
                    fact: probe.fact,
                    question: probe.question,
                    verdict,
                    why: None,
                    checks: finding.0,
                    left_behind,
                }
            }
            Err(Stop::NotTried(why) | Stop::Failed(why)) => {
                Self { left_behind, ..Self::not_tried(probe.fact, probe.question, why) }
            }
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Holds => "holds",
            Verdict::Differs => "differs",
            Verdict::NotTried => "not tried",
        };
        write!(f, "{:<6} {verdict:<10} {}", self.fact, self.question)?;
        if let Some(why) = &self.why {
            write!(f, "\n       {why}")?;
        }
        for check in self.checks.iter().filter(|check| !check.holds) {
            let document = match check.as_document {
                Some(true) => " (as Roblox's document says)",
                Some(false) => " (and not what Roblox's document says)",
                None => "",
            };
            write!(f, "\n       expected: {}\n       found: {}{document}", check.fact, check.found)?;
        }
        if self.left_behind > 0 {
            write!(
                f,
                "\n       {} request(s) that clean up failed; look after it by hand",
                self.left_behind
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        write!(
            f,
            "{} hold, {} differ, {} not tried; {} requests sent",
            self.count(Verdict::Holds),
            self.count(Verdict::Differs),
            self.count(Verdict::NotTried),
            self.sent
        )
    }
}
