//! The kept evidence of real drills is judged again: to the same bytes, and with the lab's own truth inside.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mirrorwatch::recovery::judgement::{Judgement, Measured};

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
