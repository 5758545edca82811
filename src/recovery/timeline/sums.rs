//! Sums over the series of a flow's topics at each scrape. Rule: a sum in which one is missing would take it for zero, so there is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::promql::{Labels, Millis, Sample};

/// What some series say together.
#[derive(Debug, Default)]
pub(super) struct Sums {
    at: BTreeMap<Millis, (f64, usize)>,
    /// When each of them was seen first, in order.
    firsts: Vec<Millis>,
    /// Where one of them had fallen since its sample before.
    fallen: BTreeSet<Millis>,
}

impl Sums {
    /// Of series that satisfy a predicate.
    pub(super) fn of(series: &[(&Labels, &[Sample])], which: impl Fn(&Labels) -> bool) -> Self {
        let mut sums = Self::default();
        for (_, samples) in series.iter().filter(|(labels, _)| which(labels)) {
            sums.add(samples);
        }
        sums.firsts.sort_unstable();
        sums
    }

    fn add(&mut self, samples: &[Sample]) {
        let mut before: Option<f64> = None;
        for sample in samples.iter().filter(|sample| !sample.value.is_nan()) {
            let (sum, count) = self.at.entry(sample.at).or_default();
            *sum += sample.value;
            *count += 1;
            match before {
                None => self.firsts.push(sample.at),
                Some(before) if sample.value < before => drop(self.fallen.insert(sample.at)),
                Some(_) => {}
            }
            before = Some(sample.value);
        }
    }

    /// Whether there is anything.
    pub(super) fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

    /// The sum at a scrape, and of how many series; `None` where one is missing that was seen before.
    pub(super) fn at(&self, stamp: Millis) -> Option<(f64, usize)> {
        let (sum, count) = *self.at.get(&stamp)?;
        let known = self.firsts.partition_point(|first| *first <= stamp);
        (count == known).then_some((sum, count))
    }

    /// By how much the sum grew between two scrapes; `None` where a counter began anew or another series came in between.
    pub(super) fn growth(&self, from: Millis, to: Millis) -> Option<f64> {
        let ((before, few), (after, many)) = (self.at(from)?, self.at(to)?);
        let began_anew = self.fallen.range(from + 1..=to).next().is_some();
        (few == many && !began_anew).then_some(after - before)
    }
}

#[cfg(test)]
fn sums(series: &[&[(Millis, f64)]]) -> Sums {
    let mut sums = Sums::default();
    for samples in series {
        let samples = samples.iter().map(|(at, value)| Sample {
            at: *at,
            value: *value,
        });
        sums.add(&samples.collect::<Vec<_>>());
    }
    sums.firsts.sort_unstable();
    sums
}

#[test]
fn a_sum_without_one_that_was_there_is_none() {
    let sums = sums(&[
        &[(1, 10.0), (2, 11.0), (4, 12.0)],
        &[(2, 5.0), (3, 5.0), (4, f64::NAN)],
    ]);
    assert_eq!(
        [1, 2, 3, 4].map(|at| sums.at(at)),
        [Some((10.0, 1)), Some((16.0, 2)), None, None]
    );
}

#[test]
fn a_counter_that_began_anew_says_nothing_of_the_time_between() {
    let sums = sums(&[
        &[(1, 100.0), (2, 90.0), (3, 95.0)],
        &[(1, 0.0), (2, 50.0), (3, 51.0)],
    ]);
    assert_eq!(sums.growth(1, 2), None, "though the sum has grown");
    assert_eq!(sums.growth(1, 3), None);
    assert_eq!(sums.growth(2, 3), Some(6.0));
}
