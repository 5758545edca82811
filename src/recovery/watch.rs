//! What is looked at scrape by scrape: conditions, and queries that are asked of the engine. Definitions: "Gap", for what a missing sample means.

use super::judgement::Remark;
use super::plan::{Bound, Test};
use super::remark::remark;
use super::scrapes::{Scrape, Scrapes, is_gap, value_at};
use crate::promql::{Labels, Millis, Query, Sample, SeriesSet, Settings, Value};

/// What a condition is at one scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Holds,
    DoesNot,
    Unknown,
}

/// The scrapes, and the series that queries ask.
pub(super) struct Watch<'a> {
    pub(super) scrapes: &'a Scrapes<'a>,
    asked: SeriesSet,
}

/// A condition with the series that it selects.
pub(super) struct Watched<'a> {
    watch: &'a Watch<'a>,
    bound: &'a Bound,
    selected: Vec<&'a [Sample]>,
}

impl<'a> Watch<'a> {
    /// Keep what the queries select. Rule: a series without a sample at a scrape of its target is stale from there on, and so is every
    /// series in a gap.
    pub(super) fn of<'q>(
        scrapes: &'a Scrapes<'a>,
        queries: impl Iterator<Item = &'q Query>,
    ) -> Self {
        let selectors: Vec<_> = queries.flat_map(Query::selectors).collect();
        let mut asked = SeriesSet::default();
        for (labels, samples) in &scrapes.series {
            if selectors
                .iter()
                .any(|footprint| footprint.selector.matches(labels))
            {
                asked.add((*labels).clone(), ended(samples, scrapes));
            }
        }
        Self { scrapes, asked }
    }

    /// A condition, to be looked at.
    pub(super) fn on(&'a self, bound: &'a Bound) -> Watched<'a> {
        let selected = match &bound.test {
            Test::Query(_) => Vec::new(),
            Test::Comparison(comparison) => {
                let all = self.scrapes.series.iter();
                let matching = all.filter(|(labels, _)| comparison.selector.matches(labels));
                matching.map(|(_, samples)| *samples).collect()
            }
        };
        Watched {
            watch: self,
            bound,
            selected,
        }
    }

    /// The numbers that a query has at a scrape.
    pub(super) fn ask(&self, query: &Query, scrape: Scrape) -> Result<Vec<f64>, Remark> {
        let answer = query.instant(&self.asked, scrape.at, &Settings::default());
        match answer.map(|answer| answer.value) {
            Ok(Value::Vector(elements)) => Ok(elements.iter().map(|(_, s)| s.value).collect()),
            Ok(Value::Scalar(number)) => Ok(vec![number.value]),
            Ok(Value::String(_) | Value::Matrix(_)) => {
                Err(failed(query, "neither a number nor an instant vector"))
            }
            Err(error) => Err(failed(query, &error.to_string())),
        }
    }
}

fn failed(query: &Query, reason: &str) -> Remark {
    let with = [
        ("expr", query.text().to_owned()),
        ("reason", reason.to_owned()),
    ];
    remark("query_failed", &with)
}

/// The samples of good scrapes, and a stale marker at the first scrape without one, or where a gap begins.
fn ended(samples: &[Sample], scrapes: &Scrapes<'_>) -> Vec<Sample> {
    let next = |at: Millis| scrapes.all.partition_point(|scrape| scrape.at <= at);
    let failed = |at: Millis| {
        let before = next(at).checked_sub(1).map(|i| scrapes.all[i]);
        before.is_some_and(|scrape| scrape.at == at && !scrape.up)
    };
    let mut all: Vec<Sample> = Vec::with_capacity(samples.len() + 1);
    for sample in samples.iter().filter(|sample| !failed(sample.at)) {
        if let Some(last) = all.last()
            && let Some(end) = end(last.at, scrapes.all.get(next(last.at)), scrapes.interval)
            && end < sample.at
        {
            all.push(Sample::stale(end));
        }
        all.push(*sample);
    }
    let last = all.last().map(|sample| sample.at);
    let end = last.and_then(|at| end(at, scrapes.all.get(next(at)), scrapes.interval));
    all.extend(end.map(Sample::stale));
    all
}

/// Where a series ends that has no sample after this one: at the next scrape, or in the gap before it.
fn end(at: Millis, next: Option<&Scrape>, interval: i64) -> Option<Millis> {
    let next = next?.at;
    let apart = (next - at) * 1_000;
    Some(if is_gap(apart, interval) {
        at + interval * 3 / 2_000
    } else {
        next
    })
}

impl Watched<'_> {
    /// What it is at a scrape. One that failed says nothing.
    pub(super) fn state(&self, scrape: Scrape) -> State {
        if !scrape.up {
            return State::Unknown;
        }
        match &self.bound.test {
            Test::Comparison(comparison) => {
                let values = self.selected.iter().filter_map(|s| value_at(s, scrape.at));
                let values: Vec<_> = values.collect();
                let all = values.iter().all(|value| comparison.is_true_of(*value));
                self.told(&values, all, scrape)
            }
            Test::Query(query) => match self.watch.ask(query, scrape) {
                Ok(values) => self.told(&values, true, scrape),
                Err(_) => State::Unknown,
            },
        }
    }

    /// Rule: at least as many series as the condition asks for, true of every one; a number that is none says nothing.
    fn told(&self, values: &[f64], all: bool, scrape: Scrape) -> State {
        if values.iter().any(|value| value.is_nan()) {
            State::Unknown
        } else if all && values.len() >= self.bound.series {
            State::Holds
        } else if self.is_witnessed(scrape) {
            State::DoesNot
        } else {
            State::Unknown
        }
    }

    fn is_witnessed(&self, scrape: Scrape) -> bool {
        self.bound.witness.as_ref().is_none_or(|witness| {
            let answer = self.watch.ask(witness, scrape);
            answer.is_ok_and(|elements| !elements.is_empty())
        })
    }
}

/// Series of a metric that are 1 at a scrape.
pub(super) fn present<'a>(scrapes: &Scrapes<'a>, scrape: Scrape, name: &str) -> Vec<&'a Labels> {
    let named = scrapes.named(name).iter();
    named
        .filter(|(_, samples)| value_at(samples, scrape.at).is_some_and(|v| v > 0.0))
        .map(|(labels, _)| *labels)
        .collect()
}

#[cfg(test)]
fn scrape(at: i64, up: bool) -> Scrape {
    Scrape {
        at,
        up,
        earliest: at * 1_000,
        latest: at * 1_000,
    }
}

#[cfg(test)]
fn bound(test: Test, witness: Option<&str>) -> Bound {
    Bound {
        text: super::scenario::Text {
            en: String::new(),
            fr: String::new(),
        },
        test,
        series: 1,
        witness: witness.map(|witness| Query::parse(witness).unwrap()),
    }
}

#[cfg(test)]
fn series() -> SeriesSet {
    let mut set = SeriesSet::default();
    let sample = |at, value| Sample { at, value };
    let labels = |name: &str| Labels::from_iter([("__name__", name)]);
    set.add(
        labels("x"),
        [sample(5, 1.0), sample(10, 1.0), sample(20, 1.0)],
    );
    set.add(labels("y"), [sample(15, 1.0), sample(20, 1.0)]);
    set
}

#[test]
fn a_scrape_that_failed_says_nothing_whatever_stands_beside_it() {
    use State::{DoesNot, Holds, Unknown};
    let set = series();
    let scrapes = Scrapes {
        interval: 5_000,
        exporter: super::clocks::Clock {
            offset: 0,
            epsilon: 0,
        },
        all: [5, 10, 15, 20].map(|at| scrape(at, at != 10)).to_vec(),
        series: set.iter().collect(),
    };
    let comparison = crate::promql::Comparison::parse("x == 1").unwrap();
    let query = Query::parse("sum(x) == 1").unwrap();
    for test in [Test::Comparison(comparison), Test::Query(query)] {
        let bound = bound(test, None);
        let watch = Watch::of(&scrapes, bound.queries());
        let watched = watch.on(&bound);
        let states: Vec<_> = scrapes.all.iter().map(|s| watched.state(*s)).collect();
        assert_eq!(states, [Holds, Unknown, DoesNot, Holds], "{}", bound.expr());
    }
}

#[test]
fn without_its_witness_absence_says_nothing() {
    let set = series();
    let scrapes = Scrapes {
        interval: 5_000,
        exporter: super::clocks::Clock {
            offset: 0,
            epsilon: 0,
        },
        all: [5, 15].map(|at| scrape(at, true)).to_vec(),
        series: set.iter().collect(),
    };
    let bound = bound(Test::Query(Query::parse("x == 2").unwrap()), Some("y"));
    let watch = Watch::of(&scrapes, bound.queries());
    let states: Vec<_> = scrapes
        .all
        .iter()
        .map(|s| watch.on(&bound).state(*s))
        .collect();
    assert_eq!(states, [State::Unknown, State::DoesNot]);
}

#[test]
fn in_a_gap_and_on_a_page_that_does_not_count_a_series_is_stale() {
    let set = series();
    let at = |scrapes: Vec<Scrape>| {
        let scrapes = Scrapes {
            interval: 5_000,
            exporter: super::clocks::Clock {
                offset: 0,
                epsilon: 0,
            },
            all: scrapes,
            series: set.iter().collect(),
        };
        let ended = ended(scrapes.named("x")[0].1, &scrapes);
        ended
            .iter()
            .map(|sample| (sample.at, sample.is_stale()))
            .collect::<Vec<_>>()
    };
    let good = |times: &[i64]| times.iter().map(|at| scrape(*at, true)).collect();
    let (there, stale) = (false, true);
    assert_eq!(
        at(good(&[5, 10, 15, 20])),
        [(5, there), (10, there), (15, stale), (20, there)]
    );
    assert_eq!(
        at(good(&[5, 10, 20])),
        [(5, there), (10, there), (17, stale), (20, there)]
    );
    let mut all: Vec<Scrape> = good(&[5, 10, 15, 20]);
    all[1].up = false;
    assert_eq!(at(all), [(5, there), (10, stale), (20, there)]);
}
