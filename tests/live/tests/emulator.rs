//! The probes, made against the emulator: in the live service's shapes the facts hold, in the document's they differ.

use http::Method;
use opencloud_emulator::{Emulator, LuauRun, Shapes};
use opencloud_live::{
    Bounds, Lab, NOT_PROBED, Probe, Report, Row, TOLD_BY, Targets, Verdict, all, probe_of, run,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

const KEY: &str = "live-test-key";
/// What is there from the beginning.
const UNIVERSE: u64 = 2001;

fn targets() -> Targets {
    Targets {
        universe: Some(UNIVERSE),
        place: Some(3001),
        user: Some(1999),
        group: Some(4001),
        asset: Some(5001),
        place_file: Some(b"<roblox!\x89\xff\x0d\x0a\x1a\x0a\x00\x00probe".to_vec()),
    }
}

fn bounds() -> Bounds {
    Bounds { calls: 400, pause: Duration::ZERO, wait: Duration::from_secs(20) }
}

async fn emulator(shapes: Shapes) -> Emulator {
    Emulator::builder()
        .api_key(KEY)
        .rate_limits(true)
        // 2026-01-02T03:04:05Z, early in a minute, as windows of rate limits end with it.
        .frozen_at(UNIX_EPOCH + Duration::from_secs(1_767_323_045))
        .shapes(shapes)
        .luau(|task| {
            // What the emulator, which runs no script, cannot see in it.
            if task.script.contains("string.rep") {
                return Some(LuauRun::returns(["x".repeat(5 << 20).into()]));
            }
            task.script.contains("BinaryOutput").then(|| LuauRun::returns([7.into()]).binary_output("probe"))
        })
        .start()
        .await
        .expect("an emulator")
}

fn lab(emulator: &Emulator, targets: Targets, bounds: Bounds) -> Lab {
    Lab::new(KEY, Some(emulator.base_url()), targets, bounds).expect("a lab")
}

/// All probes, those included that are made only by name.
async fn report(shapes: Shapes) -> Report {
    let emulator = emulator(shapes).await;
    let lab = lab(&emulator, targets(), bounds());
    prepare(&lab).await;
    run_all(&emulator, &lab, true, &names()).await
}

/// Makes all probes. The clock stands still but for polls of tasks, so that nothing depends on how fast this runs.
async fn run_all(emulator: &Emulator, lab: &Lab, writes: bool, names: &[String]) -> Report {
    let pass_time = async {
        let mut seen = 0;
        loop {
            let is_poll = |path: &str| path.contains("/tasks/") && !path.ends_with("/logs");
            let polls = emulator.requests().iter().filter(|request| is_poll(&request.path)).count();
            if polls > seen {
                seen = polls;
                emulator.advance(Duration::from_secs(30));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let probes = all();
    tokio::select! {
        report = run(lab, &probes, writes, names) => report,
        () = pass_time => unreachable!("it does not end"),
    }
}

fn names() -> Vec<String> {
    all().iter().map(|probe| probe.fact.to_owned()).collect()
}

/// Takes away the draft that is there from the beginning, and gives the log of restrictions something to tell.
async fn prepare(lab: &Lab) {
    let draft = format!(
        "/creator-configs-public-api/v1/configs/universes/{UNIVERSE}/repositories/InExperienceConfig/draft"
    );
    let ban =
        format!("/cloud/v2/universes/{UNIVERSE}/user-restrictions/1888?updateMask=game_join_restriction");
    let banned = json!({ "gameJoinRestriction": { "active": true, "duration": "60s" } });
    for (method, path, body) in [(Method::DELETE, draft, None), (Method::PATCH, ban, Some(banned))] {
        let done = lab.send(method, &path, body).await.expect("a response");
        assert!(done.is_success(), "{done:?}");
    }
}

fn facts(report: &Report, verdict: Verdict) -> BTreeSet<&'static str> {
    report.rows.iter().filter(|row| row.verdict == verdict).map(|row| row.fact).collect()
}

fn row<'a>(report: &'a Report, fact: &str) -> &'a Row {
    report.rows.iter().find(|row| row.fact == fact).expect("a row")
}

/// What the emulator has nothing to show for, and why.
const NOT_SHOWN: [(&str, &str); 1] =
    [("CF-02", "the universe has a config from the beginning; another one is looked at by itself")];

#[tokio::test]
async fn facts_hold_in_the_live_shapes() {
    let report = report(Shapes::Live).await;
    assert_eq!(facts(&report, Verdict::Differs), BTreeSet::new(), "{report}");
    let not_tried = facts(&report, Verdict::NotTried);
    assert_eq!(not_tried, NOT_SHOWN.iter().map(|(fact, _)| *fact).collect(), "{report}");
    assert!(report.rows.iter().all(|row| row.left_behind == 0), "{report}");
}

/// CF-02
#[tokio::test]
async fn a_config_that_was_never_published_is_not_found() {
    for (shapes, verdict) in [(Shapes::Live, Verdict::Holds), (Shapes::Document, Verdict::Differs)] {
        let emulator = emulator(shapes).await;
        let lab = lab(&emulator, Targets { universe: Some(2002), ..targets() }, bounds());
        let probe = probe_of("CF-02").expect("a probe");
        let report = run(&lab, &[probe], false, &[]).await;
        assert_eq!(row(&report, "CF-02").verdict, verdict, "{report}");
    }
}

/// Facts that do not hold in the shapes of the document, and of which that says something else.
const OTHERWISE: [&str; 22] = [
    "AS-03", "AS-12", "CF-04", "DS-02", "DS-09", "DS-10", "LX-01", "MG-01", "MS-01", "MS-03", "MS-07",
    "MS-13", "MS-14", "MS-16", "OD-01", "SV-11", "SV-12", "UN-01", "UR-02", "UR-04", "US-01", "US-04",
];

/// Facts that do not hold there, and of which the document says nothing, or something that this project corrects: the
/// emulator checks requests by the corrected document, whatever the shapes of its responses.
const NOT_COMPARED: [&str; 4] = ["ER-09", "MS-11", "MS-12", "RL-03"];

/// What cannot be tried there, and why.
const NOT_TRIED: [(&str, &str); 2] =
    [NOT_SHOWN[0], ("ER-08", "the request that is refused there is not refused in those shapes (SV-12)")];

/// All others hold there too: the document says the same or nothing, and the emulator does the same in both.
#[tokio::test]
async fn facts_differ_in_the_shapes_of_the_document() {
    let report = report(Shapes::Document).await;
    let expected: BTreeSet<&str> = OTHERWISE.into_iter().chain(NOT_COMPARED).collect();
    assert_eq!(facts(&report, Verdict::Differs), expected, "{report}");
    for fact in OTHERWISE {
        let row = row(&report, fact);
        assert!(row.checks.iter().any(|check| check.as_document == Some(true)), "{row}");
    }
    let not_tried = facts(&report, Verdict::NotTried);
    assert_eq!(not_tried, NOT_TRIED.iter().map(|(fact, _)| *fact).collect(), "{report}");
}

#[tokio::test]
async fn nothing_is_written_without_being_allowed() {
    let emulator = emulator(Shapes::Live).await;
    let lab = lab(&emulator, targets(), bounds());
    let report = run(&lab, &all(), false, &[]).await;
    for request in emulator.requests() {
        let reads = request.method == "GET" && !request.path.ends_with("items:read");
        assert!(reads || request.path.ends_with("/introspect"), "{} {}", request.method, request.path);
    }
    let row = row(&report, "MS-01");
    assert_eq!(row.verdict, Verdict::NotTried);
    let why = row.why.as_deref().unwrap_or_default();
    assert!(why.contains("POST a queue item") && why.contains("--write"), "{why}");
}

#[tokio::test]
async fn what_a_probe_has_made_is_removed() {
    let emulator = emulator(Shapes::Live).await;
    let lab = lab(&emulator, targets(), bounds());
    let names = ["DS-04".to_owned(), "MS-11".to_owned(), "OD-02".to_owned()];
    let probes: Vec<Probe> =
        all().into_iter().filter(|probe| names.iter().any(|name| name == probe.fact)).collect();
    let report = run(&lab, &probes, true, &names).await;
    assert!(report.rows.iter().all(|row| row.left_behind == 0), "{report}");
    let deleted = emulator
        .requests()
        .iter()
        .filter(|request| request.method == "DELETE" && request.status < 300)
        .count();
    assert_eq!(deleted, names.len());
}

#[tokio::test]
async fn a_report_shows_nobody_anything() {
    // Of the second there is nothing, so that almost all is refused.
    let unknown = Targets {
        universe: Some(7_654_321),
        place: Some(8_765_432),
        user: Some(6_543_210),
        group: Some(5_432_109),
        asset: Some(4_321_098),
        place_file: Some(b"no place".to_vec()),
    };
    for (shapes, targets) in
        [(Shapes::Live, targets()), (Shapes::Document, targets()), (Shapes::Live, unknown)]
    {
        let ids = [targets.universe, targets.place, targets.user, targets.group, targets.asset];
        let mut secrets: Vec<String> = ids.into_iter().flatten().map(|id| id.to_string()).collect();
        secrets.extend([KEY, "opencloud-live-", "opencloud_live_"].map(str::to_owned));
        let emulator = emulator(shapes).await;
        let lab = lab(&emulator, targets, bounds());
        let report = run_all(&emulator, &lab, true, &names()).await;
        let json = serde_json::to_string(&report).expect("a report");
        for text in [report.to_string(), json] {
            for secret in &secrets {
                // The explanation of an option may hold a name, but no value.
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
        for why in report.rows.iter().filter_map(|row| row.why.as_deref()) {
            let numbers = why.split(|letter: char| !letter.is_ascii_digit());
            // Statuses and bounds; ids have more digits.
            assert!(numbers.into_iter().all(|digits| digits.len() <= 3), "{why}");
            assert!(!why.contains("player_") && !why.contains("Player "), "{why}");
        }
    }
}

#[tokio::test]
async fn the_number_of_requests_is_bounded() {
    let emulator = emulator(Shapes::Live).await;
    let lab = lab(&emulator, targets(), Bounds { calls: 3, ..bounds() });
    let report = run(&lab, &all(), false, &[]).await;
    assert_eq!(report.sent, 3);
    assert!(report.rows.iter().any(|row| row.why.as_deref() == Some("the bound of 3 requests is reached")));
}

/// Uploads count as all else does.
#[tokio::test]
async fn the_bound_on_requests_is_that_of_uploads_too() {
    let emulator = emulator(Shapes::Live).await;
    let lab = lab(&emulator, targets(), Bounds { calls: 1, ..bounds() });
    let probe = probe_of("PL-01").expect("a probe");
    let report = run(&lab, &[probe], true, &names()).await;
    assert_eq!(report.sent, 1);
    assert_eq!(row(&report, "PL-01").why.as_deref(), Some("the bound of 1 requests is reached"));
}

/// A key that may not do what is asked, and a service that fails, tell nothing of a fact.
#[tokio::test]
async fn what_is_refused_for_another_reason_is_not_tried() {
    for status in [401, 403, 429, 500, 503] {
        let emulator = emulator(Shapes::Live).await;
        emulator.fault(&format!("data_stores.list_entries={status}")).expect("a fault");
        let lab = lab(&emulator, targets(), bounds());
        let probe = probe_of("PG-06").expect("a probe");
        let report = run(&lab, &[probe], false, &[]).await;
        let row = row(&report, "PG-06");
        assert_eq!(row.verdict, Verdict::NotTried, "{status}: {row}");
        assert!(row.why.as_deref().is_some_and(|why| why.contains(&status.to_string())), "{row}");
    }
}

/// CF-01: the probe replaces a draft, so that it goes on only where there is none for certain.
#[tokio::test]
async fn a_draft_of_somebody_else_is_not_touched() {
    let emulator = emulator(Shapes::Live).await;
    let draft = format!(
        "/creator-configs-public-api/v1/configs/universes/{UNIVERSE}/repositories/InExperienceConfig/draft"
    );
    let run_it = async || {
        let lab = lab(&emulator, targets(), bounds());
        let probe = probe_of("CF-01").expect("a probe");
        let report = run(&lab, &[probe], true, &names()).await;
        assert_eq!(row(&report, "CF-01").verdict, Verdict::NotTried, "{report}");
        assert_eq!(report.sent, 1, "{report}");
        let others = lab.get(&draft).await.expect("a response");
        assert!(others.is_success(), "{others:?}");
    };
    // There is one with entries from the beginning.
    run_it().await;
    // Rules alone are a draft, too.
    let lab = lab(&emulator, targets(), bounds());
    lab.send(Method::DELETE, &draft, None).await.expect("a response");
    let rules = json!({ "conditionalRules": { "rules": { "mine": {} }, "rulesOrder": ["mine"] } });
    let staged = lab.patch(&draft, rules).await.expect("a response");
    assert!(staged.is_success(), "{staged:?}");
    run_it().await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let emulator = emulator(Shapes::Live).await;
    let lab = lab(&emulator, Targets::default(), bounds());
    let report = run(&lab, &all(), true, &[]).await;
    assert_eq!(row(&report, "UR-01").why.as_deref(), Some("it needs --universe ID"));
    assert_eq!(row(&report, "LX-01").why.as_deref(), Some("it needs --universe ID and --place ID"));
}

#[test]
fn each_fact_has_one_probe_or_a_reason() {
    let probed = all();
    let probed: Vec<&str> = probed.iter().map(|probe| probe.fact).collect();
    let told = TOLD_BY.iter().flat_map(|(_, told)| *told).copied();
    let reasons = NOT_PROBED.iter().map(|(fact, _)| *fact);
    let named: Vec<&str> = probed.iter().copied().chain(told).chain(reasons).collect();
    let different: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(named.len(), different.len(), "one is named twice: {named:?}");
    for (fact, _) in TOLD_BY {
        assert!(probed.contains(fact), "{fact} has no probe");
    }

    let ledger = fs::read_to_string(root().join("spec/live/facts.yaml")).expect("the facts");
    let defined: BTreeSet<&str> = ledger.lines().filter_map(|line| line.strip_prefix("  - id: ")).collect();
    let unknown: Vec<_> = different.difference(&defined).collect();
    assert!(unknown.is_empty(), "not in the ledger: {unknown:?}");

    // What rests on a fact is found by its id, and questions are there to be asked.
    let mut texts = Vec::new();
    for folder in ["spec/overlay", "src", "codegen/src"] {
        read_all(&root().join(folder), &mut texts);
    }
    let matters = |id: &&&str| id.starts_with("UK-") || texts.iter().any(|text| text.contains(**id));
    let matters: BTreeSet<&str> = defined.iter().filter(matters).copied().collect();
    assert!(matters.len() > 100, "{matters:?}");
    let forgotten: Vec<_> = matters.difference(&different).collect();
    assert!(forgotten.is_empty(), "neither a probe nor a reason: {forgotten:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read_all(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_all(&path, texts);
        } else {
            texts.push(fs::read_to_string(&path).expect("text"));
        }
    }
}
