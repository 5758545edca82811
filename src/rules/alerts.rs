//! The life of one alerting rule's alerts, as Prometheus 3 has it (`rules/alerting.go`): pending, firing, gone.
//! Times and durations are milliseconds; the caller gives the time of each evaluation.

use std::collections::{BTreeMap, BTreeSet};

/// Where an active alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The expression holds, but not yet for the whole of `for`.
    Pending,
    /// The expression has held for `for`, or is kept firing by `keep_firing_for`.
    Firing,
}

/// One active alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alert {
    /// Pending or firing.
    pub(super) state: State,
    /// The evaluation at which the expression first held (ms); `ALERTS_FOR_STATE` is this in whole seconds.
    pub(super) active_at: i64,
    /// The first evaluation without the alert while it is kept firing (ms).
    pub(super) kept_since: Option<i64>,
    /// As of the last evaluation at which the expression held.
    pub(super) annotations: Annotations,
}

/// Annotations by name.
pub(super) type Annotations = BTreeMap<String, String>;

/// The active alerts of one rule; `L` is the alert's label set after expansion.
#[derive(Debug, Clone)]
pub(super) struct Alerts<L> {
    hold: i64,
    keep: i64,
    active: BTreeMap<L, Alert>,
}

impl<L: Ord + Clone> Alerts<L> {
    /// A rule without active alerts; `hold` is its `for`, `keep` its `keep_firing_for` (ms, 0 for none).
    pub(super) fn new(hold: i64, keep: i64) -> Self {
        Self {
            hold,
            keep,
            active: BTreeMap::new(),
        }
    }

    /// One evaluation at `at`, where the expression held for these label sets, each once.
    pub(super) fn evaluate(
        &mut self,
        at: i64,
        holding: impl IntoIterator<Item = (L, Annotations)>,
    ) {
        let mut present = BTreeSet::new();
        for (labels, annotations) in holding {
            let alert = self.active.entry(labels.clone()).or_insert_with(|| Alert {
                state: State::Pending,
                active_at: at,
                kept_since: None,
                annotations: Annotations::new(),
            });
            (alert.kept_since, alert.annotations) = (None, annotations);
            present.insert(labels);
        }
        let (hold, keep) = (self.hold, self.keep);
        self.active
            .retain(|labels, alert| present.contains(labels) || kept(alert, at, keep));
        for alert in self.active.values_mut() {
            if at - alert.active_at >= hold {
                alert.state = State::Firing;
            }
        }
    }

    /// Forgets every alert, as Prometheus does when the group's `limit` is exceeded.
    pub(super) fn clear(&mut self) {
        self.active.clear();
    }

    /// The alerts after the last evaluation, in the order of their labels.
    pub(super) fn active(&self) -> impl Iterator<Item = (&L, &Alert)> {
        self.active.iter()
    }
}

/// Whether an alert that the expression no longer gives goes on firing at `at`.
fn kept(alert: &mut Alert, at: i64, keep: i64) -> bool {
    if alert.state != State::Firing || keep <= 0 {
        return false;
    }
    at - *alert.kept_since.get_or_insert(at) < keep
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(alerts: &mut Alerts<&'static str>, at: i64, holding: &[&'static str]) {
        let holding = holding.iter().map(|labels| (*labels, Annotations::new()));
        alerts.evaluate(at, holding);
    }

    fn state(alerts: &Alerts<&str>) -> Option<State> {
        alerts.active().next().map(|(_, alert)| alert.state)
    }

    #[test]
    fn fires_at_the_end_of_for_and_not_before() {
        let mut alerts = Alerts::new(1000, 0);
        evaluate(&mut alerts, 0, &["a"]);
        evaluate(&mut alerts, 999, &["a"]);
        assert_eq!(state(&alerts), Some(State::Pending));
        evaluate(&mut alerts, 1000, &["a"]);
        assert_eq!(state(&alerts), Some(State::Firing));
    }

    #[test]
    fn fires_at_once_without_for() {
        let mut alerts = Alerts::new(0, 0);
        evaluate(&mut alerts, 0, &["a"]);
        assert_eq!(state(&alerts), Some(State::Firing));
    }

    #[test]
    fn a_pending_alert_that_vanishes_starts_again() {
        let mut alerts = Alerts::new(1000, 5000);
        evaluate(&mut alerts, 0, &["a"]);
        evaluate(&mut alerts, 500, &[]);
        assert_eq!(state(&alerts), None);
        evaluate(&mut alerts, 1000, &["a"]);
        assert_eq!(state(&alerts), Some(State::Pending));
    }

    #[test]
    fn keeps_firing_until_keep_firing_for_is_over() {
        let mut alerts = Alerts::new(0, 1000);
        evaluate(&mut alerts, 0, &["a"]);
        evaluate(&mut alerts, 100, &[]);
        evaluate(&mut alerts, 1099, &[]);
        assert_eq!(state(&alerts), Some(State::Firing));
        evaluate(&mut alerts, 1100, &[]);
        assert_eq!(state(&alerts), None);
    }

    #[test]
    fn coming_back_resets_keep_firing_for_and_keeps_the_start() {
        let mut alerts = Alerts::new(0, 1000);
        evaluate(&mut alerts, 0, &["a"]);
        evaluate(&mut alerts, 100, &[]);
        evaluate(&mut alerts, 600, &["a"]);
        evaluate(&mut alerts, 1200, &[]);
        evaluate(&mut alerts, 2100, &[]);
        let alert = alerts.active().next().map(|(_, alert)| alert.clone());
        assert_eq!(
            alert,
            Some(Alert {
                state: State::Firing,
                active_at: 0,
                kept_since: Some(1200),
                annotations: Annotations::new(),
            })
        );
    }
}
