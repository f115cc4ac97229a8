//! Compares what the SDK reported with what the service holds.

use super::ledger::{Entry, Intent, Reported, SessionEvent};
use std::collections::BTreeMap;

/// How often the effect of each intent is there, by the intent's id.
pub(crate) type Counts = BTreeMap<u64, u64>;

/// The intents of a kind, each with what was reported of it; nothing if its worker was killed before.
pub(crate) type Records = BTreeMap<u64, (Intent, Option<Reported>)>;

/// The records of each kind, and what happened to the session.
pub(crate) fn sorted(entries: Vec<Entry>) -> (BTreeMap<String, Records>, Vec<SessionEvent>) {
    let (mut intents, mut reports, mut session) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Intent(intent) => drop(intents.insert(intent.id, intent)),
            Entry::Result { id, result } => drop(reports.insert(id, result)),
            Entry::Session(event) => session.push(event),
        }
    }
    let mut kinds: BTreeMap<String, Records> = BTreeMap::new();
    for (id, intent) in intents {
        let records = kinds.entry(intent.kind.clone()).or_default();
        records.insert(id, (intent, reports.remove(&id)));
    }
    (kinds, session)
}

/// What came of the intents of a kind, or of all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) intents: usize,
    pub(crate) acknowledged: usize,
    pub(crate) unknown: usize,
    pub(crate) refused: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    pub(crate) hung: Vec<String>,
}

impl Tally {
    /// `counts` is nothing for what only reads: the reports say it all.
    pub(crate) fn of(records: &Records, counts: Option<&Counts>) -> Self {
        let mut tally = Self { intents: records.len(), ..Self::default() };
        for (intent, reported) in records.values() {
            let count = counts.map(|counts| counts.get(&intent.id).copied().unwrap_or(0));
            tally.add(intent, reported.as_ref(), count);
        }
        tally
    }

    fn add(&mut self, intent: &Intent, reported: Option<&Reported>, count: Option<u64>) {
        let name = format!("{} {} of worker {}", intent.kind, intent.id, intent.worker);
        match reported {
            Some(Reported::Acknowledged) => {
                self.acknowledged += 1;
                if count == Some(0) {
                    self.lost.push(format!("{name}: acknowledged, and not there"));
                }
            }
            None => self.unknown += 1,
            Some(Reported::Unknown { .. }) => self.unknown += 1,
            Some(Reported::Refused { error }) => {
                self.refused += 1;
                // Who believes the error makes the call again, and has it twice.
                if count.is_some_and(|count| count > 0) {
                    self.doubled.push(format!("{name}: reported as not applied, and there; {error}"));
                }
                return;
            }
            Some(Reported::Gap { problem }) => self.lost.push(format!("{name}: {problem}")),
            Some(Reported::Surplus { problem }) => self.doubled.push(format!("{name}: {problem}")),
            Some(Reported::Hung) => {
                self.unknown += 1;
                self.hung.push(format!("{name}: it did not end"));
            }
        }
        if let Some(count) = count.filter(|count| *count > 1) {
            self.doubled.push(format!("{name}: there {count} times"));
        }
    }
}

/// What came of the session.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sessions {
    pub(crate) renewals: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) unrecoverable: usize,
}

impl Sessions {
    /// `kills` is how many processes were killed: each may have taken new tokens along, as a dropped response does.
    pub(crate) fn of(events: &[SessionEvent], kills: usize) -> Self {
        let mut sessions = Self::default();
        let mut reasons = kills;
        for event in events {
            match event {
                SessionEvent::Renewed => sessions.renewals += 1,
                SessionEvent::ResponseDropped => reasons += 1,
                SessionEvent::Unrecoverable => sessions.unrecoverable += 1,
                SessionEvent::Lost { reason } => sessions.lost.push(reason.clone()),
            }
        }
        for _ in reasons..sessions.unrecoverable {
            sessions
                .lost
                .push("the tokens of a renewal are gone without a kill or a dropped response".to_owned());
        }
        sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(reported: Option<Reported>, count: Option<u64>) -> (usize, usize, usize) {
        let intent = Intent { id: 1, kind: "create".to_owned(), worker: 0, number: 0 };
        let mut entries = vec![Entry::Intent(intent)];
        entries.extend(reported.map(|result| Entry::Result { id: 1, result }));
        let (kinds, _) = sorted(entries);
        let counts = count.map(|count| Counts::from([(1, count)]));
        let tally = Tally::of(&kinds["create"], counts.as_ref());
        assert_eq!(tally.intents, 1);
        (tally.lost.len(), tally.doubled.len(), tally.hung.len())
    }

    #[test]
    fn an_acknowledged_write_is_there_exactly_once() {
        let acknowledged = || Some(Reported::Acknowledged);
        assert_eq!(tally(acknowledged(), Some(1)), (0, 0, 0));
        assert_eq!(tally(acknowledged(), Some(0)), (1, 0, 0));
        assert_eq!(tally(acknowledged(), Some(2)), (0, 1, 0));
        assert_eq!(tally(acknowledged(), None), (0, 0, 0), "what reads leaves nothing");
    }

    #[test]
    fn an_unknown_write_is_there_at_most_once() {
        for unknown in [None, Some(Reported::Unknown { error: String::new() })] {
            for (count, doubled) in [(0, 0), (1, 0), (2, 1)] {
                assert_eq!(tally(unknown.clone(), Some(count)), (0, doubled, 0), "{unknown:?} {count}");
            }
        }
    }

    #[test]
    fn a_refused_write_is_not_there() {
        let refused = || Some(Reported::Refused { error: String::new() });
        assert_eq!(tally(refused(), Some(0)), (0, 0, 0));
        assert_eq!(tally(refused(), Some(1)), (0, 1, 0));
    }

    #[test]
    fn what_was_read_has_no_gap_and_no_surplus_and_ends() {
        assert_eq!(tally(Some(Reported::Gap { problem: String::new() }), None), (1, 0, 0));
        assert_eq!(tally(Some(Reported::Surplus { problem: String::new() }), None), (0, 1, 0));
        assert_eq!(tally(Some(Reported::Hung), Some(1)), (0, 0, 1));
    }

    #[test]
    fn a_session_is_unrecoverable_only_for_a_reason() {
        let unrecoverable = [SessionEvent::Unrecoverable, SessionEvent::Renewed];
        assert_eq!(Sessions::of(&unrecoverable, 1).lost.len(), 0);
        assert_eq!(Sessions::of(&unrecoverable, 0).lost.len(), 1);
        let dropped = [SessionEvent::ResponseDropped, SessionEvent::Unrecoverable];
        assert_eq!(Sessions::of(&dropped, 0), Sessions { unrecoverable: 1, ..Sessions::default() });
        let lost = [SessionEvent::Lost { reason: String::new() }];
        assert_eq!(Sessions::of(&lost, 9).lost.len(), 1);
    }
}
