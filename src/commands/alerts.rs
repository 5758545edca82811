//! The shipped alerts over the samples of a drill: what their rules rest on, and what they said, or would have said.

mod stored;

use std::collections::{BTreeMap, BTreeSet};

use stored::Stored;

use crate::promql::{Labels, Millis, Sample, SeriesSet, Settings};
use crate::recovery::alerts::{Alert, Alerts, Episode};
use crate::rules::{self, Needs, Replay, State, Transition, Written};
use crate::storage::staleness::with_markers;
use crate::yaml;

/// Of a group without an interval of its own; the shipped ones have theirs.
const INTERVAL: Millis = 15_000;

/// The metrics that the shipped alerts rest on, by name, and what a server stores of them itself.
pub(super) fn metrics() -> Result<Vec<String>, yaml::Error> {
    let needs = Needs::of(&rules::shipped()?, INTERVAL);
    let mut metrics: Vec<_> = needs.into_iter().flat_map(|needs| needs.metrics).collect();
    metrics.push("ALERTS".to_owned());
    metrics.sort();
    metrics.dedup();
    Ok(metrics)
}

/// What they said where the server stored that, else what they would have said, of samples that have all series of the metrics that
/// `is_whole` says. Definitions: "Detection".
pub(super) fn told(
    series: &SeriesSet,
    is_whole: impl Fn(&str) -> bool,
) -> Result<Alerts, yaml::Error> {
    let groups = rules::shipped()?;
    let needs = Needs::of(&groups, INTERVAL);
    let Some(over) = span(series) else {
        return Ok(Alerts::default());
    };
    let written = Written::by(&groups);
    let given = with_markers(&series.filtered(|labels| !written.has(labels)));
    let mut replay = Replay::new(groups.clone(), given, Settings::default());
    replay.over(over.0, over.1, INTERVAL);
    let mut episodes = episodes(&replay.transitions);
    let mut stored = stored::stored(series, over.1);
    let all = needs.into_iter().map(|needs| {
        let lacks = needs.metrics.into_iter();
        let key = (needs.alert.clone(), needs.severity.clone());
        if let Some(stored) = stored.remove(&key) {
            return as_stored(key, needs.hold, stored);
        }
        Alert {
            lacks: lacks.filter(|metric| !is_whole(metric)).collect(),
            episodes: episodes.remove(&key).unwrap_or_default(),
            name: needs.alert,
            severity: needs.severity,
            reach: needs.reach,
            hold: needs.hold,
            interval: needs.interval,
            late: needs.late,
            stored: false,
        }
    });
    Ok(Alerts {
        all: all.collect(),
        over,
    })
}

/// Rule: a server knows of an evaluation when it was, or until the next one is due; and it knew what it looked back at.
fn as_stored((name, severity): (String, String), hold: Millis, stored: Stored) -> Alert {
    Alert {
        name,
        severity,
        lacks: BTreeSet::new(),
        reach: 0,
        hold,
        interval: 0,
        late: stored.interval,
        stored: true,
        episodes: stored.episodes,
    }
}

/// From the first sample to the last.
fn span(series: &SeriesSet) -> Option<(Millis, Millis)> {
    let ends = series.iter().filter_map(|(_, samples)| {
        let (first, last): (&Sample, &Sample) = (samples.first()?, samples.last()?);
        Some((first.at, last.at))
    });
    ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Each time that an alert was active, by its name and severity.
fn episodes(transitions: &[Transition]) -> BTreeMap<(String, String), Vec<Episode>> {
    let mut done: BTreeMap<_, Vec<Episode>> = BTreeMap::new();
    let mut open: BTreeMap<&Labels, Episode> = BTreeMap::new();
    let key = |labels: &Labels| {
        let [alert, severity] = ["alertname", "severity"].map(|name| labels.get(name).to_owned());
        (alert, severity)
    };
    for Transition {
        at, labels, state, ..
    } in transitions
    {
        let began = Episode {
            pending: *at,
            fired: None,
            over: None,
        };
        match state {
            Some(State::Pending) => drop(open.insert(labels, began)),
            Some(State::Firing) => open.entry(labels).or_insert(began).fired = Some(*at),
            None => {
                let ended = open.remove(labels).map(|episode| Episode {
                    over: Some(*at),
                    ..episode
                });
                done.entry(key(labels)).or_default().extend(ended);
            }
        }
    }
    for (labels, episode) in open {
        done.entry(key(labels)).or_default().push(episode);
    }
    done
}

#[cfg(test)]
mod tests;
