//! Samples are dropped: one here and there, whole scrapes, all of one series.

use std::cell::RefCell;

use mirrorwatch::promql::Sample;

use crate::change::at;
use crate::contradiction::Changed;
use crate::kept::{Drill, Evidence};
use crate::matrix::{Mutant, judged};
use crate::rng::Rng;

/// Each sample from an instant on is dropped in so many of a hundred cases.
fn samples(drill: &Drill, percent: i64, seed: u64, from: i64) -> Evidence {
    let rng = RefCell::new(Rng::new(seed));
    drill.evidence.samples(|labels, sample| {
        let dropped =
            rng.borrow_mut().percent(percent) && at(sample) > from && labels.name() != "up";
        (!dropped).then_some(sample)
    })
}

/// Each scrape is, from the steady state's beginning on or from the zero on.
fn scrapes(drill: &Drill, percent: i64, seed: u64) -> Evidence {
    let mut rng = Rng::new(seed);
    let after = |scrape: &i64| *scrape * 1_000 > drill.zero.0;
    let all = drill.evidence.scrapes().into_iter().filter(after);
    let dropped: Vec<_> = all.filter(|_| rng.percent(percent)).collect();
    drill
        .evidence
        .samples(|_, sample| (!dropped.contains(&sample.at)).then_some(sample))
}

/// All of one series, from the zero on.
fn series(drill: &Drill, seed: u64) -> Evidence {
    let after = |samples: &[Sample]| samples.iter().any(|sample| at(*sample) > drill.zero.0);
    let all = drill.evidence.series.iter();
    let shown: Vec<_> = all.filter(|(_, samples)| after(samples)).collect();
    let numbers: Vec<_> = (0..shown.len()).collect();
    let (gone, _) = shown[Rng::new(seed).pick(&numbers)];
    drill
        .evidence
        .samples(|labels, sample| (labels != gone || at(sample) <= drill.zero.0).then_some(sample))
}

#[test]
fn samples_that_are_dropped_hide_no_truth() {
    let all = |percent: i64, seed: u64| {
        Mutant::new(
            format!("{percent} % of all samples, seed {seed}"),
            Changed::Samples,
            move |drill| Some(samples(drill, percent, seed, 0)),
        )
    };
    let after = |percent: i64, seed: u64| {
        let of = move |drill: &Drill| Some(samples(drill, percent, seed, drill.zero.0));
        Mutant::new(
            format!("{percent} % of samples after the zero, seed {seed}"),
            Changed::Samples,
            of,
        )
    };
    judged(&[
        all(1, 1),
        all(20, 2),
        after(1, 7),
        after(1, 8),
        after(20, 9),
    ]);
}

#[test]
fn scrapes_that_are_dropped_hide_no_truth() {
    let some = |percent: i64, seed: u64| {
        Mutant::new(
            format!("{percent} % of all scrapes, seed {seed}"),
            Changed::Evidence,
            move |drill| Some(scrapes(drill, percent, seed)),
        )
    };
    let tally = judged(&[some(5, 3), some(20, 4), some(60, 5), some(90, 6)]);
    assert!(tally["PASS"] > 15, "{tally:?}");
}

#[test]
fn a_series_that_is_gone_hides_no_truth() {
    let one = |seed: u64| {
        Mutant::new(
            format!("a series is gone, seed {seed}"),
            Changed::Samples,
            move |drill| Some(series(drill, seed)),
        )
    };
    let mutants: Vec<_> = (0..6).map(one).collect();
    judged(&mutants);
}
