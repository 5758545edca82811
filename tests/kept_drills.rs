//! The kept drills of the plan's tests are judged again: to the same bytes, with the verdict that their list has, and with the lab's own truth
//! inside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mirrorwatch::recovery::judgement::{Judgement, Measured, Verdict, Zero};

const KEPT: &str = "lab/runs/2026-11-28-drills";

fn evaluated(evidence: &Path, format: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(["evaluate", "--format", format])
        .arg(evidence)
        .output()
        .expect("mirrorwatch runs")
}

#[test]
fn kept_drills_are_judged_to_the_bytes_that_were_kept() {
    for drill in drills() {
        let evidence = unpacked(&drill);
        let output = evaluated(evidence.path(), "json");
        let kept = drill.join("report.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&kept, &output.stdout).expect("the kept drill is writable");
        }
        let expected = fs::read(&kept).expect("the drill has a report");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.stdout == expected,
            "{}: another report {said}",
            drill.display()
        );
    }
}

#[test]
fn each_kept_drill_has_the_verdicts_that_the_list_has() {
    let list = fs::read_to_string("lab/drills.txt").expect("the list is there");
    for drill in drills() {
        let name = drill.file_name().and_then(|name| name.to_str());
        let name = name.expect("it has a name");
        let judgement = judgement(&drill);
        let criteria = judgement.criteria.iter();
        let mut found = vec![word(judgement.verdict)];
        found.extend(criteria.map(|row| format!("{} {}", row.id, word(row.verdict))));
        assert_eq!(found, listed(&list, name), "{name}");
    }
}

#[test]
fn the_readme_shows_a_kept_drill_as_it_is_judged() {
    let evidence = unpacked(&Path::new(KEPT).join("5.1-owner-kill"));
    let output = evaluated(evidence.path(), "text");
    let report = String::from_utf8(output.stdout).expect("it is text");
    let readme = fs::read_to_string("README.md").expect("it is there");
    let shown = readme
        .split_once("$ make demo\n")
        .and_then(|(_, rest)| rest.split_once("```"));
    let (shown, _) = shown.expect("it shows what the demonstration prints");
    // What is left out between two excerpts is an ellipsis.
    let parts: Vec<&str> = shown.split("…\n").filter(|part| !part.is_empty()).collect();
    assert!(parts.len() >= 3, "{shown}");
    let mut rest = report.as_str();
    for part in parts {
        let place = rest.find(part).unwrap_or_else(|| {
            panic!("README.md shows what the report does not have there:\n{part}\nin\n{report}")
        });
        rest = &rest[place + part.len()..];
    }
}

/// The verdict that the list has for a drill, then those of its criteria.
fn listed(list: &str, name: &str) -> Vec<String> {
    let mut lines = list.lines();
    let row = lines.find(|line| line.split_whitespace().next() == Some(name));
    let row = row.unwrap_or_else(|| panic!("{name} is not in the list"));
    let verdict = row.split_whitespace().nth(1).expect("a verdict");
    let criteria = lines.take_while(|line| line.starts_with(' '));
    let criteria = criteria.map(|line| line.trim().to_owned());
    [verdict.to_owned()].into_iter().chain(criteria).collect()
}

fn word(verdict: Verdict) -> String {
    let word = serde_json::to_value(verdict).expect("it has a word");
    word.as_str().expect("it is a word").to_owned()
}

#[test]
fn the_truth_of_a_kept_drill_lies_inside() {
    let (mut of_faults, mut of_restorations) = (0, 0);
    for drill in drills() {
        let judgement = judgement(&drill);
        let zero = judgement.zero.expect("the fault was issued");
        let restored = judgement.restored;
        let until = restored.map_or(i64::MAX, |zero| zero.issued.as_micros());
        let all = came_back(&drill);
        let last = |from: i64, to: i64| {
            let inside = all
                .iter()
                .copied()
                .filter(|(_, first)| *first > from && *first <= to);
            inside.map(|(_, first)| first).max()
        };
        if let Some(again) = last(zero.done.as_micros(), until) {
            of_faults += usize::from(inside(
                &drill,
                &judgement.measures["recovery_time"],
                zero,
                again,
            ));
        }
        if let Some((zero, again)) = restored.zip(last(until, i64::MAX)) {
            let measured = &judgement.after_restore["recovery_time"];
            of_restorations += usize::from(inside(&drill, measured, zero, again));
        }
        let missing = truth(&drill)["load"]["lost"]
            .as_i64()
            .expect("it is a number");
        let Some(Measured::Within { interval, .. }) = judgement.measures.get("lost_records") else {
            panic!("{}: no loss was measured", drill.display())
        };
        assert!(interval.lower <= missing, "{}", drill.display());
    }
    assert!(
        of_faults >= 3 && of_restorations >= 4,
        "{of_faults}, {of_restorations}"
    );
}

/// Whether there is a number; then the truth, somewhere after the zero, is in it.
fn inside(drill: &Path, measured: &Measured, zero: Zero, again: i64) -> bool {
    let Measured::Within { interval, .. } = measured else {
        return false;
    };
    let earliest = again - zero.done.as_micros();
    let latest = again - zero.issued.as_micros();
    let upper = interval.upper.unwrap_or(i64::MAX);
    let drill = drill.display();
    assert!(
        interval.lower <= latest && earliest <= upper,
        "{drill}: the truth lies between {earliest} and {latest}, outside {interval:?}"
    );
    true
}

/// When the canary's topic was silent for more than a second at the lab's own reader: the last arrival before, and the first after.
fn came_back(drill: &Path) -> Vec<(i64, i64)> {
    let truth = truth(drill);
    let silences = truth["silences"].as_array().expect("it is a list").iter();
    let of_canary = silences.filter(|silence| {
        let topic = silence["topic"].as_str();
        topic.is_some_and(|topic| topic.ends_with("mirrorwatch-canary"))
    });
    let ends = of_canary.filter_map(|silence| {
        Some((
            silence["last_before_us"].as_i64()?,
            silence["first_after_us"].as_i64()?,
        ))
    });
    ends.collect()
}

fn truth(drill: &Path) -> serde_json::Value {
    let text = fs::read(drill.join("truth.json")).expect("the drill has the lab's truth");
    serde_json::from_slice(&text).expect("it is JSON")
}

fn judgement(drill: &Path) -> Judgement {
    let text = fs::read(drill.join("report.json")).expect("the drill has a report");
    serde_json::from_slice(&text).expect("it is a judgement")
}

/// The evidence as the drill left it.
fn unpacked(drill: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("there is room");
    for entry in fs::read_dir(drill).expect("the drill is kept") {
        let path = entry.expect("it is readable").path();
        let name = path.file_name().expect("it has a name").to_owned();
        let text = fs::read(&path).expect("it is readable");
        let packed = path.extension().is_some_and(|extension| extension == "zst");
        let (name, text) = if packed {
            let text = zstd::decode_all(text.as_slice()).expect("it is whole");
            (path.file_stem().expect("it has a name").to_owned(), text)
        } else {
            (name, text)
        };
        fs::write(dir.path().join(name), text).expect("there is room");
    }
    dir
}

fn drills() -> Vec<PathBuf> {
    let entries = fs::read_dir(KEPT).expect("drills are kept");
    let drills: Vec<_> = entries
        .map(|entry| entry.expect("a drill is readable").path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(!drills.is_empty(), "there is no kept drill");
    drills
}
