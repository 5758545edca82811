//! Where series end. A server hands out samples, and no markers of a series' end: those are told again by `up`.
//!
//! Prometheus writes a marker where a scrape lacks a series that the scrape before had, and where a scrape fails (Prometheus,
//! `scrape/scrape.go`). All samples of a scrape have its time, so that the samples of `up` tell at which times a target was scraped.

use std::collections::HashMap;

use crate::promql::{Labels, Millis, Sample, SeriesSet};

/// The series, each ended where its target was scraped and had it no more. Series with times of their own (federated ones, those of recording
/// rules) and series of targets without `up` stay as they are.
#[must_use]
pub fn with_markers(series: &SeriesSet) -> SeriesSet {
    let scrapes: HashMap<_, Vec<Millis>> = series
        .iter()
        .filter(|(labels, _)| labels.name() == "up")
        .map(|(labels, samples)| (target(labels), samples.iter().map(|s| s.at).collect()))
        .collect();
    let mut all = SeriesSet::default();
    for (labels, samples) in series.iter() {
        let markers = scrapes
            .get(&target(labels))
            .map(|scrapes| markers(scrapes, samples));
        let samples = samples.iter().copied().chain(markers.unwrap_or_default());
        all.add(labels.clone(), samples);
    }
    all
}

fn target(labels: &Labels) -> (&str, &str) {
    (labels.get("job"), labels.get("instance"))
}

/// The ends of a series among the scrapes of its target.
fn markers(scrapes: &[Millis], samples: &[Sample]) -> Vec<Sample> {
    let is_there = |at: &Millis| samples.binary_search_by_key(at, |sample| sample.at).is_ok();
    if samples
        .iter()
        .any(|sample| scrapes.binary_search(&sample.at).is_err())
    {
        return Vec::new();
    }
    let pairs = scrapes.windows(2);
    let ends = pairs.filter(|pair| is_there(&pair[0]) && !is_there(&pair[1]));
    ends.map(|pair| Sample::stale(pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(all: &[(&str, &str, &[Millis])]) -> SeriesSet {
        let mut set = SeriesSet::default();
        for (name, instance, times) in all {
            let labels = [("__name__", *name), ("job", "j"), ("instance", *instance)];
            let samples = times.iter().map(|at| Sample {
                at: *at,
                value: 1.0,
            });
            set.add(labels.into_iter().collect(), samples);
        }
        set
    }

    /// The times of the markers of a series.
    fn ends(set: &SeriesSet, name: &str) -> Vec<Millis> {
        let marked = with_markers(set);
        let (_, samples) = marked
            .iter()
            .find(|(labels, _)| labels.name() == name)
            .unwrap();
        samples
            .iter()
            .filter(|s| s.is_stale())
            .map(|s| s.at)
            .collect()
    }

    #[test]
    fn a_series_ends_at_the_first_scrape_that_lacks_it_each_time() {
        let set = set(&[("up", "w", &[1, 2, 3, 4, 5, 6]), ("a", "w", &[1, 2, 5])]);
        assert_eq!(ends(&set, "a"), [3, 6]);
        assert!(ends(&set, "up").is_empty());
    }

    #[test]
    fn a_series_that_was_scraped_to_the_last_does_not_end() {
        let set = set(&[("up", "w", &[1, 2, 3]), ("a", "w", &[1, 2, 3])]);
        assert!(ends(&set, "a").is_empty());
    }

    #[test]
    fn the_scrapes_of_another_target_end_nothing() {
        let set = set(&[("up", "w", &[1, 2, 3]), ("a", "v", &[1])]);
        assert!(ends(&set, "a").is_empty());
    }

    #[test]
    fn a_series_with_times_of_its_own_does_not_end() {
        let set = set(&[("up", "w", &[10, 20, 30]), ("a", "w", &[9, 10])]);
        assert!(ends(&set, "a").is_empty());
    }
}
