//! The alerts as a server that runs the rules itself has stored them: the series `ALERTS`.

use std::collections::BTreeMap;

use crate::promql::{Labels, Millis, SeriesSet};
use crate::recovery::alerts::Episode;

/// What a server stored of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// Each time that it was active.
    pub(super) episodes: Vec<Episode>,
    /// Between two evaluations.
    pub(super) interval: Millis,
}

/// When an alert with these labels was evaluated and active, and whether it fired.
type Evaluations = BTreeMap<Millis, bool>;

/// Of each alert that was ever active, by its name and severity; `end` = the last sample of all.
pub(super) fn stored(series: &SeriesSet, end: Millis) -> BTreeMap<(String, String), Stored> {
    let mut alerts: BTreeMap<_, BTreeMap<Labels, Evaluations>> = BTreeMap::new();
    for (labels, samples) in series.iter() {
        if labels.name() != "ALERTS" {
            continue;
        }
        let [name, severity, state] =
            ["alertname", "severity", "alertstate"].map(|label| labels.get(label).to_owned());
        let of_both_states = labels.iter().filter(|(label, _)| *label != "alertstate");
        let alert = alerts.entry((name, severity)).or_default();
        let evaluations = alert.entry(of_both_states.collect()).or_default();
        let fires = state == "firing";
        evaluations.extend(samples.iter().map(|sample| (sample.at, fires)));
    }
    let told = alerts
        .into_iter()
        .filter_map(|(key, all)| Some((key, of(&all, end)?)));
    told.collect()
}

/// Nothing where no two evaluations tell how far apart they are.
fn of(all: &BTreeMap<Labels, Evaluations>, end: Millis) -> Option<Stored> {
    let apart = |evaluations: &Evaluations| {
        let pairs = evaluations.keys().zip(evaluations.keys().skip(1));
        pairs.map(|(at, next)| next - at).min()
    };
    let interval = all.values().filter_map(apart).min()?;
    let episodes = all.values();
    let episodes = episodes.flat_map(|evaluations| episodes_of(evaluations, interval, end));
    Some(Stored {
        episodes: episodes.collect(),
        interval,
    })
}

/// Rule: one and a half intervals without it, and it was over at the evaluation in between. Definitions: "Gap".
fn episodes_of(evaluations: &Evaluations, interval: Millis, end: Millis) -> Vec<Episode> {
    let is_next = |last: Millis, at: Millis| 2 * (at - last) <= 3 * interval;
    let mut episodes: Vec<(Episode, Millis)> = Vec::new();
    for (at, fires) in evaluations {
        if !episodes.last().is_some_and(|(_, last)| is_next(*last, *at)) {
            let began = Episode {
                pending: *at,
                fired: None,
                over: None,
            };
            episodes.push((began, *at));
        }
        if let Some((episode, last)) = episodes.last_mut() {
            *last = *at;
            episode.fired = episode.fired.or(fires.then_some(*at));
        }
    }
    let ended = episodes.into_iter().map(|(episode, last)| Episode {
        over: (!is_next(last, end)).then_some(last + interval),
        ..episode
    });
    ended.collect()
}

#[cfg(test)]
fn alerts(states: &[(&str, &[Millis])]) -> SeriesSet {
    use crate::promql::Sample;
    let mut set = SeriesSet::default();
    for (state, seconds) in states {
        let labels = [
            ("__name__", "ALERTS"),
            ("alertname", "A"),
            ("severity", "warning"),
            ("alertstate", state),
            ("worker", "w1"),
        ];
        let sample = |second: &Millis| Sample {
            at: second * 1_000,
            value: 1.0,
        };
        set.add(
            labels.into_iter().collect(),
            seconds.iter().map(sample).collect::<Vec<_>>(),
        );
    }
    set
}

#[cfg(test)]
fn told(states: &[(&str, &[Millis])], end: Millis) -> Option<Stored> {
    let mut all = stored(&alerts(states), end * 1_000);
    all.remove(&("A".to_owned(), "warning".to_owned()))
}

#[test]
fn an_alert_is_pending_fires_and_is_over_at_the_evaluations_that_were_stored() {
    let states: [(&str, &[Millis]); 2] = [("pending", &[10, 15]), ("firing", &[20, 25])];
    let episode = |over: Option<Millis>| Episode {
        pending: 10_000,
        fired: Some(20_000),
        over,
    };
    let over = told(&states, 33).unwrap();
    assert_eq!(over.episodes, [episode(Some(30_000))]);
    assert_eq!(over.interval, 5_000);
    assert_eq!(told(&states, 32).unwrap().episodes, [episode(None)]);
}

#[test]
fn an_evaluation_without_it_ends_an_alert() {
    let states: [(&str, &[Millis]); 1] = [("pending", &[10, 15, 25])];
    let [first, second] = told(&states, 26).unwrap().episodes[..] else {
        panic!("it was active twice")
    };
    assert_eq!((first.pending, first.over), (10_000, Some(20_000)));
    assert_eq!((second.pending, second.over), (25_000, None));
    assert_eq!((first.fired, second.fired), (None, None));
}

#[test]
fn an_alert_that_was_evaluated_once_says_nothing_of_its_interval() {
    assert_eq!(told(&[("firing", &[10])], 60), None);
    assert_eq!(told(&[], 60), None);
}
