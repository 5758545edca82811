//! Prometheus' own corpus of scripts.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use mirrorwatch::promql::Settings;

use crate::differential::oracle::Oracle;
use crate::promqltest::Report;
use crate::scripts::report;
use crate::told;

/// Every refusal, a line each: the list may only shrink.
const REFUSED: &str = "tests/promql/refused.txt";

/// Names are dropped late, for which the corpus is written.
#[test]
#[ignore = "needs Go and Prometheus' module: make conformance"]
fn no_script_of_prometheus_corpus_fails_and_no_refusal_is_new() {
    let mut late = Settings {
        delayed_name_removal: true,
        ..Settings::default()
    };
    let report = report(&told("CORPUS"), &mut late).unwrap();
    print(&report).unwrap();
    let [passed, failed, _] = report.counts();
    assert_eq!((failed, unlisted(&report, REFUSED).unwrap()), (0, 0));
    assert!(passed > 1_000, "the corpus is not whole");
}

/// The numbers in our own scripts are those of Prometheus.
#[test]
#[ignore = "needs Go and Prometheus' module: make conformance"]
fn our_scripts_pass_on_prometheus_engine() {
    let mut oracle = Oracle::start(&told("ORACLE")).unwrap();
    let report = report(Path::new("tests/promql"), &mut oracle).unwrap();
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Prints the refusals that a list does not have, and counts them.
fn unlisted(report: &Report, list: &str) -> io::Result<usize> {
    let text = std::fs::read_to_string(list)?;
    let listed: BTreeSet<&str> = text.lines().collect();
    let others = report
        .refusals()
        .filter(|line| !listed.contains(line.as_str()));
    let others: Vec<_> = others.collect();
    for line in &others {
        writeln!(io::stdout(), "refused anew {line}")?;
    }
    Ok(others.len())
}

fn print(report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in report.failures() {
        writeln!(out, "failed {line}")?;
    }
    for line in report.refusals() {
        writeln!(out, "refused {line}")?;
    }
    for (kind, count) in report.refused_by_kind() {
        writeln!(out, "{count:5} refused: {kind}")?;
    }
    writeln!(out, "{report}")
}
