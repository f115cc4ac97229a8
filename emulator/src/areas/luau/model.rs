//! State and rules of luau.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{LuauError, LuauRun, later};
use crate::areas::luau::arranged::Arranged;
use crate::areas::luau::script;
use crate::document::unfit;

/// Bytes of results, as JSON.
const MAX_RESULTS: usize = 4 * 1024 * 1024;
pub(super) const MAX_TIMEOUT: i64 = 300;
const KEPT_SECONDS: i64 = 86_400;
/// How long the links to binary input and output are good.
pub(super) const LINK_SECONDS: i64 = 900;
/// Before the names of outputs.
pub(super) const OUTPUTS: &str = "luau/outputs/";
const MAX_LOG_BYTES: usize = 450 * 1024;
/// How long a slot stays taken after its task, where slots are slow (LX-10).
const SLOW_SLOT_SECONDS: i64 = 10;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct LuauTasks {
    pub(super) tasks: BTreeMap<String, Task>,
    pub(super) order: VecDeque<String>,
    /// By path: the name of the content, its size, and until when it may be uploaded.
    pub(super) inputs: BTreeMap<String, Input>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Input {
    pub(super) universe: u64,
    pub(super) size: i64,
    pub(super) expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) place: (u64, u64),
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) script: String,
    pub(super) timeout: SignedDuration,
    pub(super) binary_input: Option<String>,
    pub(super) binary_output: Option<String>,
    /// How often it was looked at: it runs at the first time and has ended at the second, or when its time is up.
    pub(super) polls: u32,
    #[serde(default)]
    pub(super) arranged: Arranged,
    pub(super) run: Run,
}

/// What comes of a script.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) logs: Vec<(Cow<'static, str>, String)>,
    pub(super) end: End,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum End {
    Results(Vec<Value>),
    Failed(Cow<'static, str>, String),
}

impl Run {
    /// What is kept of an outcome: the latest logs, and no more results than a task may have.
    pub(super) fn of(outcome: &LuauRun) -> Run {
        let mut logs: Vec<(Cow<'static, str>, String)> =
            outcome.logs.iter().map(|(kind, text)| (kind.name().into(), text.clone())).collect();
        let mut size: usize = logs.iter().map(|(_, text)| text.len()).sum();
        let dropped = logs.iter().take_while(|(_, text)| {
            let is_too_much = size > MAX_LOG_BYTES;
            size -= text.len();
            is_too_much
        });
        logs.drain(..dropped.count());
        let failed = |error: LuauError, message: String| End::Failed(error.name().into(), message);
        let results = match &outcome.end {
            Ok(results) => results,
            Err((error, message)) => return Run { logs, end: failed(*error, message.clone()) },
        };
        let text = json!(results).to_string();
        let end = match unfit(text.as_bytes()) {
            _ if text.len() > MAX_RESULTS => {
                let error = LuauError::OutputSizeLimitExceeded;
                failed(error, script::words(error).to_owned())
            }
            Some(reason) => failed(LuauError::InternalError, format!("The JSON of the results {reason}.")),
            None => End::Results(results.clone()),
        };
        Run { logs, end }
    }
}

impl LuauTasks {
    /// One task that has ended, which sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> LuauTasks {
        let path = "universes/2001/places/3001/versions/3/luau-execution-sessions/sample/tasks/sample";
        let script = "print('sample')\nreturn 1".to_owned();
        // Long enough ago to take no slot.
        let ended = later(now, -SLOW_SLOT_SECONDS);
        let task = Task {
            place: (2001, 3001),
            created: ended,
            updated: ended,
            run: Run::of(&script::run(&script, 3)),
            script,
            timeout: SignedDuration::from_secs(MAX_TIMEOUT),
            binary_input: None,
            binary_output: None,
            polls: 2,
            arranged: Arranged::default(),
        };
        let mut tasks = LuauTasks::default();
        tasks.tasks.insert(path.to_owned(), task);
        tasks.order.push_back(path.to_owned());
        let input = Input { universe: 2001, size: 7, expires: later(now, LINK_SECONDS) };
        tasks.inputs.insert("sample".to_owned(), input);
        tasks
    }

    /// Ends tasks that nobody looked at for as long as they may run, and forgets those that ended a day ago.
    pub(super) fn prune(&mut self, now: Timestamp) {
        for task in self.tasks.values_mut() {
            task.run_out(now);
        }
        let limit = later(now, -KEPT_SECONDS);
        self.tasks.retain(|_, task| task.updated > limit || !(task.has_ended() || task.arranged.stuck));
        let tasks = &self.tasks;
        self.order.retain(|path| tasks.contains_key(path));
    }

    /// How many tasks of a place are unfinished, or ended so lately that their slot is still taken.
    pub(super) fn unfinished(&self, place: (u64, u64), slow_slots: bool, now: Timestamp) -> usize {
        let takes_slot = |task: &&Task| {
            let is_free = !slow_slots || later(task.updated, SLOW_SLOT_SECONDS) <= now;
            task.place == place && (!task.has_ended() || !is_free)
        };
        self.tasks.values().filter(takes_slot).count()
    }

    /// Whether a file is the output of a task whose link is no longer good (LX-20).
    pub(crate) fn is_output_expired(&self, name: &str, now: Timestamp) -> bool {
        let mut of_it = self.tasks.values().filter(|task| task.binary_output.as_deref() == Some(name));
        name.starts_with(OUTPUTS) && !of_it.any(|task| task.output_expires() > now)
    }

    /// How large an upload may be, if this is a link for one that is still good.
    pub(crate) fn upload_size(&self, path: &str, now: Timestamp) -> Option<i64> {
        let input = self.inputs.get(path)?;
        (input.expires > now).then_some(input.size)
    }
}

impl Task {
    /// Until when the link to the output is good (LX-20).
    pub(super) fn output_expires(&self) -> Timestamp {
        later(self.updated, LINK_SECONDS)
    }

    /// Time moves a task on as looks do: a place is not blocked by those that are forgotten.
    fn run_out(&mut self, now: Timestamp) {
        let end =
            self.begins().checked_add(self.arranged.stopped_after(self.timeout)).unwrap_or(Timestamp::MAX);
        if !self.has_ended() && !self.arranged.stuck && end <= now {
            self.polls = 2;
            self.updated = end;
        }
    }

    /// When the script begins to run.
    fn begins(&self) -> Timestamp {
        self.created.checked_add(self.arranged.boot).unwrap_or(Timestamp::MAX)
    }

    /// Somebody looks: that moves it on, unless only time does.
    pub(super) fn look(&mut self, now: Timestamp) {
        let runs_out =
            matches!(&self.run.end, End::Failed(code, _) if *code == LuauError::DeadlineExceeded.name());
        let waits = self.arranged.stuck || (runs_out && self.arranged.overrun);
        if self.polls == 0 || (!waits && now >= self.begins()) {
            self.polls += 1;
            self.updated = now;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.polls >= 2
    }

    /// The live service was never seen to let a task wait (LX-01).
    pub(super) fn state(&self, live: bool) -> &'static str {
        match (self.polls, &self.run.end) {
            (0, _) if !live || self.arranged.queued => "QUEUED",
            (0 | 1, _) => "PROCESSING",
            (_, End::Results(_)) => "COMPLETE",
            (_, End::Failed(..)) => "FAILED",
        }
    }

    /// What can be read of the logs: at the live service nothing before the end, nor for as long after it as was
    /// arranged (LX-04); by the document, half of it while the script runs.
    pub(super) fn readable(&self, live: bool, now: Timestamp) -> &[(Cow<'static, str>, String)] {
        let all = self.run.logs.len();
        let is_late = self.updated.checked_add(self.arranged.late_logs).is_ok_and(|readable| now < readable);
        let readable = match self.polls {
            0 => 0,
            1 if live => 0,
            1 => all.div_ceil(2),
            _ if is_late => 0,
            _ => all,
        };
        &self.run.logs[..readable]
    }
}
