//! Tries the inputs of one target, in the process of that target.

use crate::{ALLOCATOR, Target, support};
use md5::{Digest, Md5};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One input takes a few milliseconds; what takes this long does not end.
const LONGEST_CASE: Duration = Duration::from_secs(120);
/// After this number of different findings a target ends.
const MOST_FINDINGS: usize = 20;
/// One input in this number must be accepted by what reads it.
const MOST_REFUSED: u32 = 100;
/// So often an input that has found something is tried smaller.
const MOST_SHRINKS: u32 = 400;

/// When a target has tried enough.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Cases(u32),
    Time(Duration),
}

/// An input of which something does not hold.
#[derive(Debug)]
pub(crate) struct Finding {
    /// None if it is about all of them.
    pub(crate) input: Option<Vec<u8>>,
    pub(crate) message: String,
}

thread_local! {
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Tries the corpus, then inputs that are made, up to the limit; returns one finding of each kind.
pub(crate) fn run(target: &Target, limit: Limit, seed: u64, current: &Path) -> Vec<Finding> {
    std::panic::set_hook(Box::new(|panic| PANICKED.set(Some(panic.to_string()))));
    let trial = Trial { target, current, since: Arc::default() };
    trial.watch();
    let began = Instant::now();
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (path, input) in corpus(target.name) {
        if let Err(message) = trial.check(&input) {
            known.insert(kind(&message));
            found.push(Finding { input: Some(input), message: format!("{}: {message}", path.display()) });
        }
    }
    let strategy = (target.inputs)();
    let mut runner = TestRunner::new_with_rng(Config::default(), random(seed, target.name));
    let (mut cases, mut accepted) = (0, 0);
    let goes_on = |cases| match limit {
        Limit::Cases(most) => cases < most,
        Limit::Time(time) => began.elapsed() < time,
    };
    while goes_on(cases) && found.len() < MOST_FINDINGS {
        cases += 1;
        let Ok(mut tree) = strategy.new_tree(&mut runner) else { continue };
        let input = tree.current();
        let outcome = trial.check(&input);
        accepted += u32::from(support::take_accepted());
        let Err(message) = outcome else { continue };
        if known.insert(kind(&message)) {
            found.push(trial.shrink(&mut tree, input, message));
        }
    }
    let took = began.elapsed().as_secs_f64();
    println!("{}: {cases} inputs in {took:.1} s, {accepted} accepted, {} findings", target.name, found.len());
    if accepted < cases / MOST_REFUSED {
        let message = format!("inputs are accepted: {accepted} of {cases}");
        found.push(Finding { input: None, message });
    }
    found
}

struct Trial<'a> {
    target: &'a Target,
    current: &'a Path,
    /// When the present input was begun.
    since: Arc<Mutex<Option<Instant>>>,
}

impl Trial<'_> {
    /// Ends the process if an input takes too long: it cannot be interrupted in another way.
    fn watch(&self) {
        let since = Arc::clone(&self.since);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let began = *since.lock().unwrap_or_else(PoisonError::into_inner);
                if began.is_some_and(|began| began.elapsed() > LONGEST_CASE) {
                    println!("an input takes more than {} s", LONGEST_CASE.as_secs());
                    std::process::exit(3);
                }
            }
        });
    }

    fn check(&self, input: &[u8]) -> Result<(), String> {
        // Whatever ends the process, the input is there.
        std::fs::write(self.current, input)
            .map_err(|error| format!("the input could not be kept: {error}"))?;
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let bound = ALLOCATOR.allocated().saturating_add(self.target.memory);
        let _ = ALLOCATOR.set_limit(bound);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.check)(input)));
        let _ = ALLOCATOR.set_limit(usize::MAX);
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        outcome.unwrap_or_else(|_| Err(PANICKED.take().unwrap_or_else(|| "a panic".to_owned())))
    }

    /// The smallest input that finds the same.
    fn shrink(&self, tree: &mut impl ValueTree<Value = Vec<u8>>, input: Vec<u8>, message: String) -> Finding {
        let looked_for = kind(&message);
        let mut smallest = (input, message);
        let mut can_go_on = tree.simplify();
        for _ in 0..MOST_SHRINKS {
            if !can_go_on {
                break;
            }
            let input = tree.current();
            can_go_on = match self.check(&input) {
                Err(message) if kind(&message) == looked_for => {
                    if input.len() <= smallest.0.len() {
                        smallest = (input, message);
                    }
                    tree.simplify()
                }
                _ => tree.complicate(),
            };
        }
        Finding { input: Some(smallest.0), message: smallest.1 }
    }
}

/// What tells findings apart: where it panicked, or which property does not hold.
fn kind(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    match message.starts_with("panicked at ") {
        true => first.to_owned(),
        false => first.split(": ").next().unwrap_or_default().to_owned(),
    }
}

/// The same numbers for the same seed and target.
fn random(seed: u64, name: &str) -> TestRng {
    let half: [u8; 16] = Md5::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize().into();
    TestRng::from_seed(RngAlgorithm::ChaCha, &[half, half].concat())
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

/// The inputs that have found something, by name.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(name)).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.filter_map(|entry| Some((entry.path(), std::fs::read(entry.path()).ok()?))).collect();
    files.sort();
    files
}

/// Adds an input to the corpus, and says where it is.
pub(crate) fn keep(name: &str, input: &[u8]) -> String {
    let hash: String = Md5::digest(input).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = folder(name).join(hash);
    let written = std::fs::create_dir_all(folder(name)).and_then(|()| std::fs::write(&path, input));
    match written {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("nothing ({error}): {}", shown(input)),
    }
}

/// An input on one line.
pub(crate) fn shown(input: &[u8]) -> String {
    format!("b\"{}\"", input.escape_ascii())
}
