//! Who waits for which place: the reservations of all limits together.

use super::window::{Window, steps};
use super::{Observation, Quota};
use std::collections::{BTreeMap, HashMap};
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

/// Beyond this many windows, those that nothing is known in are dropped.
const MANY: usize = 1024;

/// How late a place may be used. What is used later is of a call that was not polled for long, and other
/// requests have been counted since.
const FRESH: Duration = Duration::from_secs(1);

/// Who waits longer than this looks after half of the time whether its place has moved.
const NEAR: Duration = Duration::from_secs(2);

/// How many of those behind a place are told that it is free. One that is polled tells all others; a few are
/// told, for one may never be polled again.
const TOLD: usize = 8;

/// With more waiting calls than this, places that become free are given out after a [`REST`] for each of them.
/// Otherwise each of thousands that give up one after the other would move thousands.
const CROWD: usize = 100;

/// For each waiting call of a crowd, the time between two moves of them all.
const REST: Duration = Duration::from_micros(20);

/// The windows, and the calls that wait for a place in them.
///
/// A call takes its place at once, for the first time at which all its windows have room: one that waits
/// for a narrow window (two changes a minute to one user) holds up nobody in the wide ones. A time passes
/// whether or not its call is polled, so that a forgotten call holds up nobody either.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    names: HashMap<String, usize>,
    windows: Vec<Entry>,
    /// Entries that no name has.
    unused: Vec<usize>,
    /// First come, first served.
    waiting: BTreeMap<u64, Waiter>,
    next: u64,
    stale: Stale,
    /// When those who wait were given their places again.
    refreshed: Option<Instant>,
    /// The number of windows at which idle ones are looked for.
    sweep_at: usize,
}

/// Whether those who wait are not at the first places that are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stale {
    #[default]
    Not,
    /// Places have become free, so that those behind can move up.
    Free,
    /// A response has changed a window, so that some may have to wait longer.
    Changed,
}

#[derive(Debug)]
struct Entry {
    window: Window,
    /// How many calls wait for it.
    waiters: usize,
}

#[derive(Debug)]
struct Waiter {
    windows: Box<[usize]>,
    /// The time of its place.
    at: Instant,
    /// When it will look at the latest; not after its time.
    alarm: Instant,
    waker: Option<Waker>,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// It may send. Its place has this time.
    Granted(Instant),
    /// It has this number, and should look again at this time.
    Pending(u64, Instant),
}

/// Those to wake once the schedule is unlocked: a waker runs code of others.
pub(super) type Wakers = Vec<Waker>;

impl Schedule {
    /// Takes a place for a call.
    pub(super) fn enter(&mut self, quotas: &[Quota], now: Instant, wakers: &mut Wakers) -> Permit {
        // Before any window of this call is looked up: one of them can be idle.
        if self.names.len() >= self.sweep_at.max(MANY) {
            self.forget_idle(now);
            self.sweep_at = self.names.len() * 2;
        }
        let counted = quotas.iter().filter(|quota| Window::counts(quota.limit));
        let windows = counted.map(|quota| self.window(quota)).collect();
        self.reserve(windows, now, wakers)
    }

    fn reserve(&mut self, windows: Box<[usize]>, now: Instant, wakers: &mut Wakers) -> Permit {
        if self.rests_until(now).is_none() {
            self.refresh(now, wakers);
        }
        windows.iter().for_each(|window| self.windows[*window].window.forget(now));
        let at = place(&mut self.windows, &windows, now);
        if at <= now {
            return Permit::Granted(at);
        }
        let alarm = alarm(now, at);
        windows.iter().for_each(|window| self.windows[*window].waiters += 1);
        self.next += 1;
        self.waiting.insert(self.next, Waiter { windows, at, alarm, waker: None });
        Permit::Pending(self.next, alarm)
    }

    /// Looks whether the time of a call has come.
    pub(super) fn look(&mut self, id: u64, waker: &Waker, now: Instant, wakers: &mut Wakers) -> Permit {
        let rest = self.rests_until(now);
        // One that looks although it was not told to is about to give up, mostly.
        if rest.is_none() && self.waiting.get(&id).is_some_and(|waiter| waiter.is_expected(now)) {
            self.refresh(now, wakers);
        }
        let Some(waiter) = self.waiting.get_mut(&id) else { return Permit::Granted(now) };
        if waiter.at > now {
            if waiter.is_expected(now) {
                let alarm = alarm(now, waiter.at);
                waiter.alarm = rest.map_or(alarm, |rest| rest.min(alarm));
            }
            // What it replaces is dropped outside of the lock, too.
            wakers.extend(waiter.waker.replace(waker.clone()).filter(|old| !old.will_wake(waker)));
            return Permit::Pending(id, waiter.alarm);
        }
        let is_fresh = now - waiter.at < FRESH;
        let Some(waiter) = self.withdraw(id) else { return Permit::Granted(now) };
        if is_fresh {
            return self.depart(id, waiter, waker, now);
        }
        self.give_back(&waiter);
        match self.reserve(waiter.windows, now, wakers) {
            Permit::Granted(at) => Permit::Granted(at),
            Permit::Pending(id, alarm) => {
                if let Some(waiter) = self.waiting.get_mut(&id) {
                    waiter.waker = Some(waker.clone());
                }
                Permit::Pending(id, alarm)
            }
        }
    }

    /// Lets a call send whose time has come. It is always a little later than that, and much later on a busy machine,
    /// and the service counts from when a request comes: so its place moves to now. If those before it were late as
    /// well, they are still counted, and it waits for them.
    fn depart(&mut self, id: u64, mut waiter: Waiter, waker: &Waker, now: Instant) -> Permit {
        self.give_back(&waiter);
        let windows = &mut self.windows;
        let free = waiter.windows.iter().map(|window| windows[*window].window.has_room_from(now));
        let at = free.max().unwrap_or(now);
        waiter.windows.iter().for_each(|window| windows[*window].window.take(at));
        if at <= now {
            return Permit::Granted(at);
        }
        waiter.windows.iter().for_each(|window| windows[*window].waiters += 1);
        (waiter.at, waiter.alarm, waiter.waker) = (at, at, Some(waker.clone()));
        self.waiting.insert(id, waiter);
        Permit::Pending(id, at)
    }

    /// Gives back the place of a call that gave up.
    pub(super) fn leave(&mut self, id: u64, wakers: &mut Wakers) {
        let Some(waiter) = self.withdraw(id) else { return };
        self.give_back(&waiter);
        self.moves(Stale::Free, id, wakers);
    }

    /// Gives back the place of a request that was not sent although it might have been.
    pub(super) fn return_place(&mut self, quotas: &[Quota], place: Instant, wakers: &mut Wakers) {
        for quota in quotas.iter().filter(|quota| Window::counts(quota.limit)) {
            let window = self.window(quota);
            self.windows[window].window.give_back(place);
        }
        self.moves(Stale::Free, 0, wakers);
    }

    fn give_back(&mut self, waiter: &Waiter) {
        for window in &waiter.windows {
            self.windows[*window].window.give_back(waiter.at);
        }
    }

    /// Takes note of what the response to the request of a place says of a quota.
    pub(super) fn observe(
        &mut self,
        quota: &Quota,
        seen: &Observation,
        place: Option<Instant>,
        now: Instant,
        wakers: &mut Wakers,
    ) {
        if Window::counts(quota.limit) {
            let window = self.window(quota);
            if self.windows[window].window.observe(seen, place, now) {
                self.moves(Stale::Changed, 0, wakers);
            }
        }
    }

    /// Notes that places may move, and tells the first ones behind this number.
    fn moves(&mut self, why: Stale, id: u64, wakers: &mut Wakers) {
        self.stale = self.stale.max(why);
        wakers.extend(self.waiting.range_mut(id..).take(TOLD).filter_map(|(_, waiter)| waiter.waker.take()));
    }

    /// Until when those who could move up stay where they are, because they are many and have just been moved.
    /// What a response changes never waits.
    fn rests_until(&self, now: Instant) -> Option<Instant> {
        let crowd = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        let until = self.refreshed?.checked_add(REST.saturating_mul(crowd))?;
        (self.stale == Stale::Free && self.waiting.len() > CROWD && now < until).then_some(until)
    }

    /// Gives all who wait the first places again, in the order in which they came. Nobody whose time has come
    /// is moved.
    fn refresh(&mut self, now: Instant, wakers: &mut Wakers) {
        if std::mem::take(&mut self.stale) == Stale::Not {
            return;
        }
        self.refreshed = Some(now);
        let windows = &mut self.windows;
        for waiter in self.waiting.values().filter(|waiter| waiter.at > now) {
            waiter.windows.iter().for_each(|window| windows[*window].window.give_back_all(now));
        }
        // Those of the same windows come one after the other, so that nothing before the last place is free.
        let mut last = HashMap::<&[usize], Instant>::new();
        for waiter in self.waiting.values_mut().filter(|waiter| waiter.at > now) {
            steps::count();
            let last = last.entry(&waiter.windows).or_insert(now);
            *last = place(windows, &waiter.windows, *last);
            waiter.at = *last;
            if waiter.at < waiter.alarm {
                wakers.extend(waiter.waker.take());
            }
        }
    }

    fn withdraw(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.waiting.remove(&id)?;
        waiter.windows.iter().for_each(|window| self.windows[*window].waiters -= 1);
        Some(waiter)
    }

    /// The window of a quota.
    fn window(&mut self, quota: &Quota) -> usize {
        if let Some(index) = self.names.get(&quota.key) {
            return *index;
        }
        let entry = Entry { window: Window::new(quota.limit), waiters: 0 };
        let index = match self.unused.pop() {
            Some(index) => {
                self.windows[index] = entry;
                index
            }
            None => {
                self.windows.push(entry);
                self.windows.len() - 1
            }
        };
        self.names.insert(quota.key.clone(), index);
        index
    }

    fn forget_idle(&mut self, now: Instant) {
        let Self { names, windows, unused, .. } = self;
        names.retain(|_, index| {
            let entry = &mut windows[*index];
            let is_kept = entry.waiters > 0 || !entry.window.is_idle(now);
            unused.extend((!is_kept).then_some(*index));
            is_kept
        });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// What one more waiting call takes, in bytes, without its place.
    #[cfg(test)]
    pub(super) const WAITER: usize = size_of::<(u64, Waiter)>() + size_of::<[usize; 4]>();
}

impl Waiter {
    /// Whether it looks because it was told to, or because it is time to.
    fn is_expected(&self, now: Instant) -> bool {
        self.waker.is_none() || self.alarm <= now
    }
}

/// Takes the first place from this time on that all these windows have free.
fn place(windows: &mut [Entry], of: &[usize], from: Instant) -> Instant {
    let mut at = from;
    loop {
        let free = of.iter().fold(at, |at, window| windows[*window].window.free_from(at));
        if free == at {
            break;
        }
        at = free;
    }
    of.iter().for_each(|window| windows[*window].window.take(at));
    at
}

/// When to look again.
fn alarm(now: Instant, at: Instant) -> Instant {
    let wait = at.saturating_duration_since(now);
    if wait > NEAR { now + wait / 2 } else { at }
}
