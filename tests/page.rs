//! The whole page, from answers captured on a real stack to the text that Prometheus reads: equal to the golden files,
//! within the catalogue, and accepted by promtool. `UPDATE_GOLDEN=1` refreshes; the difference is the review.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "page/canary.rs"]
mod canary;
#[path = "page/captured.rs"]
mod captured;
mod stub;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use captured::snapshot;
use mirrorwatch::exposition::{Format, Kind, catalogue, render};
use mirrorwatch::model::limits::{Granularity, PageLimits};

#[tokio::test]
async fn the_page_is_as_it_was_read_before() {
    let snapshot = snapshot().await;
    golden(
        "tests/golden/metrics.txt",
        &render(&snapshot, Format::Classic),
    );
    golden(
        "tests/golden/metrics.openmetrics.txt",
        &render(&snapshot, Format::OpenMetrics),
    );
}

#[tokio::test]
async fn a_page_within_narrow_limits_joins_partitions_and_says_what_it_dropped() {
    let mut snapshot = snapshot().await;
    snapshot.limits = Arc::new(PageLimits {
        granularity: Granularity::Topic,
        series_per_metric: 3,
        ..PageLimits::default()
    });
    golden(
        "tests/golden/metrics.narrow.txt",
        &render(&snapshot, Format::Classic),
    );
}

#[test]
fn the_document_of_metrics_is_that_of_the_catalogue() {
    golden("docs/metrics.md", &catalogue::document());
}

#[test]
fn the_page_and_the_catalogue_show_the_same_metrics_and_labels() {
    let page = golden_pages().concat();
    let mut known = BTreeMap::new();
    for metric in catalogue::all() {
        let suffixes: &[&str] = match metric.kind {
            Kind::Histogram => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        for suffix in suffixes {
            known.insert(format!("{}{suffix}", metric.name), metric.labels);
        }
    }
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let labels = known
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        for label in labels_of(line) {
            assert!(
                labels.contains(&label) || label == "le",
                "{name}: label `{label}`"
            );
        }
        seen.entry(name).or_default().extend(labels_of(line));
    }
    let mut missing = Vec::new();
    for (name, labels) in &known {
        let Some(shown) = seen.get(&**name) else {
            missing.push(name.clone());
            continue;
        };
        let hidden = labels.iter().filter(|label| !shown.contains(*label));
        missing.extend(hidden.map(|label| format!("{name}, label {label}")));
    }
    assert!(
        missing.is_empty(),
        "in the catalogue, but not on a golden page: {missing:#?}"
    );
}

/// The pages in the classic format.
fn golden_pages() -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir("tests/golden")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("metrics") && !name.contains("openmetrics")
        })
        .collect();
    paths.sort();
    assert!(paths.len() > 6, "{paths:?}");
    let pages = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    pages.collect()
}

#[test]
fn promtool_accepts_the_classic_pages_but_for_mirrored_names() {
    for page in golden_pages() {
        promtool_accepts(&page);
    }
}

fn promtool_accepts(page: &str) {
    let here = Path::new(".lab/debian/usr/bin/promtool");
    let promtool = if here.exists() {
        here
    } else {
        Path::new("promtool")
    };
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("promtool is there; `make setup` gets it");
    check
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let complaints: Vec<_> = said
        .lines()
        .filter(|line| !line.starts_with("kafka_"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "promtool could not read the page: {said}"
    );
}

fn labels_of(line: &str) -> Vec<&str> {
    let Some((_, labels)) = line.split_once('{') else {
        return Vec::new();
    };
    labels
        .split("=\"")
        .filter_map(|part| part.rsplit(['{', ',', '"']).next())
        .filter(|label| !label.contains('}'))
        .collect()
}

fn golden(path: &str, now: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, now).unwrap();
    }
    let before = fs::read_to_string(path).unwrap();
    assert!(
        now == before,
        "{path} differs; look at it with `UPDATE_GOLDEN=1 cargo test --test page; git diff {path}`"
    );
}
