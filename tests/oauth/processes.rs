//! One authorization, several processes: real ones, against the emulator's authorization server, which ends a
//! session when a refresh token is used twice. `OPENCLOUD_ROUNDS=200` runs more rounds.

use opencloud::Client;
use opencloud::oauth::{App, FileTokenStore, TokenProvider, TokenSet, TokenStore};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

/// What makes this binary a process of the test, and not the test.
const PLAN: &str = "OPENCLOUD_TEST_PROCESS";

/// How many run at a time.
const PROCESSES: usize = 4;

/// The emulator's own time at the beginning; it stands still but for what the test passes.
const START: i64 = 1_700_000_000;

/// Longer than an access token lasts.
const STEP: i64 = 900;

fn rounds(default: usize) -> usize {
    std::env::var("OPENCLOUD_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn app(url: &str, now: i64) -> App {
    let now = jiff::Timestamp::from_second(now).expect("a time");
    App::builder("1000000000000000001")
        .client_secret("local-client-secret")
        .redirect_uri("https://example.com/callback")
        .client(Client::builder().base_url(url))
        .issuer(format!("{url}/oauth/"))
        .clock(move || now)
        .build()
        .expect("an app")
}

/// Not a test of its own: what a process of the tests below does. It says `@ready`, waits for a line, asks for
/// tokens, and tells what came of it.
#[test]
fn process() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let plan: Value = serde_json::from_str(&plan).expect("a plan");
    let text = |name: &str| plan[name].as_str().expect("a text");
    let provider = TokenProvider::new(
        app(text("url"), plan["now"].as_i64().expect("a time")),
        FileTokenStore::new(text("path")),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("\n@ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    match runtime.block_on(provider.tokens()) {
        Ok(tokens) => println!("\n@token {}", tokens.access_token()),
        Err(error) if error.is_authorization_required() => println!("\n@login {error}"),
        Err(error) => println!("\n@error {error}"),
    }
}

/// A process that is there and waits.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Token(String),
    /// The user must log in again.
    Login,
    Killed,
}

impl Process {
    fn start(url: &str, path: &Path, now: i64) -> Self {
        let plan = json!({ "url": url, "path": path, "now": now }).to_string();
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "processes::process", "--nocapture"])
            .env(PLAN, plan)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let input = child.stdin.take().expect("an input");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        let mut process = Self { child, input, output };
        assert_eq!(process.line().as_deref(), Some("@ready"));
        process
    }

    /// What it says next; nothing if it was killed before.
    fn line(&mut self) -> Option<String> {
        let lines = (&mut self.output).lines().map_while(Result::ok);
        lines.map(|line| line.trim().to_owned()).find(|line| line.starts_with('@'))
    }

    fn go(&mut self) {
        self.input.write_all(b"go\n").and_then(|()| self.input.flush()).expect("it waits");
    }

    fn outcome(mut self) -> Outcome {
        let line = self.line();
        self.child.wait().expect("an end");
        match line.as_deref().map(|line| line.split_once(' ').unwrap_or((line, ""))) {
            Some(("@token", token)) => Outcome::Token(token.to_owned()),
            Some(("@login", _)) => Outcome::Login,
            Some(other) => panic!("{other:?}"),
            None => Outcome::Killed,
        }
    }
}

/// How the processes of a round begin and end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Course {
    /// All at the same moment.
    Together,
    /// Up to 20 ms apart.
    Staggered,
    /// Together; one of them, or two, are killed in the middle.
    Killed,
}

/// What came of all rounds.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    lost: usize,
    /// A process was killed between the server's rotation and its own saving.
    unrecoverable: usize,
    false_logins: usize,
}

struct Session {
    emulator: Emulator,
    runtime: tokio::runtime::Handle,
    path: PathBuf,
    now: i64,
}

impl Session {
    /// A new authorization, as after a login.
    fn log_in(&self) {
        let client = Client::builder().base_url(self.emulator.base_url()).api_key("any-key");
        let wanted = json!({ "user": 1001, "scopes": ["openid"] });
        let ends = jiff::Timestamp::from_second(self.now + STEP - 1).expect("a time");
        self.runtime.block_on(async {
            let client = client.build().expect("a client");
            let given = client
                .request(http::Method::POST, "/__emulator/oauth/tokens")
                .json(&wanted)
                .await
                .expect("tokens");
            let text = |name: &str| given[name].as_str().expect("a token").to_owned();
            let tokens = TokenSet::new(text("access_token"), ends)
                .and_then(|tokens| tokens.with_refresh_token(text("refresh_token")))
                .expect("tokens");
            FileTokenStore::new(&self.path).save(&tokens).await.expect("saved");
        });
    }

    fn stored(&self) -> TokenSet {
        let store = FileTokenStore::new(&self.path);
        self.runtime.block_on(store.load()).expect("a whole file").expect("tokens")
    }

    /// Whether the server has given something else for the stored refresh token.
    fn is_used_up(&self) -> bool {
        let refresh_token = self.stored().refresh_token().expect("a refresh token").to_owned();
        let dump = self.emulator.state().dump();
        let token = find(&dump, &refresh_token).expect("the emulator knows it");
        token["used"].as_bool().expect("a flag")
    }

    fn pass(&mut self) {
        self.now += STEP;
        self.emulator.advance(Duration::from_secs(STEP.unsigned_abs()));
    }

    /// The processes that were not killed have the tokens that are stored, or the session was beyond rescue.
    fn round(&mut self, course: Course, tally: &mut Tally) {
        self.pass();
        let url = self.emulator.base_url().to_owned();
        let mut processes: Vec<Process> =
            (0..PROCESSES).map(|_| Process::start(&url, &self.path, self.now)).collect();
        for process in &mut processes {
            process.go();
            if course == Course::Staggered {
                std::thread::sleep(Duration::from_millis(fastrand::u64(..20) / PROCESSES as u64));
            }
        }
        if course == Course::Killed {
            for process in processes.iter_mut().take(fastrand::usize(1..3)) {
                std::thread::sleep(Duration::from_millis(fastrand::u64(..25)));
                process.child.kill().expect("killed, or over already");
            }
        }
        let outcomes: Vec<Outcome> = processes.into_iter().map(Process::outcome).collect();
        let is_killed = course == Course::Killed;
        assert!(is_killed || !outcomes.contains(&Outcome::Killed), "{outcomes:?}");
        if self.is_used_up() {
            // Nobody has what the server gave last.
            *(if is_killed { &mut tally.unrecoverable } else { &mut tally.lost }) += 1;
            self.log_in();
            return;
        }
        let stored = self.stored().access_token().to_owned();
        for outcome in outcomes {
            match outcome {
                Outcome::Token(token) => assert_eq!(token, stored, "one that is not stored"),
                Outcome::Login => tally.false_logins += 1,
                Outcome::Killed => {}
            }
        }
    }
}

/// The value of this key, however deep.
fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        // The list of all tokens has them as well, by the number of their session.
        Value::Object(map) => map
            .get(key)
            .filter(|found| found.is_object())
            .or_else(|| map.values().find_map(|inner| find(inner, key))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

async fn run(course: Course, rounds: usize) -> Tally {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(START.unsigned_abs());
    let emulator = Emulator::builder().frozen_at(start).start().await.expect("an emulator");
    // So that there is a middle in which to be killed.
    emulator.fault("*=latency:5ms").expect("a fault");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let mut session = Session { emulator, runtime: tokio::runtime::Handle::current(), path, now: START };
    let work = move || {
        session.log_in();
        let mut tally = Tally::default();
        for _ in 0..rounds {
            session.round(course, &mut tally);
        }
        tally
    };
    let tally = tokio::task::spawn_blocking(work).await.expect("all rounds");
    drop(folder);
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_renew_at_the_same_moment_keep_the_session() {
    assert_eq!(run(Course::Together, rounds(8)).await, Tally::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_renew_one_shortly_after_the_other_keep_the_session() {
    assert_eq!(run(Course::Staggered, rounds(8)).await, Tally::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_loses_no_session_but_what_it_alone_had() {
    let rounds = rounds(8);
    let tally = run(Course::Killed, rounds).await;
    println!("{rounds} rounds with kills: unrecoverable {}", tally.unrecoverable);
    assert_eq!((tally.lost, tally.false_logins), (0, 0));
    assert!(tally.unrecoverable <= rounds, "{tally:?}");
}
