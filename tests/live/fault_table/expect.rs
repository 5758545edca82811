//! What a page has to say.

use std::fmt;

use super::page::{Page, Series};

/// Records by which a partition of the lab's source grows in one poll.
const GROWTH: f64 = 40.0;

/// What is expected of all series of a metric that have these labels.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) metric: &'static str,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) want: Want,
}

/// What their values have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Want {
    /// Exactly this; one such series at least is there.
    Is(f64),
    /// This, but for what a partition of the source grows by in one poll; one such series at least is there.
    Near(f64),
    /// Never this; there need not be such a series.
    Never(f64),
    /// No more than this; one such series at least is there.
    AtMost(f64),
    /// No less than this; one such series at least is there.
    AtLeast(f64),
    /// There is no such series.
    Gone,
}

/// The series of this metric with these labels, among others.
pub(super) fn series(metric: &'static str, labels: &[(&'static str, &str)]) -> Expected {
    let labels = labels
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()));
    Expected {
        metric,
        labels: labels.collect(),
        want: Want::Gone,
    }
}

impl Expected {
    pub(super) fn is(self, value: f64) -> Self {
        self.want(Want::Is(value))
    }

    pub(super) fn never(self, value: f64) -> Self {
        self.want(Want::Never(value))
    }

    pub(super) fn near(self, value: f64) -> Self {
        self.want(Want::Near(value))
    }

    pub(super) fn at_most(self, value: f64) -> Self {
        self.want(Want::AtMost(value))
    }

    pub(super) fn at_least(self, value: f64) -> Self {
        self.want(Want::AtLeast(value))
    }

    pub(super) fn gone(self) -> Self {
        self.want(Want::Gone)
    }

    fn want(self, want: Want) -> Self {
        Self { want, ..self }
    }

    /// Whether the page says so.
    pub(super) fn holds(&self, page: &Page) -> bool {
        let mut any = false;
        let all = self.seen(page).all(|(_, value)| {
            any = true;
            self.is_met_by(value)
        });
        match self.want {
            Want::Gone => !any,
            Want::Never(_) => all,
            Want::Is(_) | Want::Near(_) | Want::AtMost(_) | Want::AtLeast(_) => all && any,
        }
    }

    /// The series that it is about, as they stand on the page.
    pub(super) fn seen<'a>(&'a self, page: &'a Page) -> impl Iterator<Item = (&'a Series, f64)> {
        page.of(self.metric)
            .filter(|(series, _)| series.has(&self.labels))
    }

    /// Whether it is about this series; of a set of states it is about all.
    pub(super) fn is_about(&self, series: &Series) -> bool {
        let fixed = self.labels.iter().filter(|(key, _)| !is_state(key));
        let fixed: Vec<_> = fixed.cloned().collect();
        series.metric == self.metric && series.has(&fixed)
    }

    /// Whether what it is about may become this: a number, the state that holds in a set, or `gone`.
    pub(super) fn permits(&self, is: &str) -> bool {
        let state = self.labels.iter().find(|(key, _)| is_state(key));
        match (self.want, state) {
            (Want::Gone, _) => is == "gone",
            (Want::Never(_), Some((_, state))) => is != state,
            (_, Some((_, state))) => is == state,
            (_, None) => is.parse().is_ok_and(|is| self.is_met_by(is)),
        }
    }

    /// Whether one value is as it has to be.
    fn is_met_by(&self, value: f64) -> bool {
        match self.want {
            Want::Is(wanted) => (value - wanted).abs() < 1e-9,
            Want::Near(wanted) => (value - wanted).abs() <= GROWTH,
            Want::Never(other) => (value - other).abs() > 1e-9,
            Want::AtMost(most) => value <= most,
            Want::AtLeast(least) => value >= least,
            Want::Gone => false,
        }
    }
}

fn is_state(key: &str) -> bool {
    ["state", "status"].contains(&key)
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = Series {
            metric: self.metric.to_owned(),
            labels: self
                .labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
        };
        match self.want {
            Want::Is(value) => write!(out, "{series} {value}"),
            Want::Near(value) if value.is_nan() => write!(out, "{series} ≈ what was deleted"),
            Want::Near(value) => write!(out, "{series} ≈ {value}"),
            Want::Never(other) => write!(out, "{series} not {other}"),
            Want::AtMost(most) => write!(out, "{series} ≤ {most}"),
            Want::AtLeast(least) => write!(out, "{series} ≥ {least}"),
            Want::Gone => write!(out, "no {series}"),
        }
    }
}

#[test]
fn what_is_expected_permits_no_other_value_state_or_absence() {
    let running = || series("mm2_task_state", &[("task", "0"), ("state", "running")]);
    assert!(running().is(1.0).permits("running") && !running().is(1.0).permits("stalled"));
    assert!(running().never(1.0).permits("stalled") && !running().never(1.0).permits("running"));
    assert!(running().gone().permits("gone") && !running().gone().permits("running"));
    let members = || series("mm2_connect_group_members", &[]);
    assert!(members().is(2.0).permits("2") && !members().is(2.0).permits("3"));
    assert!(members().at_most(2.0).permits("1") && !members().at_most(2.0).permits("gone"));
}
