//! What a probe is, and how probes are run one after another.

use crate::lab::{Exchange, Lab, Stop, Targets};
use crate::report::{Report, Row};
use crate::shape::shape;
use serde::Serialize;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

/// What a probe found, or why it ended.
pub type Outcome = Result<Finding, Stop>;

/// A probe on its way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Finds out whether one fact holds.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The id of the fact in `spec/live/facts.yaml`.
    pub fact: &'static str,
    /// What is asked, in one sentence.
    pub question: &'static str,
    /// What is sent, for the list and for a dry run.
    pub sends: &'static [&'static str],
    pub writes: bool,
    /// Whether it destroys what is not its own, or leaves something behind: then it is made only if asked for by
    /// name.
    pub only_by_name: Option<&'static str>,
    pub needs: &'static [Need],
    pub run: for<'a> fn(&'a Lab) -> Running<'a>,
}

impl Probe {
    /// A probe that writes, and removes what it has written.
    pub(crate) const fn writing(
        needs: &'static [Need],
        fact: &'static str,
        question: &'static str,
        sends: &'static [&'static str],
        run: for<'a> fn(&'a Lab) -> Running<'a>,
    ) -> Self {
        Self { fact, question, sends, writes: true, only_by_name: None, needs, run }
    }
}

/// What a probe needs besides a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Universe,
    Place,
    User,
    Group,
    Asset,
    PlaceFile,
}

impl Need {
    /// The option that gives it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Universe => "--universe ID",
            Self::Place => "--place ID",
            Self::User => "--user ID",
            Self::Group => "--group ID",
            Self::Asset => "--asset ID",
            Self::PlaceFile => "--place-file FILE",
        }
    }

    fn is_met(self, targets: &Targets) -> bool {
        match self {
            Self::Universe => targets.universe.is_some(),
            Self::Place => targets.place.is_some(),
            Self::User => targets.user.is_some(),
            Self::Group => targets.group.is_some(),
            Self::Asset => targets.asset.is_some(),
            Self::PlaceFile => targets.place_file.is_some(),
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What the fact says, in one sentence.
    pub fact: String,
    pub holds: bool,
    /// Whether what was found is what Roblox's document says, where the two differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_document: Option<bool>,
    /// The shape of what was found.
    pub found: Value,
}

/// What a probe found.
#[derive(Clone, Debug, Default)]
pub struct Finding(pub Vec<Check>);

impl Finding {
    /// Notes whether the fact holds of a response.
    #[must_use]
    pub fn check(self, fact: &str, holds: bool, found: &Exchange) -> Self {
        self.note(fact, holds, None, found)
    }

    /// As [`check`](Self::check), and whether the response is as the document says.
    #[must_use]
    pub fn compare(self, fact: &str, holds: bool, as_document: bool, found: &Exchange) -> Self {
        self.note(fact, holds, Some(as_document), found)
    }

    /// Notes something of which the words themselves say nothing about anybody.
    #[must_use]
    pub fn say(mut self, fact: &str, holds: bool, found: impl Into<Value>) -> Self {
        self.0.push(Check { fact: fact.to_owned(), holds, as_document: None, found: found.into() });
        self
    }

    fn note(mut self, fact: &str, holds: bool, as_document: Option<bool>, found: &Exchange) -> Self {
        let found = json!({ "status": found.status, "body": shape(&found.body) });
        self.0.push(Check { fact: fact.to_owned(), holds, as_document, found });
        self
    }
}

/// What became of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Holds,
    Differs,
    NotTried,
}

/// Makes the probes, each after the other.
pub async fn run(lab: &Lab, probes: &[Probe], writes: bool, named: &[String]) -> Report {
    let mut report = Report::new();
    for probe in probes {
        let row = match refusal(lab, probe, writes, named) {
            Some(why) => Row::not_tried(probe.fact, probe.question, why),
            None => {
                let outcome = (probe.run)(lab).await;
                let left = lab.undo().await;
                Row::of(probe, outcome, left)
            }
        };
        report.add(row);
    }
    report.sent = lab.sent();
    report
}

/// Why a probe is not made.
fn refusal(lab: &Lab, probe: &Probe, writes: bool, named: &[String]) -> Option<String> {
    if probe.writes && !writes {
        return Some(format!("it would write: {}; allowed by --write --universe ID", probe.sends.join(", ")));
    }
    let missing: Vec<&str> =
        probe.needs.iter().filter(|need| !need.is_met(&lab.targets)).map(|need| need.option()).collect();
    if !missing.is_empty() {
        return Some(format!("it needs {}", missing.join(" and ")));
    }
    match probe.only_by_name {
        Some(why) if !named.iter().any(|name| name == probe.fact) => {
            Some(format!("{why}; allowed by --only {}", probe.fact))
        }
        _ => None,
    }
}
