//! The rules of Grafana's dashboard-linter (commit 4d0844b of 2026-06-18), by the names that they have there. Exceptions, with reasons:
//!
//! - `template-instance-rule`, `target-instance-rule`: several exporters of one job watch the same Connect cluster, and the boards
//!   join their words; one of them alone is not what an operator asks for.
//! - `target-job-rule` for `mm2:threshold:constant` (a constant has no job) and `ALERTS` (`$job|`: the alert that no exporter answers
//!   has no job either).
//! - `target-rate-interval-rule` is met: what has a fixed range is `increase`, over the range of the alert that is shown.

use super::boards::Board;
use super::queries::filled_in;
use super::selectors::{Selector, selectors};

use serde_json::Value;

/// Units of Grafana that the boards use, out of the linter's list.
const UNITS: [&str; 8] = [
    "none",
    "short",
    "percentunit",
    "s",
    "ms",
    "cps",
    "Bps",
    "dateTimeAsIso",
];
/// A range that no board has, in the place of `$__rate_interval`.
const RATE_INTERVAL: &str = "7331s";

pub(super) fn faults(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    if board.json["editable"] != false {
        faults.push(board.fault(&board.json, "uneditable-dashboard"));
    }
    faults.extend(of_variables(board));
    for panel in board.panels() {
        let wrong = of_panel(panel).into_iter();
        faults.extend(wrong.map(|rule| board.fault(panel, rule)));
    }
    for target in board.targets() {
        let wrong = of_query(target.expr).into_iter();
        faults.extend(
            wrong.map(|rule| board.fault(target.panel, format!("{rule}: {}", target.expr))),
        );
    }
    faults
}

fn of_variables(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let named = |name: &str| board.variables().find(|variable| variable["name"] == name);
    let source = named("datasource");
    if !source.is_some_and(|it| {
        it["type"] == "datasource" && it["label"] == "Data source" && it["query"] == "prometheus"
    }) {
        faults.push(board.fault(&board.json, "template-datasource-rule"));
    }
    if !named("job").is_some_and(|it| it["type"] == "query" && it["label"] == "Job") {
        faults.push(board.fault(&board.json, "template-job-rule"));
    }
    for variable in board
        .variables()
        .filter(|variable| variable["type"] == "query")
    {
        if variable["multi"] != true || variable["allValue"] != ".+" {
            faults.push(board.fault(variable, "template-job-rule"));
        }
        if variable["refresh"] != 2 {
            faults.push(board.fault(variable, "template-on-time-change-reload-rule"));
        }
        if !asks_for_labels(variable["query"].as_str().unwrap_or_default()) {
            faults.push(board.fault(variable, "template-label-promql-rule"));
        }
    }
    faults
}

/// `label_values(SELECTOR, LABEL)`.
fn asks_for_labels(query: &str) -> bool {
    let inner = query
        .strip_prefix("label_values(")
        .and_then(|rest| rest.strip_suffix(')'));
    inner
        .and_then(|inner| inner.rsplit_once(", "))
        .is_some_and(|(series, _)| selectors(series).is_ok())
}

fn of_panel(panel: &Value) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if panel["datasource"]["uid"] != "${datasource}" {
        faults.push("panel-datasource-rule");
    }
    let is_empty = |key: &str| panel[key].as_str().unwrap_or_default().is_empty();
    if is_empty("title") || is_empty("description") {
        faults.push("panel-title-description-rule");
    }
    let unit = panel["fieldConfig"]["defaults"]["unit"].as_str();
    if !unit.is_some_and(|unit| UNITS.contains(&unit)) {
        faults.push("panel-units-rule");
    }
    if panel["targets"].as_array().is_none_or(Vec::is_empty) {
        faults.push("panel-no-targets-rule");
    }
    faults
}

fn of_query(expr: &str) -> Vec<&'static str> {
    let ranges = expr
        .replace("$__rate_interval", RATE_INTERVAL)
        .replace("$job", "§job");
    let Ok(selectors) = selectors(&filled_in(&ranges)) else {
        return vec!["target-promql-rule"];
    };
    let mut faults = Vec::new();
    for selector in selectors {
        if !has_job(&selector) {
            faults.push("target-job-rule");
        }
        let function = selector.function.unwrap_or_default();
        if selector.metric.ends_with("_total") && !["rate", "irate", "increase"].contains(&function)
        {
            faults.push("target-counter-agg-rule");
        }
        let fixed = selector.range.as_deref() != Some(RATE_INTERVAL);
        if ["rate", "irate"].contains(&function) && fixed {
            faults.push("target-rate-interval-rule");
        }
    }
    faults
}

fn has_job(selector: &Selector) -> bool {
    match selector.metric.as_str() {
        "mm2:threshold:constant" => true,
        "ALERTS" => selector.has("job", "=~", "§job|"),
        _ => selector.has("job", "=~", "§job"),
    }
}
