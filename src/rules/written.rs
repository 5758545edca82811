//! What the rules of groups write, so that one need not ask every rule of every series.

use std::collections::BTreeSet;

use super::file::Group;
use crate::promql::Labels;

/// What rules write.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// Names of metrics.
    recorded: BTreeSet<&'a str>,
    alerts: BTreeSet<&'a str>,
}

impl<'a> Written<'a> {
    /// By these groups.
    pub fn by(groups: &'a [Group]) -> Self {
        let rules = groups.iter().flat_map(|group| &group.rules);
        let (alerting, recording): (Vec<_>, Vec<_>) = rules.partition(|rule| rule.is_alert());
        Self {
            recorded: recording.iter().map(|rule| rule.name.as_str()).collect(),
            alerts: alerting.iter().map(|rule| rule.name.as_str()).collect(),
        }
    }

    /// Whether a series is one of them.
    pub fn has(&self, labels: &Labels) -> bool {
        let name = labels.name();
        let is_of_alert = matches!(name, "ALERTS" | "ALERTS_FOR_STATE")
            && self.alerts.contains(labels.get("alertname"));
        is_of_alert || self.recorded.contains(name)
    }
}

#[test]
fn a_series_is_written_where_one_of_the_rules_writes_it() {
    let groups = super::shipped().unwrap();
    let written = Written::by(&groups);
    let rules: Vec<_> = groups.iter().flat_map(|group| &group.rules).collect();
    let alert = rules.iter().find(|rule| rule.is_alert()).unwrap();
    let recorded = rules.iter().find(|rule| !rule.is_alert()).unwrap();
    let mut found = Vec::new();
    for name in [
        "ALERTS",
        "ALERTS_FOR_STATE",
        "up",
        alert.name.as_str(),
        recorded.name.as_str(),
    ] {
        for alertname in ["", "Nobody", alert.name.as_str(), recorded.name.as_str()] {
            let labels = [("__name__", name), ("alertname", alertname)];
            let labels = labels.into_iter().collect();
            let by_any = rules.iter().any(|rule| rule.writes(&labels));
            assert_eq!(written.has(&labels), by_any, "{labels:?}");
            found.push(by_any);
        }
    }
    assert!(found.contains(&true) && found.contains(&false));
}
