//! The slots of the places: who may start a script where, and from when on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The slots that nobody holds.
#[derive(Debug)]
pub(super) struct Slots {
    free: Mutex<Vec<Slot>>,
    lag: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    place: usize,
    usable_from: Instant,
}

impl Slots {
    pub(super) fn new(places: usize, per_place: usize, lag: Duration) -> Arc<Self> {
        let usable_from = Instant::now();
        let free = (0..places).flat_map(|place| vec![Slot { place, usable_from }; per_place]).collect();
        Arc::new(Self { free: Mutex::new(free), lag })
    }

    /// The slot that is usable first; of several, one of the place that has most of them.
    pub(super) fn take(self: &Arc<Self>) -> Option<Held> {
        let mut free = self.free();
        let now = Instant::now();
        let at = |slot: &Slot| slot.usable_from.max(now);
        let first = free.iter().map(at).min()?;
        let count =
            |place: usize| free.iter().filter(|slot| slot.place == place && at(slot) == first).count();
        let best = (0..free.len()).filter(|index| at(&free[*index]) == first);
        let best = best.max_by_key(|index| count(free[*index].place))?;
        let slot = free.swap_remove(best);
        Some(self.held(slot))
    }

    /// A slot of this place, whenever it was usable: for a task that runs there already.
    pub(super) fn take_of(self: &Arc<Self>, place: usize) -> Option<Held> {
        let mut free = self.free();
        let index = free.iter().position(|slot| slot.place == place)?;
        let slot = free.swap_remove(index);
        Some(self.held(slot))
    }

    fn held(self: &Arc<Self>, slot: Slot) -> Held {
        Held { slots: Arc::clone(self), slot, lag: self.lag }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot that somebody holds. Dropped, it is usable again after the lag of slots.
#[derive(Debug)]
pub(super) struct Held {
    slots: Arc<Slots>,
    slot: Slot,
    lag: Duration,
}

impl Held {
    pub(super) fn place(&self) -> usize {
        self.slot.place
    }

    /// How long it is still too early to use it.
    pub(super) fn wait(&self) -> Duration {
        self.slot.usable_from.saturating_duration_since(Instant::now())
    }

    /// Gives it back, to be used again after this time.
    pub(super) fn release_after(mut self, lag: Duration) {
        self.lag = lag;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let usable_from = Instant::now() + self.lag;
        self.slots.free().push(Slot { usable_from, ..self.slot });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn places_take_turns_and_a_slot_rests_after_its_task() {
        let slots = Slots::new(2, 2, Duration::from_secs(10));
        let held: Vec<Held> = (0..4).filter_map(|_| slots.take()).collect();
        let places: Vec<usize> = held.iter().map(Held::place).collect();
        assert_ne!(places[0], places[1], "{places:?}");
        assert_eq!(places.iter().sum::<usize>(), 2);
        assert!(slots.take().is_none());
        let mut held = held.into_iter();
        drop(held.next());
        tokio::time::advance(Duration::from_secs(4)).await;
        held.next().expect("a slot").release_after(Duration::from_secs(1));
        let next = slots.take().expect("a slot");
        assert_eq!(next.wait().as_secs(), 1);
        assert_eq!(slots.take().expect("the other").wait().as_secs(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_runs_already_holds_a_slot_of_its_place() {
        let slots = Slots::new(2, 1, Duration::ZERO);
        let held = slots.take_of(1).expect("a slot");
        assert_eq!(held.place(), 1);
        assert!(slots.take_of(1).is_none());
        assert_eq!(slots.take().expect("a slot").place(), 0);
    }
}
