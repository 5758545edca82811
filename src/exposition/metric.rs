//! The words of a metric: name, kind, unit, labels, help, where it comes from, when it is absent.

/// What Prometheus is told about a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up, starts again at zero; the name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Always 1, its labels are what it says; the name ends in `_info`.
    Info,
    /// Cumulative buckets with `le`, a sum and a count.
    Histogram,
    /// Kafka's own name does not allow the type that it has.
    Unknown,
}

impl Kind {
    /// The word in OpenMetrics.
    pub fn open_metrics(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Info => "info",
            Self::Histogram => "histogram",
            Self::Unknown => "unknown",
        }
    }

    /// The word in the classic text format, which has fewer.
    pub fn classic(self) -> &'static str {
        match self {
            Self::Info => "gauge",
            Self::Unknown => "untyped",
            other => other.open_metrics(),
        }
    }
}

/// How the partitions of a topic become one series where a page has one for each topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// They add up.
    Sum,
    /// The greatest stands for all.
    Greatest,
    /// The least stands for all.
    Least,
    /// They do not: each has a place in a log of its own.
    Never,
}

impl Fold {
    /// Two partitions as one; NaN, which stands for what is not known, with whatever it is joined.
    pub fn join(self, one: f64, other: f64) -> f64 {
        match self {
            _ if one.is_nan() || other.is_nan() => f64::NAN,
            Self::Sum => one + other,
            Self::Greatest => one.max(other),
            Self::Least => one.min(other),
            Self::Never => f64::NAN,
        }
    }
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name as on a page; that of a histogram without `_bucket`, `_sum`, `_count`.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Its unit; empty where it has none.
    pub unit: &'static str,
    /// Its labels, in the order of the page.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
    /// Where it comes from.
    pub origin: &'static str,
    /// When it is absent.
    pub absent: &'static str,
    /// How the partitions of a topic become one.
    pub fold: Fold,
    /// Whether `page.include_topics` and `page.exclude_topics` say of which topics it tells.
    pub is_filtered: bool,
}

impl Metric {
    /// A row; mirrorwatch's own and never absent unless [`Metric::from`] says so.
    pub const fn new(
        name: &'static str,
        kind: Kind,
        unit: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            unit,
            labels,
            help,
            origin: "mirrorwatch itself",
            absent: "never",
            fold: match kind {
                Kind::Counter | Kind::Unknown | Kind::Histogram => Fold::Sum,
                Kind::Gauge | Kind::Info => Fold::Greatest,
            },
            is_filtered: !matches!(kind, Kind::Info),
        }
    }

    /// The same row with another way to join partitions: counters add up unless said so, of gauges the greatest stands.
    #[must_use]
    pub const fn joined(self, fold: Fold) -> Self {
        Self { fold, ..self }
    }

    /// The same row for whatever topic: the one in its labels is none of those that users choose.
    #[must_use]
    pub const fn unfiltered(self) -> Self {
        Self {
            is_filtered: false,
            ..self
        }
    }

    /// The same row with where it comes from and when it is absent.
    #[must_use]
    pub const fn from(self, origin: &'static str, absent: &'static str) -> Self {
        Self {
            origin,
            absent,
            ..self
        }
    }

    /// Whether the partitions of a topic can be one series of it.
    pub fn joins(&self) -> bool {
        self.kind != Kind::Info
            && ["topic", "partition"]
                .iter()
                .all(|label| self.labels.contains(label))
    }

    /// The name of its family in OpenMetrics: without `_total` and `_info`.
    pub fn family(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram | Kind::Unknown => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }

    /// Its unit as OpenMetrics wants it: only where the family's name ends in it.
    pub fn open_metrics_unit(&self) -> Option<&'static str> {
        let ends = self
            .family()
            .strip_suffix(self.unit)
            .is_some_and(|rest| rest.ends_with('_'));
        (ends && !self.unit.is_empty()).then_some(self.unit)
    }
}

#[test]
fn a_family_is_named_without_the_suffix_of_its_kind() {
    let counter = Metric::new("a_seconds_total", Kind::Counter, "seconds", &[], "");
    assert_eq!(counter.family(), "a_seconds");
    assert_eq!(counter.open_metrics_unit(), Some("seconds"));
    let gauge = Metric::new("a_info_total", Kind::Gauge, "", &[], "");
    assert_eq!(gauge.family(), "a_info_total");
    assert_eq!(gauge.open_metrics_unit(), None);
}
