//! Several places at once: what is planned, what is refused, and what the report says.

use super::{BINARY, XML};
use crate::support::direct::Direct;
use crate::support::timed;
use opencloud::body::File;
use opencloud::places::{Deploy, DeployReport, Place, PlaceOutcome, RestartOutcome};
use opencloud::retry::{Retry, RetryBudget};
use opencloud::{Client, Error, Progress};
use opencloud_emulator::Emulator;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const UNIVERSE: u64 = 2001;
const LOBBY: u64 = 3001;
const ARENA: u64 = 3005;
/// A place of another universe.
const FOREIGN: u64 = 3002;

struct Local {
    emulator: Emulator,
    client: Client,
    folder: tempfile::TempDir,
}

impl Local {
    async fn start() -> Self {
        Self::of(Emulator::start().await.expect("an emulator"))
    }

    fn of(emulator: Emulator) -> Self {
        let retry = Retry::standard().jitter(false).initial_delay(Duration::from_millis(1)).attempts(40);
        let client = Client::builder().api_key("key").base_url(emulator.base_url()).retry(retry);
        let client = client.retry_budget(RetryBudget::unlimited()).build().expect("a client");
        Self { emulator, client, folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn file(&self, name: &str, content: &[u8]) -> File {
        std::fs::write(self.path(name), content).expect("a file");
        File::open(self.path(name)).await.expect("a file")
    }

    fn deploy(&self) -> Deploy {
        self.client.places().deploy(UNIVERSE)
    }

    /// The lobby as a binary file, and the arena as XML.
    async fn both(&self) -> Deploy {
        let deploy = self.deploy().place(LOBBY, self.file("lobby.rbxl", BINARY).await);
        deploy.place(ARENA, self.file("arena.rbxlx", XML).await)
    }

    /// How many versions with content a place has.
    fn uploads(&self, place: u64) -> usize {
        let places = self.emulator.state().get("universes/places").expect("places");
        let versions = places[place.to_string()]["versions"].as_array().cloned().unwrap_or_default();
        versions.iter().filter(|version| version["hash"].is_string()).count()
    }

    fn assert_nothing_was_sent(&self) {
        let requests = self.emulator.requests();
        let sent: Vec<_> = requests.iter().filter(|request| request.method != "GET").collect();
        assert!(sent.is_empty(), "{sent:?}");
    }

    async fn content(&self, place: u64, version: u64) -> Vec<u8> {
        let mut content = Vec::new();
        let download = self.client.assets().download(place).version(version);
        download.write_to(&mut content).await.expect("the content");
        content
    }
}

fn lines(report: &DeployReport) -> Vec<String> {
    report.to_string().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn each_place_has_a_line_and_unchanged_bytes_are_told_by_the_version() -> Result<(), Error> {
    let local = Local::start().await;
    let report = local.both().await.await?;
    assert_eq!(lines(&report), ["place 3001: published version 4", "place 3005: published version 4"]);
    assert!(report.is_complete() && report.restart.is_none());
    assert_eq!(
        (report.places[0].source.as_str(), report.places[0].bytes),
        ("lobby.rbxl", BINARY.len() as u64)
    );

    let lobby = local.file("lobby.rbxl", &[BINARY, b"!"].concat()).await;
    let report = local.deploy().place(LOBBY, lobby).place(ARENA, local.file("arena", XML).await).await?;
    assert_eq!(lines(&report), ["place 3001: published version 5", "place 3005: unchanged, version 4"]);
    assert!(report.is_complete());
    assert_eq!(report.places.iter().map(|place| place.version()).collect::<Vec<_>>(), [Some(5), Some(4)]);

    let report = local.both().await.saved().await?;
    assert_eq!(lines(&report), ["place 3001: saved version 6", "place 3005: saved version 5"]);
    Ok(())
}

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_does_nothing() -> Result<(), Error> {
    let local = Local::start().await;
    let plan = local.both().await.restart_servers(0).plan().await?;
    let text = plan.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("place 3001: publish lobby.rbxl (25 bytes, sha256 "), "{text}");
    assert!(lines[1].starts_with("place 3005: publish arena.rbxlx (") && lines[1].ends_with("at version 3"));
    assert_eq!(lines[2], "then restart the servers that run older versions");
    assert_eq!((plan.places()[0].latest_version(), plan.places()[0].bytes()), (3, 25));
    local.assert_nothing_was_sent();
    let report = local.both().await.plan().await?.run().await?;
    assert!(report.is_complete());
    Ok(())
}

#[tokio::test]
async fn a_plan_that_no_longer_holds_is_refused() -> Result<(), Error> {
    let local = Local::start().await;
    let change = |name: &str, content: &[u8]| std::fs::write(local.path(name), content).expect("a file");
    let as_long = [&BINARY[..BINARY.len() - 1], b"!"].concat();
    for content in [&as_long[..], BINARY.split_at(20).0, b""] {
        let plan = local.both().await.plan().await?;
        change("lobby.rbxl", content);
        let error = plan.run().await.expect_err("the file has changed");
        let text = error.to_string();
        assert!(error.is_usage() && text.contains("place 3001: lobby.rbxl has changed"), "{text}");
        assert!(text.contains("the plan no longer holds") && !text.contains("3005"), "{text}");
    }
    let plan = local.both().await.plan().await?;
    std::fs::remove_file(local.path("arena.rbxlx")).expect("a file");
    assert!(
        plan.run().await.expect_err("it is gone").to_string().contains("place 3005: arena.rbxlx has changed")
    );
    local.assert_nothing_was_sent();

    let plan = local.both().await.plan().await?;
    local.client.places().publish(UNIVERSE, ARENA, XML).saved().await?;
    let error = plan.run().await.expect_err("somebody else has saved");
    let text = error.to_string();
    assert!(
        error.is_usage() && text.contains("place 3005: its latest version is 4 and no longer 3"),
        "{text}"
    );
    assert_eq!(error.attempts(), 1, "the request that has told it: {text}");
    assert_eq!(local.uploads(LOBBY), 0);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place_before_anything_is_sent() -> Result<(), Error> {
    let local = Local::start().await;
    local.client.places().get(FOREIGN - 1000, FOREIGN).await?;
    let model = || File::new(BINARY).name("tree.rbxm");
    let picture = local.file("lobby.rbxl", b"\x89PNG\r\n\x1a\n").await;
    let deploy = || local.deploy();
    for (deploy, problems) in [
        (deploy(), &["1 to 500 places, not 0"][..]),
        (deploy().place(LOBBY, BINARY).place(LOBBY, XML), &["the place 3001 is deployed twice"]),
        (
            deploy().place(LOBBY, picture).place(ARENA, XML),
            &["place 3001: the content is that of no place file"],
        ),
        (
            deploy().place(LOBBY, XML).place(ARENA, model()),
            &["place 3005: the file's name says that it is a model"],
        ),
        (deploy().place(LOBBY, Vec::new()), &["place 3001: the place file is empty"]),
        (
            deploy().place(LOBBY, XML).place(FOREIGN, XML).place(ARENA, Vec::new()),
            &["place 3002: it is no place of the universe 2001", "place 3005: the place file is empty"],
        ),
        (deploy().place(LOBBY, XML).saved().restart_servers(0), &["only saved"]),
        (deploy().place(LOBBY, XML).restart_servers(241), &["240 minutes at most, not 241"]),
    ] {
        let error = deploy.await.expect_err(problems[0]);
        let text = error.to_string();
        assert!(error.is_usage(), "{text}");
        assert!(problems.iter().all(|problem| text.contains(problem)), "{text}");
    }
    let error = local.deploy().rollback(LOBBY, 9).await.expect_err("there is no such version");
    assert!(error.is_not_found() && error.to_string().contains("place 3001"), "{error}");
    local.assert_nothing_was_sent();
    Ok(())
}

#[tokio::test]
async fn a_version_is_promoted_to_another_universe_byte_for_byte() -> Result<(), Error> {
    let local = Local::start().await;
    let tested: Vec<u8> = [BINARY, &[0, 255, 13, 10].repeat(50_000)].concat();
    let version = local.client.places().publish(UNIVERSE, LOBBY, tested.clone()).await?;
    local.client.places().publish(UNIVERSE, LOBBY, XML).await?;

    let production = local.client.places().deploy(FOREIGN - 1000);
    let report = production.promote(LOBBY, version, FOREIGN).await?;
    assert_eq!(lines(&report), ["place 3002: published version 4"]);
    assert_eq!(report.places[0].source, "version 4 of place 3001");
    assert!(local.content(FOREIGN, 4).await == tested);

    // The latest version is the other one now, and the older one is published again.
    let report = local.deploy().rollback(LOBBY, version).await?;
    assert_eq!(lines(&report), ["place 3001: published version 6"]);
    assert!(local.content(LOBBY, 6).await == tested);
    let report = local.deploy().rollback(LOBBY, 6).await?;
    assert_eq!(lines(&report), ["place 3001: unchanged, version 6"]);
    Ok(())
}

#[tokio::test]
async fn what_is_no_place_is_not_promoted() -> Result<(), Error> {
    let local = Local::start().await;
    // An asset with such a version, whose content is no place.
    let error = local.deploy().promote(5001, 1, LOBBY).await.expect_err("it is a model");
    assert!(error.is_usage() && error.to_string().contains("no place file"), "{error}");
    local.assert_nothing_was_sent();
    Ok(())
}

#[tokio::test]
async fn servers_of_older_versions_are_restarted_once_all_is_published() -> Result<(), Error> {
    let local = Local::start().await;
    let report = local.both().await.restart_servers(0).await?;
    assert!(report.is_complete());
    let Some(RestartOutcome::Restarted(places)) = &report.restart else { panic!("{report}") };
    assert_eq!(places.len(), 2);
    assert_eq!(lines(&report)[2], "restarted the servers of 3001, 3005");
    let forecast = local.client.servers().forecast_restart(UNIVERSE).await?;
    for (place, forecast) in forecast.place_forecasts.unwrap_or_default() {
        let versions: Vec<_> = forecast.instances_per_version.unwrap_or_default().into_keys().collect();
        assert_eq!(versions, ["4"], "{place}");
    }

    // A deployment that was stopped before the restart is repeated: nothing is published, and nothing is left to do.
    let report = local.both().await.restart_servers(0).await?;
    assert_eq!(
        lines(&report),
        [
            "place 3001: unchanged, version 4",
            "place 3005: unchanged, version 4",
            "no server runs an older version"
        ]
    );
    assert!(report.is_complete());
    Ok(())
}

#[tokio::test]
async fn nothing_is_restarted_unless_all_places_are_published() -> Result<(), Error> {
    let local = Local::start().await;
    local.client.places().update(UNIVERSE, ARENA, Place::new().display_name("team create")).await?;
    let report = local.both().await.restart_servers(0).await?;
    assert!(!report.is_complete());
    assert!(matches!(report.restart, Some(RestartOutcome::NotTried)));
    assert!(matches!(report.places[0].outcome, PlaceOutcome::Published(4)));
    assert!(matches!(&report.places[1].outcome, PlaceOutcome::Failed(error) if error.is_conflict()));
    let text = report.to_string();
    assert!(text.contains("place 3005: failed: ") && text.contains("Team Create"), "{text}");
    assert_eq!(text.lines().count(), 3);
    Ok(())
}

/// How many bytes are sent, of how many.
type Count = (u64, Option<u64>);

/// The counts and messages of a deployment.
#[derive(Clone, Default)]
struct Told {
    counts: Arc<Mutex<Vec<Count>>>,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Progress for Told {
    fn advanced(&self, done: u64, total: Option<u64>) {
        self.counts.lock().expect("counts").push((done, total));
    }

    fn message(&self, text: &str) {
        self.messages.lock().expect("messages").push(text.to_owned());
    }
}

#[tokio::test]
async fn the_bytes_of_all_places_are_told_together() -> Result<(), Error> {
    let local = Local::start().await;
    let large = [BINARY, &[7; 300_000]].concat();
    let total = (large.len() + XML.len()) as u64;
    let told = Told::default();
    let deploy = local.deploy().place(LOBBY, large).place(ARENA, XML).on_progress(told.clone());
    assert!(deploy.concurrency(1).await?.is_complete());
    let counts = told.counts.lock().expect("counts").clone();
    assert!(counts.len() > 3 && counts.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{counts:?}");
    assert_eq!(counts.last(), Some(&(total, Some(total))));
    let messages = told.messages.lock().expect("messages").clone();
    assert_eq!(messages, ["place 3001: published version 4", "place 3005: published version 4"]);
    Ok(())
}

/// PL-09
#[tokio::test(start_paused = true)]
async fn a_busy_place_is_waited_for_while_the_others_are_published() -> Result<(), Error> {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    client.places().update(UNIVERSE, ARENA, Place::new().display_name("busy 2")).await?;
    let deploy = client.places().deploy(UNIVERSE).place(LOBBY, BINARY).place(ARENA, XML);
    let (report, time) = timed(async { deploy.wait_while_busy(Duration::from_secs(300)).await }).await;
    assert!(report?.is_complete());
    assert_eq!(time.as_secs(), 30 + 45);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_refused_publishes_nothing() {
    let emulator = Emulator::builder().api_key("another").start().await.expect("an emulator");
    let local = Local::of(emulator);
    let error = local.both().await.await.expect_err("the key is wrong");
    assert_eq!(error.kind(), opencloud::ErrorKind::Unauthenticated);
    local.assert_nothing_was_sent();
}

/// Each fault for a tenth of all requests: all places have their content, and none has it twice.
#[tokio::test]
async fn every_fault_at_a_tenth_of_all_requests() -> Result<(), Error> {
    let mut builder = Emulator::builder().fault_seed(7);
    for fault in [
        "429,retry-after=0",
        "408",
        "500",
        "502",
        "503",
        "504",
        "html",
        "reset",
        "truncate",
        "cut",
        "applied:500",
        "applied:reset",
        "latency:5ms",
    ] {
        builder = builder.fault(&format!("*={fault},probability=0.1")).expect("a fault");
    }
    let local = Local::of(builder.start().await.expect("an emulator"));
    let mut deploy = local.deploy().restart_servers(0);
    for place in 4001..4009 {
        let content = [BINARY, place.to_string().as_bytes()].concat();
        deploy = deploy.place(place, local.file(&format!("{place}.rbxl"), &content).await);
    }
    let report = deploy.rollback(LOBBY, 2).await?;
    local.emulator.clear_faults();
    assert!(report.is_complete(), "{report}");
    assert!(matches!(report.restart, Some(RestartOutcome::Restarted(_) | RestartOutcome::NotNeeded)));
    for place in &report.places {
        let id: u64 = place.place.as_str().parse().expect("a number");
        assert_eq!((local.uploads(id), place.version()), (1, Some(4)), "{place}");
    }
    for place in 4001..4009_u64 {
        assert!(local.content(place, 4).await.ends_with(place.to_string().as_bytes()));
    }
    Ok(())
}

/// Killed at ten moments and begun again, a deployment ends with each content once.
#[tokio::test]
async fn a_deployment_that_was_killed_is_begun_again_and_publishes_nothing_twice() -> Result<(), Error> {
    let emulator = Emulator::builder().fault("*=latency:20ms").expect("a fault").start().await;
    let local = Local::of(emulator.expect("an emulator"));
    let deploy = || async {
        let mut deploy = local.deploy().concurrency(2).restart_servers(0);
        for place in 4001..4006 {
            let content = [BINARY, place.to_string().as_bytes()].concat();
            deploy = deploy.place(place, local.file(&format!("{place}.rbxl"), &content).await);
        }
        deploy.await
    };
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..10 {
        let time = Duration::from_millis(random.u64(0..400));
        let _ = tokio::time::timeout(time, deploy()).await;
    }
    let report = deploy().await?;
    assert!(report.is_complete(), "{report}");
    for place in 4001..4006 {
        assert_eq!(local.uploads(place), 1);
    }
    let forecast = local.client.servers().forecast_restart(UNIVERSE).await?;
    let forecasts = serde_json::to_value(forecast.place_forecasts).expect("JSON");
    for place in 4001..4006 {
        let versions = &forecasts[place.to_string()]["instancesPerVersion"];
        assert_eq!(
            versions.as_object().map(|versions| versions.keys().cloned().collect()),
            Some(vec!["4".to_owned()])
        );
    }
    Ok(())
}

/// A file is looked at once more when it is its turn, because others may have been uploaded for minutes before it.
#[tokio::test]
async fn a_file_that_changes_meanwhile_is_not_published() -> Result<(), Error> {
    let local = Local::start().await;
    let arena = local.path("arena.rbxlx");
    let change = move |_, _| std::fs::write(&arena, b"<roblox>another</roblox>").expect("a file");
    let report = local.both().await.concurrency(1).on_progress(change).await?;
    assert_eq!(report.places[0].version(), Some(4));
    assert!(report.to_string().contains("place 3005: failed: arena.rbxlx has changed"), "{report}");
    assert_eq!(local.uploads(ARENA), 0);
    Ok(())
}
