//! A panel shows the thresholds of the alert that its first link explains: the colour changes where the alert does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::alerts::{Alert, alerts, thresholds};
use super::boards::{Board, items};
use super::form;

const COLOURS: [(&str, &str); 2] = [("warning", "#E69F00"), ("critical", "#D55E00")];
/// Where an alert is for more than none, or a panel counts what is wrong: half of one, because `increase` gives parts.
const ANY: f64 = 0.5;
/// Where an alert is for less than all.
const ALL: f64 = 1.0;
/// Where a burn rate is shown as a share of its alert's threshold.
const SHARE: &str = "/ on () group_left () mm2:threshold:constant{";

/// One change of colour: from which value on, and the colours on both sides.
struct Step<'a> {
    value: f64,
    below: &'a str,
    from: &'a str,
}

pub(super) fn faults(board: &Board) -> Vec<String> {
    let alerts = alerts();
    let mut faults = Vec::new();
    for panel in board.panels() {
        faults.extend(
            of_panel(panel, &alerts)
                .into_iter()
                .map(|fault| board.fault(panel, fault)),
        );
        for (column, steps) in columns(panel) {
            let explained = alerts.iter().filter(|alert| compares(alert, &column));
            faults.extend(
                differences(&steps, &explained.collect::<Vec<_>>())
                    .into_iter()
                    .map(|fault| board.fault(panel, fault)),
            );
        }
    }
    faults
}

/// The columns of tables that have thresholds, and the alerts that these are of.
const COLUMNS: [(&str, &str); 3] = [
    ("Canary age", "MirrorMakerCanaryAgeHigh"),
    ("Lag in time", "MirrorMakerReplicationLagHigh"),
    ("Retention headroom", "MirrorMakerRetentionNear"),
];

fn compares(alert: &Alert, column: &str) -> bool {
    COLUMNS
        .iter()
        .any(|(name, explained)| *name == column && alert.name == *explained)
}

fn columns(panel: &Value) -> Vec<(String, Vec<Step<'_>>)> {
    let overrides = items(&panel["fieldConfig"]["overrides"]);
    let with_thresholds = overrides.flat_map(|it| {
        let name = it["matcher"]["options"].as_str().unwrap_or_default();
        let properties = items(&it["properties"]).filter(|property| property["id"] == "thresholds");
        properties.map(|property| (name.to_owned(), steps(&property["value"])))
    });
    with_thresholds.collect()
}

fn of_panel(panel: &Value, alerts: &[Alert]) -> Vec<String> {
    let steps = steps(&panel["fieldConfig"]["defaults"]["thresholds"]);
    if steps.is_empty() {
        return Vec::new();
    }
    let shares = items(&panel["targets"]).all(|target| {
        target["expr"]
            .as_str()
            .is_some_and(|expr| expr.contains(SHARE))
    });
    if shares {
        return unexplained(&steps, &[1.0]);
    }
    let Some(first) = panel["links"][0]["url"]
        .as_str()
        .and_then(|url| url.split_once('#'))
    else {
        return unexplained(&steps, &[ANY]);
    };
    let explained: Vec<&Alert> = alerts
        .iter()
        .filter(|alert| alert.name.to_lowercase() == first.1)
        .collect();
    differences(&steps, &explained)
}

/// Where the steps differ from what the alerts compare with.
fn differences(steps: &[Step<'_>], alerts: &[&Alert]) -> Vec<String> {
    let thresholds = thresholds();
    let mut explained = vec![ANY];
    let mut faults = Vec::new();
    for alert in alerts {
        let Some((above, metric)) = alert.compared() else {
            explained.push(ALL);
            continue;
        };
        let value = thresholds[&(metric, alert.severity.clone())];
        explained.push(value);
        let colour = colour(&alert.severity);
        let right = |step: &&Step<'_>| {
            (if above { step.from } else { step.below }) == colour && same(step.value, value)
        };
        if !steps.iter().any(|step| right(&step)) {
            faults.push(format!(
                "{}, {}: the threshold {value} is not shown",
                alert.name, alert.severity
            ));
        }
    }
    faults.extend(unexplained(steps, &explained));
    faults
}

fn unexplained(steps: &[Step<'_>], explained: &[f64]) -> Vec<String> {
    let wrong = steps
        .iter()
        .filter(|step| !explained.iter().any(|value| same(step.value, *value)));
    wrong
        .map(|step| format!("the threshold {} is no alert's", step.value))
        .collect()
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < f64::EPSILON
}

fn colour(severity: &str) -> &'static str {
    let found = COLOURS.iter().find(|(name, _)| *name == severity);
    found.map_or("", |(_, colour)| colour)
}

fn steps(thresholds: &Value) -> Vec<Step<'_>> {
    let all: Vec<&Value> = items(&thresholds["steps"]).collect();
    let step = |pair: &[&Value]| pair[1]["value"].as_f64().unwrap_or(f64::NAN);
    all.windows(2)
        .map(|pair| Step {
            value: step(pair),
            below: pair[0]["color"].as_str().unwrap_or_default(),
            from: pair[1]["color"].as_str().unwrap_or_default(),
        })
        .collect()
}

/// The thresholds that boards show, as changes of colour or as series of their own, by metric and severity.
pub(super) fn shown(boards: &[Board]) -> BTreeSet<(String, String)> {
    let mut shown = BTreeSet::new();
    let linked: Vec<String> = boards.iter().flat_map(form::runbooks).collect();
    for alert in alerts()
        .iter()
        .filter(|alert| linked.contains(&alert.name.to_lowercase()))
    {
        let by_colour = boards
            .iter()
            .flat_map(Board::panels)
            .any(|panel| explains(panel, alert));
        if let (true, Some((_, metric))) = (by_colour, alert.compared()) {
            shown.insert((metric, alert.severity.clone()));
        }
    }
    for (metric, severity) in thresholds().into_keys() {
        let constant =
            format!(r#"mm2:threshold:constant{{metric="{metric}", severity="{severity}"}}"#);
        if boards
            .iter()
            .flat_map(Board::targets)
            .any(|target| target.expr.contains(&constant))
        {
            shown.insert((metric, severity));
        }
    }
    shown
}

/// Whether the panel's colours are those of the alert: `faults` has compared the numbers.
fn explains(panel: &Value, alert: &Alert) -> bool {
    let first = panel["links"][0]["url"]
        .as_str()
        .and_then(|url| url.split_once('#'));
    let has_steps = !steps(&panel["fieldConfig"]["defaults"]["thresholds"]).is_empty();
    has_steps && first.is_some_and(|(_, anchor)| anchor == alert.name.to_lowercase())
}
