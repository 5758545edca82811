//! A page under construction: samples by metric, in the order in which they will be written.

use std::collections::BTreeMap;

use super::metric::{Kind, Metric};

/// One sample: label values in the order of the metric's labels, empty where there is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: Vec<String>,
    pub(super) value: Value,
}

/// A number, or a histogram.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Histogram(Histogram),
}

/// Cumulative buckets by upper edge, ascending, without +Inf, which is `count`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    pub(super) buckets: Vec<(f64, u64)>,
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// Samples by metric name.
#[derive(Default)]
pub(super) struct Page {
    families: BTreeMap<&'static str, (Metric, Vec<Sample>)>,
}

impl Page {
    /// Add a sample. `labels` are the values of the metric's labels in their order.
    pub(super) fn add(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        self.push(metric, labels, Value::Number(value));
    }

    /// Add a sample if there is a value.
    pub(super) fn add_some(&mut self, metric: &Metric, labels: &[&str], value: Option<f64>) {
        if let Some(value) = value {
            self.add(metric, labels, value);
        }
    }

    /// Add a sample that is 1 for being there.
    pub(super) fn state(&mut self, metric: &Metric, labels: &[&str]) {
        self.add(metric, labels, 1.0);
    }

    /// Add a histogram.
    pub(super) fn histogram(&mut self, metric: &Metric, labels: &[&str], histogram: Histogram) {
        debug_assert_eq!(metric.kind, Kind::Histogram, "{}", metric.name);
        self.push(metric, labels, Value::Histogram(histogram));
    }

    fn push(&mut self, metric: &Metric, labels: &[&str], value: Value) {
        debug_assert_eq!(labels.len(), metric.labels.len(), "{}", metric.name);
        let (_, samples) = self
            .families
            .entry(metric.name)
            .or_insert_with(|| (*metric, Vec::new()));
        samples.push(Sample {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            value,
        });
    }

    /// The metrics in order of their names, with their samples in order of their labels.
    ///
    /// Of two samples with the same labels only the first stays: Prometheus would refuse the whole page.
    pub(super) fn into_families(self) -> impl Iterator<Item = (Metric, Vec<Sample>)> {
        self.families.into_values().map(|(metric, mut samples)| {
            samples.sort_by(|a, b| a.labels.cmp(&b.labels));
            samples.dedup_by(|later, earlier| later.labels == earlier.labels);
            (metric, samples)
        })
    }
}
