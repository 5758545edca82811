//! Each check finds what it is for: a sound board is damaged in one place, and exactly that is said.

use serde_json::{Value, json};

use super::boards::boards;
use super::faults;

/// Board, place of the damage, what stands there then, what is said.
fn damages() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    vec![
        ("overview.json", "/uid", json!("short"), "uid short"),
        (
            "overview.json",
            "/schemaVersion",
            json!(16),
            "schemaVersion",
        ),
        (
            "overview.json",
            "/__inputs",
            json!([]),
            "unknown key __inputs",
        ),
        (
            "overview.json",
            "/editable",
            json!(true),
            "uneditable-dashboard",
        ),
        (
            "overview.json",
            "/panels/1/id",
            json!(1),
            "an id that another panel has",
        ),
        (
            "overview.json",
            "/panels/0/gridPos/w",
            json!(5),
            "lies upon another panel",
        ),
        (
            "overview.json",
            "/panels/5/gridPos/w",
            json!(5),
            "not within the columns",
        ),
        (
            "overview.json",
            "/panels/0/type",
            json!("graph"),
            "unknown type",
        ),
        (
            "overview.json",
            "/panels/0/description",
            json!("one language only"),
            "both languages",
        ),
        (
            "overview.json",
            "/panels/0/title",
            json!(""),
            "panel-title-description-rule",
        ),
        (
            "overview.json",
            "/panels/0/targets",
            json!([]),
            "panel-no-targets-rule",
        ),
        (
            "overview.json",
            "/panels/0/datasource/uid",
            json!("P1809F7CD0C75ACF3"),
            "a fixed data source",
        ),
        (
            "overview.json",
            "/panels/0/fieldConfig/defaults/unit",
            json!("furlongs"),
            "panel-units-rule",
        ),
        (
            "overview.json",
            "/panels/0/fieldConfig/defaults/noValue",
            json!("0"),
            "not called unknown",
        ),
        (
            "overview.json",
            "/panels/0/fieldConfig/defaults/thresholds/steps/1/color",
            json!("red"),
            "not of the palette",
        ),
        (
            "overview.json",
            "/panels/1/fieldConfig/defaults/thresholds/steps/1/value",
            json!(31),
            "threshold 30 is not shown",
        ),
        (
            "overview.json",
            "/panels/1/fieldConfig/defaults/thresholds/steps/2/value",
            json!(31),
            "threshold 31 is no alert's",
        ),
        (
            "overview.json",
            "/panels/1/links/0/url",
            json!("https://example.org/mirrorwatch/docs/runbook.md#gone"),
            "a link leads nowhere",
        ),
        (
            "overview.json",
            "/links/0/url",
            json!("/d/gone"),
            "a link leads nowhere",
        ),
        (
            "overview.json",
            "/templating/list/0/label",
            json!("Prometheus"),
            "template-datasource-rule",
        ),
        (
            "overview.json",
            "/templating/list/1/allValue",
            json!(".*"),
            "template-job-rule",
        ),
        (
            "overview.json",
            "/templating/list/1/refresh",
            json!(1),
            "template-on-time-change-reload-rule",
        ),
        (
            "overview.json",
            "/templating/list/1/query",
            json!("jobs()"),
            "template-label-promql-rule",
        ),
    ]
}

/// A query in the place of the first one, and what is said of it.
const QUERIES: [(&str, &str); 8] = [
    ("sum(mm2_flow_state{job=~\"$job\"}", "no PromQL"),
    (
        "mm2_flow_state{job=~\"$job\"} or vector(0)",
        "what is absent becomes a number",
    ),
    ("mm2_flow_state", "target-job-rule"),
    ("ALERTS{job=~\"$job\"}", "target-job-rule"),
    ("mm2_flow_estate{job=~\"$job\"}", "neither in the catalogue"),
    (
        "mm2_flow_state{job=~\"$job\", cluster=\"a\"}",
        "has no label cluster",
    ),
    (
        "max(mm2_canary_lost_records_total{job=~\"$job\"})",
        "target-counter-agg-rule",
    ),
    (
        "rate(mm2_canary_lost_records_total{job=~\"$job\"}[5m])",
        "target-rate-interval-rule",
    ),
];

#[test]
fn damage_is_found() {
    for (file, place, value, said) in damages() {
        let found = damaged(file, place, value);
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{place}: {said}: {found:?}"
        );
    }
}

#[test]
fn a_wrong_query_is_found() {
    for (expr, said) in QUERIES {
        let found = damaged("overview.json", "/panels/0/targets/0/expr", json!(expr));
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{expr}: {said}: {found:?}"
        );
    }
}

fn damaged(file: &str, place: &str, value: Value) -> Vec<String> {
    let mut board = boards()
        .into_iter()
        .find(|board| board.file == file)
        .unwrap();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = board.json.pointer_mut(parent).unwrap();
    match parent.as_array_mut() {
        Some(items) => items[key.parse::<usize>().unwrap()] = value,
        None => parent[key] = value,
    }
    faults(&board)
}
