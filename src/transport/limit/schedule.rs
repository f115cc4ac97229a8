//! Who waits for which place: the reservations of all limits together.

use super::quota::{Counter, Observation};
use super::window::{Window, steps};
use smallvec::SmallVec;
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
    names: HashMap<Box<str>, u32>,
    windows: Vec<Entry>,
    /// Entries that no name has.
    unused: Vec<u32>,
    /// The name that is looked up, so that no lookup allocates.
    name: String,
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
    /// How many windows have stood here before.
    generation: u32,
}

/// What a request has taken, or will, of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    window: u32,
    /// A window that was idle may have made room for another.
    generation: u32,
    units: u32,
}

/// What a request has taken of each of its limits, in their order. Most requests have one or two.
pub(super) type Claims = SmallVec<[Claim; 2]>;

impl Claim {
    /// Of a limit that is not counted.
    const NONE: Self = Self { window: u32::MAX, generation: 0, units: 0 };

    fn units(self) -> usize {
        self.units as usize
    }
}

#[derive(Debug)]
struct Waiter {
    claims: Claims,
    /// The time of its place.
    at: Instant,
    /// When it will look at the latest; not after its time.
    alarm: Instant,
    waker: Option<Waker>,
}

/// Where a call stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// It may send. Its place has this time.
    Granted(Place),
    /// It has this number, and should look again at this time.
    Pending(u64, Instant),
}

/// The place of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    at: Instant,
    claims: Claims,
}

impl Place {
    pub(super) fn is_counted(&self) -> bool {
        !self.claims.is_empty()
    }

    #[cfg(test)]
    pub(super) fn at(&self) -> Instant {
        self.at
    }
}

/// Those to wake once the schedule is unlocked: a waker runs code of others.
pub(super) type Wakers = Vec<Waker>;

impl Schedule {
    /// Takes a place for a call.
    pub(super) fn enter(
        &mut self,
        limits: impl Iterator<Item = impl Counter>,
        now: Instant,
        wakers: &mut Wakers,
    ) -> Permit {
        // Before any window of this call is looked up: one of them can be idle.
        if self.names.len() >= self.sweep_at.max(MANY) {
            self.forget_idle(now);
            self.sweep_at = self.names.len() * 2;
        }
        let mut claims = Claims::new();
        limits.for_each(|limit| claims.push(self.claim(&limit, wakers)));
        self.reserve(claims, now, wakers)
    }

    fn reserve(&mut self, claims: Claims, now: Instant, wakers: &mut Wakers) -> Permit {
        if self.stale != Stale::Not && self.rests_until(now).is_none() {
            self.refresh(now, wakers);
        }
        each(&mut self.windows, &claims, |entry, _| entry.window.forget(now));
        let at = place(&mut self.windows, &claims, now);
        if at <= now {
            return Permit::Granted(Place { at, claims });
        }
        let alarm = alarm(now, at);
        self.next += 1;
        self.wait(self.next, Waiter { claims, at, alarm, waker: None });
        Permit::Pending(self.next, alarm)
    }

    fn wait(&mut self, id: u64, waiter: Waiter) {
        each(&mut self.windows, &waiter.claims, |entry, _| entry.waiters += 1);
        self.waiting.insert(id, waiter);
    }

    /// Looks whether the time of a call has come.
    pub(super) fn look(&mut self, id: u64, waker: &Waker, now: Instant, wakers: &mut Wakers) -> Permit {
        let rest = self.rests_until(now);
        // One that looks although it was not told to is about to give up, mostly.
        if rest.is_none() && self.waiting.get(&id).is_some_and(|waiter| waiter.is_expected(now)) {
            self.refresh(now, wakers);
        }
        let Some(waiter) = self.waiting.get_mut(&id) else { return uncounted(now) };
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
        let Some(waiter) = self.withdraw(id) else { return uncounted(now) };
        if is_fresh {
            return self.depart(id, waiter, waker, now);
        }
        self.give_back(waiter.at, &waiter.claims);
        let permit = self.reserve(waiter.claims, now, wakers);
        if let Permit::Pending(id, _) = permit
            && let Some(waiter) = self.waiting.get_mut(&id)
        {
            waiter.waker = Some(waker.clone());
        }
        permit
    }

    /// Lets a call send whose time has come. It is always a little later than that, and much later on a busy machine,
    /// and the service counts from when a request comes: so its place moves to now. If those before it were late as
    /// well, they are still counted, and it waits for them.
    fn depart(&mut self, id: u64, mut waiter: Waiter, waker: &Waker, now: Instant) -> Permit {
        self.give_back(waiter.at, &waiter.claims);
        let mut at = now;
        each(&mut self.windows, &waiter.claims, |entry, units| {
            at = at.max(entry.window.has_room_from(now, units));
        });
        take(&mut self.windows, &waiter.claims, at);
        if at <= now {
            return Permit::Granted(Place { at, claims: waiter.claims });
        }
        (waiter.at, waiter.alarm, waiter.waker) = (at, at, Some(waker.clone()));
        self.wait(id, waiter);
        Permit::Pending(id, at)
    }

    /// Gives back the place of a call that gave up.
    pub(super) fn leave(&mut self, id: u64, wakers: &mut Wakers) {
        let Some(waiter) = self.withdraw(id) else { return };
        self.give_back(waiter.at, &waiter.claims);
        self.moves(Stale::Free, id, wakers);
    }

    /// Gives back the place of a request that was not sent although it might have been.
    pub(super) fn return_place(&mut self, place: &Place, wakers: &mut Wakers) {
        self.give_back(place.at, &place.claims);
        self.moves(Stale::Free, 0, wakers);
    }

    fn give_back(&mut self, at: Instant, claims: &[Claim]) {
        each(&mut self.windows, claims, |entry, units| {
            entry.window.give_back(at, units);
        });
    }

    /// Takes note of what the response to the request of a place says of each of its limits.
    pub(super) fn observe(&mut self, place: &Place, seen: &[Observation], now: Instant, wakers: &mut Wakers) {
        let mut moves = false;
        for (claim, seen) in place.claims.iter().zip(seen) {
            if let Some(entry) = entry(&mut self.windows, *claim)
                && *seen != Observation::default()
            {
                moves |= entry.window.observe(seen, (place.at, claim.units()), now);
            }
        }
        if moves {
            self.moves(Stale::Changed, 0, wakers);
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
            each(windows, &waiter.claims, |entry, _| entry.window.give_back_all(now));
        }
        // Those of the same windows come one after the other, so that nothing before the last place is free.
        let mut last = HashMap::<&[Claim], Instant>::new();
        for waiter in self.waiting.values_mut().filter(|waiter| waiter.at > now) {
            steps::count();
            let last = last.entry(&waiter.claims).or_insert(now);
            *last = place(windows, &waiter.claims, *last);
            waiter.at = *last;
            if waiter.at < waiter.alarm {
                wakers.extend(waiter.waker.take());
            }
        }
    }

    fn withdraw(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.waiting.remove(&id)?;
        each(&mut self.windows, &waiter.claims, |entry, _| entry.waiters -= 1);
        Some(waiter)
    }

    /// What a request takes of the window of a limit.
    fn claim(&mut self, counter: &impl Counter, wakers: &mut Wakers) -> Claim {
        let limit = counter.limit();
        if !Window::counts(limit) {
            return Claim::NONE;
        }
        self.name.clear();
        counter.write_key(&mut self.name);
        let window = match self.names.get(self.name.as_str()) {
            Some(window) => *window,
            None => self.add(Window::new(limit)),
        };
        let entry = &mut self.windows[window as usize];
        let claim =
            Claim { window, generation: entry.generation, units: units(counter.cost().min(limit.requests)) };
        if entry.window.declare(limit) {
            self.moves(Stale::Changed, 0, wakers);
        }
        claim
    }

    /// Adds a window under the name that was looked up.
    fn add(&mut self, window: Window) -> u32 {
        let index = match self.unused.pop() {
            Some(index) => {
                self.windows[index as usize].window = window;
                index
            }
            None => {
                self.windows.push(Entry { window, waiters: 0, generation: 0 });
                units(self.windows.len() as u64 - 1)
            }
        };
        self.names.insert(self.name.as_str().into(), index);
        index
    }

    fn forget_idle(&mut self, now: Instant) {
        let Self { names, windows, unused, .. } = self;
        names.retain(|_, index| {
            let entry = &mut windows[*index as usize];
            let is_kept = entry.waiters > 0 || !entry.window.is_idle(now);
            if !is_kept {
                entry.generation = entry.generation.wrapping_add(1);
                unused.push(*index);
            }
            is_kept
        });
    }

    /// The place of a request of this time; without one, of a request that has taken none.
    #[cfg(test)]
    pub(super) fn place_of(&mut self, counter: &impl Counter, at: Option<Instant>) -> Place {
        let claim = self.claim(counter, &mut Wakers::new());
        let claim = Claim { units: u32::from(at.is_some()), ..claim };
        Place { at: at.unwrap_or_else(Instant::now), claims: [claim].into_iter().collect() }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// What one more waiting call takes, in bytes, without its place.
    #[cfg(test)]
    pub(super) const WAITER: usize = size_of::<(u64, Waiter)>() + size_of::<[Claim; 4]>();
}

impl Waiter {
    /// Whether it looks because it was told to, or because it is time to.
    fn is_expected(&self, now: Instant) -> bool {
        self.waker.is_none() || self.alarm <= now
    }
}

/// What is taken of no window.
fn uncounted(now: Instant) -> Permit {
    Permit::Granted(Place { at: now, claims: Claims::new() })
}

/// The window of a claim, if there is one and it is still there.
fn entry(windows: &mut [Entry], claim: Claim) -> Option<&mut Entry> {
    windows.get_mut(claim.window as usize).filter(|entry| entry.generation == claim.generation)
}

/// Does this with the window of each claim, and the number of places that it takes.
fn each(windows: &mut [Entry], claims: &[Claim], mut act: impl FnMut(&mut Entry, usize)) {
    for claim in claims {
        if let Some(entry) = entry(windows, *claim) {
            act(entry, claim.units());
        }
    }
}

/// Takes the first place from this time on that all these windows have free.
fn place(windows: &mut [Entry], claims: &[Claim], from: Instant) -> Instant {
    let mut at = from;
    loop {
        let mut free = at;
        each(windows, claims, |entry, units| free = entry.window.free_from(free, units));
        if free == at {
            break;
        }
        at = free;
    }
    take(windows, claims, at);
    at
}

fn take(windows: &mut [Entry], claims: &[Claim], at: Instant) {
    each(windows, claims, |entry, units| entry.window.take(at, units));
}

fn units(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// When to look again.
fn alarm(now: Instant, at: Instant) -> Instant {
    let wait = at.saturating_duration_since(now);
    if wait > NEAR { now + wait / 2 } else { at }
}
