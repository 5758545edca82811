//! What an alert rests on, through the rules whose series it looks at: so that one knows whether there is enough to replay it by.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Group, Rule};
use crate::promql::{Labels, Millis, Settings, Steps};

/// What an alert rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Its name.
    pub alert: String,
    /// Its label `severity`.
    pub severity: String,
    /// The metrics that no rule records; a selector without a name stands for itself.
    pub metrics: BTreeSet<String>,
    /// How far back it looks at them, in milliseconds; the lookback of instant selectors apart.
    pub reach: Millis,
    /// How long its expression must hold.
    pub hold: Millis,
    /// Between two of its evaluations.
    pub interval: Millis,
    /// How much later at most a server may know it that evaluates each group in its own time: an interval of its own group, and of each group through
    /// whose series it looks.
    pub late: Millis,
}

/// What a series rests on that rules record.
#[derive(Clone, Default)]
struct Recorded {
    /// The group that records it.
    group: usize,
    interval: Millis,
    basis: Basis,
}

#[derive(Clone, Default)]
struct Basis {
    metrics: BTreeSet<String>,
    reach: Millis,
    /// Without the interval of the group itself.
    late: Millis,
}

impl Basis {
    fn join(&mut self, other: Self) {
        self.metrics.extend(other.metrics);
        self.reach = self.reach.max(other.reach);
        self.late = self.late.max(other.late);
    }
}

impl Needs {
    /// Of every alert, in order. Groups without an interval of their own have this one. A rule looks at what rules before it record.
    pub fn of(groups: &[Group], interval: Millis) -> Vec<Self> {
        let mut recorded: BTreeMap<&str, Recorded> = BTreeMap::new();
        let mut all = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let interval = group.interval.unwrap_or(interval);
            for rule in &group.rules {
                let basis = basis(rule, number, &recorded);
                if let Some(alert) = &rule.alert {
                    all.push(Self {
                        alert: rule.name.clone(),
                        severity: severity(rule),
                        metrics: basis.metrics,
                        reach: basis.reach,
                        hold: alert.hold,
                        interval,
                        late: basis.late + interval,
                    });
                    continue;
                }
                let known = recorded.entry(&rule.name).or_default();
                (known.group, known.interval) = (number, interval);
                known.basis.join(basis);
            }
        }
        all
    }
}

fn severity(rule: &Rule) -> String {
    let labels = rule.labelled(&Labels::default(), 0.0);
    labels.get("severity").to_owned()
}

fn basis(rule: &Rule, group: usize, recorded: &BTreeMap<&str, Recorded>) -> Basis {
    let mut basis = Basis::default();
    let now = Steps {
        from: 0,
        to: 0,
        step: 1,
    };
    let no_lookback = Settings {
        lookback: 0,
        ..Settings::default()
    };
    for footprint in rule.query.selectors() {
        let reach = -footprint.times(now, &no_lookback).0;
        let name = footprint.selector.metric().map(str::to_owned);
        let name = name.unwrap_or_else(|| footprint.selector.to_string());
        basis.join(match recorded.get(name.as_str()) {
            None => Basis {
                metrics: [name].into(),
                reach,
                late: 0,
            },
            Some(known) => Basis {
                metrics: known.basis.metrics.clone(),
                reach: known.basis.reach + reach,
                late: known.basis.late
                    + if known.group == group {
                        0
                    } else {
                        known.interval
                    },
            },
        });
    }
    basis
}

#[cfg(test)]
fn needs(text: &str) -> Vec<Needs> {
    let file = super::RuleFile::parse(std::path::Path::new("r.yml"), text).unwrap();
    Needs::of(&file.groups, 15_000)
}

#[test]
fn an_alert_rests_on_what_the_rules_before_it_look_at() {
    let text = "
groups:
  - name: a
    interval: 5s
    rules:
      - { record: 'a:b', expr: 'rate(b[1m])' }
      - { record: 'a:c', expr: 'a:b + c' }
  - name: d
    rules:
      - { alert: D, expr: 'sum_over_time(a:c[5m]) > d', for: 30s, labels: { severity: critical } }
      - { alert: E, expr: 'e > 0' }
";
    let [d, e] = needs(text).try_into().unwrap();
    assert_eq!((d.alert.as_str(), d.severity.as_str()), ("D", "critical"));
    assert_eq!(d.metrics, ["b", "c", "d"].map(str::to_owned).into());
    assert_eq!((d.reach, d.hold), (360_000, 30_000));
    // Its own group's interval and that of the group that records.
    assert_eq!((d.interval, d.late), (15_000, 20_000));
    assert_eq!((e.severity.as_str(), e.reach, e.late), ("", 0, 15_000));
}

#[test]
fn the_shipped_alerts_rest_on_metrics_alone() {
    let shipped = super::shipped().unwrap();
    let needs = Needs::of(&shipped, 15_000);
    assert!(needs.len() > 50, "{}", needs.len());
    let recorded = needs.iter().flat_map(|alert| &alert.metrics);
    let recorded: Vec<_> = recorded.filter(|name| name.contains(':')).collect();
    assert_eq!(recorded, Vec::<&String>::new());
    assert!(needs.iter().all(|alert| !alert.severity.is_empty()));
}
