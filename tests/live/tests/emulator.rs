//! The probes, made against the emulator: in the live service's shapes the facts hold, in the document's they differ.

use opencloud_emulator::{Emulator, Shapes};
use opencloud_live::{Bounds, Lab, NOT_PROBED, Probe, Report, Row, Targets, Verdict, all, run};
use std::collections::BTreeSet;
use std::time::Duration;

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
        .speed(10)
        .shapes(shapes)
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
    let names: Vec<String> = all().iter().map(|probe| probe.fact.to_owned()).collect();
    run(&lab, &all(), true, &names).await
}

fn facts(report: &Report, verdict: Verdict) -> BTreeSet<&'static str> {
    report.rows.iter().filter(|row| row.verdict == verdict).map(|row| row.fact).collect()
}

fn row<'a>(report: &'a Report, fact: &str) -> &'a Row {
    report.rows.iter().find(|row| row.fact == fact).expect("a row")
}

#[tokio::test]
async fn facts_hold_in_the_live_shapes() {
    let report = report(Shapes::Live).await;
    assert_eq!(facts(&report, Verdict::Differs), BTreeSet::new(), "{report}");
    // What the emulator has nothing to show for.
    let not_tried = facts(&report, Verdict::NotTried);
    assert_eq!(not_tried, BTreeSet::from([]), "{report}");
}

#[tokio::test]
async fn facts_differ_in_the_shapes_of_the_document() {
    let report = report(Shapes::Document).await;
    // Where the document and the service differ, and the emulator plays both.
    for fact in ["MS-01", "MS-03", "MS-04", "MS-07", "MS-14", "MS-16", "LX-01", "OD-01", "AS-03", "US-04"] {
        let row = row(&report, fact);
        assert_eq!(row.verdict, Verdict::Differs, "{row}");
        assert!(row.checks.iter().any(|check| check.as_document == Some(true)), "{row}");
    }
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
    for shapes in [Shapes::Live, Shapes::Document] {
        let emulator = emulator(shapes).await;
        let lab = lab(&emulator, targets(), bounds());
        let report = run(&lab, &all(), true, &[]).await;
        let json = serde_json::to_string(&report).expect("a report");
        for text in [report.to_string(), json] {
            for secret in [KEY, "opencloud-live-", "2001", "3001", "4001", "5001", "1999"] {
                // The explanation of an option may hold a name, but no value.
                assert!(!text.contains(secret), "{secret}: {text}");
            }
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
    let probed: Vec<&str> = all().iter().map(|probe| probe.fact).collect();
    let reasons = NOT_PROBED.iter().map(|(fact, _)| *fact);
    let both: Vec<&str> = probed.iter().copied().chain(reasons).collect();
    let different: BTreeSet<&str> = both.iter().copied().collect();
    assert_eq!(both.len(), different.len());
}
