//! A page under construction: samples by metric, in the order in which they will be written, within its limits.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::label;
use super::metric::{Fold, Kind, Metric};
use crate::model::limits::{Granularity, PageLimits};

/// One sample. Its labels are a piece of its family's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    labels: Range<usize>,
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

/// The samples of one metric.
pub(super) struct Family {
    pub(super) metric: Metric,
    /// The labels of all samples as they will be written, without braces: one text, so that no sample needs its own.
    labels: String,
    pub(super) samples: Vec<Sample>,
}

impl Family {
    fn new(metric: Metric) -> Self {
        Self {
            metric,
            labels: String::new(),
            samples: Vec::new(),
        }
    }

    /// The labels of a sample as they are written, without braces; empty if it has none.
    pub(super) fn labels(&self, sample: &Sample) -> &str {
        &self.labels[sample.labels.clone()]
    }

    fn push(
        &mut self,
        labels: impl Iterator<Item = (&'static str, impl AsRef<str>)>,
        value: Value,
    ) {
        let start = self.labels.len();
        for (name, value) in labels {
            label::push(&mut self.labels, name, value.as_ref());
        }
        // Each label ends in a comma; the last one is not wanted.
        let end = self.labels.len().saturating_sub(1).max(start);
        self.samples.push(Sample {
            labels: start..end,
            value,
        });
    }

    /// Samples in order of their labels, one for each.
    fn settle(&mut self, join: bool) {
        let Self {
            labels,
            samples,
            metric,
        } = self;
        let text = |sample: &Sample| &labels[sample.labels.clone()];
        samples.sort_by(|a, b| text(a).cmp(text(b)));
        // Of two with the same labels only the first stays: Prometheus would refuse the whole page.
        samples.dedup_by(|later, earlier| {
            let same = text(later) == text(earlier);
            if let (true, true, Value::Number(joined), Value::Number(more)) =
                (same, join, &mut earlier.value, &later.value)
            {
                *joined = metric.fold.join(*joined, *more);
            }
            same
        });
        if join {
            samples
                .retain(|sample| !matches!(sample.value, Value::Number(value) if value.is_nan()));
        }
    }
}

/// The value of a partition that has none, until it is joined with the others of its topic.
const UNKNOWN: f64 = f64::NAN;

/// A metric, and how many of its samples were too many for a page.
pub(super) type Dropped = (&'static str, u64);

/// Samples by metric name.
#[derive(Default)]
pub(super) struct Page {
    limits: Arc<PageLimits>,
    families: HashMap<&'static str, Family>,
}

impl Page {
    /// A page within `limits`.
    pub(super) fn within(limits: Arc<PageLimits>) -> Self {
        Self {
            limits,
            families: HashMap::new(),
        }
    }

    /// Add a sample. `labels` are the values of the metric's labels in their order.
    pub(super) fn add(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        self.push(metric, labels, Value::Number(value));
    }

    /// Add a sample if there is a value. Where the partitions of a topic are one series, one without a value leaves the whole
    /// topic without: what is not known is not zero.
    pub(super) fn add_some(&mut self, metric: &Metric, labels: &[&str], value: Option<f64>) {
        match value {
            Some(value) => self.add(metric, labels, value),
            None if self.joins(metric) => self.add(metric, labels, UNKNOWN),
            None => {}
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
        let labels = metric.labels.iter().copied().zip(labels.iter().copied());
        let topic = labels.clone().find(|(name, _)| *name == "topic");
        if topic.is_some_and(|(_, topic)| metric.is_filtered && !self.passes(topic)) {
            return;
        }
        let joined = self.joins(metric);
        if joined && metric.fold == Fold::Never {
            return;
        }
        let family = self
            .families
            .entry(metric.name)
            .or_insert_with(|| Family::new(*metric));
        family.push(
            labels.filter(|(name, _)| !(joined && *name == "partition")),
            value,
        );
    }

    fn passes(&self, topic: &str) -> bool {
        self.limits.topics.is_open() || self.limits.topics.passes(topic)
    }

    /// Whether the partitions of a topic are one series of this metric.
    fn joins(&self, metric: &Metric) -> bool {
        self.limits.granularity == Granularity::Topic && metric.joins()
    }

    /// The metrics in order of their names, with their samples in order of their labels, and by metric how many samples
    /// were too many. Which ones stay does not change from page to page.
    pub(super) fn into_families(mut self) -> (Vec<Family>, Vec<Dropped>) {
        let most = self.limits.series_per_metric;
        let mut names: Vec<&'static str> = self.families.keys().copied().collect();
        names.sort_unstable();
        let mut dropped = Vec::new();
        for name in names {
            let more = self.settle(name, most);
            if more > 0 {
                dropped.push((name, more));
            }
        }
        let families = self.families.into_values();
        let mut families: Vec<Family> = families
            .filter(|family| !family.samples.is_empty())
            .collect();
        families.sort_unstable_by_key(|family| family.metric.name);
        (families, dropped)
    }

    /// How many samples of a metric were too many.
    fn settle(&mut self, name: &str, most: usize) -> u64 {
        let metric = self.families.get(name).map(|family| family.metric);
        let join = metric.is_some_and(|metric| self.joins(&metric));
        let Some(family) = self.families.get_mut(name) else {
            return 0;
        };
        family.settle(join);
        let more = family.samples.len().saturating_sub(most);
        family.samples.truncate(most);
        u64::try_from(more).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Metric = Metric::new(
        "mm2_lag",
        Kind::Gauge,
        "records",
        &["topic", "partition"],
        "L.",
    )
    .joined(Fold::Sum);
    const AGE: Metric = Metric::new(
        "mm2_age",
        Kind::Gauge,
        "seconds",
        &["topic", "partition"],
        "A.",
    );

    fn page(limits: PageLimits) -> Vec<(String, f64)> {
        settled(limits).0
    }

    fn settled(limits: PageLimits) -> (Vec<(String, f64)>, Vec<Dropped>) {
        let mut page = Page::within(Arc::new(limits));
        for metric in [&LAG, &AGE] {
            for (topic, partition, value) in [
                ("b", "0", 5.0),
                ("a", "1", 2.0),
                ("a", "0", 1.0),
                ("a", "0", 9.0),
            ] {
                page.add(metric, &[topic, partition], value);
            }
        }
        let (families, dropped) = page.into_families();
        let lines = families.iter().flat_map(|family| {
            family.samples.iter().map(|sample| {
                let Value::Number(value) = sample.value else {
                    panic!("there is no histogram");
                };
                (
                    format!("{}{{{}}}", family.metric.name, family.labels(sample)),
                    value,
                )
            })
        });
        (lines.collect(), dropped)
    }

    fn line(name: &str, value: f64) -> (String, f64) {
        (name.replace('\'', "\""), value)
    }

    #[test]
    fn samples_are_sorted_and_of_two_with_the_same_labels_the_first_stays() {
        let lines = page(PageLimits::default());
        assert_eq!(
            lines[..3],
            [
                line("mm2_age{topic='a',partition='0'}", 1.0),
                line("mm2_age{topic='a',partition='1'}", 2.0),
                line("mm2_age{topic='b',partition='0'}", 5.0),
            ]
        );
    }

    #[test]
    fn partitions_join_as_their_metric_says() {
        let lines = page(PageLimits {
            granularity: Granularity::Topic,
            ..PageLimits::default()
        });
        assert_eq!(
            lines,
            [
                line("mm2_age{topic='a'}", 9.0),
                line("mm2_age{topic='b'}", 5.0),
                line("mm2_lag{topic='a'}", 12.0),
                line("mm2_lag{topic='b'}", 5.0),
            ]
        );
    }

    #[test]
    fn a_topic_of_which_one_partition_is_not_known_has_no_sum_and_offsets_have_none_at_all() {
        const END: Metric = Metric::new("mm2_end", Kind::Gauge, "", &["topic", "partition"], "E.")
            .joined(Fold::Never);
        let told = |granularity| {
            let mut page = Page::within(Arc::new(PageLimits {
                granularity,
                ..PageLimits::default()
            }));
            for (topic, partition, value) in [
                ("a", "0", Some(1.0)),
                ("a", "1", None),
                ("a", "2", Some(4.0)),
                ("b", "0", Some(5.0)),
            ] {
                for metric in [&LAG, &AGE, &END] {
                    page.add_some(metric, &[topic, partition], value);
                }
            }
            let (families, _) = page.into_families();
            let count = |family: &Family| (family.metric.name, family.samples.len());
            families.iter().map(count).collect::<Vec<_>>()
        };
        assert_eq!(
            told(Granularity::Topic),
            [("mm2_age", 1), ("mm2_lag", 1)],
            "only topic b is wholly known"
        );
        assert_eq!(
            told(Granularity::Partition),
            [("mm2_age", 3), ("mm2_end", 3), ("mm2_lag", 3)]
        );
    }

    #[test]
    fn what_is_too_many_is_dropped_and_counted_and_the_same_stay_each_time() {
        let (lines, dropped) = settled(PageLimits {
            series_per_metric: 2,
            ..PageLimits::default()
        });
        assert_eq!(dropped, [("mm2_age", 1), ("mm2_lag", 1)]);
        assert_eq!(
            lines,
            [
                line("mm2_age{topic='a',partition='0'}", 1.0),
                line("mm2_age{topic='a',partition='1'}", 2.0),
                line("mm2_lag{topic='a',partition='0'}", 1.0),
                line("mm2_lag{topic='a',partition='1'}", 2.0),
            ]
        );
    }

    #[test]
    fn topics_that_do_not_pass_have_no_series() {
        use crate::model::limits::TopicFilter;
        let lines = page(PageLimits {
            topics: TopicFilter::new(Some("b"), None, Vec::new()).unwrap(),
            ..PageLimits::default()
        });
        assert_eq!(
            lines,
            [
                line("mm2_age{topic='b',partition='0'}", 5.0),
                line("mm2_lag{topic='b',partition='0'}", 5.0)
            ]
        );
    }
}
