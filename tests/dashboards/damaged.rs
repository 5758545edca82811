//! Each check finds what it is for: a sound board is damaged in one place, and exactly that is said.

use serde_json::Value;

use super::boards::boards;
use super::faults;

/// Place of the damage on the overview, what stands there then, what is said.
const DAMAGES: [(&str, &str, &str); 23] = [
    ("/uid", r#""short""#, "uid short"),
    ("/schemaVersion", "16", "schemaVersion"),
    ("/__inputs", "[]", "unknown key __inputs"),
    ("/editable", "true", "uneditable-dashboard"),
    ("/panels/1/id", "1", "an id that another panel has"),
    ("/panels/0/gridPos/w", "5", "lies upon another panel"),
    ("/panels/5/gridPos/w", "5", "not within the columns"),
    ("/panels/0/type", r#""graph""#, "unknown type"),
    (
        "/panels/0/description",
        r#""one language only""#,
        "both languages",
    ),
    ("/panels/0/title", r#""""#, "panel-title-description-rule"),
    ("/panels/0/targets", "[]", "panel-no-targets-rule"),
    (
        "/panels/0/datasource/uid",
        r#""P1809F7CD0C75ACF3""#,
        "a fixed data source",
    ),
    (
        "/panels/0/fieldConfig/defaults/unit",
        r#""furlongs""#,
        "panel-units-rule",
    ),
    (
        "/panels/0/fieldConfig/defaults/noValue",
        r#""0""#,
        "not called unknown",
    ),
    (
        "/panels/0/fieldConfig/defaults/thresholds/steps/1/color",
        r#""red""#,
        "not of the palette",
    ),
    (
        "/panels/1/fieldConfig/defaults/thresholds/steps/1/value",
        "31",
        "threshold 30 is not shown",
    ),
    (
        "/panels/1/fieldConfig/defaults/thresholds/steps/2/value",
        "31",
        "threshold 31 is no alert's",
    ),
    (
        "/panels/1/links/0/url",
        r#""https://example.org/mirrorwatch/docs/runbook.md#gone""#,
        "a link leads nowhere",
    ),
    ("/links/0/url", r#""/d/gone""#, "a link leads nowhere"),
    (
        "/templating/list/0/label",
        r#""Prometheus""#,
        "template-datasource-rule",
    ),
    (
        "/templating/list/1/allValue",
        r#"".*""#,
        "template-job-rule",
    ),
    (
        "/templating/list/1/refresh",
        "1",
        "template-on-time-change-reload-rule",
    ),
    (
        "/templating/list/1/query",
        r#""jobs()""#,
        "template-label-promql-rule",
    ),
];

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
    for (place, value, said) in DAMAGES {
        let found = damaged(place, serde_json::from_str(value).unwrap());
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{place}: {said}: {found:?}"
        );
    }
}

#[test]
fn a_wrong_query_is_found() {
    for (expr, said) in QUERIES {
        let found = damaged("/panels/0/targets/0/expr", expr.into());
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{expr}: {said}: {found:?}"
        );
    }
}

fn damaged(place: &str, value: Value) -> Vec<String> {
    let mut board = boards()
        .into_iter()
        .find(|board| board.file == "overview.json")
        .unwrap();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = board.json.pointer_mut(parent).unwrap();
    match parent.as_array_mut() {
        Some(items) => items[key.parse::<usize>().unwrap()] = value,
        None => parent[key] = value,
    }
    faults(&board)
}
