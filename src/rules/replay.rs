//! Evaluates groups over samples, and keeps what they would have written: recorded series, `ALERTS` and `ALERTS_FOR_STATE`.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{Alert, Alerts, State};
use super::file::{Group, Rule};
use crate::promql::{Labels, Millis, Sample, SeriesSet, Settings, Value};

/// Groups under way, and all samples: those that were given, and those that the rules wrote.
#[derive(Debug)]
pub struct Replay {
    groups: Vec<Running>,
    series: SeriesSet,
    settings: Settings,
    /// When each alert became pending, fired, and was over.
    pub transitions: Vec<Transition>,
    /// Evaluations that failed.
    pub problems: Vec<Problem>,
}

/// That an alert came to another state.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// At this evaluation.
    pub at: Millis,
    /// Its labels.
    pub labels: Labels,
    /// The state; `None`: it is over.
    pub state: Option<State>,
    /// Its annotations at that time.
    pub annotations: BTreeMap<String, String>,
}

/// An evaluation that failed: nothing was written by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// When.
    pub at: Millis,
    /// The group.
    pub group: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub why: String,
}

#[derive(Debug)]
struct Running {
    group: Group,
    rules: Vec<Memory>,
}

/// What is remembered of a rule from one evaluation to the next.
#[derive(Debug)]
struct Memory {
    /// What it wrote; what of it is missing the next time ends.
    written: BTreeSet<Labels>,
    alerts: Alerts<Labels>,
}

impl Replay {
    /// Nothing is evaluated yet.
    pub fn new(
        groups: impl IntoIterator<Item = Group>,
        series: SeriesSet,
        settings: Settings,
    ) -> Self {
        let running = |group: Group| {
            let memory = |rule: &Rule| Memory {
                written: BTreeSet::new(),
                alerts: rule.alert.as_ref().map_or_else(
                    || Alerts::new(0, 0),
                    |alert| Alerts::new(alert.hold, alert.keep),
                ),
            };
            Running {
                rules: group.rules.iter().map(memory).collect(),
                group,
            }
        };
        Self {
            groups: groups.into_iter().map(running).collect(),
            series,
            settings,
            transitions: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Evaluate every group from one time until another, at its own interval, or at this one where it has none. Groups that are due at once are
    /// evaluated in their order.
    pub fn over(&mut self, from: Millis, to: Millis, interval: Millis) {
        let mut due: BTreeSet<(Millis, usize)> =
            (0..self.groups.len()).map(|group| (from, group)).collect();
        while let Some((at, group)) = due.pop_first().filter(|(at, _)| *at <= to) {
            self.evaluate_group(group, at);
            let every = self.groups[group].group.interval.unwrap_or(interval).max(1);
            due.insert((at + every, group));
        }
    }

    /// Evaluate every group once.
    pub fn evaluate(&mut self, at: Millis) {
        (0..self.groups.len()).for_each(|group| self.evaluate_group(group, at));
    }

    /// All samples.
    pub fn series(&self) -> &SeriesSet {
        &self.series
    }

    /// The alerts that fire after the last evaluation, with their annotations.
    pub fn firing(&self) -> Vec<(Labels, BTreeMap<String, String>)> {
        let memories = self.groups.iter().flat_map(|running| &running.rules);
        let active = memories.flat_map(|memory| memory.alerts.active());
        let firing = active.filter(|(_, alert)| alert.state == State::Firing);
        firing
            .map(|(labels, alert)| (labels.clone(), alert.annotations.clone()))
            .collect()
    }

    fn evaluate_group(&mut self, group: usize, at: Millis) {
        for rule in 0..self.groups[group].rules.len() {
            if let Err(why) = self.evaluate_rule(group, rule, at) {
                let running = &self.groups[group].group;
                self.problems.push(Problem {
                    at,
                    group: running.name.clone(),
                    rule: running.rules[rule].name.clone(),
                    why,
                });
            }
        }
    }

    fn evaluate_rule(&mut self, group: usize, rule: usize, at: Millis) -> Result<(), String> {
        let Running { group, rules } = &mut self.groups[group];
        let (memory, rule) = (&mut rules[rule], &group.rules[rule]);
        let stamped = at - group.query_offset;
        let found = found(rule, &self.series, stamped, &self.settings)?;
        if rule.alert.is_none() {
            within(group.limit, found.len(), "series")?;
            let written = found
                .into_iter()
                .map(|(labels, result)| (labels, result.value));
            memory.write(&mut self.series, stamped, written.collect());
            return Ok(());
        }
        let before: BTreeMap<Labels, State> = states(&memory.alerts);
        memory.alerts.evaluate(
            at,
            found
                .iter()
                .map(|(labels, result)| (labels.clone(), result.annotations.clone())),
        );
        if let Err(error) = within(group.limit, memory.alerts.active().count(), "alerts") {
            memory.alerts.clear();
            return Err(error);
        }
        self.transitions
            .extend(transitions(at, &before, &memory.alerts));
        let written = memory
            .alerts
            .active()
            .flat_map(|(labels, alert)| about(labels, alert))
            .collect();
        memory.write(&mut self.series, stamped, written);
        Ok(())
    }
}

/// A result of a rule.
struct Found {
    value: f64,
    annotations: BTreeMap<String, String>,
}

/// What a rule's expression yields, under the labels that the rule gives it.
fn found(
    rule: &Rule,
    series: &SeriesSet,
    at: Millis,
    settings: &Settings,
) -> Result<BTreeMap<Labels, Found>, String> {
    let answer = rule
        .query
        .instant(series, at, settings)
        .map_err(|error| error.to_string())?;
    let elements = match answer.value {
        Value::Vector(elements) => elements,
        Value::Scalar(sample) => vec![(Labels::default(), sample)],
        Value::String(_) | Value::Matrix(_) => {
            return Err("rule result is not a vector or scalar".to_owned());
        }
    };
    let mut found = BTreeMap::new();
    for (labels, Sample { value, .. }) in elements {
        let annotations = rule.alert.iter().flat_map(|alert| &alert.annotations);
        let annotations =
            annotations.map(|(name, template)| (name.clone(), template.expand(&labels, value)));
        let result = Found {
            value,
            annotations: annotations.collect(),
        };
        if found
            .insert(rule.labelled(&labels, value), result)
            .is_some()
        {
            let what = if rule.is_alert() { "alert" } else { "rule" };
            return Err(format!(
                "vector contains metrics with the same labelset after applying {what} labels"
            ));
        }
    }
    Ok(found)
}

fn within(limit: usize, count: usize, what: &str) -> Result<(), String> {
    if limit > 0 && count > limit {
        return Err(format!("exceeded limit of {limit} with {count} {what}"));
    }
    Ok(())
}

impl Memory {
    /// Write samples, and the end of each series that was written the last time and is not now.
    fn write(&mut self, series: &mut SeriesSet, at: Millis, samples: Vec<(Labels, f64)>) {
        let mut written = BTreeSet::new();
        for (labels, value) in samples {
            series.add(labels.clone(), [Sample { at, value }]);
            written.insert(labels);
        }
        for gone in self.written.difference(&written) {
            // Of two samples at one time the first stays: what another rule wrote does not end.
            series.add(gone.clone(), [Sample::stale(at)]);
        }
        self.written = written;
    }
}

/// What is written about an active alert.
fn about(labels: &Labels, alert: &Alert) -> [(Labels, f64); 2] {
    let state = match alert.state {
        State::Pending => "pending",
        State::Firing => "firing",
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let active_at = alert.active_at.div_euclid(1_000) as f64;
    let with = |pairs: &[(&str, &str)]| {
        let own = labels
            .iter()
            .filter(|(name, _)| pairs.iter().all(|(other, _)| other != name));
        own.chain(pairs.iter().copied()).collect()
    };
    [
        (with(&[("__name__", "ALERTS"), ("alertstate", state)]), 1.0),
        (with(&[("__name__", "ALERTS_FOR_STATE")]), active_at),
    ]
}

fn states(alerts: &Alerts<Labels>) -> BTreeMap<Labels, State> {
    alerts
        .active()
        .map(|(labels, alert)| (labels.clone(), alert.state))
        .collect()
}

fn transitions(
    at: Millis,
    before: &BTreeMap<Labels, State>,
    alerts: &Alerts<Labels>,
) -> Vec<Transition> {
    let after = states(alerts);
    let changed = alerts
        .active()
        .filter(|(labels, alert)| before.get(*labels) != Some(&alert.state));
    let changed = changed.map(|(labels, alert)| Transition {
        at,
        labels: labels.clone(),
        state: Some(alert.state),
        annotations: alert.annotations.clone(),
    });
    let over = before.keys().filter(|labels| !after.contains_key(*labels));
    let over = over.map(|labels| Transition {
        at,
        labels: labels.clone(),
        state: None,
        annotations: BTreeMap::new(),
    });
    changed.chain(over).collect()
}

#[cfg(test)]
mod tests;
