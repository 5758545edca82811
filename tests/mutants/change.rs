//! How evidence is changed: sample by sample, scrape by scrape, series by series.

use mirrorwatch::promql::{Labels, Sample};

use crate::kept::{Drill, Evidence};

pub const SECOND: i64 = 1_000_000;

/// From when until when, in microseconds.
pub type Span = (i64, i64);

pub fn within((from, until): Span, at: i64) -> bool {
    at >= from && at < until
}

/// When a sample was scraped, in microseconds.
pub fn at(sample: Sample) -> i64 {
    sample.at * 1_000
}

/// Whether the values of a metric are instants of the exporter's clock.
pub fn is_instant(name: &str) -> bool {
    let ours = name.starts_with("mm2_canary_") || name.starts_with("mm2_exporter_");
    ours && name.ends_with("_timestamp_seconds")
}

/// Whether a series is of the scrape itself and not of the page.
pub fn is_of_scrape(labels: &Labels) -> bool {
    matches!(labels.name(), "up" | "scrape_duration_seconds")
}

/// Whether a series is a part of the canary's ledger of one partition.
pub fn is_of_ledger(labels: &Labels) -> bool {
    let name = labels.name();
    name.starts_with("mm2_canary_")
        && !labels.get("partition").is_empty()
        && name != "mm2_canary_partition_owner_info"
}

impl Evidence {
    /// Change, drop or keep each sample.
    pub fn samples(&self, change: impl Fn(&Labels, Sample) -> Option<Sample>) -> Self {
        self.each(|labels, samples| {
            samples
                .iter()
                .filter_map(|sample| change(labels, *sample))
                .collect()
        })
    }

    /// Change each series; what is left without a sample is gone.
    pub fn each(&self, change: impl Fn(&Labels, &[Sample]) -> Vec<Sample>) -> Self {
        let all = self
            .series
            .iter()
            .map(|(labels, samples)| (labels.clone(), change(labels, samples)));
        Self {
            log: self.log.clone(),
            series: all.filter(|(_, samples)| !samples.is_empty()).collect(),
        }
    }

    /// Change the value of each sample.
    pub fn values(&self, change: impl Fn(&Labels, i64, f64) -> f64) -> Self {
        self.samples(|labels, sample| {
            let value = change(labels, at(sample), sample.value);
            Some(Sample { value, ..sample })
        })
    }

    /// Without the scrapes of a span.
    pub fn without(&self, span: Span) -> Self {
        self.samples(|_, sample| (!within(span, at(sample))).then_some(sample))
    }

    /// In a span, series show what they showed before it; what they did not show they do not.
    pub fn standing_still(&self, span: Span, which: impl Fn(&Labels) -> bool) -> Self {
        self.going_on(span, |labels| which(labels).then_some(false))
    }

    /// In a span, ledgers go on as they did before it.
    pub fn ledgers_going_on(&self, span: Span, which: impl Fn(&Labels) -> bool) -> Self {
        self.going_on(span, |labels| {
            (is_of_ledger(labels) && which(labels)).then_some(true)
        })
    }

    /// `None` = as it is; else whether it grows on, as it did in the five scrapes before the span.
    fn going_on(&self, span: Span, how: impl Fn(&Labels) -> Option<bool>) -> Self {
        let scrapes = self.scrapes();
        let first = scrapes.partition_point(|scrape| scrape * 1_000 < span.0);
        let (last, before) = (scrapes[first - 1], scrapes[first - 6]);
        self.each(|labels, samples| {
            let Some(grows) = how(labels) else {
                return samples.to_vec();
            };
            let outside = samples.iter().filter(|sample| !within(span, at(**sample)));
            let mut all: Vec<_> = outside.copied().collect();
            let shown = |scrape| {
                samples
                    .iter()
                    .find(|sample| sample.at == scrape)
                    .map(|sample| sample.value)
            };
            if let Some(value) = shown(last) {
                let step = shown(before)
                    .filter(|_| grows)
                    .map_or(0.0, |old| ((value - old) / 5.0).max(0.0));
                let inside = scrapes[first..]
                    .iter()
                    .filter(|scrape| within(span, **scrape * 1_000));
                all.extend((1..).zip(inside).map(|(n, scrape)| Sample {
                    at: *scrape,
                    value: value + step * f64::from(n),
                }));
            }
            all.sort_by_key(|sample| sample.at);
            all
        })
    }

    /// When the exporter was scraped, in milliseconds.
    pub fn scrapes(&self) -> Vec<i64> {
        let up = self.series.iter().find(|(labels, _)| labels.name() == "up");
        up.unwrap().1.iter().map(|sample| sample.at).collect()
    }
}

impl Drill {
    /// A span in the middle of the interruption, or soon after the zero where there was none.
    pub fn middle(&self, length: i64) -> Span {
        let middle = self
            .truth
            .interruption()
            .map_or(self.zero.1 + 6 * SECOND, |(from, until)| {
                i64::midpoint(from, until)
            });
        (middle - length / 2, middle + length / 2)
    }
}
