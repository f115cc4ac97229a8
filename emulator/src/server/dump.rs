//! The whole state, out and in.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::SavedClock;
use crate::inner::Inner;
use crate::state::State;

/// The version of what is dumped.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Dumped<'a> {
    format: u32,
    clock: SavedClock,
    state: &'a State,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Loaded {
    format: u32,
    clock: Option<SavedClock>,
    state: State,
}

impl Inner {
    /// Writes the state as JSON. Nothing else happens meanwhile.
    pub(crate) fn dump(&self, writer: impl Write) -> io::Result<()> {
        let state = self.state();
        let dumped = Dumped { format: FORMAT, clock: state.clock.save(), state: &state };
        serde_json::to_writer(writer, &dumped).map_err(io::Error::from)
    }

    /// Puts what was dumped in the place of everything. The clock goes on from the dumped one's time.
    pub(crate) fn load(&self, reader: impl Read) -> Result<(), String> {
        let loaded: Loaded = serde_json::from_reader(reader).map_err(|error| error.to_string())?;
        refuse_if!(
            loaded.format > FORMAT,
            "it is of a newer version of this program (format {}, this one reads {FORMAT})",
            loaded.format
        );
        let mut state = self.state();
        let clock = std::mem::take(&mut state.clock);
        *state = loaded.state;
        state.clock = clock;
        if let Some(saved) = loaded.clock {
            state.clock.restore(saved);
        }
        self.introduce(&mut state);
        Ok(())
    }

    /// What is at a path of the dumped state.
    pub(crate) fn inspect(&self, path: &[&str]) -> Option<Value> {
        let mut state = serde_json::to_value(&*self.state()).ok()?;
        let steps = path.iter().filter(|step| !step.is_empty());
        let pointer: String = steps.map(|step| format!("/{}", step.replace('~', "~0"))).collect();
        state.pointer_mut(&pointer).map(Value::take)
    }

    /// Everything is forgotten, apart from the time.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        let clock = state.clock.clone();
        *state = State::new(clock);
        self.introduce(&mut state);
        drop(state);
        self.traffic.clear();
        if let Some(limits) = &self.limits {
            limits.clear();
        }
    }

    /// The past is over: from now on time runs again.
    #[cfg(feature = "sqlite")]
    pub(crate) fn replayed(&self) {
        let mut state = self.state();
        let last = state.clock.now();
        state.clock.unpin();
        state.clock.reach(last);
    }
}
