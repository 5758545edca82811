//! The shipped rule files as they are written.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

pub(super) const RULES: &str = "rules/mm2.rules.yml";
pub(super) const ALERTS: &str = "alerts/mm2.alerts.yml";

/// A rule file of Prometheus.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) interval: String,
    pub(super) rules: Vec<Rule>,
}

/// A recording rule or an alert.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) record: Option<String>,
    pub(super) alert: Option<String>,
    pub(super) expr: String,
    #[serde(rename = "for")]
    pub(super) held: Option<String>,
    #[serde(rename = "keep_firing_for")]
    pub(super) kept: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

impl Rule {
    pub(super) fn severity(&self) -> &str {
        self.labels.get("severity").map_or("", String::as_str)
    }

    /// How long it holds before it fires.
    pub(super) fn seconds(&self) -> u64 {
        self.held.as_deref().map_or(0, seconds)
    }
}

/// Seconds of a duration with one unit.
pub(super) fn seconds(duration: &str) -> u64 {
    let (number, unit) = duration.split_at(duration.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3600,
        "d" => number * 86400,
        _ => panic!("a duration in s, m, h or d: {duration}"),
    }
}

pub(super) fn file(path: &str) -> File {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// All rules of a file.
pub(super) fn rules(path: &str) -> Vec<Rule> {
    file(path)
        .groups
        .into_iter()
        .flat_map(|group| group.rules)
        .collect()
}

/// All alerts.
pub(super) fn alerts() -> Vec<(String, Rule)> {
    rules(ALERTS)
        .into_iter()
        .filter_map(|rule| Some((rule.alert.clone()?, rule)))
        .collect()
}

/// The thresholds of the alerts by metric and severity, as they are written.
pub(super) fn thresholds() -> BTreeMap<(String, String), String> {
    rules(ALERTS)
        .into_iter()
        .filter(|rule| rule.record.as_deref() == Some("mm2:threshold:constant"))
        .map(|rule| {
            let value = rule
                .expr
                .trim_start_matches("vector(")
                .trim_end_matches(')');
            let metric = rule.labels["metric"].clone();
            ((metric, rule.severity().to_owned()), value.to_owned())
        })
        .collect()
}
