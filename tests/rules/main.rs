//! The shipped rules, alerts and Alertmanager configuration, held by Prometheus' and Alertmanager's own tools and by checks of
//! ours. `make setup` gets the tools; without them these tests fail.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod config;
mod documents;
mod kept_pages;
mod lint;
mod mutation;
mod real_pages;
mod shipped;
mod tools;

use std::thread;

use tools::{Said, promtool, said};

/// The cases of `tests/rules`, which promtool reads.
fn cases() -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir("tests/rules")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".test.yml"))
        .collect();
    files.sort();
    assert!(files.len() >= 6, "{files:?}");
    files
}

#[test]
fn promtool_takes_the_files_and_finds_nothing_to_lint() {
    let checked = said(promtool().args([
        "check",
        "rules",
        "--lint=all",
        "--lint-fatal",
        shipped::RULES,
        shipped::ALERTS,
    ]));
    assert!(checked.is_success, "{}", checked.text);
}

#[test]
fn every_case_fires_the_alerts_that_it_names_and_no_other() {
    let run =
        |name: &String| said(promtool().args(["test", "rules", &format!("tests/rules/{name}")]));
    let cases = cases();
    let results: Vec<Said> = thread::scope(|scope| {
        let runs: Vec<_> = cases
            .iter()
            .map(|name| scope.spawn(move || run(name)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (name, result) in cases.iter().zip(results) {
        assert!(result.is_success, "{name}: {}", result.text);
    }
}
