//! Warnings and infos of an evaluation, in Prometheus' words (3.16, util/annotations): each text once, with the last place in the
//! expression that it is about.

use std::collections::BTreeMap;

use crate::promql::functions::histogram::Repair;
use crate::promql::syntax::Place;
use crate::promql::{Millis, print_value};

#[derive(Debug, Default)]
pub(super) struct Notes {
    warnings: BTreeMap<String, Place>,
    infos: BTreeMap<String, Place>,
    /// Buckets that were not cumulative, by metric.
    forced: BTreeMap<String, Forced>,
}

/// Buckets that counted less than those before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forced {
    place: Place,
    repair: Repair,
    first: Millis,
    last: Millis,
    count: usize,
}

impl Forced {
    /// Of one histogram at one step.
    pub(super) fn of(repair: Repair, at: Millis, place: Place) -> Self {
        Self {
            place,
            repair,
            first: at,
            last: at,
            count: 1,
        }
    }

    /// Together with others.
    pub(super) fn merge(&mut self, other: Self) {
        let (a, b) = (self.repair.bounds, other.repair.bounds);
        self.repair.bounds = (a.0.min(b.0), a.1.max(b.1));
        self.repair.fall = self.repair.fall.max(other.repair.fall);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }

    fn message(&self, metric: &str) -> String {
        let (least, greatest) = self.repair.bounds;
        format!(
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){}, from buckets {} to {}, with a max diff of {}, over {} samples from {} to {} ({})",
            named(metric),
            general(least),
            general(greatest),
            two_digits(self.repair.fall),
            self.count,
            date(self.first),
            date(self.last),
            self.place,
        )
    }
}

impl Notes {
    /// A quantile outside of 0 to 1.
    pub(super) fn quantile(&mut self, q: f64, place: Place) {
        if !(0.0..=1.0).contains(&q) {
            let q = general(q);
            self.warn(
                format!("quantile value should be between 0 and 1, got {q}"),
                place,
            );
        }
    }

    /// A bucket whose bound is missing or no number, of a metric, if its name is still known.
    pub(super) fn bucket_label(&mut self, value: &str, metric: &str, place: Place) {
        let of = named(metric);
        let text =
            format!("bucket label \"le\" is missing or has a malformed value of {value:?}{of}");
        self.warn(text, place);
    }

    /// What was noticed at later steps.
    pub(super) fn join(&mut self, later: Self) {
        self.warnings.extend(later.warnings);
        self.infos.extend(later.infos);
        for (metric, forced) in later.forced {
            self.forced_monotonicity(&metric, forced);
        }
    }

    /// Buckets that were not cumulative.
    pub(super) fn forced_monotonicity(&mut self, metric: &str, forced: Forced) {
        let all = self.forced.entry(metric.to_owned());
        all.and_modify(|all| all.merge(forced)).or_insert(forced);
    }

    /// `sort` over more than one step.
    pub(super) fn sort_over_range(&mut self, place: Place) {
        let text =
            "sort is ineffective for range queries since results are always ordered by labels";
        self.warn(text.to_owned(), place);
    }

    /// A rate of what is probably a gauge.
    pub(super) fn counter_name(&mut self, name: &str, place: Place) {
        let is_counter = |suffix| name.ends_with(suffix);
        if name.is_empty()
            || ["_total", "_sum", "_count", "_bucket"]
                .into_iter()
                .any(is_counter)
        {
            return;
        }
        let text = format!(
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {name:?}"
        );
        self.infos.insert(text, place);
    }

    /// Warnings and infos.
    pub(super) fn into_parts(self) -> (Vec<String>, Vec<String>) {
        let placed = |(text, place): (String, Place)| format!("{text} ({place})");
        let forced = self.forced.iter().map(|(metric, all)| all.message(metric));
        (
            self.warnings.into_iter().map(placed).collect(),
            self.infos.into_iter().map(placed).chain(forced).collect(),
        )
    }

    fn warn(&mut self, text: String, place: Place) {
        let mut warning = text;
        warning.insert_str(0, "PromQL warning: ");
        self.warnings.insert(warning, place);
    }
}

fn named(metric: &str) -> String {
    if metric.is_empty() {
        String::new()
    } else {
        format!(" for metric name {metric:?}")
    }
}

/// A time to the second, as RFC 3339 writes it.
fn date(at: Millis) -> String {
    let seconds = at / 1000;
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds}"), |time| time.to_string())
}

/// A number as Go's `%g` prints it, which its messages use.
pub(super) fn general(value: f64) -> String {
    if value.is_finite() {
        scientific(value, &format!("{value:e}"), 6)
    } else {
        print_value(value)
    }
}

/// A number as Go's `%.2g` prints it.
fn two_digits(value: f64) -> String {
    if !value.is_finite() {
        return print_value(value);
    }
    let rounded = format!("{value:.1e}");
    scientific(
        rounded.parse().unwrap_or(value),
        &rounded.replace(".0e", "e"),
        2,
    )
}

/// With an exponent only if it is less than −4 or not less than a limit.
fn scientific(value: f64, printed: &str, limit: i32) -> String {
    let Some((digits, exponent)) = printed.split_once('e') else {
        return printed.to_owned();
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..limit.max(-3)).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{value}"),
    }
}

#[test]
fn numbers_and_dates_in_messages_are_as_go_prints_them() {
    for (value, text) in [
        (-1.0, "-1"),
        (1.5, "1.5"),
        (1_000_000.0, "1e+06"),
        (123_456_789.0, "1.23456789e+08"),
        (0.000_01, "1e-05"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
    ] {
        assert_eq!(general(value), text);
    }
    for (value, text) in [
        (75.5, "76"),
        (1.24, "1.2"),
        (2.0, "2"),
        (99.6, "1e+02"),
        (123.0, "1.2e+02"),
        (0.001_26, "0.0013"),
    ] {
        assert_eq!(two_digits(value), text);
    }
    assert_eq!(date(360_999), "1970-01-01T00:06:00Z");
}
