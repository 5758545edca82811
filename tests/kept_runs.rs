//! The kept evidence of real drills is judged again: to the same bytes, and with the lab's own truth inside.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mirrorwatch::promql::{Series, SeriesSet};
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::judgement::{Judgement, Measured, Verdict};
use mirrorwatch::recovery::read;
use mirrorwatch::storage::evidence::{self, Evidence};

#[test]
fn kept_evidence_is_judged_to_the_bytes_that_were_kept() {
    for run in runs() {
        let evidence = run.join("evidence");
        let output = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
            .args(["evaluate", "--format", "json"])
            .arg(&evidence)
            .output()
            .expect("mirrorwatch runs");
        let kept = evidence.join("report.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&kept, &output.stdout).expect("the kept run is writable");
        }
        let expected = fs::read_to_string(&kept).expect("the run has a report");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{}",
            run.display()
        );
    }
}

fn mirrorwatch(arguments: &[&str], evidence: &std::path::Path) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(arguments)
        .arg(evidence)
        .output()
        .expect("mirrorwatch runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn kept_evidence_joins_into_a_section_that_says_what_was_not_run() {
    let evidence = runs()[0].join("evidence");
    let (code, text, _) = mirrorwatch(&["report", "--lang", "fr"], &evidence);
    assert_eq!(code, Some(3), "six tests were not run: {text}");
    assert!(text.contains("Non exécuté : test 5.2, 5.3, 5.4, 5.5, 5.6, 5.7."));
    assert!(text.contains("☑ Test 5.1 - Perte d'un worker"));
    assert!(text.contains(" mirror-source       3                 3 RUNNING"));
    let (code, ..) = mirrorwatch(&["report", "--strict"], &evidence);
    assert_eq!(code, Some(1));
    let judgement = evidence.join("report.json");
    let (code, json, _) = mirrorwatch(&["report", "--format", "json"], &judgement);
    assert_eq!(code, Some(3));
    let section: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(section["synthesis"]["recovery"][0]["verdict"], "PASS");
    let (code, _, error) = mirrorwatch(&["report"], &evidence.join("events.jsonl"));
    assert_eq!(code, Some(2));
    assert!(
        error.contains("events.jsonl: neither the evidence of a drill nor a judgement"),
        "{error}"
    );
}

#[test]
fn with_another_limit_kept_evidence_is_judged_another_way_and_stays_as_it_is() {
    let evidence = runs()[0].join("evidence");
    let kept = fs::read(evidence.join("report.json")).expect("the run has a report");
    let supposed = ["evaluate", "--what-if", "recovery-time=10s"];
    let (code, text, _) = mirrorwatch(&supposed, &evidence);
    assert_eq!(code, Some(1), "{text}");
    let first = text.lines().find(|line| line.starts_with('•'));
    assert!(
        first.is_some_and(|line| line.starts_with("• What if: `recovery-time`")),
        "{text}"
    );
    assert_eq!(
        fs::read(evidence.join("report.json")).expect("it is still there"),
        kept
    );
    let (code, _, error) = mirrorwatch(&["evaluate", "--what-if", "rto=1s"], &evidence);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("the scenario has recovery-time, "),
        "{error}"
    );
}

#[test]
fn the_truth_of_a_kept_run_lies_inside() {
    for run in runs() {
        let report = fs::read(run.join("evidence/report.json")).expect("the run has a report");
        let judgement: Judgement = serde_json::from_slice(&report).expect("it is a judgement");
        let Some(Measured::Within { interval, .. }) = judgement.measures.get("recovery_time")
        else {
            panic!("no recovery time: {judgement:?}")
        };
        let truth = came_back(&run) - fault(&run);
        assert!(
            interval.lower <= truth && interval.upper.is_some_and(|upper| truth <= upper),
            "{truth} is outside {interval:?}"
        );
    }
}

/// Series without which the rest still proves everything: no criterion of the scenario rests on them, or without them a bound is
/// only coarser.
const SPARE: [&str; 13] = [
    "mm2_canary_blind_seconds_total",
    "mm2_canary_calm_exposure_seconds",
    "mm2_canary_corrupt_records_total",
    "mm2_canary_late_after_loss_records_total",
    "mm2_canary_latency_seconds_bucket",
    "mm2_canary_latency_seconds_count",
    "mm2_canary_latency_seconds_sum",
    "mm2_canary_outage_calm_exposure_seconds",
    "mm2_canary_outage_seconds_total",
    "mm2_canary_problem",
    "mm2_canary_received_records_total",
    "mm2_canary_run_start_timestamp_seconds",
    "mm2_canary_task_partitions",
];

#[test]
fn without_any_one_of_the_canarys_series_a_kept_run_neither_passes_nor_fails() {
    let mut passing = BTreeSet::new();
    for run in runs() {
        let evidence = evidence::load(&run.join("evidence")).expect("the evidence is whole");
        let series = &evidence.series;
        let names: BTreeSet<_> = series.iter().map(|(labels, _)| labels.name()).collect();
        for gone in names.iter().filter(|name| name.starts_with("mm2_canary_")) {
            let kept = series.iter().filter(|(labels, _)| labels.name() != *gone);
            let kept = kept.map(|(labels, samples)| Series {
                labels: labels.clone(),
                samples: samples.to_vec(),
            });
            let verdict = judged(&evidence, &kept.collect());
            assert_ne!(verdict, Verdict::Fail, "without {gone}");
            if verdict == Verdict::Pass {
                passing.insert((*gone).to_owned());
            }
        }
    }
    assert_eq!(passing, SPARE.map(str::to_owned).into());
}

fn judged(evidence: &Evidence, series: &SeriesSet) -> Verdict {
    let texts = &evidence.texts;
    let scenario = read::scenario("scenario", &texts.scenario).expect("the scenario is kept");
    let inventory = read::inventory("inventory", &texts.inventory).expect("so is the inventory");
    let log = read::events(&texts.events).expect("so are the events");
    let observed = Observed {
        series,
        scrape_interval_us: evidence.manifest.scrape_interval_us,
        warnings: &[],
        server_clock: None,
        audits: None,
        alerts: None,
    };
    let judged = judge(&scenario, &inventory, &log, observed);
    judged.expect("there is something to judge").verdict
}

/// When the lab issued the fault, in microseconds.
fn fault(run: &std::path::Path) -> i64 {
    let faults =
        fs::read_to_string(run.join("faults.jsonl")).expect("the run has the lab's stamps");
    let first: serde_json::Value =
        serde_json::from_str(faults.lines().next().expect("there was a fault"))
            .expect("it is JSON");
    first["before_us"].as_i64().expect("the stamp is a number")
}

/// When the last of the canary's partitions came back at the lab's own reader, in microseconds.
fn came_back(run: &std::path::Path) -> i64 {
    let truth = fs::read_to_string(run.join("truth.txt")).expect("the run has the truth");
    let silences = truth
        .lines()
        .filter_map(|line| line.split_once("first after "))
        .map(|(_, rest)| rest);
    let instants =
        silences.filter_map(|rest| rest.split_once(' ')?.0.parse::<jiff::Timestamp>().ok());
    instants
        .map(jiff::Timestamp::as_microsecond)
        .max()
        .expect("the lab saw the canary come back")
}

fn runs() -> Vec<PathBuf> {
    let entries = fs::read_dir("lab/runs").expect("runs are kept");
    let runs: Vec<_> = entries
        .map(|entry| entry.expect("a run is readable").path())
        .filter(|path| path.join("evidence").is_dir())
        .collect();
    assert!(!runs.is_empty(), "there is no kept run");
    runs
}
