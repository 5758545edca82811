//! Every metric that a board asks for is one of the catalogue, with labels that it has, or one that the shipped rules record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use mirrorwatch::exposition::{Kind, Metric, catalogue};

use super::alerts::recorded;
use super::boards::Board;
use super::queries::filled_in;
use super::selectors::{Selector, selectors};

/// Prometheus' own.
const ALERTS: &str = "ALERTS";
/// What a scrape adds to every series.
const OF_THE_SCRAPE: [&str; 2] = ["job", "instance"];

pub(super) fn faults(board: &Board) -> Vec<String> {
    let recorded = recorded();
    let asked = board.targets().map(|target| (target.panel, target.expr));
    let noted = board
        .annotations()
        .map(|annotation| (annotation, annotation["expr"].as_str().unwrap_or_default()));
    let mut faults = Vec::new();
    for (place, expr) in asked.chain(noted) {
        match selectors(&filled_in(expr)) {
            Err(problem) => {
                faults.push(board.fault(place, format!("no PromQL: {problem}: {expr}")));
            }
            Ok(found) => {
                let wrong = found
                    .iter()
                    .filter_map(|selector| wrong(selector, &recorded));
                faults.extend(wrong.map(|fault| board.fault(place, fault)));
            }
        }
    }
    faults
}

fn wrong(selector: &Selector, recorded: &BTreeSet<String>) -> Option<String> {
    let name = &selector.metric;
    if name == ALERTS || recorded.contains(name) {
        return None;
    }
    let Some(metric) = in_catalogue(name) else {
        return Some(format!(
            "{name} is neither in the catalogue nor recorded by the rules"
        ));
    };
    let known = |label: &str| metric.labels.contains(&label) || OF_THE_SCRAPE.contains(&label);
    let unknown = selector
        .matchers
        .iter()
        .find(|matcher| !known(&matcher.0))?;
    Some(format!("{name} has no label {}", unknown.0))
}

/// The catalogue, made once.
static CATALOGUE: LazyLock<BTreeMap<&str, &Metric>> = LazyLock::new(|| {
    let metrics = catalogue::all().into_iter();
    metrics.map(|metric| (metric.name, metric)).collect()
});

fn in_catalogue(name: &str) -> Option<&'static Metric> {
    let mut parts = ["_bucket", "_sum", "_count"].iter();
    let family = parts.find_map(|part| name.strip_suffix(part));
    let of_kind = |name: &str, histogram: bool| {
        let metric = CATALOGUE.get(name).copied();
        metric.filter(|metric| (metric.kind == Kind::Histogram) == histogram)
    };
    of_kind(name, false).or_else(|| of_kind(family?, true))
}
