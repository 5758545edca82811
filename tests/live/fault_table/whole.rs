//! The families that are compared whole: what a fault does not concern does not change.

use super::page::{Page, Series};

/// The canary's topic.
const CANARY: &str = "test-mirrorwatch-canary";
/// Whatever a page says of these, it says again.
pub(super) const STEADY: [&str; 16] = [
    "mm2_canary_corrupt_records_total",
    "mm2_canary_lost_records_total",
    "mm2_canary_problem",
    "mm2_cluster_brokers",
    "mm2_cluster_info",
    "mm2_cluster_up",
    "mm2_connect_assignment_withheld",
    "mm2_connect_group_members",
    "mm2_connector_state",
    "mm2_exporter_endpoint_up",
    "mm2_exporter_malformed_records_total",
    "mm2_flow_state",
    "mm2_replication_gap_records_total",
    "mm2_task_state",
    "mm2_task_workers",
    "mm2_worker_up",
];
/// A worker's health and the committed offsets wait for a herder that is busy in every rebalance.
const APART: [&str; 2] = ["health:", "connect_offsets"];

/// Whether this series is one of those that are compared.
pub(super) fn is_compared(series: &Series) -> bool {
    let endpoint = series.label("endpoint");
    let is_apart = APART.iter().any(|apart| endpoint.starts_with(apart));
    STEADY.contains(&series.metric.as_str()) && !is_apart
}

/// What is otherwise on the one page than on the other, but for metrics that stay what they became.
pub(super) fn changed(before: &Page, now: &Page, staying: &[&str]) -> Vec<String> {
    let new = now.series.keys();
    let new = new.filter(|series| !before.series.contains_key(series));
    let all = before.series.keys().chain(new);
    let compared =
        all.filter(|series| is_compared(series) && !staying.contains(&series.metric.as_str()));
    let different = compared.filter_map(|series| {
        let (was, is) = (before.series.get(series), now.series.get(series));
        let told = |value: Option<&f64>| value.map_or("gone".to_owned(), f64::to_string);
        (was != is).then(|| format!("{series}: {} → {}", told(was), told(is)))
    });
    different.collect()
}

/// Whether all is well by the page, and the canary's topic, which MM2 picks up last, is in it.
pub(super) fn is_steady(page: &Page, workers: usize) -> bool {
    let one = |metric: &str, label: &str, state: &str| {
        let mut states = page.of(metric).filter(|(_, value)| *value > 0.5).peekable();
        states.peek().is_some() && states.all(|(series, _)| series.label(label) == state)
    };
    let all = |metric: &str, holds: fn(f64) -> bool| page.of(metric).all(|(_, value)| holds(value));
    let members = page.value("mm2_connect_group_members");
    one("mm2_flow_state", "state", "healthy")
        && one("mm2_task_state", "state", "running")
        && one("mm2_connector_state", "state", "running")
        && all("mm2_task_workers", |workers| (workers - 1.0).abs() < 0.1)
        && all("mm2_worker_up", |up| up > 0.5)
        && page.value("mm2_connect_assignment_withheld") == Some(0.0)
        && members.is_some_and(|members| members.to_string() == workers.to_string())
        && page
            .of("mm2_replication_lag_records")
            .any(|(series, _)| series.label("topic") == CANARY)
        && all("mm2_replication_lag_records", |lag| lag < 100.0)
}
