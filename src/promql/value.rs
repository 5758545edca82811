//! Samples and the one in-memory type in which they end, whatever they came from.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Labels, Selector};

/// Bits of the NaN that says that a series ends here (Prometheus, `StaleNaN` in model/value); any other NaN is a value.
pub(super) const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Milliseconds since the Unix epoch, the resolution of a sample's time in Prometheus.
pub type Millis = i64;

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "as Prometheus does")]
pub(super) fn seconds(ms: Millis) -> f64 {
    ms as f64 / 1000.0
}

/// One value at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When: the start of the scrape.
    pub at: Millis,
    /// What; NaN is a value.
    pub value: f64,
}

impl Sample {
    /// Whether it is the marker of a series' end instead of a value.
    pub fn is_stale(&self) -> bool {
        self.value.to_bits() == STALE
    }

    /// The marker of a series' end.
    pub fn stale(at: Millis) -> Self {
        Self {
            at,
            value: f64::from_bits(STALE),
        }
    }
}

/// The samples of one series, oldest first, one per millisecond.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Who.
    pub labels: Labels,
    /// Its samples.
    pub samples: Vec<Sample>,
}

impl Series {
    /// The value of the sample at exactly this millisecond.
    pub fn at(&self, at: Millis) -> Option<f64> {
        self.samples
            .binary_search_by_key(&at, |sample| sample.at)
            .ok()
            .map(|i| self.samples[i].value)
    }
}

/// Series, each once, in order of their metrics' names and then of their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSet {
    // By name first: a selector has one, and is not to look at all others.
    metrics: BTreeMap<String, Metric>,
}

type Metric = BTreeMap<Labels, Vec<Sample>>;

impl SeriesSet {
    /// Add samples to a series. Of two samples at one millisecond the first one added stays, as in Prometheus.
    pub fn add(&mut self, labels: Labels, samples: impl IntoIterator<Item = Sample>) {
        let all = self.metric(labels.name()).entry(labels).or_default();
        let sorted_until = all.len();
        if all.is_empty() {
            // Of a vector it is the same one, and no copy.
            *all = samples.into_iter().collect();
        } else {
            all.extend(samples);
        }
        if all[sorted_until.saturating_sub(1)..]
            .windows(2)
            .any(|pair| pair[0].at >= pair[1].at)
        {
            all.sort_by_key(|sample| sample.at);
            all.dedup_by_key(|sample| sample.at);
        }
    }

    /// Add every series of another set.
    pub fn join(&mut self, other: Self) {
        for (labels, samples) in other.metrics.into_values().flatten() {
            self.add(labels, samples);
        }
    }

    fn metric(&mut self, name: &str) -> &mut Metric {
        if !self.metrics.contains_key(name) {
            self.metrics.insert(name.to_owned(), Metric::default());
        }
        self.metrics.get_mut(name).expect("it was put there")
    }

    /// Every series.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, &[Sample])> {
        let series = self.metrics.values().flatten();
        series.map(|(labels, samples)| (labels, samples.as_slice()))
    }

    /// Series that a selector selects.
    pub fn select<'s, 'q>(
        &'s self,
        selector: &'q Selector,
    ) -> impl Iterator<Item = (&'s Labels, &'s [Sample])> + use<'s, 'q> {
        let bound = selector.metric().map_or(Bound::Unbounded, Bound::Included);
        let metrics = self.metrics.range::<str, _>((bound, bound));
        let series = metrics.flat_map(|(_, metric)| metric);
        let selected = series.filter(|(labels, _)| selector.matches(labels));
        selected.map(|(labels, samples)| (labels, samples.as_slice()))
    }

    /// The samples of one series.
    pub fn get(&self, labels: &Labels) -> Option<&[Sample]> {
        let series = self.metrics.get(labels.name())?.get(labels)?;
        Some(series)
    }

    /// Series whose labels satisfy a predicate, copied.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Labels) -> bool) -> Self {
        let series = self.iter().filter(|(labels, _)| keep(labels));
        series
            .map(|(labels, samples)| (labels.clone(), samples.to_vec()))
            .collect()
    }

    /// Only samples whose time satisfies a predicate, copied; series without any are gone.
    #[must_use]
    pub fn at_times(&self, keep: impl Fn(Millis) -> bool) -> Self {
        let kept = |(labels, samples): (&Labels, &[Sample])| {
            let samples = samples.iter().copied().filter(|sample| keep(sample.at));
            (labels.clone(), samples.collect::<Vec<_>>())
        };
        let series = self.iter().map(kept);
        series.filter(|(_, samples)| !samples.is_empty()).collect()
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.metrics.values().map(BTreeMap::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty()
    }
}

impl FromIterator<(Labels, Vec<Sample>)> for SeriesSet {
    fn from_iter<T: IntoIterator<Item = (Labels, Vec<Sample>)>>(all: T) -> Self {
        let mut set = Self::default();
        for (labels, samples) in all {
            set.add(labels, samples);
        }
        set
    }
}

impl FromIterator<Series> for SeriesSet {
    fn from_iter<T: IntoIterator<Item = Series>>(all: T) -> Self {
        let pairs = all.into_iter();
        pairs
            .map(|series| (series.labels, series.samples))
            .collect()
    }
}

/// Read a value as Prometheus' API prints it.
pub fn parse_value(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        number if number.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') => {
            number.parse().ok()
        }
        _ => None,
    }
}

/// Print a value as Prometheus' API does: shortest digits that read back the same, no exponent.
pub fn print_value(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format!("{value}")
    }
}

#[test]
fn values_read_back_the_same() {
    for value in [
        0.0,
        -0.5,
        1e21,
        1.795_420_800_123_457e9,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ] {
        assert_eq!(parse_value(&print_value(value)), Some(value));
    }
    assert!(parse_value("NaN").is_some_and(f64::is_nan));
    assert_eq!(parse_value("nan"), None);
    assert_eq!(parse_value("inf"), None);
}

#[test]
fn a_selector_finds_its_metric_by_name_and_without_one_looks_at_all() {
    let labels = |name, job| -> Labels { [("__name__", name), ("job", job)].into_iter().collect() };
    let one = |labels| (labels, vec![Sample { at: 1, value: 1.0 }]);
    let all = [
        labels("up", "a"),
        labels("up", "b"),
        labels("upper", "a"),
        labels("", "a"),
    ];
    let set: SeriesSet = all.into_iter().map(one).collect();
    let found = |text: &str| {
        let selector = Selector::parse(text).unwrap();
        let found = set.select(&selector).map(|(labels, _)| labels.to_string());
        found.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        found("up"),
        r#"{__name__="up", job="a"} {__name__="up", job="b"}"#
    );
    assert_eq!(
        found(r#"{__name__="up", job="b"}"#),
        r#"{__name__="up", job="b"}"#
    );
    assert_eq!(
        found(r#"{job="a"}"#),
        r#"{job="a"} {__name__="up", job="a"} {__name__="upper", job="a"}"#
    );
    assert_eq!(found("absent"), "");
}

#[test]
fn overlapping_chunks_join_into_samples_in_order_each_once() {
    let labels: Labels = [("__name__", "up"), ("empty", "")].into_iter().collect();
    let mut set = SeriesSet::default();
    set.add(
        labels.clone(),
        [Sample { at: 2, value: 1.0 }, Sample { at: 3, value: 1.0 }],
    );
    set.add(
        labels.clone(),
        [Sample { at: 1, value: 0.0 }, Sample { at: 2, value: 9.0 }],
    );
    let (found, samples) = set.iter().next().unwrap();
    assert_eq!(found, &[("__name__", "up")].into_iter().collect());
    assert_eq!(
        samples.iter().map(|s| (s.at, s.value)).collect::<Vec<_>>(),
        [(1, 0.0), (2, 1.0), (3, 1.0)]
    );
}
