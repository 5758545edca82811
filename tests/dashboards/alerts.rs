//! The shipped alerts, as far as the boards repeat them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// One alert at one level.
#[derive(Debug)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) severity: String,
    pub(super) expr: String,
    dashboard_url: String,
}

impl Alert {
    pub(super) fn dashboard_uid(&self) -> &str {
        let after = self.dashboard_url.split("/d/").nth(1).unwrap_or_default();
        after.split('?').next().unwrap_or_default()
    }

    /// What its value is compared with: above or below, and the metric's name among the thresholds. `None` where it is compared
    /// with a number in the rule itself.
    pub(super) fn compared(&self) -> Option<(bool, String)> {
        let last = CONSTANT.captures_iter(&self.expr).last()?;
        Some((&last[1] == ">", last[2].to_owned()))
    }
}

/// How an alert compares with one of the thresholds.
static CONSTANT: LazyLock<Regex> = LazyLock::new(|| {
    let constant =
        r#"(<|>) on \(\) group_left \(\) mm2:threshold:constant\{metric="(\w+)",severity="\w+"\}"#;
    Regex::new(constant).unwrap()
});
/// Read once: every damaged board is compared with them.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| rules("rules/mm2.rules.yml"));
static ALERTS: LazyLock<Vec<Rule>> = LazyLock::new(|| rules("alerts/mm2.alerts.yml"));

fn rules(path: &str) -> Vec<Rule> {
    let file: File = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file.groups
        .into_iter()
        .flat_map(|group| group.rules)
        .collect()
}

pub(super) fn alerts() -> Vec<Alert> {
    let alert = |rule: &Rule| {
        Some(Alert {
            name: rule.alert.clone()?,
            severity: rule.labels["severity"].clone(),
            expr: rule.expr.clone(),
            dashboard_url: rule.annotations["dashboard_url"].clone(),
        })
    };
    ALERTS.iter().filter_map(alert).collect()
}

/// The numbers that alerts compare with, by metric and severity.
pub(super) fn thresholds() -> BTreeMap<(String, String), f64> {
    let constants = ALERTS
        .iter()
        .filter(|rule| rule.record.as_deref() == Some("mm2:threshold:constant"));
    let number = |expr: &str| {
        let inner = expr.trim_start_matches("vector(").trim_end_matches(')');
        inner.parse().unwrap()
    };
    constants
        .map(|rule| {
            let key = ["metric", "severity"].map(|label| rule.labels[label].clone());
            (key.into(), number(&rule.expr))
        })
        .collect()
}

/// What the shipped rules record.
pub(super) fn recorded() -> BTreeSet<String> {
    let rules = RULES.iter().chain(ALERTS.iter());
    rules.filter_map(|rule| rule.record.clone()).collect()
}
